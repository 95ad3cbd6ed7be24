"""Before and after on the same questions: McNemar's test and Newcombe's interval of the difference.

Sources: McNemar 1947; Fagerland, Lydersen & Laake 2013 for mid-p; Newcombe 1998, method 10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from openbeian.assessment.statistics import CONFIDENCE, Interval, wilson, z_quantile


@dataclass(frozen=True)
class Paired:
    """`worse` questions went from pass to fail, `better` the other way; `difference` is the change of the failure rate."""

    worse: int
    better: int
    total: int
    exact: float
    mid_p: float
    chi_square: float
    chi_square_p: float
    difference: float
    wald: Interval
    newcombe: Interval


def mcnemar(worse: int, better: int, both_pass: int, both_fail: int) -> Paired:
    """Return the paired comparison of two runs over `worse + better + both_pass + both_fail` questions.

    Raises:
        ValueError: a count is negative or there is no question.
    """
    total = worse + better + both_pass + both_fail
    if min(worse, better, both_pass, both_fail) < 0 or total == 0:
        raise ValueError("counts of paired questions")
    changed, fewer = worse + better, min(worse, better)
    tail = sum(math.comb(changed, k) for k in range(fewer + 1)) / 2**changed
    point = math.comb(changed, fewer) / 2**changed
    chi_square = (max(0, abs(worse - better) - 1)) ** 2 / changed if changed else 0.0
    difference = (worse - better) / total
    error = math.sqrt(changed - (worse - better) ** 2 / total) / total
    reach = z_quantile(0.5 + CONFIDENCE / 2) * error
    return Paired(
        worse=worse,
        better=better,
        total=total,
        exact=min(1.0, 2 * tail),
        mid_p=min(1.0, 2 * tail - point),
        chi_square=chi_square,
        chi_square_p=math.erfc(math.sqrt(chi_square / 2)),
        difference=difference,
        wald=Interval(difference - reach, difference + reach),
        newcombe=_newcombe(worse, better, both_pass, both_fail),
    )


def _newcombe(worse: int, better: int, both_pass: int, both_fail: int) -> Interval:
    """Return Newcombe's paired interval (method 10): Wilson intervals of both rates, joined by their correlation."""
    total = worse + better + both_pass + both_fail
    before, after = both_pass + worse, both_pass + better
    one, other = wilson(before, total), wilson(after, total)
    first, second = before / total, after / total
    phi = _correlation(worse, better, both_pass, both_fail)
    difference = first - second

    def reach(near: float, far: float) -> float:
        return math.sqrt(max(0.0, near**2 - 2 * phi * near * far + far**2))

    return Interval(
        difference - reach(first - one.low, other.high - second),
        difference + reach(one.high - first, second - other.low),
    )


def _correlation(worse: int, better: int, both_pass: int, both_fail: int) -> float:
    """Return Newcombe's phi, with its correction for continuity where it is positive."""
    product = both_pass * both_fail - worse * better
    margins = (both_pass + worse) * (better + both_fail) * (both_pass + better) * (worse + both_fail)
    if margins == 0:
        return 0.0
    total = worse + better + both_pass + both_fail
    corrected = max(product - total / 2, 0.0) if product > 0 else float(product)
    return corrected / math.sqrt(margins)
