"""A rhythm of training that looks at rungs, counted in steps, beside its looks by the clock. Imports torch."""

from __future__ import annotations

from collections.abc import Sequence

from openbeian.studio.training.loop import Rhythm


class RungRhythm(Rhythm):
    """Lets the loop look at the model at the end of every row that reaches a rung.

    Args:
        rungs: in steps, multiples of `steps_a_row`.
        done: steps done when training begins or goes on.
    """

    _rungs: frozenset[int]

    def __init__(self, rungs: Sequence[int], done: int) -> None:
        super().__init__()
        object.__setattr__(self, "_rungs", frozenset(rungs))
        self.saw(done)

    def saw(self, done: int) -> None:
        """Take in how many steps are done; the next row is looked at when it ends at a rung."""
        usual = Rhythm().check_seconds
        is_next = done - done % self.steps_a_row + self.steps_a_row in self._rungs
        object.__setattr__(self, "check_seconds", 0.0 if is_next else usual)
