"""The fold: one form for one character, so that width, case, marks and invisible characters cannot hide a word.

It works code point by code point, so fold(x + y) == fold(x) + fold(y): a text cut anywhere folds to the same. Traditional characters are
not folded to simplified ones yet.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

DROPPED_CATEGORIES = frozenset({"Cf", "Mn", "Me"})
FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180e")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `origin[i]` is the index in the original of the folded character i."""

    text: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of a folded one."""
        return self.origin[start], self.origin[end - 1] + 1


@cache
def fold_character(char: str) -> str:
    """Return what one code point folds to: compatibility form, lower case, nothing for marks and invisibles."""
    parts = unicodedata.normalize("NFKD", char).casefold()
    return "".join(p for p in parts if unicodedata.category(p) not in DROPPED_CATEGORIES and p not in FILLERS)


def fold(text: str) -> str:
    """Return the folded text."""
    return "".join(map(fold_character, text))


def fold_with_origin(text: str) -> Folded:
    """Return the folded text with the way back to the original."""
    chars: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        folded = fold_character(char)
        chars.append(folded)
        origin.extend([index] * len(folded))
    return Folded("".join(chars), tuple(origin))
