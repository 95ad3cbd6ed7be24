"""What the second pass gives back: spans of the original, the keyword, how the disguise was undone and how sure that is."""

from __future__ import annotations

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


def merged(parts: Sequence[DisguisedMatches]) -> DisguisedMatches:
    """Return all matches in reading order, each mention once.

    Of mentions of one keyword that overlap, the surest stays, of equally sure ones the shortest.
    """
    columns = [np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(DisguisedMatches)]
    found = DisguisedMatches(*columns)
    order = np.lexsort((found.via, found.start, found.end - found.start, found.tier, found.keyword, found.row))
    found = found[order]
    found = found[_first_of_overlapping(found)]
    return found[np.lexsort((found.keyword, found.end, found.start, found.row))]


def _first_of_overlapping(found: DisguisedMatches) -> NDArray[np.bool_]:
    """Tell which matches overlap no better one; the best of one row and keyword come first."""
    keeps = np.ones(len(found), np.bool_)
    together = (np.diff(found.row) == 0) & (np.diff(found.keyword) == 0)
    group = np.concatenate([np.zeros(1, np.int64), np.cumsum(~together)]) if len(found) else np.zeros(0, np.int64)
    several = np.flatnonzero(np.isin(group, group[1:][together]))
    taken: set[tuple[int, int]] = set()
    for index in several.tolist():
        places = {(int(group[index]), place) for place in range(int(found.start[index]), int(found.end[index]))}
        keeps[index] = taken.isdisjoint(places)
        if keeps[index]:
            taken |= places
    return keeps
