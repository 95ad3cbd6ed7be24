"""A file appears whole or not at all; what was there before stays until then."""

import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from openbeian.files import PRIVATE, settle, whole_file, write_whole


def test_a_file_is_written_with_its_rights_and_leaves_nothing_beside_it(tmp_path):
    path = write_whole(tmp_path / "a.json", "喆", mode=PRIVATE)
    assert path.read_text(encoding="utf-8") == "喆"
    assert path.stat().st_mode & 0o777 == 0o600
    assert write_whole(path, b"2").read_bytes() == b"2"
    assert [left.name for left in tmp_path.iterdir()] == ["a.json"]


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    path = write_whole(tmp_path / "a.json", "before")

    def half() -> None:
        with whole_file(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert path.read_text(encoding="utf-8") == "before"
    assert [left.name for left in tmp_path.iterdir()] == ["a.json"]


def test_a_full_disk_leaves_what_was_there(tmp_path):
    path = write_whole(tmp_path / "a.json", "before")
    program = (
        "import sys, signal; from pathlib import Path; from openbeian.files import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try: write_whole(Path(sys.argv[1]), b'x' * 100_000)\n"
        "except OSError as error: print(error.errno)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["27"]
    assert path.read_text(encoding="utf-8") == "before"
    assert [left.name for left in tmp_path.iterdir()] == ["a.json"]


def test_of_two_who_write_at_once_one_is_kept_whole(tmp_path):
    contents = [bytes([letter]) * 200_000 for letter in b"abcdefgh"]
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda content: write_whole(tmp_path / "a", content), contents))
    assert (tmp_path / "a").read_bytes() in contents


def test_settling_never_writes_over_another(tmp_path):
    part = write_whole(tmp_path / "part", "second")
    write_whole(tmp_path / "a", "first")
    assert settle(part, tmp_path / "a") is False
    assert (tmp_path / "a").read_text(encoding="utf-8") == "first"
    assert settle(part, tmp_path / "b") is True
