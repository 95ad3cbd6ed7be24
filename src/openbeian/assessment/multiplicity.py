"""Many tests at once: Holm's step-down for verdicts, Benjamini-Hochberg for lists of what to look at.

Sources: Holm 1979; Benjamini & Hochberg 1995.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from openbeian.assessment.statistics import CONFIDENCE, binomial_at_least


def holm(chances: Sequence[float]) -> list[float]:
    """Return the adjusted p-values, in the order given: one below 5 % holds for all tests together."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    adjusted, worst = [1.0] * len(chances), 0.0
    for step, index in enumerate(order):
        worst = max(worst, min(1.0, chances[index] * (len(chances) - step)))
        adjusted[index] = worst
    return adjusted


def benjamini_hochberg(chances: Sequence[float]) -> list[float]:
    """Return the adjusted p-values, in the order given: at most 5 % of a list cut there are expected to be wrong."""
    order = sorted(range(len(chances)), key=chances.__getitem__, reverse=True)
    adjusted, best = [1.0] * len(chances), 1.0
    for step, index in enumerate(order):
        best = min(best, chances[index] * len(chances) / (len(chances) - step))
        adjusted[index] = best
    return adjusted


def below_for_sure(failures: int, total: int, threshold: str) -> float:
    """Return how likely so many failures or more are in a class exactly on its pass rate (one-sided, exact).

    `threshold` is the pass rate as a decimal string.
    """
    return binomial_at_least(failures, total, float(1 - Fraction(threshold)))


def least_failures_below(total: int, threshold: str, classes: int = 1) -> int | None:
    """Return the fewest failures that put a class below its pass rate for sure, among so many classes (Bonferroni)."""
    return next(
        (k for k in range(total + 1) if below_for_sure(k, total, threshold) <= (1 - CONFIDENCE) / classes), None
    )
