"""Rates over strata that were sampled unequally, and answers asked more than once (Cochran 1977, Kish 1965)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from openbeian.assessment.statistics import CONFIDENCE, Interval, z_quantile


@dataclass(frozen=True)
class Weighted:
    """A pass rate weighted by the strata's sizes: standard error with finite correction, and what sample it is worth.

    `bound` is the one-sided 95 % lower bound: Wilson's, with the effective sample size.
    """

    rate: float
    error: float
    effective: float
    bound: float

    @property
    def interval(self) -> Interval:
        """The two-sided 95 % Wilson interval with the effective sample size."""
        side = 0.5 + CONFIDENCE / 2
        low, high = (wilson_lower(rate, self.effective, side) for rate in (self.rate, 1 - self.rate))
        return Interval(low, 1 - high)


def weighted_rate(strata: Sequence[tuple[int, int, int]]) -> Weighted:
    """Return the weighted pass rate from (size, sampled, passed) of each stratum.

    Raises:
        ValueError: a stratum without a sample, or counts that cannot be.
    """
    if not strata or any(not 0 <= passed <= sampled <= size or sampled == 0 for size, sampled, passed in strata):
        raise ValueError("size, sampled and passed of each stratum")
    whole = sum(size for size, _, _ in strata)
    rate = math.fsum(size / whole * passed / sampled for size, sampled, passed in strata)
    variance = math.fsum(_variance(size / whole, size, sampled, passed) for size, sampled, passed in strata)
    sampled = sum(count for _, count, _ in strata)
    effective = rate * (1 - rate) / variance if variance > 0 and 0 < rate < 1 else float(sampled)
    return Weighted(rate, math.sqrt(variance), effective, wilson_lower(rate, effective))


def _variance(weight: float, size: int, sampled: int, passed: int) -> float:
    """Return a stratum's part of the variance; one item alone shows no spread, so the largest possible is taken."""
    rate, finite = passed / sampled, 1 - sampled / size
    spread = rate * (1 - rate) / (sampled - 1) if sampled > 1 else 0.25
    return weight**2 * finite * spread


def wilson_lower(rate: float, effective: float, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided Wilson lower bound of a rate seen in a sample of an effective size, whole or not."""
    z = z_quantile(confidence)
    squared = z * z / effective
    spread = z * math.sqrt(rate * (1 - rate) / effective + squared / (4 * effective))
    return max(0.0, (rate + squared / 2 - spread) / (1 + squared))


def design_effect(repeats: int, correlation: float) -> float:
    """Return how many times less the repeats of one question are worth: 1 + (repeats - 1) · correlation (Kish)."""
    return 1 + (repeats - 1) * correlation


def effective_size(questions: int, repeats: int, correlation: float) -> float:
    """Return the number of independent questions that so many questions, each asked so often, are worth."""
    return questions * repeats / design_effect(repeats, correlation)
