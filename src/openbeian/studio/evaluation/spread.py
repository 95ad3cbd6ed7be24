"""How far a figure may be trusted: 95 % intervals by a named method and a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

TAILS: Final = (0.025, 0.975)  # 95 %
QUANTILE: Final = 1.959963984540054  # of the standard normal at 0.975
RESAMPLES: Final = 1000
CHUNK: Final = 50  # resamples at once

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure between its 95 % bounds.

    Attributes:
        value: the figure on the points themselves.
        low: lower bound.
        high: upper bound.
        method: `bootstrap-centred`, `bootstrap-points` or `wilson`, for programs.
    """

    value: float
    low: float
    high: float
    method: str


def share(hits: int, count: int) -> Estimate:
    """Return a share of `count` independent cases with Wilson's score interval (1927), method `wilson`."""
    if not 0 <= hits <= count or not count:
        raise ValueError((hits, count))
    rate, squared = hits / count, QUANTILE**2
    middle = (rate + squared / (2 * count)) / (1 + squared / count)
    half = QUANTILE / (1 + squared / count) * math.sqrt(rate * (1 - rate) / count + squared / (4 * count**2))
    # At either end the bound is exact; rounding must not push it past the figure.
    return Estimate(rate, min(rate, max(0.0, middle - half)), max(rate, min(1.0, middle + half)), "wilson")


def mean(values: Numbers, seed: int) -> Estimate:
    """Return a mean of values, one a point, with its percentile bootstrap interval (Efron 1979), method `bootstrap-points`.

    1,000 times as many values are drawn with repetition as there are. For precision, recall, density and coverage the values are what
    holds at each point; the neighbourhoods stay as they are, so the spread is that of the points counted, not of the radii.

    Args:
        values: (n,), finite, at least one.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    count = len(values)
    means = np.concatenate(
        [values[random.integers(count, size=(CHUNK, count))].mean(1) for _ in range(RESAMPLES // CHUNK)]
    )
    low, high = np.quantile(means, TAILS)
    return Estimate(float(values.mean()), float(low), float(high), "bootstrap-points")


def centred(value: float, resampled: Numbers) -> Estimate:
    """Return a figure with the quantiles of its resamples, moved so that their median lies on the figure: `bootstrap-centred`."""
    low, middle, high = np.quantile(resampled, [TAILS[0], 0.5, TAILS[1]])
    return Estimate(value, max(0.0, value + float(low - middle)), value + float(high - middle), "bootstrap-centred")
