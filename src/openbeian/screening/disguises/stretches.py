"""Encoded pieces of a column of bytes, and the stretches of text around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AROUND: Final = 256  # bytes beside a piece in which the rest of its word is looked for
_FURTHER: Final = 0xC0  # a byte of UTF-8 whose highest two bits are 10 goes on with a character
_GOES_ON: Final = 0x80


@dataclass(frozen=True)
class Pieces:
    """Encoded pieces: where each starts and ends, in bytes of a column, what it stands for (in UTF-8), and its way in `VIAS`."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    forms: NDArray[np.object_]
    via: NDArray[np.int8]

    @staticmethod
    def of(pieces: Sequence[tuple[int, int, bytes, int]]) -> Pieces:
        """Return pieces given one by one: start, end, form, way."""
        start, end, via = (np.array([piece[column] for piece in pieces], np.int64) for column in (0, 1, 3))
        forms = np.empty(len(pieces), np.object_)
        forms[:] = [form for _, _, form, _ in pieces]
        return Pieces(start, end, forms, via.astype(np.int8))

    @staticmethod
    def alike(start: NDArray[np.int64], end: NDArray[np.int64], form: bytes, via: int) -> Pieces:
        """Return pieces that stand for the same."""
        return Pieces(start, end, np.full(len(start), form, np.object_), np.full(len(start), via, np.int8))

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, kept: NDArray[np.intp] | NDArray[np.bool_]) -> Pieces:
        return Pieces(self.start[kept], self.end[kept], self.forms[kept], self.via[kept])

    def moved(self, by: NDArray[np.int64] | int) -> Pieces:
        """Return the pieces at other places."""
        return Pieces(self.start + by, self.end + by, self.forms, self.via)

    def cover(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which places lie in one of the pieces, which are in order."""
        if not len(self):
            return np.zeros(len(places), np.bool_)
        return np.asarray(places < np.append(self.end, 0)[np.searchsorted(self.start, places, side="right") - 1])


def in_order(parts: Sequence[Pieces]) -> Pieces:
    """Return the pieces of all parts in order of place; of those that overlap the first."""
    names = [field.name for field in fields(Pieces)]
    every = Pieces(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    order = np.argsort(every.start, kind="stable")
    reach = np.maximum.accumulate(every.end[order])
    return every[order[np.append(True, every.start[order][1:] >= reach[:-1])[: len(order)]]]


def starts_character(data: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which bytes of UTF-8 start a character."""
    return np.asarray((data & _FURTHER) != _GOES_ON)


def around(
    pieces: Pieces, data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the stretches of text around pieces, apart from each other: row, start and end; no character is cut."""
    row = np.searchsorted(offsets, pieces.start, side="right") - 1
    first = np.maximum(pieces.start - _AROUND, offsets[row])
    last = np.minimum(pieces.end + _AROUND, offsets[row + 1])
    opens = np.append(True, (np.diff(row) > 0) | (first[1:] > last[:-1]))
    closes = np.append(opens[1:], True)
    first, last, row = first[opens], last[closes], row[opens]
    return row, _at_character(first, offsets[row], data), _at_character(last, offsets[row + 1], data)


def _at_character(places: NDArray[np.int64], bounds: NDArray[np.int64], data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Move places back to where a character starts; those on a bound stay."""
    places = places.copy()
    for _ in range(3):
        inside = np.flatnonzero(places != bounds)
        places[inside] -= ~starts_character(data[places[inside]])
    return places


def column(texts: Sequence[bytes]) -> pa.LargeStringArray:
    """Return texts in UTF-8 as a column."""
    offsets = np.append(0, np.cumsum(np.array([*map(len, texts)], np.int64)))
    return column_of(b"".join(texts), offsets)


def column_of(data: bytes | NDArray[np.uint8], offsets: NDArray[np.int64]) -> pa.LargeStringArray:
    """Return the rows of some bytes of UTF-8 as a column, without copying."""
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
