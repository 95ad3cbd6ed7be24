"""Kinds of characters, and the table that folds and drops all that may stand between the characters of a word."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.folding import FIELD_BREAK, FOLD, FoldTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

# content
OTHER, LATIN, DIGIT = 0, 1, 2
# nothing
INVISIBLE = 3
# separators, everything from here on
SENTENCE, BLANK, LINE, FIELD, LISTING, ODD, BRACKET, EDGE = range(4, 12)
FIRST_SEPARATOR: Final = SENTENCE

ROW_EDGE: Final = "\U0010ffff"  # a noncharacter: stands before, between and after rows
_SENTENCE: Final = "，。、；：！？,;:!?｡､"
_LINE: Final = "\n\r\v\f\x85\u2028\u2029"
_ODD: Final = "*_^=+#~`'\\&@…$%"  # what nobody writes inside a Chinese word
_CATEGORIES: Final = frozenset({"Pc", "Pd", "Po", "Sc", "Sk", "Sm", "So", "Cc"})
_BRACKETS: Final = frozenset({"Ps", "Pe", "Pi", "Pf"})
_SPACES: Final = frozenset({"Zs"})
_STAYING: Final = "〇々〆"


def _named() -> dict[str, int]:
    named = dict.fromkeys(_ODD, ODD) | dict.fromkeys(_SENTENCE, SENTENCE) | dict.fromkeys(_LINE, LINE)
    return named | {FIELD_BREAK: FIELD, ROW_EDGE: EDGE, "\t": BLANK, '"': BRACKET} | dict.fromkeys(_STAYING, OTHER)


_NAMED: Final = _named()


def kind_of(char: str) -> int:
    """Return the kind of one folded character."""
    if char in _NAMED:
        return _NAMED[char]
    if "a" <= char <= "z":
        return LATIN
    if "0" <= char <= "9":
        return DIGIT
    return _kind_by_category(unicodedata.category(char))


def _kind_by_category(category: str) -> int:
    if category in _SPACES:
        return BLANK
    if category in _BRACKETS:
        return BRACKET
    return LISTING if category in _CATEGORIES else OTHER


@cache
def kinds() -> NDArray[np.uint8]:
    """Return the kind of every code point, by what it folds to."""
    table = np.zeros(0x110000, np.uint8)
    for code in range(0x20000):
        table[code] = kind_of(chr(code))
    table[0xE0000:0xE1000] = INVISIBLE
    for code, form in FOLD.mapping.items():
        table[code] = kind_of(form[0]) if form else INVISIBLE
    for char, kind in _NAMED.items():
        table[ord(char)] = kind
    return table


@cache
def joined_table() -> FoldTable:
    """Return the fold without separators of any kind."""
    separators = np.flatnonzero(kinds() >= FIRST_SEPARATOR).tolist()
    results = {char for form in FOLD.mapping.values() for char in form}
    dropped = {chr(code) for code in separators} | {char for char in results if kind_of(char) >= FIRST_SEPARATOR}
    return FOLD.extended(dict.fromkeys(sorted(dropped), ""))


@cache
def spaced_table() -> FoldTable:
    """Return the fold with a blank for everything that may stand between syllables."""
    between = np.flatnonzero(np.isin(kinds(), (BLANK, LISTING, ODD))).tolist()
    return FOLD.extended({chr(code): " " for code in between})
