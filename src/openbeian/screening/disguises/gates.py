"""Which rows may hold something encoded: a look at the bytes of the whole column, so that ordinary rows cost next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST_RUN: Final = 8
_STEP: Final = _LEAST_RUN // 2
_AHEAD: Final = 8


def _of(members: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table


_DIGITS: Final = b"0123456789"
_HEX: Final = _of(_DIGITS + b"ABCDEFabcdef")
_SMALL: Final = bytes(range(97, 123))
_CAPITAL: Final = bytes(range(65, 91))
_LETTERS: Final = _of(_SMALL + _CAPITAL)
_IS_CAPITAL: Final = _of(_CAPITAL)
_IS_DIGIT: Final = _of(_DIGITS)
_RUN: Final = _of(_DIGITS + _SMALL + _CAPITAL + b"+/-_=")
_SIGNS: Final = _of(b"%&\\=<+\xc3\xe2")
_LATIN_1: Final = _of(b"\xc2\xc3")


def rows_to_undo(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of an Arrow column that may hold an encoded stretch.

    Args:
        data: the bytes of the column.
        offsets: where each row starts, and where the last one ends.
    """
    text = data[offsets[0] : offsets[-1]]
    places = np.concatenate([_signs(text), _runs(text)]) + offsets[0]
    rows = np.searchsorted(offsets, places, side="right") - 1
    return np.unique(rows)


def _signs(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places of signs that begin an escape."""
    places = np.flatnonzero(_SIGNS[text])
    if not len(places):
        return places
    ahead = np.concatenate([text, np.zeros(_AHEAD, np.uint8)])
    sign, one, two = ahead[places], ahead[places + 1], ahead[places + 2]
    begins = (sign == ord("%")) & (_HEX[one] | (one == ord("u"))) & _HEX[two]
    begins |= (sign == ord("&")) & ((one == ord("#")) | _LETTERS[one])
    begins |= (sign == ord("\\")) & np.isin(one, list(b"uUx0123"))
    begins |= (sign == ord("=")) & _HEX[one] & _HEX[two]
    begins |= (sign == ord("<")) & ((one == ord("/")) | _LETTERS[one])
    begins |= (sign == ord("+")) & _HEX[one] & np.isin(ahead[places - 1], list(b"uU"))
    begins |= (sign == 0xE2) & (one == 0x80) & ((two == 0xAD) | (two == 0xAE))
    begins |= (sign == 0xC3) & _follows_latin(ahead, places)
    return places[begins]


def _follows_latin(ahead: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell where further characters of the Latin supplement, or punctuation, follow at once as in text read in a wrong encoding."""
    second, third = ahead[places + 2], ahead[places + 4]
    wrong = _LATIN_1.copy()
    wrong[[0xC5, 0xC6, 0xCB, 0xE2]] = True
    return np.asarray(wrong[second] & (wrong[third] | (second == 0xE2)))


def _runs(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places of runs of letters and digits that look like neither a word nor a number."""
    samples = _RUN[text[::_STEP]]
    places = np.flatnonzero(samples[:-1] & samples[1:]) * _STEP
    if not len(places):
        return places
    inside = np.concatenate([np.zeros(1, np.int8), _RUN[text].view(np.int8), np.zeros(1, np.int8)])
    edges = np.flatnonzero(np.diff(inside))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= _LEAST_RUN
    starts, ends = starts[long], ends[long]
    if not len(starts):
        return starts
    digits, capitals = _count(_IS_DIGIT[text], starts, ends), _count(_IS_CAPITAL[text], starts, ends)
    letters = _count(_LETTERS[text], starts, ends)
    mixed = (digits > 0) & (letters > 0)
    mixed |= (capitals - _IS_CAPITAL[text[starts]] > 0) & (capitals < letters)
    return starts[mixed]


def _count(marked: NDArray[np.bool_], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(marked)])
    return np.asarray(sums[ends] - sums[starts])
