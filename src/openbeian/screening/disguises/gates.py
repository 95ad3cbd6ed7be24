"""Where something encoded may begin: a look at the bytes of the whole column, so that ordinary rows cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.runs import distinct, places_of, run_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AHEAD: Final = 8
_BLOCK: Final = 1 << 20  # bytes; with less the calls cost more than the memory


def _of(members: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table


_DIGITS: Final = b"0123456789"
_HEX: Final = _of(_DIGITS + b"ABCDEFabcdef")
_LETTERS: Final = _of(bytes(range(97, 123)) + bytes(range(65, 91)))
_SIGNS: Final = _of(b"%&\\=+xX\xc2\xc3\xe2").tobytes()
_OCTAL: Final = _of(b"01234567")
_U: Final = _of(b"uU")
_WRONG: Final = _of(b"\xc2\xc3\xc5\xc6\xcb\xe2")
_CHINESE: Final = (
    0xE2  # the least first byte of what folds to a Chinese character: radicals, signs with numbers, ideographs
)
_FOUR_BYTES: Final = 0xF0  # the first byte of what lies beyond the first plane, mathematical letters among it
_SMALL_A, _COUNT_OF_LETTERS = np.uint8(ord("a")), 26


def places_to_undo(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bytes of an Arrow column where an encoded stretch may begin, in order; tags are none.

    Args:
        data: the bytes of the column.
        offsets: where each row starts, and where the last one ends.
    """
    places = [np.empty(0, np.int64)]
    for a, b in _blocks(offsets):
        text = data[offsets[a] : offsets[b]]
        found = np.concatenate([_signs(text), run_starts(text, offsets[a : b + 1] - offsets[a])])
        places.append(found[distinct(found)] + offsets[a])
    return np.concatenate(places)


def rows_with_letters(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows that may hold a character that folds to a Latin letter; arguments as above."""
    return _rows(_has_letters, data, offsets)


def rows_beyond_latin(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows that may hold a Chinese character (an empty row may be among them); arguments as above."""
    if len(offsets) < 2:
        return np.empty(0, np.int64)
    highest = np.maximum.reduceat(np.append(data[offsets[0] : offsets[-1]], np.uint8(0)), offsets[:-1] - offsets[0])
    return np.flatnonzero(highest >= _CHINESE)


def _rows(
    have: Callable[[NDArray[np.uint8], NDArray[np.int64]], NDArray[np.bool_]],
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
) -> NDArray[np.int64]:
    parts = [have(data[offsets[a] : offsets[b]], offsets[a : b + 1] - offsets[a]) for a, b in _blocks(offsets)]
    return np.flatnonzero(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def _blocks(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return some rows at a time, so that what is being worked on stays near; a row is never cut."""
    cuts = np.searchsorted(offsets, np.arange(offsets[0] + _BLOCK, offsets[-1], _BLOCK))
    return list(pairwise(np.unique(np.concatenate([[0], cuts, [len(offsets) - 1]])).tolist()))


def _has_letters(text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    marked = _is_letter(text)
    marked |= text == _FOUR_BYTES
    counts = np.diff(np.searchsorted(np.flatnonzero(marked), offsets))
    return np.asarray((counts > 0) | _rows_at(_followed(text, 0xEF, 0xBD, 0x81), offsets))


def _is_letter(text: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which bytes are Latin letters."""
    places = text | 0x20
    places -= _SMALL_A  # in its place: memory that is asked for anew costs more than the sum
    return np.asarray(places < _COUNT_OF_LETTERS)


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
    places = places_of(text, _SIGNS)
    ahead = np.concatenate([text, np.zeros(_AHEAD, np.uint8)])
    sign, one, two = ahead[places], ahead[places + 1], ahead[places + 2]
    begins = (sign == ord("%")) & (_HEX[one] | (one == ord("u"))) & _HEX[two]
    begins |= (sign == ord("&")) & ((one == ord("#")) | _LETTERS[one])
    begins |= (sign == ord("\\")) & (
        (_U[one] & (_HEX[two] | (two == ord("{")))) | (_OCTAL[one] & _OCTAL[two]) | ((one == ord("x")) & _HEX[two])
    )
    begins |= (sign == ord("=")) & _HEX[one] & _HEX[two] & (ahead[places + 3] == ord("="))
    begins |= (sign == ord("+")) & _HEX[one] & _U[ahead[places - 1]]
    begins |= (sign | 0x20 == ord("x")) & (one | 0x20 == ord("n")) & (two == ord("-"))
    begins |= (sign == 0xE2) & (one == 0x80) & ((two == 0xAD) | (two == 0xAE))  # what turns the direction of writing
    begins |= (sign >> 1 == 0xC2 >> 1) & _follows_latin(ahead, places)
    return np.asarray(places[begins] - (sign[begins] == ord("+")))  # U+ begins a letter earlier


def _follows_latin(ahead: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell where further characters of the Latin supplement, or punctuation, follow at once as in text read in a wrong encoding."""
    second, third = ahead[places + 2], ahead[places + 4]
    return np.asarray(_WRONG[second] & (_WRONG[third] | (second == 0xE2)))
