"""Whatever stops a build, no half-written dossier is left, and an earlier one stays whole or goes whole."""

import json
import os
import resource
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from openbeian.dossier.writing import write
from openbeian.manifest import Fault

pytestmark = pytest.mark.req("F1")
ROOT = Path(__file__).resolve().parents[2]


def _files(word: str, *more: str) -> dict[str, bytes]:
    files = {name: f"{name} {word}".encode() * 50 for name in ("a.pdf", "b.docx", *more)}
    rows = [{"name": name, "sha256": sha256(data).hexdigest()} for name, data in files.items()]
    listed = json.dumps({"files": rows}).encode()
    return {**files, "contents.json": listed, "dossier.zip": b"zip " + word.encode()}


def _is_whole(folder: Path) -> bool:
    """What claims to be a dossier is one: every listed file has its digest."""
    rows = json.loads((folder / "contents.json").read_bytes())["files"]
    return all(sha256((folder / row["name"]).read_bytes()).hexdigest() == row["sha256"] for row in rows)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.dossier.test_writing import _files
from openbeian.dossier import writing
left = int(sys.argv[2])
def dying(do):
    def done(*arguments, **more):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*arguments, **more)
    return done
Path.replace, Path.unlink, os.fsync = dying(Path.replace), dying(Path.unlink), dying(os.fsync)
writing.write(Path(sys.argv[1]), _files("new", "c.xlsx"))
"""


@pytest.mark.parametrize("step", range(14))
def test_build_killed_at_any_step_leaves_no_half_dossier(tmp_path: Path, step: int) -> None:
    out = tmp_path / "out"
    write(out, _files("old", "gone.xlsx"))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-c", KILLED, str(out), str(step)], env=environment, check=False)
    assert done.returncode in {0, -signal.SIGKILL}
    if (out / "dossier.zip").exists() or (out / "contents.json").exists():
        assert _is_whole(out)
    write(out, _files("again"))
    assert sorted(path.name for path in out.iterdir() if path.name != "c.xlsx") == [
        *("a.pdf", "b.docx", "contents.json", "dossier.zip"),
        *(["gone.xlsx"] if (out / "gone.xlsx").exists() else []),
    ]
    assert _is_whole(out)


def test_what_an_earlier_dossier_had_goes_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, _files("old", "gone.xlsx"))
    write(tmp_path, _files("new"))
    assert not (tmp_path / "gone.xlsx").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_listing_that_names_files_elsewhere_removes_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "contents.json").write_text('{"files": [{"name": "../mine.txt"}, {"name": ".."}, {"name": "/etc/x"}]}')
    write(out, _files("new"))
    assert (tmp_path / "mine.txt").read_text() == "mine"


FULL = """
import resource, sys
from pathlib import Path
from tests.dossier.test_writing import _files
from openbeian.dossier import writing
from openbeian.manifest import Fault
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    writing.write(Path(sys.argv[1]), _files("new"))
except Fault as fault:
    print(fault.code, fault.text())
"""


def test_full_disk_leaves_the_earlier_dossier_as_it_was(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    out = tmp_path / "out"
    before = _files("old")
    write(out, before)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONIOENCODING": "utf-8"}
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(out)], env=environment, check=True, capture_output=True, text=True
    )
    assert "dossier-not-written" in told.stdout
    assert "原有的材料没有改动" in told.stdout
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_second_build_into_one_folder_waits_for_nobody_and_says_so(tmp_path: Path) -> None:
    import fcntl

    held = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Fault) as caught:
            write(tmp_path, _files("new"))
    finally:
        os.close(held)
    assert caught.value.code == "dossier-busy"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["taken", "taken/below", "/proc/none"])
def test_place_that_is_no_folder_is_a_fault(tmp_path: Path, place: str) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Fault) as caught:
        write(tmp_path / place, _files("new"))
    assert caught.value.code == "dossier-not-written"
