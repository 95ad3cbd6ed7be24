"""What a search has found: its plan, its trials, the best of them. Needs neither torch nor Optuna."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from openbeian.manifest import digest
from openbeian.studio.recipes import Recipe, as_plain
from openbeian.studio.tuning.halving import rungs_of
from openbeian.studio.tuning.metrics import Metric
from openbeian.studio.tuning.space import Dimension

SCHEMA: Final = "openbeian/tuning/v1"
TUNING, BEST, REPORT, TRIALS, CONFIRM = "tuning.json", "best.yaml", "report.html", "trials", "confirm"

OUTCOMES: Final = {
    "finished": "训完",
    "pruned": "提前停下",
    "collapsed": "坍塌",
    "not-finite": "发散",
    "failed": "出错",
}

CAUTION: Final = "最好的一次是从多次试验里挑出来的，数字偏乐观：同样的设置换一个种子再训一次，那次的数字才能用。"


@dataclass(frozen=True)
class Plan:
    """What is searched, and how.

    Attributes:
        recipe: as given.
        settings: of the recipe, the same for all trials.
        base: the recipe without any trial's values.
        space: which fields take which values.
        method: `random` or `halving`.
        metric: the figure to go by.
        seed: of the proposals, and of every trial's training.
        steps: of a full trial, None for none said.
        cpu_minutes: of a full trial, None for none said.
    """

    recipe: str
    settings: tuple[str, ...]
    base: Recipe
    space: tuple[Dimension, ...]
    method: str
    metric: Metric
    seed: int
    steps: int | None = None
    cpu_minutes: float | None = None

    @property
    def is_halving(self) -> bool:
        """Whether trials are stopped at rungs."""
        return self.method == "halving"

    @property
    def rungs(self) -> tuple[int, ...]:
        """The rungs, in steps; none without halving."""
        return rungs_of(self.steps) if self.is_halving and self.steps is not None else ()

    def digest(self) -> str:
        """Return the digest of what decides which trials are proposed and how they are compared, the budget left out."""
        return digest(
            {
                "base": as_plain(self.base),
                "space": {each.field: each.as_json() for each in self.space},
                "method": self.method,
                "metric": asdict(self.metric),
                "seed": self.seed,
            }
        )

    def budget(self) -> list[str]:
        """Return the budget of a full trial as settings of the recipe."""
        if self.steps is not None:
            return [f"budget.steps={self.steps}", "budget.cpu_minutes=null"]
        if self.cpu_minutes is not None:
            return [f"budget.cpu_minutes={self.cpu_minutes:.6f}", "budget.steps=null"]
        return []

    def budget_words(self) -> str:
        """Say how long a full trial is."""
        if self.steps is not None:
            return f"{self.steps} 步"
        if self.cpu_minutes is not None:
            return f"{self.cpu_minutes:.3g} CPU 分钟"
        return "按配方"


@dataclass(frozen=True)
class Trial:
    """One trial that has ended.

    Attributes:
        number: from 0.
        values: of the fields of the space.
        outcome: a key of `OUTCOMES`.
        words: why it ended so, empty when it finished.
        value: of the metric, None unless it finished.
        figures: all figures of the run that are numbers.
        course: quick figure by step at the rungs.
        steps: taken.
        cpu_seconds: of training.
    """

    number: int
    values: Mapping[str, Any]
    outcome: str
    words: str
    value: float | None
    figures: Mapping[str, float]
    course: Mapping[int, float]
    steps: int
    cpu_seconds: float

    @property
    def folder(self) -> str:
        """The run's folder in that of the search."""
        return f"{TRIALS}/{self.number:03}"


@dataclass(frozen=True)
class Tuned:
    """A search as far as it has come: plan, trials in the order of their numbers, its folder, how many trials were planned."""

    plan: Plan
    trials: tuple[Trial, ...]
    folder: Path
    planned: int

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """All trials: the finished ones, best first; then those that were stopped, the last ones to be stopped first."""
        return tuple(sorted(self.trials, key=self._rank))

    @property
    def best(self) -> Trial | None:
        """The finished trial with the best value, the earlier one of two alike; None when none finished."""
        first = next(iter(self.ranked), None)
        return first if first is not None and first.value is not None else None

    @property
    def finished(self) -> int:
        """How many trials came to a value."""
        return sum(trial.value is not None for trial in self.trials)

    @property
    def cpu_minutes(self) -> float:
        """Of training, all trials together."""
        return sum(trial.cpu_seconds for trial in self.trials) / 60

    def confirmation(self) -> str:
        """Return the command that trains the best settings with another seed."""
        folder = self.folder
        words = ["openbeian", "train", str(folder / BEST), "--seed", str(self.plan.seed + 1)]
        return shlex.join([*words, "--out", str(folder / CONFIRM)])

    def as_json(self) -> dict[str, Any]:
        """Return everything, for programs."""
        plan, best = self.plan, self.best
        return {
            "schema": SCHEMA,
            "study": {
                "recipe": plan.recipe,
                "settings": list(plan.settings),
                "family": as_plain(plan.base)["family"],
                "method": plan.method,
                "metric": plan.metric.name,
                "direction": "higher" if plan.metric.is_high_better else "lower",
                "seed": plan.seed,
                "steps": plan.steps,
                "cpu_minutes": plan.cpu_minutes,
                "rungs": list(plan.rungs),
                "planned": self.planned,
                "digest": plan.digest(),
            },
            "space": {each.field: each.as_json() for each in plan.space},
            "trials": [_trial_json(trial) for trial in self.trials],
            "best": None if best is None else best.number,
            "cpu_minutes": round(self.cpu_minutes, 2),
            "caution": CAUTION,
            "confirm": None if best is None else self.confirmation(),
        }

    def _rank(self, trial: Trial) -> tuple[int, float, int]:
        if trial.value is not None:
            return 0, self.plan.metric.order(trial.value), trial.number
        return 1 if trial.outcome == "pruned" else 2, -float(trial.steps), trial.number


def _trial_json(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "run": trial.folder,
        "settings": dict(trial.values),
        "outcome": trial.outcome,
        "words": trial.words,
        "value": trial.value,
        "figures": dict(trial.figures),
        "rungs": {str(step): value for step, value in trial.course.items()},
        "steps": trial.steps,
        "cpu_seconds": round(trial.cpu_seconds, 1),
    }
