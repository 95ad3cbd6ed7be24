"""`export`: writes the chosen format or all of them, and says what is wrong in words."""

import json

import pytest

FILES = {"bom.cdx.json", "croissant.json", "README.md", "oscal-assessment-results.json"}


def test_export_of_all_writes_every_file(command):
    done = command.run("export", "all", "example/service.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (command.folder / "out").iterdir()} == FILES
    assert done.stdout.count("out/") == 4


def test_export_of_one_writes_one(command):
    done = command.run("export", "cyclonedx", "example/service.yaml", "--out", "out", "--edition", "gbt-45654-2025")
    assert done.returncode == 0, done.stderr
    (path,) = (command.folder / "out").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["bomFormat"] == "CycloneDX"


def test_export_at_a_stated_moment_gives_the_same_bytes(command):
    moment = "2026-11-20T16:30:00+08:00"
    for name in ("one", "two"):
        assert command.run("export", "all", "example/service.yaml", "--out", name, "--at", moment).returncode == 0
    one, two = ({path.name: path.read_bytes() for path in (command.folder / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert b"2026-11-20T08:30:00Z" in one["bom.cdx.json"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("export", "spdx", "example/service.yaml", "--out", "out"), 2, "spdx"),
        (("export", "all", "missing.yaml", "--out", "out"), 1, "missing.yaml"),
        (("export", "all", "example/service.yaml", "--out", "out", "--at", "soon"), 1, "读不懂时刻"),
        (("export", "all", "example/service.yaml", "--out", "example/service.yaml"), 1, "写不进文件夹"),
        (("export", "all", "example/service.yaml", "--out", "out", "--edition", "none-such"), 1, "none-such"),
        (("export", "oscal", "example/service.yaml", "--out", "out", "--edition", "filing-form"), 1, "filing-form"),
    ],
)
def test_export_says_what_is_wrong(command, arguments, code, words):
    done = command.run(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
