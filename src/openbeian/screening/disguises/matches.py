"""What the second pass gives back: spans of the original, the keyword, how the disguise was undone and how sure that is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIERS: Final = ("exact", "derived", "review")
EXACT, DERIVED, REVIEW = range(3)

VIAS: Final = (
    "plain",
    "separators",
    "fields",
    "percent",
    "entities",
    "escapes",
    "base64",
    "hex",
    "quoted-printable",
    "punycode",
    "mojibake",
    "bidi",
    "markup",
    "sound",
    "pinyin",
    "letters",
    "shapes",
    "parts",
    "reversed",
    "vertical",
    "numerals",
    "doubled",
)


@dataclass(frozen=True)
class DisguisedMatches:
    """Mentions by row and span of the original; `via` counts in `VIAS`, `tier` in `TIERS`, `keyword` in the keywords given."""

    row: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    keyword: NDArray[np.int32]
    via: NDArray[np.int8]
    tier: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> DisguisedMatches:
        return DisguisedMatches(*(getattr(self, field.name)[kept] for field in fields(self)))


_KINDS: Final = (np.int64, np.int32, np.int32, np.int32, np.int8, np.int8)


def matches_of(columns: Sequence[NDArray[np.generic] | int]) -> DisguisedMatches:
    """Return matches from row, start, end, keyword, via and tier; a number stands for a whole column of it."""
    length = len(np.atleast_1d(columns[0]))
    return DisguisedMatches(
        *(np.broadcast_to(column, length).astype(kind) for column, kind in zip(columns, _KINDS, strict=True))
    )


def joined_matches(parts: Sequence[DisguisedMatches]) -> DisguisedMatches:
    """Return all matches, one part after the other."""
    parts = [matches_of([np.empty(0, np.int64)] * 6), *parts]
    return DisguisedMatches(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(DisguisedMatches))
    )


def merged(parts: Sequence[DisguisedMatches]) -> DisguisedMatches:
    """Return all matches in reading order, each mention once.

    Of mentions of one keyword that overlap, the surest stays, of equally sure ones the shortest.
    """
    found = joined_matches(parts)
    order = np.lexsort((found.via, found.start, found.end - found.start, found.tier, found.keyword, found.row))
    found = found[order]
    found = found[~_repeats(found)]
    found = found[_first_of_overlapping(found)]
    return found[np.lexsort((found.keyword, found.end, found.start, found.row))]


def _repeats(found: DisguisedMatches) -> NDArray[np.bool_]:
    """Tell which matches, in order, have the keyword and the span of the one before."""
    columns = (found.row, found.keyword, found.start, found.end)
    same = np.logical_and.reduce([np.diff(column) == 0 for column in columns])
    return np.append(np.zeros(min(len(found), 1), np.bool_), same)


def _first_of_overlapping(found: DisguisedMatches) -> NDArray[np.bool_]:
    """Tell which matches overlap no better one; the best of one row and keyword come first."""
    keeps = np.ones(len(found), np.bool_)
    if len(found) < 2:
        return keeps
    follows = (np.diff(found.row) == 0) & (np.diff(found.keyword) == 0)
    taken: list[tuple[int, int]] = []
    for index in np.flatnonzero(np.append(follows, False) | np.append(False, follows)).tolist():
        if not index or not follows[index - 1]:
            taken = []
        keeps[index] = _takes(taken, (int(found.start[index]), int(found.end[index])))
    return keeps


def _takes(taken: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Add a span to others, in order and apart, unless it overlaps one of them; tell whether it was added."""
    place = bisect_left(taken, span)
    before, after = taken[place - 1 : place] if place else [], taken[place : place + 1]
    if any(start < span[1] and span[0] < end for start, end in before + after):
        return False
    taken.insert(place, span)
    return True
