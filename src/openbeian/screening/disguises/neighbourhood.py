"""What stands inside and around candidate spans: the kinds of characters of some rows, summed up so that each question is one look."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from openbeian.screening.disguises.characters import (
    BRACKET,
    DIGIT,
    EDGE,
    FIELD,
    FIRST_SEPARATOR,
    INVISIBLE,
    LATIN,
    LINE,
    ODD,
    OTHER,
    ROW_EDGE,
    SENTENCE,
    kinds,
)  # fmt: skip

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_IN_GAP = 3  # separators between two characters of a word
_SPACED = 0.9  # a row with so many of its Chinese characters apart is written apart on purpose
_LEAST_SPACED = 3


class Neighbourhood:
    """Candidate spans in their rows.

    Args:
        texts: the rows that have candidates.
        rows: for each candidate its row in `texts`.
        starts: where it starts, in characters.
        ends: where it ends.
    """

    def __init__(
        self, texts: Sequence[str], rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> None:
        joined = ROW_EDGE + ROW_EDGE.join(texts) + ROW_EDGE
        self.codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.array([len(text) + 1 for text in texts], np.int64)
        bases = np.concatenate([np.ones(1, np.int64), 1 + np.cumsum(lengths)])
        kind = kinds()[self.codes]
        hidden = np.flatnonzero(kind == INVISIBLE)
        self._kind = np.delete(kind, hidden) if len(hidden) else kind
        self._rows, self._row_starts = rows, _without(hidden, bases[:-1])
        self._start, self._end = (_without(hidden, bases[rows] + places) for places in (starts, ends))
        self._is_separator = self._kind >= FIRST_SEPARATOR
        lengths = self._end - self._start
        self._owner = np.repeat(
            np.arange(len(lengths)), lengths
        )  # each character of each span, one span after the other
        self._inner = np.arange(len(self._owner)) + np.repeat(self._start - (np.cumsum(lengths) - lengths), lengths)

    def _is(self, *wanted: int) -> NDArray[np.bool_]:
        """Tell which characters of the spans are of these kinds."""
        table = np.zeros(EDGE + 1, np.bool_)
        table[list(wanted)] = True
        return np.asarray(table[self._kind[self._inner]])

    def _inside(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(self._owner, marked[self._inner], len(self._start)).astype(np.int64)

    def _in_row(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.asarray(np.add.reduceat(marked, self._row_starts, dtype=np.int64)[self._rows])

    def has(self, *wanted: int) -> NDArray[np.bool_]:
        """Tell which spans hold a character of one of these kinds."""
        return np.asarray(np.bincount(self._owner, self._is(*wanted), len(self._start)) > 0)

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """How many characters of each span are content."""
        return self._inside(~self._is_separator)

    @cached_property
    def gaps(self) -> NDArray[np.int64]:
        """In how many places separators stand in each span."""
        return self._inside(self._gap_starts)

    @cached_property
    def _gap_starts(self) -> NDArray[np.bool_]:
        marked = self._is_separator.copy()
        marked[1:] &= ~self._is_separator[:-1]
        return marked

    @property
    def has_wide_gap(self) -> NDArray[np.bool_]:
        """Tell which spans have more separators in one place than a word may."""
        wide = self._is_separator.copy()
        for shift in range(1, MOST_IN_GAP + 1):
            wide[shift:] &= self._is_separator[:-shift]
        wide[:MOST_IN_GAP] = False
        return self._inside(wide) > 0

    @property
    def has_double_bracket(self) -> NDArray[np.bool_]:
        """Tell which spans hold a bracket beside a bracket, as in 【云】【朵】."""
        bracket = self._kind == BRACKET
        return np.asarray(self._inside(bracket[:-1] & bracket[1:]) > 0)

    @property
    def stands_apart(self) -> NDArray[np.bool_]:
        """Tell which spans have a separator or the row's edge on both sides."""
        return np.asarray(self._is_separator[self._start - 1] & self._is_separator[self._end])

    @property
    def touches(self) -> NDArray[np.bool_]:
        """Tell which spans begin or end with a letter (digit) beside another letter (digit)."""
        left, first = self._kind[self._start - 1], self._kind[self._start]
        last, right = self._kind[self._end - 1], self._kind[self._end]
        at_left = (left == first) & ((first == LATIN) | (first == DIGIT))
        at_right = (last == right) & ((last == LATIN) | (last == DIGIT))
        return np.asarray(at_left | at_right)

    @property
    def touches_letters(self) -> NDArray[np.bool_]:
        """Tell which spans have a letter or a digit right beside them, whatever they begin and end with."""
        left, right = self._kind[self._start - 1], self._kind[self._end]
        return np.isin(left, (LATIN, DIGIT)) | np.isin(right, (LATIN, DIGIT))

    @property
    def separator_is_usual_here(self) -> NDArray[np.bool_]:
        """Tell which spans stand in rows that use such separators between other Chinese characters too, as titles and lists do.

        A row in which nearly every Chinese character stands alone is no such row.
        """
        usual = self._gaps_between_chinese
        odd = self.has(ODD)
        inside, total, content = self._inside(usual), self._in_row(usual), self._in_row(self._kind == OTHER)
        is_spaced = (total >= _LEAST_SPACED) & (total >= _SPACED * (content - 1))
        return np.asarray((total > inside) & ~is_spaced & ~odd & ~self.has_double_bracket)

    @property
    def _gaps_between_chinese(self) -> NDArray[np.bool_]:
        """Mark where gaps begin that stand between two Chinese characters and are neither odd nor a break."""
        starts = np.flatnonzero(self._gap_starts)
        ends = np.flatnonzero(self._is_separator[:-1] & ~self._is_separator[1:])
        starts = starts[: len(ends)]  # nothing follows the last gap, the edge after all rows
        between = (self._kind[starts - 1] == OTHER) & (self._kind[ends + 1] == OTHER)
        unusual = (ODD, SENTENCE, EDGE, LINE, FIELD)
        between &= ~np.isin(self._kind[starts], unusual) & ~np.isin(self._kind[ends], unusual)
        marked = np.zeros(len(self._kind), np.bool_)
        marked[starts[between]] = True
        return marked

    @property
    def is_column(self) -> NDArray[np.bool_]:
        """Tell which spans are written one character a line, three lines or more with the lines beside them."""
        breaks = (self._kind == LINE) | (self._kind == EDGE)
        alone = ~self._is_separator
        alone[1:-1] &= breaks[:-2] & breaks[2:]
        alone[[0, -1]] = False
        inside = self._inside(alone)
        units = self.units
        above = alone[np.maximum(self._start - 2, 0)] & (self._kind[self._start - 1] == LINE)
        below = alone[np.minimum(self._end + 1, len(alone) - 1)] & (self._kind[self._end] == LINE)
        return np.asarray((inside == units) & (self.gaps == units - 1) & (units + above + below > 2))

    @property
    def is_latin(self) -> NDArray[np.bool_]:
        """Tell which spans are letters only, beside separators."""
        return np.asarray(self._inside(self._kind == LATIN) == self.units)

    @property
    def is_digits(self) -> NDArray[np.bool_]:
        """Tell which spans are digits only, beside separators."""
        return np.asarray(self._inside(self._kind == DIGIT) == self.units)


def _without(hidden: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where places are when the hidden ones are left out."""
    return np.asarray(places - np.searchsorted(hidden, places))
