"""Which rows may hold something encoded: a look at the bytes of the whole column, so that ordinary rows cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST_RUN: Final = 8
_STEP: Final = _LEAST_RUN // 2
_AHEAD: Final = 8
_BLOCK: Final = 1 << 17  # bytes


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
_SIGNS: Final = b"%&\\=<+x\xc3"
_AFTER_SLASH: Final = _of(b"uUx0123")
_U: Final = _of(b"uU")
_WRONG: Final = _of(b"\xc2\xc3\xc5\xc6\xcb\xe2")
_SMALL_A, _PLUS, _PLUS_TO_NINE = np.uint8(ord("a")), np.uint8(ord("+")), ord("9") - ord("+") + 1
_ALPHABET: Final = 26
_FOUR_BYTES: Final = 0xF0  # the first byte of what lies beyond the first plane, mathematical letters among it


def rows_to_undo(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of an Arrow column that may hold an encoded stretch.

    Args:
        data: the bytes of the column.
        offsets: where each row starts, and where the last one ends.
    """
    return _by_blocks(_has_encoded, data, offsets)


def rows_with_letters(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows that may hold a character that folds to a Latin letter; arguments as above."""
    return _by_blocks(_has_letters, data, offsets)


def _by_blocks(
    look: Callable[[NDArray[np.uint8], NDArray[np.int64]], NDArray[np.bool_]],
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Look at some rows at a time, so that what is being worked on stays in the cache; a row is never cut."""
    cuts = np.searchsorted(offsets, np.arange(offsets[0] + _BLOCK, offsets[-1], _BLOCK))
    bounds = np.unique(np.concatenate([[0], cuts, [len(offsets) - 1]])).tolist()
    parts = [look(data[offsets[a] : offsets[b]], offsets[a : b + 1] - offsets[a]) for a, b in pairwise(bounds)]
    return np.flatnonzero(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def _has_encoded(text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    return _rows_at(np.concatenate([_signs(text), _runs(text, offsets)]), offsets)


def _has_letters(text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    marked = _is_letter(text)
    marked |= text == _FOUR_BYTES
    counts = np.diff(np.searchsorted(np.flatnonzero(marked), offsets))
    return np.asarray((counts > 0) | _rows_at(_followed(text, 0xEF, 0xBD, 0x81), offsets))


def _is_letter(text: NDArray[np.uint8]) -> NDArray[np.bool_]:
    places = text | 0x20
    places -= _SMALL_A  # in its place: memory that is asked for anew costs more than the sum
    return places < _ALPHABET


def _rows_at(places: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the rows in which the places lie."""
    marked = np.zeros(len(offsets) - 1, np.bool_)
    marked[np.searchsorted(offsets, places, side="right") - 1] = True
    return marked


def _followed(text: NDArray[np.uint8], first: int, second: int, least: int) -> NDArray[np.int64]:
    """Return the places of two bytes with a third one after them that is at least so large."""
    marked = text[:-2] == first
    marked &= text[1:-1] == second
    marked &= text[2:] >= least
    return np.flatnonzero(marked)


def _signs(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places where an escape begins."""
    marked, equal = np.zeros(len(text), np.bool_), np.empty(len(text), np.bool_)
    for member in _SIGNS:
        marked |= np.equal(text, member, out=equal)
    places = np.flatnonzero(marked)
    ahead = np.concatenate([text, np.zeros(_AHEAD, np.uint8)])
    sign, one, two = ahead[places], ahead[places + 1], ahead[places + 2]
    begins = (sign == ord("%")) & (_HEX[one] | (one == ord("u"))) & _HEX[two]
    begins |= (sign == ord("&")) & ((one == ord("#")) | _LETTERS[one])
    begins |= (sign == ord("\\")) & _AFTER_SLASH[one]
    begins |= (sign == ord("=")) & _HEX[one] & _HEX[two]
    begins |= (sign == ord("<")) & ((one == ord("/")) | _LETTERS[one])
    begins |= (sign == ord("+")) & _HEX[one] & _U[ahead[places - 1]]
    begins |= (sign == ord("x")) & (one == ord("n")) & (two == ord("-"))
    begins |= (sign == 0xC3) & _follows_latin(ahead, places)
    return np.concatenate([places[begins], _followed(text, 0xE2, 0x80, 0xAD)])


def _follows_latin(ahead: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell where further characters of the Latin supplement, or punctuation, follow at once as in text read in a wrong encoding."""
    second, third = ahead[places + 2], ahead[places + 4]
    return np.asarray(_WRONG[second] & (_WRONG[third] | (second == 0xE2)))


def _runs(text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of runs of letters and digits that look like neither a word nor a number.

    A run of the least length holds two neighbours of every fourth byte, so only there is each byte looked at.
    """
    sampled = np.ascontiguousarray(text[::_STEP])
    samples = _is_letter(sampled) | (sampled - _PLUS < _PLUS_TO_NINE) | (sampled == ord("_")) | (sampled == ord("="))
    pairs = np.flatnonzero(samples[:-1] & samples[1:])
    if not len(pairs):
        return pairs
    breaks = np.flatnonzero(np.diff(pairs) > 1)
    first = np.concatenate([pairs[:1], pairs[breaks + 1]]) * _STEP - (_STEP - 1)
    last = (np.concatenate([pairs[breaks], pairs[-1:]]) + 1) * _STEP + _STEP
    places = _ranges(np.maximum(first, 0), np.minimum(last, len(text)))
    is_row_start = np.zeros(len(text) + 1, np.bool_)
    is_row_start[offsets] = True
    begins = (np.diff(places, prepend=-2) > 1) | is_row_start[places]
    return places[_strange_runs(text[places], begins)]


def _ranges(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of all half-open ranges, one range after the other."""
    lengths = last - first
    return np.asarray(np.arange(lengths.sum()) + np.repeat(first - (np.cumsum(lengths) - lengths), lengths))


def _strange_runs(text: NDArray[np.uint8], begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where runs start that are long and mix letters with digits, or capitals with small letters.

    Args:
        text: windows of bytes, one after the other.
        begins: where a window or a row begins.
    """
    inside = _RUN[text]
    starts = np.flatnonzero(inside & (begins | ~np.concatenate([np.zeros(1, np.bool_), inside[:-1]])))
    stops = np.concatenate([~inside[1:] | begins[1:], np.ones(1, np.bool_)])
    ends = np.flatnonzero(inside & stops) + 1
    long = ends - starts >= _LEAST_RUN
    starts, ends = starts[long], ends[long]
    digits, capitals, letters = (_count(kind[text], starts, ends) for kind in (_IS_DIGIT, _IS_CAPITAL, _LETTERS))
    mixed = (digits > 0) & (letters > 0)
    mixed |= (capitals - _IS_CAPITAL[text[starts]] > 0) & (capitals < letters)
    return starts[mixed]


def _count(marked: NDArray[np.bool_], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    sums = np.concatenate([np.zeros(1, np.int32), np.cumsum(marked, dtype=np.int32)])
    return np.asarray(sums[ends] - sums[starts], np.int64)
