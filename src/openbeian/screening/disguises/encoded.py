"""Words in encoded stretches: the rows that may hold one are read as they would be shown, and searched again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from openbeian.screening.disguises.encodings import UNTOUCHED, Undone, undone
from openbeian.screening.disguises.entries import ALLOWED, Entries
from openbeian.screening.disguises.gates import places_to_undo
from openbeian.screening.disguises.joined import PINYIN, PLAIN, judge
from openbeian.screening.disguises.judging import NOTHING, SEPARATORS
from openbeian.screening.disguises.lexicon import Candidates, Windows
from openbeian.screening.disguises.matches import DERIVED, VIAS, DisguisedMatches, joined_matches, matches_of
from openbeian.screening.matching import columns_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARKUP: Final = VIAS.index("markup")
_ROUNDS: Final = 2  # an encoding inside an encoding; a third one is not undone


class EncodedPass:
    """Finds words in what percent signs, entities, escapes, base64 and the like stand for."""

    def __init__(self, entries: Entries, search: Callable[[pa.LargeStringArray], Candidates]) -> None:
        self._entries, self._search = entries, search

    def find(self, texts: pa.LargeStringArray) -> DisguisedMatches:
        """Return the mentions, their spans being the encoded stretches in the original."""
        now, parts = _undone(texts), []
        for _ in range(_ROUNDS):
            if not now.texts:
                break
            parts.append(self._found(now))
            now = now.then(_undone(pa.array(now.texts, pa.large_string())))
        return joined_matches(parts)

    def _found(self, read: Undone) -> DisguisedMatches:
        texts = pa.array(read.texts, pa.large_string())
        found, entries = self._search(texts), self._entries
        allowed = found[entries.keyword[found.meaning] == ALLOWED]
        wanted = (entries.keyword[found.meaning] != ALLOWED) & np.isin(entries.via[found.meaning], (PLAIN, PINYIN))
        found = found[wanted]
        found = found[~found.inside(allowed)]
        if not len(found):
            return matches_of([np.empty(0, np.int64)] * 6)
        start, end, way = _stretches(found, read)
        windows = Windows(texts, found)
        around = windows.neighbourhood
        tier, via = judge(found, windows, entries)
        stands = (around.gaps == 0) & (entries.via[found.meaning] == PLAIN)
        tier = np.where(stands & (~around.touches | entries.free[found.meaning]), DERIVED, tier)
        via = np.where(stands | (via == SEPARATORS), way, via)
        kept = (tier != NOTHING) & (way != UNTOUCHED)
        columns = (read.row[found.row], start, end, entries.keyword[found.meaning], via, tier)
        return matches_of([column[kept] for column in columns])


def _undone(texts: pa.LargeStringArray) -> Undone:
    """Return the rows of a column that hold an encoded stretch, as they read."""
    data, offsets = columns_of(texts)
    rows, places = places_to_undo(data, offsets)
    held = []
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows)) + 1) if len(rows) else ():
        row = int(rows[part[0]])
        raw = data[offsets[row] : offsets[row + 1]].tobytes()
        held.append((row, raw.decode(), _characters_at(raw, places[part].tolist())))
    return undone(held)


def _characters_at(raw: bytes, places: list[int]) -> list[int]:
    """Return how many characters stand before each place in UTF-8."""
    return list(accumulate(len(raw[a:b].decode()) for a, b in pairwise([0, *places])))


def _stretches(found: Candidates, read: Undone) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """Return for each candidate its span in the original and the first way of undoing that it needs."""
    first, last = read.first[found.row] + found.start, read.first[found.row] + found.end - 1
    size = len(read.via)
    touched = np.append(np.where(read.via == UNTOUCHED, size, np.arange(size)), size)
    touched = np.minimum.accumulate(touched[::-1])[::-1]  # the next character that was encoded
    jumps = np.append(0, np.cumsum(read.start[1:] > read.end[:-1]))  # a piece that left nothing, such as a tag
    way = np.where(jumps[last] > jumps[first], _MARKUP, UNTOUCHED)
    way = np.where(touched[first] <= last, np.append(read.via, UNTOUCHED)[touched[first]], way)
    return read.start[first], read.end[last], way.astype(np.int8)
