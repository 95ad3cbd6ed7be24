"""Pass rates: the point rules in exact integers, and what a sample can show about them.

Two statements are kept apart. *Meets the rule* compares the observed share with the threshold, in integers, as the
rule is written. *Shown with 95 % confidence* asks whether a service exactly on the threshold could have done as well by
luck (one-sided Clopper-Pearson). Wilson intervals are for display. Thresholds are decimal strings, never floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

CONFIDENCE = 0.95
_TINY = 1e-300
_STEPS = 200  # a bisection of [0, 1] cannot halve more often than a double has bits to give


@dataclass(frozen=True)
class Interval:
    """A two-sided interval of a share, both ends in [0, 1]."""

    low: float
    high: float


def share_meets(operator: str, numerator: int, total: int, threshold: str) -> bool:
    """Say whether `numerator/total operator threshold` holds, in exact integers.

    Args:
        operator: `>=`, `<=`, `>`, `<` or `==`.
        numerator: observed number.
        total: number looked at; a total of 0 meets nothing.
        threshold: a decimal string such as `0.95`.

    Raises:
        ValueError: the operator or the threshold cannot be read.
    """
    if total <= 0:
        return False
    return compare(operator, Fraction(numerator, total), Fraction(threshold))


def compare(operator: str, value: Fraction, threshold: Fraction) -> bool:
    """Say whether `value operator threshold` holds."""
    outcomes = {
        ">=": value >= threshold,
        "<=": value <= threshold,
        ">": value > threshold,
        "<": value < threshold,
        "==": value == threshold,
    }
    if operator not in outcomes:
        raise ValueError(f"unknown operator {operator!r}")
    return outcomes[operator]


def most_failures(total: int, threshold: str) -> int:
    """Return the most failures among `total` that still meet a pass rate of at least `threshold`."""
    return math.floor(total * (1 - Fraction(threshold)))


def least_sample(population: int, ratio: str) -> int:
    """Return the smallest sample that is at least `ratio` of the population (rounded up)."""
    return math.ceil(population * Fraction(ratio))


def wilson(passed: int, total: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the two-sided Wilson score interval of the pass rate."""
    _check(passed, total)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate, squared = passed / total, z * z
    centre = (rate + squared / (2 * total)) / (1 + squared / total)
    spread = math.sqrt(rate * (1 - rate) / total + squared / (4 * total * total))
    half = z * spread / (1 + squared / total)
    return Interval(
        low=0.0 if passed == 0 else max(0.0, centre - half),
        high=1.0 if passed == total else min(1.0, centre + half),
    )


def clopper_pearson(passed: int, total: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the two-sided exact (Clopper-Pearson) interval of the pass rate."""
    tail = (1 - confidence) / 2
    return Interval(_exact_low(passed, total, tail), 1 - _exact_low(total - passed, total, tail))


def lower_bound(passed: int, total: int, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided exact lower bound of the pass rate."""
    return _exact_low(passed, total, 1 - confidence)


def upper_bound(events: int, total: int, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided exact upper bound of a rate of events (failures, refusals)."""
    return 1 - _exact_low(total - events, total, 1 - confidence)


def is_shown(passed: int, total: int, threshold: str, confidence: float = CONFIDENCE) -> bool:
    """Say whether a pass rate of at least `threshold` is shown: its exact lower bound reaches the threshold."""
    _check(passed, total)
    if passed == 0:
        return Fraction(threshold) <= 0
    return binomial_at_least(passed, total, float(Fraction(threshold))) <= 1 - confidence


def most_failures_shown(total: int, threshold: str, confidence: float = CONFIDENCE) -> int | None:
    """Return the most failures with which `threshold` is still shown; None when even 0 failures cannot show it."""
    return _largest(most_failures(total, threshold), lambda k: is_shown(total - k, total, threshold, confidence))


def binomial_at_least(successes: int, trials: int, rate: float) -> float:
    """Return P(X >= successes) for X binomial(trials, rate)."""
    if successes <= 0:
        return 1.0
    if successes > trials:
        return 0.0
    return incomplete_beta(successes, trials - successes + 1, rate)


def finite_lower(passed: int, sample: int, population: int, confidence: float = CONFIDENCE) -> int:
    """Return the lower bound of good items in a finite population sampled without replacement (hypergeometric).

    It is the smallest number M of good items for which seeing `passed` or more is still likelier than
    1 - confidence. A full pass has no sampling error: then M is what was seen.
    """
    _check(passed, sample)
    if sample > population:
        raise ValueError("the sample is larger than the population")
    low, high = passed, population - (sample - passed)
    while low < high:
        middle = (low + high) // 2
        if hypergeometric_at_least(passed, sample, middle, population) > 1 - confidence:
            high = middle
        else:
            low = middle + 1
    return low


def most_failures_finite(sample: int, population: int, threshold: str, confidence: float = CONFIDENCE) -> int | None:
    """Return the most failures in the sample with which `threshold` is shown for this very population."""
    wanted = math.ceil(population * Fraction(threshold))

    def shows(failures: int) -> bool:
        return finite_lower(sample - failures, sample, population, confidence) >= wanted

    return _largest(most_failures(sample, threshold), shows)


def hypergeometric_at_least(passed: int, sample: int, good: int, population: int) -> float:
    """Return P(X >= passed) when `sample` items are drawn from `population` items of which `good` are good."""
    start, last = max(passed, sample - (population - good)), min(sample, good)
    if start > last:
        return 0.0
    logarithm = (
        _log_choose(good, start) + _log_choose(population - good, sample - start) - _log_choose(population, sample)
    )
    term, terms = math.exp(logarithm), []
    for seen in range(start, last + 1):
        terms.append(term)
        bad_left = population - good - sample + seen + 1
        term *= (good - seen) * (sample - seen) / ((seen + 1) * bad_left) if bad_left > 0 else 0.0
    return min(1.0, math.fsum(terms))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz's method)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, 1 - x) / b


def z_quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(probability)


def student_quantile(probability: float, freedom: int) -> float:
    """Return the quantile of Student's t distribution above its middle, by bisection of its distribution function."""
    low, high = 0.0, 1e6
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        below = 1 - incomplete_beta(freedom / 2, 0.5, freedom / (freedom + middle * middle)) / 2
        low, high = (middle, high) if below < probability else (low, middle)
    return high


def _beta_fraction(a: float, b: float, x: float) -> float:
    numerator, denominator = 1.0, _guard(1 - (a + b) * x / (a + 1))
    denominator = 1 / denominator
    value = denominator
    for step in range(1, 100_000):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        for term in (even, odd):
            denominator = 1 / _guard(1 + term * denominator)
            numerator = _guard(1 + term / numerator)
            change = numerator * denominator
            value *= change
        if abs(change - 1) < 1e-15:
            break
    return value


def _guard(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _exact_low(passed: int, total: int, tail: float) -> float:
    """Return the rate at which seeing `passed` or more has probability `tail`."""
    _check(passed, total)
    if passed == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if binomial_at_least(passed, total, middle) <= tail:
            low = middle
        else:
            high = middle
    return low


def _largest(limit: int, holds: Callable[[int], bool]) -> int | None:
    """Return the largest k in 0..limit for which a condition holds that, once false, stays false."""
    if not holds(0):
        return None
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _log_choose(items: int, chosen: int) -> float:
    return math.lgamma(items + 1) - math.lgamma(chosen + 1) - math.lgamma(items - chosen + 1)


def _check(passed: int, total: int) -> None:
    if not 0 <= passed <= total or total == 0:
        raise ValueError(f"{passed} of {total} is not a count of passes")
