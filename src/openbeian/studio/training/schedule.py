"""How long a run is and how fast it learns, counted in steps: the clock decides at most once, so that steps decide the bits.

A budget of CPU minutes is turned into a number of steps when the rate begins to fall: by then the run knows its own pace. Whoever
repeats the run with that number of steps gets the same weights, on a machine of any speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

DECISION = 20
"""The rate begins to fall at a multiple of so many steps, so that the share of the fall is exact."""


@dataclass
class Schedule:
    """A run's length and its learning rate.

    Args:
        warm_up: steps in which the rate rises.
        fall: share of the run, its last part, in which the rate falls to nothing (0 to 1, in twentieths).
        cpu_seconds: process CPU time of the training, None for no bound.
        steps: all steps, None until they are known.
    """

    warm_up: int
    fall: float
    cpu_seconds: float | None
    steps: int | None

    def decide(self, done: int, spent: float) -> None:
        """Set the number of steps once the first part of a budget of time is spent."""
        if self.steps is not None or self.cpu_seconds is None or done % DECISION:
            return
        steady = 1 - self.fall
        if self.fall and spent >= steady * self.cpu_seconds:
            self.steps = max(round(done / steady), done + 1)

    def is_over(self, done: int, spent: float) -> bool:
        """Tell whether the run is at its end. The clock has the last word."""
        return (self.steps is not None and done >= self.steps) or (
            self.cpu_seconds is not None and spent >= self.cpu_seconds
        )

    def rate(self, done: int) -> float:
        """Return the share of the full learning rate at the step after `done`; half a cosine in the fall (Loshchilov 2017)."""
        rise = min(1.0, (done + 1) / self.warm_up) if self.warm_up else 1.0
        if self.steps is None or not self.fall:
            return rise
        begin = self.steps * (1 - self.fall)
        gone = min(1.0, max(0.0, (done - begin) / (self.steps - begin)))
        return rise * 0.5 * (1 + math.cos(math.pi * gone))

    def share(self, done: int, spent: float) -> float:
        """Return how much of the run is done, 0 to 1."""
        by_steps = done / self.steps if self.steps else 0.0
        by_clock = spent / self.cpu_seconds if self.cpu_seconds else 0.0
        return min(1.0, by_steps if self.steps else by_clock)
