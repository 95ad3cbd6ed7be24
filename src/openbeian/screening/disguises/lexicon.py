"""Forms of many keywords in one matcher, and from a form back to the keywords that are meant."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from openbeian.screening.disguises.neighbourhood import Neighbourhood
from openbeian.screening.matching import LEFT_EDGE, RIGHT_EDGE, Matcher

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from openbeian.screening.folding import FoldTable

_ROW = 32  # bits for the place in a row


class Candidates:
    """Matches of forms with what each form means: one line for each match and meaning."""

    def __init__(
        self, row: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64], meaning: NDArray[np.int64]
    ) -> None:
        self.row, self.start, self.end, self.meaning = row, start, end, meaning

    @staticmethod
    def joined(parts: Sequence[Candidates]) -> Candidates:
        """Return all of them, one part after the other."""
        names = ("row", "start", "end", "meaning")
        return Candidates(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> Candidates:
        return Candidates(self.row[kept], self.start[kept], self.end[kept], self.meaning[kept])

    def inside(self, allowed: Candidates) -> NDArray[np.bool_]:
        """Tell which lie inside one of the allowed ones in the same row."""
        if not len(allowed):
            return np.zeros(len(self), np.bool_)
        start, end = (allowed.row << _ROW) + allowed.start, (allowed.row << _ROW) + allowed.end
        order = np.argsort(start, kind="stable")
        start, reach = start[order], np.maximum.accumulate(end[order])
        last = np.searchsorted(start, (self.row << _ROW) + self.start, side="right") - 1
        return np.asarray((last >= 0) & (reach[last] >= (self.row << _ROW) + self.end))


class Lexicon:
    """Finds forms and gives back their meanings, which are numbers that the caller chose.

    Args:
        table: how texts are folded.
        forms: what to look for, the same form once for each meaning; single characters are left out.
        meanings: for each of these forms what it means.
        edges: for each which of its edges must not touch a letter or digit, as `Matcher` has it; the least strict counts.
    """

    def __init__(
        self, table: FoldTable, forms: Sequence[str], meanings: Sequence[int], edges: Sequence[int] | None = None
    ) -> None:
        known = {form: number for number, form in enumerate(dict.fromkeys(form for form in forms if len(form) > 1))}
        number = np.fromiter((known.get(form, -1) for form in forms), np.int64, len(forms))
        order = np.argsort(number, kind="stable")[int((number < 0).sum()) :]
        self._counts = np.bincount(number[order], minlength=max(len(known), 1))
        self._first = np.cumsum(self._counts) - self._counts
        self._meanings = np.array(meanings, np.int64)[order]
        least = np.full(len(known), LEFT_EDGE | RIGHT_EDGE)
        np.minimum.at(least, number[order], np.array(edges or [0] * len(forms), np.int64)[order])
        self._matcher = Matcher(list(known), table, edges=least.tolist()) if known else None

    def find(self, texts: pa.LargeStringArray) -> Candidates:
        """Return all matches with their meanings, in order of row."""
        if self._matcher is None:
            return Candidates(*(np.empty(0, np.int64) for _ in range(4)))
        found = self._matcher.find(texts)
        times = self._counts[found.form]
        match = np.repeat(np.arange(len(times)), times)
        within = np.arange(len(match)) - np.repeat(np.cumsum(times) - times, times)
        meaning = self._meanings[self._first[found.form][match] + within]
        row, start, end = (column[match].astype(np.int64) for column in (found.row, found.start, found.end))
        return Candidates(row, start, end, meaning)


def columns(pairs: Sequence[tuple[str, int]]) -> tuple[list[str], list[int]]:
    """Return forms and meanings, for a lexicon, from pairs of them."""
    return [form for form, _ in pairs], [meaning for _, meaning in pairs]


_WIDE = 2048  # characters; of a long row with few candidates only what is so near to one is looked at


class Windows:
    """Candidates in the rows where they stand, or in what is near to them where a row is long.

    Args:
        texts: the column in which they were found.
        found: the candidates.
    """

    def __init__(self, texts: pa.LargeStringArray, found: Candidates) -> None:
        self.texts, place = rows_of(texts, found.row)
        self._place, self._start, self._end = place.copy(), found.start.copy(), found.end.copy()
        lengths = np.array([len(text) for text in self.texts], np.int64)
        several = np.bincount(place, minlength=1)[place]
        for index in np.flatnonzero(lengths[place] > 2 * _WIDE * several).tolist():
            first = max(0, int(found.start[index]) - _WIDE)
            self.texts.append(self.texts[place[index]][first : int(found.end[index]) + _WIDE])
            self._place[index] = len(self.texts) - 1
            self._start[index] -= first
            self._end[index] -= first

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """What stands inside and around them."""
        used, place = np.unique(self._place, return_inverse=True)
        return Neighbourhood([self.texts[index] for index in used], place, self._start, self._end)

    def span(self, index: int) -> tuple[str, int, int]:
        """Return the text in which a candidate stands, and where it starts and ends there."""
        return self.texts[self._place[index]], int(self._start[index]), int(self._end[index])


def rows_of(texts: pa.LargeStringArray, rows: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the texts of some rows, each once, and for each row given its place among them."""
    different, place = np.unique(rows, return_inverse=True)
    return [text or "" for text in texts.take(different).to_pylist()], place
