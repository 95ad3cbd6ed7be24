"""An axis of any range in round steps, and how a number is written on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_ROUND: Final = (1.0, 2.0, 2.5, 5.0)
_SLACK: Final = 1e-9  # of a step, for the rounding of floats
_FINEST: Final = 12  # decimals
_NARROWEST: Final = 1e-300  # below it a step of the range could not be told from nothing
_NARROW_SPACE: Final = "\u202f"


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, both a whole number of `step`s, which is 1, 2, 2.5 or 5 times a power of ten."""

    low: float
    high: float
    step: float

    @staticmethod
    def around(values: Iterable[float], *, steps: int = 4, is_from_zero: bool = False) -> Axis:
        """Return the shortest axis of at most `steps` round steps that holds all values (finite, at least one)."""
        held = [*values, *([0.0] if is_from_zero else [])]
        low, high = min(held), max(held)
        if high - low < _NARROWEST:  # one value stands in the middle
            reach = (abs(low) if abs(low) > _NARROWEST else 1.0) / 2
            low, high = low - reach, high + reach
        span = high - low
        power = math.floor(math.log10(span / steps)) - 1
        while True:
            for factor in _ROUND:
                step = factor * 10.0**power
                begin = math.floor(low / step + _SLACK) * step
                needed = max(1, math.ceil((high - begin) / step - _SLACK))
                if needed <= steps:
                    return Axis(begin, begin + needed * step, step)
            power += 1

    def at(self, value: float, begin: float, end: float) -> float:
        """Return the place of a value between two places on the page; one outside stands at the edge."""
        share = (value - self.low) / (self.high - self.low)
        return round(begin + min(1.0, max(0.0, share)) * (end - begin), 1)

    def ticks(self) -> list[float]:
        """Return the round values from `low` to `high`."""
        return [self.low + index * self.step for index in range(round((self.high - self.low) / self.step) + 1)]

    def words(self, value: float) -> str:
        """Write a round value with as many decimals as the step needs."""
        if abs(value) < self.step * _SLACK:
            return "0"
        digits = next((d for d in range(_FINEST) if abs(round(self.step, d) - self.step) < self.step * 1e-6), _FINEST)
        return decimal(value, digits)


def decimal(value: float, digits: int) -> str:
    """Write a number with a real minus sign and narrow spaces every three digits."""
    written = f"{value:,.{digits}f}".replace(",", _NARROW_SPACE)
    return written.replace("-", "−") if float(f"{value:.{digits}f}") else written.replace("-", "")
