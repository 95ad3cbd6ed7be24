"""A machine's rate corrected by people: prediction-powered inference, and Rogan-Gladen for a judge calibrated elsewhere.

Rates are rates of failures. PPI++ (Angelopoulos et al. 2023) needs only a random sample that people marked; Rogan &
Gladen 1978 needs sensitivity and specificity measured before, on other answers, and refuses where they say too little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from openbeian.assessment.statistics import CONFIDENCE, z_quantile

LEAST_INFORMATION: Final = 0.3  # sensitivity + specificity - 1 below which a judge says too little to correct by
LEAST_EVENTS: Final = 5  # failures and passes that people must have seen for a normal interval to mean anything


@dataclass(frozen=True)
class Correction:
    """A corrected rate of failures with its 95 % interval, or the reason why there is none.

    `weight` is how far the machine is used (0 people alone, 1 the machine in full); `people` the people's own rate with
    `people_reach`, the half width of its interval; `gain` how many times the marks would be needed without the machine.
    `doubt` says why the interval is not to be relied on, though the estimate stands.
    """

    estimate: float | None
    low: float
    high: float
    error: float
    weight: float | None = None
    people: float | None = None
    people_reach: float | None = None
    gain: float | None = None
    refused: str | None = None
    doubt: str | None = None


def ppi(both: int, human_only: int, judge_only: int, neither: int, judge_flags: int, rest: int) -> Correction:
    """Return the prediction-powered rate with the machine used in full; arguments as `ppi_plus_plus`."""
    return _powered((both, human_only, judge_only, neither), judge_flags, rest, 1.0)


def ppi_plus_plus(both: int, human_only: int, judge_only: int, neither: int, judge_flags: int, rest: int) -> Correction:
    """Return the prediction-powered rate with the weight that makes its interval shortest.

    Args:
        both: items of the sample that people and machine hold to be failures.
        human_only: those that only people do.
        judge_only: those that only the machine does.
        neither: the remaining ones of the sample.
        judge_flags: items outside the sample that the machine holds to be failures.
        rest: items outside the sample.

    Raises:
        ValueError: the sample or the rest is empty, or a count is negative.
    """
    cells = (both, human_only, judge_only, neither)
    n, everything = sum(cells), sum(cells) + rest
    _check(cells, judge_flags, rest)
    human, machine = (both + human_only) / n, (both + judge_only) / n
    covariance = both / n - human * machine
    share = (both + judge_only + judge_flags) / everything
    variance = share * (1 - share)
    weight = covariance / ((1 + n / rest) * variance) if variance > 0 else 0.0
    return _powered(cells, judge_flags, rest, min(1.0, max(0.0, weight)))


def _check(cells: tuple[int, int, int, int], judge_flags: int, rest: int) -> None:
    if min(*cells, judge_flags) < 0 or sum(cells) < 1 or rest < 1 or judge_flags > rest:
        raise ValueError("counts of a sample and of the rest")


def _powered(cells: tuple[int, int, int, int], judge_flags: int, rest: int, weight: float) -> Correction:
    _check(cells, judge_flags, rest)
    both, human_only, judge_only, _ = cells
    n, z = sum(cells), z_quantile(0.5 + CONFIDENCE / 2)
    flagged, human = judge_flags / rest, (both + human_only) / n
    mean = human - weight * (both + judge_only) / n
    squares = (both * (1 - weight) ** 2 + human_only + judge_only * weight**2) / n
    error = math.sqrt(weight**2 * flagged * (1 - flagged) / rest + max(0.0, squares - mean**2) / n)
    estimate = weight * flagged + mean
    alone = math.sqrt(human * (1 - human) / n)
    return Correction(
        estimate=estimate,
        low=_share(estimate - z * error),
        high=_share(estimate + z * error),
        error=error,
        weight=weight,
        people=human,
        people_reach=z * alone,
        gain=(alone / error) ** 2 if error > 0 else None,
        doubt=_doubt(both + human_only, n),
    )


def _doubt(failures: int, n: int) -> str | None:
    """Say why a normal interval of a share means nothing here: with no failure at all its width would be 0."""
    if min(failures, n - failures) >= LEAST_EVENTS:
        return None
    few = "不合要求" if failures < n - failures else "合要求"
    return f"人工判为{few}的不足 {LEAST_EVENTS} 条，校正值没有可用的区间"


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def rogan_gladen(flags: int, total: int, sensitivity: tuple[int, int], specificity: tuple[int, int]) -> Correction:
    """Return the rate behind `flags` of `total`, given how a judge did on answers known to fail and known to pass.

    Args:
        flags: how many the judge flags.
        total: how many it judged.
        sensitivity: of answers known to be flagged rightly: flagged, all.
        specificity: of answers known to be clean: not flagged, all.

    The interval is the delta method's, not cut at 0 and 1; one whose estimate leaves them is refused.
    """
    seen, caught, clear = flags / total, sensitivity[0] / sensitivity[1], specificity[0] / specificity[1]
    information = caught + clear - 1
    if information < LEAST_INFORMATION:
        return Correction(None, 0.0, 1.0, math.inf, refused="这个判定器区分不了，不能据以校正")
    rate = (seen + clear - 1) / information
    variance = seen * (1 - seen) / total
    variance += (
        rate**2 * caught * (1 - caught) / sensitivity[1] + (1 - rate) ** 2 * clear * (1 - clear) / specificity[1]
    )
    error = math.sqrt(variance) / information
    reach = z_quantile(0.5 + CONFIDENCE / 2) * error
    if not 0 <= rate <= 1:
        return Correction(None, rate - reach, rate + reach, error, refused="校正后的比率超出 0 到 1，两处的情形不同")
    return Correction(rate, rate - reach, rate + reach, error)
