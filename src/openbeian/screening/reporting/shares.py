"""A share of what was looked at, with its interval, and the rule's limit on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

from openbeian.rules import MetricValue, clause_pack
from openbeian.rules.limits import meets
from openbeian.rules.shapes import Threshold

EDITION: Final = "gbt-45654-2025"
METRIC: Final = "source_illegal_harmful_ratio"
_QUANTILE: Final = 0.975  # of a two-sided interval of 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`; the total may be 0."""

    count: int
    total: int

    @property
    def value(self) -> float | None:
        """The share itself; None of nothing."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The two-sided 95 % interval (Wilson 1927): of texts of this kind, of which these are a sample."""
        if not self.total:
            return None
        z = NormalDist().inv_cdf(_QUANTILE)
        rate, part = self.count / self.total, z * z / self.total
        centre = (rate + part / 2) / (1 + part)
        half = math.sqrt(rate * (1 - rate) * part + part * part / 4) / (1 + part)
        low = max(0.0, centre - half) if self.count else 0.0
        return low, min(1.0, centre + half) if self.count < self.total else 1.0

    def __add__(self, other: Share) -> Share:
        return Share(self.count + other.count, self.total + other.total)

    def metric(self, name: str, subject: str) -> MetricValue:
        """Return the share as a figure under a pack's name."""
        low, high = self.interval or (None, None)
        return MetricValue(name, self.value or 0.0, "ratio", self.count, self.total, low, high, subject=subject)

    def as_json(self) -> dict[str, Any]:
        """Return the share as plain JSON."""
        return {"count": self.count, "total": self.total, "share": self.value, "interval": self.interval}


def source_limit(edition: str) -> Threshold:
    """Return the limit on the share of illegal and harmful content of a source (T01) of an edition of the rules."""
    return next(limit for limit in clause_pack(edition).thresholds if limit.metric == METRIC)


def bound(limit: Threshold) -> float:
    """Return the limit itself, to draw and to write it; comparisons are exact and go by `exceeds`."""
    return float(str(limit.value))


def exceeds(share: Share, limit: Threshold) -> bool:
    """Tell whether a share is beyond the limit, in exact integers; a share of nothing is not."""
    return bool(share.total) and not meets(limit, share.metric(METRIC, ""))
