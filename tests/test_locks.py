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


TORCH = {"torch", "safetensors"}  # outside the hashed locks: its CPU and GPU builds share a version and differ in hash


@pytest.mark.parametrize(
    ("locks", "declared"),
    [
        (["core"], PROJECT["dependencies"]),
        (["scale"], EXTRAS["scale"]),
        (["dev"], EXTRAS["dev"]),
        (["studio-parts", "studio-data"], EXTRAS["studio"]),
        (["vectors"], EXTRAS["vectors"]),
    ],
)
def test_the_locks_hold_every_declared_part_with_its_hashes(locks, declared):
    texts = [(ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8") for lock in locks]
    locked = [name for text in texts for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)]
    missing = _names(declared) - TORCH - _names(locked)
    assert not missing
    assert sum(text.count("--hash=sha256:") for text in texts) >= len(locked)
    assert all("://" not in text for text in texts), "a lock names no host"
