"""The example's text, with one thing changed at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def text(example: Path) -> str:
    return (example / "service.yaml").read_text(encoding="utf-8")


@pytest.fixture
def changed(text: str) -> Callable[[str, str], str]:
    """The example's text with one piece replaced; the piece must be there once."""

    def replaced(old: str, new: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    return replaced
