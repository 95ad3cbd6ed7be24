"""Words in encoded stretches: the stretches that may hold one are read as they would be shown, and searched again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from openbeian.screening.disguises.encodings import UNTOUCHED, Undone, pieces_of, undone
from openbeian.screening.disguises.entries import ALLOWED, Entries
from openbeian.screening.disguises.joined import PINYIN, PLAIN, judge
from openbeian.screening.disguises.judging import NOTHING, SEPARATORS
from openbeian.screening.disguises.lexicon import Candidates, Windows
from openbeian.screening.disguises.matches import DERIVED, DisguisedMatches, joined_matches, matches_of
from openbeian.screening.disguises.stretches import Pieces, around, column, starts_character
from openbeian.screening.matching import columns_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AGAIN: Final = re.compile(rb"[%&\\<>]|[=+x-]|[0-9A-Za-z]{6}|\xc2|\xc3|\xe2\x80")  # what may be encoded once more


class EncodedPass:
    """Finds words in what percent signs, entities, escapes, base64 and the like stand for."""

    def __init__(self, entries: Entries, search: Callable[[pa.LargeStringArray], Candidates]) -> None:
        self._entries, self._search = entries, search

    def find(self, texts: pa.LargeStringArray) -> DisguisedMatches:
        """Return the mentions, their spans being the encoded stretches in the original."""
        data, offsets = columns_of(texts)
        pieces = pieces_of(data, offsets) if len(texts) else Pieces.of([])
        if not len(pieces):
            return joined_matches([])
        once = undone(data, offsets, pieces)
        parts = [self._found([once], data, offsets)]
        again = _pieces_again(once, pieces)  # an encoding inside an encoding; a third one is not undone
        if len(again):
            parts.append(self._found([once, undone(*columns_of(once.texts), again)], data, offsets))
        return joined_matches(parts)

    def _found(self, rounds: Sequence[Undone], data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> DisguisedMatches:
        read = rounds[-1]
        found, begin, end, way = self._touched(read)
        if not len(found):
            return joined_matches([])
        windows = Windows(read.texts, found)
        neighbourhood = windows.neighbourhood
        tier, via = judge(found, windows, self._entries)
        plain = self._entries.via[found.meaning] == PLAIN
        stands = (neighbourhood.gaps == 0) & plain
        tier = np.where(stands & (~neighbourhood.touches | self._entries.free[found.meaning]), DERIVED, tier)
        via = np.where(stands | (via == SEPARATORS), way, via)
        row = found.row
        for one in reversed(rounds):
            row, (begin, end) = one.row[row], one.back(begin, end)
        characters = np.append(0, np.cumsum(starts_character(data[offsets[0] : offsets[-1]])))
        bases = characters[offsets[row] - offsets[0]]
        start, end = (characters[places - offsets[0]] - bases for places in (begin, end))
        kept = tier != NOTHING
        columns = (row, start, end, self._entries.keyword[found.meaning], via, tier)
        return matches_of([column[kept] for column in columns])

    def _touched(self, read: Undone) -> tuple[Candidates, NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
        """Return what is found in undone texts and needs their undoing, its spans of bytes, and the ways of undoing."""
        found, entries = self._search(read.texts), self._entries
        is_allowed = entries.keyword[found.meaning] == ALLOWED
        allowed, found = found[is_allowed], found[~is_allowed & np.isin(entries.via[found.meaning], (PLAIN, PINYIN))]
        data, offsets = columns_of(read.texts)
        characters = np.flatnonzero(starts_character(data[: offsets[-1]]))
        bases = np.searchsorted(characters, offsets[found.row])
        ends = np.append(characters, offsets[-1])
        begin, end = characters[bases + found.start], ends[bases + found.end]
        way = read.ways(begin, end)
        kept = (way != UNTOUCHED) & ~found.inside(allowed)
        return found[kept], begin[kept], end[kept], way[kept]


def _pieces_again(once: Undone, pieces: Pieces) -> Pieces:
    """Return the pieces in undone texts, where what a piece stands for may be encoded itself."""
    data, offsets = columns_of(once.texts)
    filled = np.flatnonzero(once.last > once.first)
    forms = pieces.forms[pieces.forms != b""]
    again = np.fromiter((bool(_AGAIN.search(form)) for form in forms), np.bool_, len(forms))
    if not again.any():
        return Pieces.of([])
    suspects = Pieces(once.first[filled], once.last[filled], forms, once.via[filled])[again]
    _, begin, end = around(suspects, data, offsets)
    near = column([data[a:b].tobytes() for a, b in zip(begin.tolist(), end.tolist(), strict=True)])
    bounds = columns_of(near)[1]
    found = pieces_of(*columns_of(near))
    moved = (begin - bounds[:-1])[np.searchsorted(bounds, found.start, side="right") - 1]
    return found.moved(moved)
