"""The collapse alarm: recall and coverage of a few samples, while there is still time to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from openbeian.studio.recipes import Evaluation

Look = Callable[[Tensor], tuple[float, float]]
"""From pictures, uint8 (n, channels, size, size), to recall and coverage."""


@dataclass(frozen=True)
class Watch:
    """Looks at samples as the judge does. Precision is not asked: one good picture, drawn again and again, has the best."""

    look: Look
    settings: Evaluation

    def figures(self, pictures: Tensor) -> dict[str, float]:
        """Return the quick figures of samples."""
        recall, coverage = self.look(pictures)
        return {"recall": recall, "coverage": coverage}

    def alarm(self, figures: Mapping[str, float], steps: int) -> str | None:
        """Return what is wrong, or None. Nothing is, before so many steps gave training a chance.

        Steps and not epochs: networks need as many to begin to draw, however few pictures there are.
        """
        if steps < self.settings.alarm_after_steps:
            return None
        names = {"recall": "召回", "coverage": "覆盖率"}
        low = [f"{names[name]} {figures[name]:.3f}" for name in names if figures[name] < self.settings.alarm_below]
        if not low:
            return None
        return f"生成的样子坍缩到少数几种：{'、'.join(low)}，低于报警线 {self.settings.alarm_below}（{self.settings.check_samples} 张样本）"
