"""The hashed locks hold what the project declares, so that a machine with nothing installed gets all of it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def _names(requirements):
    return {re.sub(r"[._-]+", "-", re.match(r"[A-Za-z0-9._-]+", line).group()).lower() for line in requirements}


@pytest.mark.parametrize(("lock", "extra"), [("core", None), ("scale", "scale"), ("dev", "dev")])
def test_a_lock_holds_every_declared_part_with_its_hashes(lock, extra):
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    locked = re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)
    declared = _names(PROJECT["dependencies"] + (EXTRAS[extra] if extra else []))
    assert declared <= _names(locked), declared - _names(locked)
    assert text.count("--hash=sha256:") >= len(locked)
    assert "://" not in text, "a lock names no host"
