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
from openbeian.screening.disguises.lexicon import Candidates, rows_of
from openbeian.screening.disguises.matches import DERIVED, VIAS, DisguisedMatches, matches_of
from openbeian.screening.disguises.neighbourhood import Neighbourhood
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
        now = _undone(texts)
        rows, read = [row for row, _ in now], [text for _, text in now]
        for _ in range(1, _ROUNDS):
            outer, place = [text for _, text in now], [row for row, _ in now]
            again = _undone(pa.array([text.text for text in outer], pa.large_string()))
            now = [(place[index], outer[index].then(text)) for index, text in again]
            rows, read = rows + [row for row, _ in now], read + [text for _, text in now]
        if not read:
            return matches_of([np.empty(0, np.int64)] * 6)
        return self._found(np.array(rows, np.int64), read)

    def _found(self, rows: NDArray[np.int64], read: list[Undone]) -> DisguisedMatches:
        texts = pa.array([text.text for text in read], pa.large_string())
        found, entries = self._search(texts), self._entries
        allowed = found[entries.keyword[found.meaning] == ALLOWED]
        wanted = (entries.keyword[found.meaning] != ALLOWED) & np.isin(entries.via[found.meaning], (PLAIN, PINYIN))
        found = found[wanted]
        found = found[~found.inside(allowed)]
        if not len(found):
            return matches_of([np.empty(0, np.int64)] * 6)
        start, end, way = _stretches(found, read)
        shown, place = rows_of(texts, found.row)
        around = Neighbourhood(shown, place, found.start, found.end)
        tier, via = judge(found, around, shown, place, entries)
        stands = (around.gaps == 0) & (entries.via[found.meaning] == PLAIN)
        tier = np.where(stands & (~around.touches | entries.free[found.meaning]), DERIVED, tier)
        via = np.where(stands | (via == SEPARATORS), way, via)
        kept = (tier != NOTHING) & (way != UNTOUCHED)
        columns = (rows[found.row], start, end, entries.keyword[found.meaning], via, tier)
        return matches_of([column[kept] for column in columns])


def _undone(texts: pa.LargeStringArray) -> list[tuple[int, Undone]]:
    """Return the rows of a column that hold an encoded stretch, with what they read as."""
    data, offsets = columns_of(texts)
    rows, places = places_to_undo(data, offsets)
    read = []
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows)) + 1) if len(rows) else ():
        row = int(rows[part[0]])
        raw = data[offsets[row] : offsets[row + 1]].tobytes()
        text = undone(raw.decode(), _characters_at(raw, places[part].tolist()))
        if text is not None:
            read.append((row, text))
    return read


def _characters_at(raw: bytes, places: list[int]) -> list[int]:
    """Return how many characters stand before each place in UTF-8."""
    return list(accumulate(len(raw[a:b].decode()) for a, b in pairwise([0, *places])))


def _stretches(found: Candidates, read: list[Undone]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """Return for each candidate its span in the original and the first way of undoing that it needs."""
    lengths = np.array([len(text.via) for text in read], np.int64)
    base = (np.cumsum(lengths) - lengths)[found.row]
    start, end, via = (np.concatenate([getattr(text, name) for text in read]) for name in ("start", "end", "via"))
    first, last = base + found.start, base + found.end - 1
    touched = np.append(np.where(via == UNTOUCHED, len(via), np.arange(len(via))), len(via))
    touched = np.minimum.accumulate(touched[::-1])[::-1]  # the next character that was encoded
    jumps = np.append(np.cumsum(np.append(False, start[1:] > end[:-1])), 0)  # a piece that left nothing, such as a tag
    way = np.where(jumps[last] > jumps[first], _MARKUP, UNTOUCHED)
    way = np.where(touched[first] <= last, np.append(via, UNTOUCHED)[touched[first]], way)
    return start[first], end[last], way.astype(np.int8)
