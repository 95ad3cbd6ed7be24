"""Undoing encodings in their place: the text as it reads, and from each stretch of it back to the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.gates import places_to_undo
from openbeian.screening.disguises.markup import named_entities, tags
from openbeian.screening.disguises.matches import VIAS
from openbeian.screening.disguises.pieces import pieces_at
from openbeian.screening.disguises.stretches import Pieces, around, column_of, in_order

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

UNTOUCHED: Final = -1
_FEW: Final = 8  # tags that are less of the text than one part in so many are looked at like text
_MARKUP: Final = VIAS.index("markup")


@dataclass(frozen=True)
class Undone:
    """Stretches of a column with the encodings in them undone.

    Attributes:
        texts: what the stretches read as.
        row: for each text the row it comes from.
        first: where each piece begins in the bytes of `texts`; at the start of each text stands an empty one.
        last: where it ends.
        start: where it begins in the bytes of the column.
        end: where it ends there.
        via: how it was undone (`UNTOUCHED`: the empty piece at the start of a text).
    """

    texts: pa.LargeStringArray
    row: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    via: NDArray[np.int8]

    def ways(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the first way of undoing that spans of bytes in `texts` need, or UNTOUCHED."""
        following, size = np.searchsorted(self.last, begin, side="right"), len(self.via)
        filled = np.where(self.last > self.first, np.arange(size), size)
        filled = np.minimum.accumulate(np.append(filled, size)[::-1])[::-1]  # the next piece that left something
        first, via = np.append(self.first, np.iinfo(np.int64).max), np.append(self.via, np.int8(UNTOUCHED))
        way = np.where(first[following] < end, np.int8(_MARKUP), np.int8(UNTOUCHED))
        return np.where(first[filled[following]] < end, via[filled[following]], way).astype(np.int8)

    def back(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the spans of bytes of the column that spans in `texts` come from."""
        return self._source(begin, self.start, 0), self._source(end - 1, self.end, 1)

    def _source(self, places: NDArray[np.int64], bounds: NDArray[np.int64], further: int) -> NDArray[np.int64]:
        following = np.searchsorted(self.last, places, side="right")
        before, within = following - 1, np.minimum(following, len(bounds) - 1)
        stays = places - self.last[before] + self.end[before] + further
        is_within = (following < len(bounds)) & (self.first[within] <= places)
        return np.where(is_within, bounds[within], stays)


def undone(data: NDArray[np.uint8], offsets: NDArray[np.int64], pieces: Pieces) -> Undone:
    """Return the stretches around some pieces of a column, with the pieces undone."""
    row, begins, ends = around(pieces, data, offsets)
    at = np.searchsorted(pieces.start, begins)
    start, end = np.insert(pieces.start, at, begins), np.insert(pieces.end, at, begins)
    forms, via = np.insert(pieces.forms, at, b""), np.insert(pieces.via, at, UNTOUCHED)
    heads = at + np.arange(len(at))
    until = np.append(start[1:], 0)  # where the text after a piece ends
    until[np.append(heads[1:] - 1, len(start) - 1)] = ends
    lengths = np.fromiter(map(len, forms), np.int64, len(forms))
    last = np.cumsum(lengths + until - end) - (until - end)
    first = last - lengths
    read = _put_together(data[begins[0] : ends[-1]], end - begins[0], until - begins[0], forms, lengths)
    return Undone(column_of(read, np.append(first[heads], len(read))), row, first, last, start, end, via)


def _put_together(
    data: NDArray[np.uint8],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    forms: NDArray[np.object_],
    lengths: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Return each form, of the given length, and after it the bytes from a start to an end."""
    between = np.append(0, end[:-1])
    literal = data[_in_turns(start - between, end - start)]
    if not lengths.any():
        return literal
    is_literal = _in_turns(lengths, end - start)
    read = np.empty(len(is_literal), np.uint8)
    read[is_literal] = literal
    read[~is_literal] = np.frombuffer(b"".join(forms), np.uint8)
    return read


def _in_turns(without: NDArray[np.int64], having: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return a mask of so many bytes without, so many with, and so on."""
    return np.repeat(np.arange(2 * len(having)) % 2 == 1, np.stack([without, having], axis=1).ravel())


def pieces_of(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Pieces:
    """Return the encoded pieces in the rows of a column."""
    base, offsets = int(offsets[0]), offsets - offsets[0]
    data = data[base : base + int(offsets[-1])]
    markup = tags(data, offsets)
    places = _places_beside(markup, data, offsets)
    if len(places):
        named, places = named_entities(data, places)
        markup = in_order([markup, named, _others(data, offsets, places)])
    return markup.moved(base)


def _places_beside(markup: Pieces, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places outside the tags where an encoded piece may begin; of each tag its first byte alone is looked at."""
    lengths = markup.end - markup.start - 1
    if lengths.sum() * _FEW < len(data):
        places = places_to_undo(data, offsets)
        return places[~markup.cover(places)]
    removed = np.append(0, np.cumsum(lengths))
    bounds = np.append(np.stack([markup.start + 1, markup.end], axis=1).ravel(), len(data))
    left = data[np.repeat(np.arange(len(bounds)) % 2 == 0, np.diff(bounds, prepend=0))]
    bases = offsets - removed[np.searchsorted(markup.start, offsets)]
    places = places_to_undo(left, bases)
    return np.asarray(places + removed[np.searchsorted(markup.start + 1 - removed[:-1], places, side="right")])


def _others(data: NDArray[np.uint8], offsets: NDArray[np.int64], places: NDArray[np.int64]) -> Pieces:
    """Return the pieces that are undone one by one."""
    found: list[tuple[int, int, bytes, int]] = []
    rows = np.searchsorted(offsets, places, side="right") - 1
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows)) + 1) if len(rows) else ():
        base = int(offsets[rows[part[0]]])
        text = data[base : offsets[rows[part[0]] + 1]].tobytes().decode("latin-1")
        pieces = pieces_at(text, (places[part] - base).tolist())
        found += [(base + first, base + last, form, way) for first, last, form, way in pieces]
    return Pieces.of(found)
