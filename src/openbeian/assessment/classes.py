"""Many small classes beside each other: which are below the threshold for sure, and which to look at first.

With 31 risks and few questions each, a good service shows a red class by luck most of the time. So "below" is said only
where it holds for all classes together (Holm), the work list takes more (Benjamini-Hochberg), and the plain counts
stand beside; a class too small to show anything says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openbeian.assessment.multiplicity import below_for_sure, benjamini_hochberg, holm
from openbeian.assessment.statistics import CONFIDENCE, Interval, most_failures_shown, wilson


@dataclass(frozen=True)
class ClassRow:
    """One class: `failed` of `total`, and what can be said of it among all the others."""

    code: str
    failed: int
    total: int
    interval: Interval | None
    is_below: bool
    is_first: bool
    can_be_shown: bool

    @property
    def rate(self) -> float | None:
        """The share that passed."""
        return (self.total - self.failed) / self.total if self.total else None


def class_rows(counts: Mapping[str, tuple[int, int]], threshold: str) -> tuple[ClassRow, ...]:
    """Return one row a class from `failed` and `total`, in the order given; a class without questions has no interval.

    `threshold` is the pass rate as a decimal string.
    """
    asked = [code for code, (_, total) in counts.items() if total]
    chances = [below_for_sure(*counts[code], threshold) for code in asked]
    below = dict(zip(asked, holm(chances), strict=True))
    first = dict(zip(asked, benjamini_hochberg(chances), strict=True))
    error = 1 - CONFIDENCE
    return tuple(
        ClassRow(
            code=code,
            failed=failed,
            total=total,
            interval=wilson(total - failed, total) if total else None,
            is_below=below.get(code, 1.0) <= error,
            is_first=first.get(code, 1.0) <= error,
            can_be_shown=bool(total) and most_failures_shown(total, threshold) is not None,
        )
        for code, (failed, total) in counts.items()
    )
