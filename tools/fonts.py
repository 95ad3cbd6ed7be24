"""Put the dossier's fonts in place, byte for byte, from the package that `FONTS.toml` names.

`python tools/fonts.py` fetches what is missing with `npm pack`; `python tools/fonts.py --check` only compares.
"""

import argparse
import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "src" / "openbeian" / "dossier" / "fonts"


@dataclass(frozen=True)
class Font:
    """One file: its name here, its name in the package, and the sha256 it must have."""

    name: str
    member: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """The package, its version, and the sha512 of its archive in the registry's own writing."""

    package: str
    version: str
    integrity: str


def read_table() -> tuple[Source, list[Font]]:
    """Read `FONTS.toml`."""
    table = tomllib.loads((FOLDER / "FONTS.toml").read_text(encoding="utf-8"))
    source = table["source"]
    fonts = [Font(name=f["name"], member=f["member"], sha256=f["sha256"]) for f in table["file"]]
    return Source(source["package"], source["version"], source["integrity"]), fonts


def wrong(fonts: list[Font]) -> list[str]:
    """Name the files that are missing or differ."""
    found = []
    for font in fonts:
        path = FOLDER / font.name
        if not path.is_file():
            found.append(f"{font.name}: missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != font.sha256:
            found.append(f"{font.name}: differs from FONTS.toml")
    return found


def fetch(source: Source, folder: Path) -> Path:
    """Let npm download the archive into `folder`, from whatever registry npm is set to; check its sha512."""
    wanted = f"{source.package}@{source.version}"
    subprocess.run(["npm", "pack", "--silent", wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    archive = next(folder.glob("*.tgz"))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != source.integrity:
        sys.exit(f"{wanted}: the archive differs from FONTS.toml")
    return archive


def unpack(archive: Path, fonts: list[Font]) -> None:
    """Write each file under its own name, in ordinary mode bits."""
    with tarfile.open(archive) as tar:
        for font in fonts:
            member = tar.extractfile(font.member)
            if member is None:
                sys.exit(f"{font.member}: not in the archive")
            (FOLDER / font.name).write_bytes(member.read())


def main() -> None:
    """Check, and fetch when something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with FONTS.toml")
    only_check = parser.parse_args().check
    source, fonts = read_table()
    if wrong(fonts) and not only_check:
        with tempfile.TemporaryDirectory() as folder:
            unpack(fetch(source, Path(folder)), fonts)
    if problems := wrong(fonts):
        sys.exit("\n".join(problems))
    print(f"{len(fonts)} files as FONTS.toml says")


if __name__ == "__main__":
    main()
