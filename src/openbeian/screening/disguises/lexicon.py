"""Forms of many keywords in one matcher, and from a form back to the keywords that are meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from openbeian.screening.disguises.neighbourhood import Neighbourhood
from openbeian.screening.matching import Matcher

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
        meanings: for each form the numbers it stands for.
        edges: for each form which of its edges must not touch a letter or digit, as `Matcher` has it.
    """

    def __init__(
        self, table: FoldTable, meanings: Mapping[str, Iterable[int]], edges: Mapping[str, int] | None = None
    ) -> None:
        known = {form: list(numbers) for form, numbers in meanings.items() if len(form) > 1}
        self._matcher = (
            Matcher(list(known), table, edges=[(edges or {}).get(form, 0) for form in known]) if known else None
        )
        counts = np.array([len(numbers) for numbers in known.values()] or [0], np.int64)
        self._counts, self._first = counts, np.cumsum(counts) - counts
        self._meanings = np.array([number for numbers in known.values() for number in numbers], np.int64)

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


_WIDE = 512  # characters; of a long row with few candidates only what is so near to one is looked at


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
