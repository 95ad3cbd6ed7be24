"""Of scores that say when to answer: how right they are for each share answered, how calibrated, and how well they tell two kinds apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openbeian.manifest import Fault
from openbeian.studio.evaluation.spread import QUANTILE, Estimate, share

BINS: Final = 10

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The risk of answering for each threshold of a score (El-Yaniv 2010; Geifman 2017, arXiv 1705.08500).

    Attributes:
        thresholds: (points,), falling; answered is what scores at least so much. Equal scores are answered together.
        share: (points,), share answered, rising to 1.
        accuracy: (points,), share right among the answered.
        count: number of cases.
    """

    thresholds: Numbers
    share: Numbers
    accuracy: Numbers
    count: int

    @property
    def risk(self) -> Numbers:
        """Share wrong among the answered, (points,)."""
        return 1 - self.accuracy

    def area(self) -> float:
        """Return the area under the risk over the share answered, 0 to 1; 0 is best, the overall risk is chance."""
        return float((np.diff(self.share, prepend=0.0) * self.risk).sum())

    def excess_area(self) -> float:
        """Return how far the area is above that of a score which puts all right answers first (Geifman 2019, arXiv 1805.08206)."""
        right = round(float(self.accuracy[-1]) * self.count)
        answered = np.arange(1, self.count + 1)
        return self.area() - float((np.maximum(0, answered - right) / answered).mean())

    def answered_at(self, accuracy: float) -> float:
        """Return the largest share that can be answered with at least this share right; 0 when there is none."""
        good = np.flatnonzero(self.accuracy >= accuracy)
        return float(self.share[good[-1]]) if len(good) else 0.0

    def threshold_at(self, accuracy: float) -> float:
        """Return the score from which on at least this share is right, for the largest share answered; infinity when there is none."""
        good = np.flatnonzero(self.accuracy >= accuracy)
        return float(self.thresholds[good[-1]]) if len(good) else math.inf

    def as_json(self) -> dict[str, Any]:
        """Return the curve as plain JSON."""
        return {
            "thresholds": self.thresholds.tolist(),
            "share": self.share.tolist(),
            "accuracy": self.accuracy.tolist(),
        }


def risk_coverage(scores: ArrayLike, right: ArrayLike) -> RiskCoverage:
    """Return the curve of a score.

    Args:
        scores: (cases,), the surest highest; calibrated probabilities make the thresholds readable, the curve needs only their order.
        right: (cases,), whether the answer would be right.

    Raises:
        Fault: `scores-invalid`.
    """
    values, hits = _checked(scores, right)
    order = np.argsort(-values, kind="stable")
    values, counts = values[order], np.arange(1, len(order) + 1)
    is_last = np.append(np.diff(values) != 0, np.True_)
    accuracy = np.cumsum(hits[order]) / counts
    return RiskCoverage(values[is_last], (counts / len(order))[is_last], accuracy[is_last], len(order))


def auc(high: ArrayLike, low: ArrayLike) -> Estimate:
    """Return P(a score of `high` exceeds one of `low`), ties half, with the interval of DeLong (1988), method `delong`.

    Where the kinds are told apart without fault that interval has no width; the lower bound is then Wilson's for the rarer kind.

    Args:
        high: (n,), scores of the kind that ought to score higher.
        low: (m,), scores of the other kind.

    Raises:
        Fault: `scores-invalid` for an empty side or scores that are not finite.
    """
    above, below = np.sort(_finite(high)), np.sort(_finite(low))
    of_high = _placed(above, below)
    of_low = 1 - _placed(below, above)
    value = float(of_high.mean())
    if value in {0.0, 1.0}:
        bounds = share(round(value) * min(len(above), len(below)), min(len(above), len(below)))
        return Estimate(value, bounds.low, bounds.high, "delong")
    half = QUANTILE * math.sqrt(_variance(of_high) + _variance(of_low))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), "delong")


def brier(probabilities: ArrayLike, right: ArrayLike) -> float:
    """Return the mean squared distance of probabilities (cases,) from what came true, 0 to 1; 0 is best (Brier 1950).

    Raises:
        Fault: `scores-invalid`, also for probabilities outside 0 to 1.
    """
    values, hits = _checked(probabilities, right, is_probability=True)
    return float(np.square(values - hits).mean())


def calibration_error(probabilities: ArrayLike, right: ArrayLike, bins: int = BINS) -> float:
    """Return the expected calibration error over bins of equal width (Guo 2017, arXiv 1706.04599), 0 to 1; 0 is best.

    Raises:
        Fault: `scores-invalid`, also for probabilities outside 0 to 1.
    """
    values, hits = _checked(probabilities, right, is_probability=True)
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], values)
    gaps = np.bincount(places, values - hits, minlength=bins)
    return float(np.abs(gaps).sum() / len(values))


def _placed(these: Numbers, among: Numbers) -> Numbers:
    """Return for each of `these` the share of `among` (sorted) below it, ties half."""
    return (np.searchsorted(among, these, "left") + np.searchsorted(among, these, "right")) / (2 * len(among))


def _variance(values: Numbers) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.25


def _checked(scores: ArrayLike, right: ArrayLike, *, is_probability: bool = False) -> tuple[Numbers, Flags]:
    values, hits = _finite(scores), np.asarray(right, dtype=bool)
    if values.shape != hits.shape:
        raise Fault("scores-invalid", f"{len(values)} 个分数，{hits.size} 个对错，数目不等", "每个分数配一个对错")
    if is_probability and (values.min() < 0 or values.max() > 1):
        raise Fault("scores-invalid", "概率不在 0 到 1 之间", "先校准分数")
    return values, hits


def _finite(scores: ArrayLike) -> Numbers:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise Fault("scores-invalid", "分数要是一列有限的数，至少一个", "检查模型的输出")
    return values
