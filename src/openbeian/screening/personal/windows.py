"""Personal information in a batch of texts, read only around the triggers that the core has found (extra `scale`).

All windows of a batch are joined into one text, so that each rule runs once; the cost follows the text in the windows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.folding import FOLD, Folded
from openbeian.screening.matching import columns_of
from openbeian.screening.personal.finding import is_kept, without_overlaps
from openbeian.screening.personal.kinds import KINDS, TIERS, Found, PersonalSpan
from openbeian.screening.personal.positions import Positions
from openbeian.screening.personal.surroundings import BREAK
from openbeian.screening.personal.triggers import FAMILIES, FAMILY_OF

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_EVERY: Final = len(FAMILIES)
_FAMILY: Final = np.array(FAMILY_OF, np.int8)
_LEFT: Final = np.array([family.left for family in FAMILIES], np.int64)
_RIGHT: Final = np.array([family.right for family in FAMILIES], np.int64)
_KIND: Final = {kind: index for index, kind in enumerate(KINDS)}
_TIER: Final = {tier: index for index, tier in enumerate(TIERS)}


@dataclass(frozen=True)
class PersonalMatches:
    """Mentions in a batch, in order of row and place: `kind` is an index in KINDS, `tier` one in TIERS."""

    row: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    kind: NDArray[np.int8]
    tier: NDArray[np.int8]


@dataclass(frozen=True)
class _Windows:
    """Stretches of text joined into one.

    For each: the `row` it is of, `start` in that text, where it stands in the joined one (`at`), its `size`; and for
    each trigger the window `of` it.
    """

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    at: NDArray[np.int64]
    size: NDArray[np.int64]
    of: NDArray[np.int64]
    text: str


def spans_in(
    texts: pa.LargeStringArray,
    row: NDArray[np.int64],
    start: NDArray[np.int32],
    end: NDArray[np.int32],
    form: NDArray[np.int32] | None = None,
) -> PersonalMatches:
    """Return the personal information of all tiers in the texts, the same as `find_personal(text, review=True)` of each.

    Args:
        texts: the batch.
        row: for each trigger the index of its text, in order.
        start: where it begins, in characters of the text.
        end: where it ends.
        form: its index in TRIGGERS, -1 for a run of digits; without it all rules look around every trigger, which is slow.
    """
    if form is None:
        row, start, end = np.repeat(row, _EVERY), np.repeat(start, _EVERY), np.repeat(end, _EVERY)
    family = np.resize(np.arange(_EVERY, dtype=np.int8), len(row)) if form is None else _FAMILY[form]
    concerned, local = np.unique(row, return_inverse=True)
    positions = Positions(*columns_of(texts.take(concerned)))
    windows, folded = _widened(positions, local, start, end, family)
    spans = []
    for found in _found(windows, folded, family):
        left, right = folded.span(found.start, found.end)
        if is_kept(found, windows.text[left:right]):
            spans.append(PersonalSpan(left, right, found.kind, found.tier))
    kept = without_overlaps(spans)
    window = np.searchsorted(windows.at, [span.start for span in kept], "right") - 1
    shift = windows.start[window] - windows.at[window]
    return PersonalMatches(
        row=concerned[windows.row[window]],
        start=(np.array([span.start for span in kept], np.int64) + shift).astype(np.int32),
        end=(np.array([span.end for span in kept], np.int64) + shift).astype(np.int32),
        kind=np.array([_KIND[span.kind] for span in kept], np.int8),
        tier=np.array([_TIER[span.tier] for span in kept], np.int8),
    )


def _found(windows: _Windows, folded: Folded, family: NDArray[np.int8]) -> Iterator[Found]:
    """Run the rule of each family over the windows that hold a trigger of it, joined; yield spans of the folded text."""
    begins = np.searchsorted(folded.origin, windows.at)
    ends = np.searchsorted(folded.origin, windows.at + windows.size)
    for number, rule in enumerate(FAMILIES):
        chosen = np.unique(windows.of[family == number])
        if not len(chosen):
            continue
        left, right = begins[chosen], ends[chosen]
        text = BREAK.join([folded.text[a:b] for a, b in zip(left.tolist(), right.tolist(), strict=True)])
        at = np.cumsum(right - left + 1) - (right - left + 1)
        shifts, places = (left - at).tolist(), at.tolist()
        for found in rule.rule(text):
            shift = shifts[bisect_right(places, found.start) - 1]
            yield found._replace(start=found.start + shift, end=found.end + shift)


def _widened(
    positions: Positions,
    row: NDArray[np.int64],
    start: NDArray[np.int32],
    end: NDArray[np.int32],
    family: NDArray[np.int8],
) -> tuple[_Windows, Folded]:
    """Cut and fold the windows; where the fold dropped characters, widen by as many, until the reach is of kept ones."""
    extra = np.zeros(len(row), np.int64)
    first, last = positions.first(row), positions.first(row + 1)
    while True:
        left = np.maximum(first + start - _LEFT[family] - extra, first)
        right = np.minimum(first + end + _RIGHT[family] + extra, last)
        windows = _cut(positions, row, left, right, first)
        folded = FOLD.with_origin(windows.text)
        kept = np.zeros(len(windows.text) + 1, np.int64)
        kept[folded.origin + 1] = 1
        kept = np.cumsum(kept)
        dropped = windows.size - (kept[windows.at + windows.size] - kept[windows.at])
        if (dropped[windows.of] <= extra).all():
            return windows, folded
        extra = np.maximum(extra, dropped[windows.of])


def _cut(
    positions: Positions,
    row: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    first: NDArray[np.int64],
) -> _Windows:
    """Join the stretches from `left` to `right`, those that meet within a row as one."""
    order = np.argsort(left, kind="stable")
    furthest = np.maximum.accumulate(right[order])
    is_new = np.ones(len(left), bool)
    is_new[1:] = (left[order][1:] > furthest[:-1]) | (row[order][1:] != row[order][:-1])
    begins = np.flatnonzero(is_new)
    opening = order[begins]
    start = left[opening]
    size = np.maximum.reduceat(right[order], begins) - start if len(begins) else start
    of = np.empty(len(left), np.int64)
    of[order] = np.cumsum(is_new) - 1
    at = np.cumsum(size + 1) - size - 1
    text = positions.joined(start, start + size, BREAK)
    return _Windows(row[opening], start - first[opening], at, size, of, text)
