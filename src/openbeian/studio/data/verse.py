"""The form of a quatrain: four lines of one length, set with comma and full stop in turn."""

from __future__ import annotations

import re
from typing import Final

LINES: Final = 4
STOPS: Final = "，。，。"
BREAK: Final = re.compile(r"[，。？！；、：,.?!;:\s]+")


def lines_of(text: str) -> list[str]:
    """Return what stands between stops."""
    return [line for line in BREAK.split(text) if line]


def bare(text: str) -> str:
    """Return a verse without its stops."""
    return BREAK.sub("", text)


def punctuated(characters: str) -> str:
    """Return a quatrain's characters (20 or 28) with their stops."""
    length = len(characters) // LINES
    return "".join(characters[line * length : (line + 1) * length] + stop for line, stop in enumerate(STOPS))
