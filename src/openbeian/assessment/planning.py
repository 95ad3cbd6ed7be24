"""What a bank of a given size can show: the operating characteristic of the rule, and the size one would need.

A point rule passes a service exactly on the line about half the time, and repeating until it passes does better still.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from openbeian.assessment.statistics import binomial_at_least, most_failures, most_failures_shown


def chance_of_passing(total: int, threshold: str, true_rate: float, *, shown: bool = False) -> float:
    """Return how likely a service of a true pass rate meets the threshold with `total` questions.

    `shown` asks for the stricter statement, that the threshold is shown with 95 % confidence.
    """
    allowed = most_failures_shown(total, threshold) if shown else most_failures(total, threshold)
    return 0.0 if allowed is None else binomial_at_least(total - allowed, total, true_rate)


def chance_of_best(tries: int, once: float) -> float:
    """Return how likely at least one of so many tries passes."""
    return 1 - (1 - once) ** tries


def smallest_bank(
    threshold: str, true_rate: float, *, power: float = 0.9, step: int = 10, most: int = 100_000
) -> int | None:
    """Return the smallest size, in steps, with which a service of a true rate shows the threshold with such a power.

    None when the true rate is not above the threshold, or more than `most` questions would be needed.
    """
    if Fraction(threshold) >= Fraction(str(true_rate)):
        return None
    sizes = range(step, most + 1, step)

    def is_enough(size: int) -> bool:
        return chance_of_passing(size, threshold, true_rate, shown=True) >= power

    return _first(sizes, is_enough)


def _first(sizes: range, is_enough: Callable[[int], bool]) -> int | None:
    """Return the first size that is enough: the chance rises in saw teeth, so a doubling search only bounds the scan."""
    reach = 1
    while reach < len(sizes) and not is_enough(sizes[reach - 1]):
        reach *= 2
    begin = reach // 2 if reach > 1 else 0
    return next((size for size in sizes[max(0, begin - begin // 4) :] if is_enough(size)), None)


@dataclass(frozen=True)
class Plan:
    """What a bank of `total` questions can show of a threshold."""

    total: int
    threshold: str
    allowed: int
    allowed_shown: int | None
    on_the_line: float

    @property
    def text(self) -> str:
        """Say it in Chinese."""
        shown = (
            f"失败不超过 {self.allowed_shown} 题时有95%把握"
            if self.allowed_shown is not None
            else "题数太少，全部做对也不能有95%把握"
        )
        point = f"{self.total} 题，门槛 {self.threshold}：失败不超过 {self.allowed} 题即达到"
        return f"{point}；{shown}；恰在线上的服务有 {self.on_the_line:.0%} 的可能达到"


def plan(total: int, threshold: str) -> Plan:
    """Return what a bank can show of a threshold (a pass rate as a decimal string)."""
    return Plan(
        total=total,
        threshold=threshold,
        allowed=most_failures(total, threshold),
        allowed_shown=most_failures_shown(total, threshold),
        on_the_line=chance_of_passing(total, threshold, float(Fraction(threshold))),
    )
