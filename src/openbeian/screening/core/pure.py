"""The core without a compiled part: numpy folds a whole column at once, daachorse matches it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
from daachorse import CharwiseDoubleArrayAhoCorasick

from openbeian.screening.core.alphabet import (
    DIGITS,
    GAPS,
    LATIN,
    LEAST_DIGITS,
    LEFT_EDGE,
    NUMBERS,
    POINT,
    RIGHT_EDGE,
    Found,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openbeian.screening.core.alphabet import Pattern

_BETWEEN: Final = 0x10FFFF  # stands between two texts; no character, so it is in no form
_BLOCK: Final = 200_000  # bytes: what is being worked on stays in the second-level cache
_RUN: Final = re.compile(rf"[0-9](?:[{re.escape(GAPS)}]?[0-9]){{{LEAST_DIGITS - 1},}}")


class PureCore:
    """Finds by whole-column operations and one automaton."""

    def __init__(self, pattern: Pattern) -> None:
        self._table = pattern.table
        self._numbers = pattern.numbers
        self._edges = np.array(pattern.edges, np.uint8)
        number = {form: index for index, form in enumerate(dict.fromkeys(pattern.forms))}
        self._automaton = CharwiseDoubleArrayAhoCorasick(list(number)) if number else None
        of = np.array([number[form] for form in pattern.forms], np.int64)
        self._alike = np.argsort(of, kind="stable")  # the forms, equal ones side by side
        self._counts = np.bincount(of, minlength=len(number))

    def find(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Found:
        """Return all mentions in the texts data[offsets[i]:offsets[i + 1]], which are valid UTF-8."""
        parts, first = [], 0
        while first < len(offsets) - 1:
            last = int(np.searchsorted(offsets, offsets[first] + _BLOCK, side="right")) - 1
            last = max(first + 1, min(last, len(offsets) - 1))
            parts.append(self._block(data, offsets[first : last + 1], first))
            first = last
        return _joined(parts)

    def _block(self, data: NDArray[np.uint8], offsets: NDArray[np.int64], first: int) -> tuple[Found, Found]:
        text = data[offsets[0] : offsets[-1]]
        codes = np.frombuffer(text.tobytes().decode().encode("utf-32-le"), np.uint32)
        is_first = (text & 0xC0) != 0x80  # the first byte of a character
        ends = np.concatenate([np.zeros(1, np.int32), np.cumsum(is_first, dtype=np.int32)])[offsets - offsets[0]]
        folded, origin = self._table.fold_codes(codes)
        breaks = np.searchsorted(origin, ends[1:])
        folded = np.insert(folded, breaks, _BETWEEN)
        origin = np.insert(origin, breaks, -1)
        words = self._words(folded)
        runs = self._runs(folded)
        return _located(words, origin, ends, first), _located(runs, origin, ends, first)

    def _words(self, folded: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return start, end and form of each match in the folded text."""
        if self._automaton is None:
            return np.empty((0, 3), np.int64)
        matches = self._automaton.find_overlapping(folded.tobytes().decode("utf-32-le"))
        found = self._every_form(np.array(matches, np.int64).reshape(-1, 3))
        found = found[np.lexsort((found[:, 2], found[:, 1], found[:, 0]))]
        edges = self._edges[found[:, 2]]
        if not edges.any():
            return found
        starts, ends = found[:, 0], found[:, 1]
        inside = (edges & LEFT_EDGE != 0) & _goes_on(folded, starts, -1)
        inside |= (edges & RIGHT_EDGE != 0) & _goes_on(folded, ends - 1, 1)
        outside: NDArray[np.int64] = found[~inside]
        return outside

    def _every_form(self, found: NDArray[np.int64]) -> NDArray[np.int64]:
        """Put, for the automaton's pattern, each form that is written so."""
        if len(self._counts) == len(self._alike):
            return found
        times = self._counts[found[:, 2]]
        first = (np.cumsum(self._counts) - self._counts)[found[:, 2]]
        within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        found = np.repeat(found, times, axis=0)
        found[:, 2] = self._alike[np.repeat(first, times) + within]
        return found

    def _runs(self, folded: NDArray[np.uint32]) -> NDArray[np.int64]:
        if not self._numbers:
            return np.empty((0, 3), np.int64)
        text = folded.tobytes().decode("utf-32-le")
        runs = [(*match.span(), NUMBERS) for match in _RUN.finditer(text)]
        return np.array(runs, np.int64).reshape(-1, 3)


def _goes_on(folded: NDArray[np.uint32], edge: NDArray[np.int64], step: int) -> NDArray[np.bool_]:
    """Tell whether a word goes on beyond its edge: a letter by a letter, a digit by either or by the decimals of a longer number."""
    around = [_at(folded, edge + step * distance) for distance in range(3)]
    letter, digit = ([_within(codes, kind) for codes in around] for kind in (LATIN, DIGITS))
    decimals = (around[1] == ord(POINT)) & digit[2]
    goes_on: NDArray[np.bool_] = (letter[0] & letter[1]) | (digit[0] & (letter[1] | digit[1] | decimals))
    return goes_on


def _at(folded: NDArray[np.uint32], places: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the characters at places, a break where there is none."""
    is_there = (places >= 0) & (places < len(folded))
    return np.where(is_there, folded[np.where(is_there, places, 0)], np.uint32(_BETWEEN))


def _within(codes: NDArray[np.uint32], alphabet: str) -> NDArray[np.bool_]:
    return (codes >= ord(alphabet[0])) & (codes <= ord(alphabet[-1]))


def _located(found: NDArray[np.int64], origin: NDArray[np.int32], ends: NDArray[np.int64], first: int) -> Found:
    """Turn positions in the folded block into rows and spans of the original."""
    start = origin[found[:, 0]].astype(np.int64)
    end = origin[found[:, 1] - 1].astype(np.int64) + 1
    row = np.searchsorted(ends, start, side="right") - 1
    base = ends[row]
    columns = (row + first, start - base, end - base, found[:, 2])
    return Found(*(column.astype(np.int32) for column in columns))


def _joined(parts: list[tuple[Found, Found]]) -> Found:
    """Put the blocks together: all forms first, then all numbers."""
    ordered = [words for words, _ in parts] + [runs for _, runs in parts]
    names = ("row", "start", "end", "form")
    empty = [np.empty(0, np.int32)]
    return Found(*(np.concatenate(empty + [getattr(part, name) for part in ordered]) for name in names))
