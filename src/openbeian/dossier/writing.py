"""Writes a dossier into a folder: the whole of it or nothing that could be taken for one.

Everything is first written beside (so a full disk leaves the earlier dossier as it was); then the earlier zip and
listing go, the files take their places, and listing and zip come last. One writer at a time.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from openbeian.dossier import contents
from openbeian.manifest import Fault, reason_of

DOSSIER_ZIP = "dossier.zip"
_STAGE = ".dossier-part-"
_LAST = (contents.CONTENTS, DOSSIER_ZIP)


def write(out: Path, files: Mapping[str, bytes]) -> None:
    """Write files by name; what an earlier dossier left in the folder and this one does not have goes.

    Raises:
        Fault: `dossier-not-written` when the folder cannot be written, `dossier-busy` when another build writes there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _alone(out):
            _clear_stages(out)
            stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=out))
            try:
                _place(out, _staged(stage, files), files)
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    except OSError as error:
        raise Fault(
            "dossier-not-written",
            f"写不进文件夹 {out}：{reason_of(error)}",
            "请换一个可写的文件夹，或腾出空间后再出一次；原有的材料没有改动",
            file=str(out),
        ) from error


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder; the lock goes with the process, also with one that was killed."""
    descriptor = os.open(out, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Fault(
                "dossier-busy", f"另一次生成正在写文件夹 {out}", "请等它结束，或换一个文件夹", file=str(out)
            ) from error
        yield
    finally:
        os.close(descriptor)


def _clear_stages(out: Path) -> None:
    for left in out.glob(f"{_STAGE}*"):
        shutil.rmtree(left, ignore_errors=True)


def _staged(stage: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        with (stage / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    return stage


def _place(out: Path, stage: Path, files: Mapping[str, bytes]) -> None:
    before = _listed(out)
    for name in reversed(_LAST):
        (out / name).unlink(missing_ok=True)
    for name in before - files.keys():
        (out / name).unlink(missing_ok=True)
    for name in sorted(files, key=lambda name: (name in _LAST and _LAST.index(name) + 1, name)):
        (stage / name).replace(out / name)


def _listed(out: Path) -> set[str]:
    """Return the names that an earlier listing in the folder gives; only names within the folder itself."""
    try:
        rows = json.loads((out / contents.CONTENTS).read_bytes())["files"]
        return {name for row in rows if (name := str(row["name"])) == Path(name).name and name not in {".", ".."}}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
