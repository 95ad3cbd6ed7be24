"""One trial as a run: followed row by row, stopped at a rung, taken up again from its checkpoint. Imports torch and Optuna when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from openbeian.manifest import Fault
from openbeian.studio.recipes import Recipe, as_plain
from openbeian.studio.runs.figures import finite
from openbeian.studio.runs.folder import CHECKPOINT, RUN, load_run
from openbeian.studio.tuning.halving import Course, is_pruned
from openbeian.studio.tuning.metrics import Metric, quick_metric
from openbeian.studio.tuning.trials import Plan, Trial

if TYPE_CHECKING:
    from optuna.trial import Trial as Proposal

    from openbeian.studio.training.loop import Progress, Rhythm
    from openbeian.studio.training.run import RunOptions, Watcher
    from openbeian.studio.tuning.rhythm import RungRhythm

_OTHER_CHECKPOINT: Final = frozenset({"no-checkpoint", "other-run", "weights-broken", "run-finished"})
_ENDINGS: Final = {"run-collapsed": "collapsed", "run-not-finite": "not-finite"}
_FOR_ALL: Final = frozenset(
    {"disk-full", "run-unwritable", "missing-extra", "judge-folder", "metric-missing", "no-quick-figure"}
)
"""Faults that the next trial would meet as well."""


class Runner(Protocol):
    """Trains one trial and leaves its record, as `run_recipe` does."""

    def __call__(self, recipe: Recipe, options: RunOptions, watcher: Watcher) -> None:
        """Train, measure and record. Raises `Fault` as `run_recipe`."""


@dataclass(frozen=True)
class Watching:
    """How a caller follows a search.

    Attributes:
        began: told the number of a trial, from 0, and how many are planned.
        ended: told each trial that has ended.
        progress: told after every row of training.
        tell: told what else is being done.
        is_stopped: asked between steps.
    """

    began: Callable[[int, int], None] = lambda _number, _count: None
    ended: Callable[[Trial], None] = lambda _: None

    progress: Callable[[Progress], None] = lambda _: None
    tell: Callable[[str, float], None] = lambda _words, _share: None
    is_stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Ending:
    """How a trial ended; see `Trial`."""

    outcome: str
    words: str = ""
    value: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    steps: int = 0
    cpu_seconds: float = 0.0


@dataclass
class Attempt:
    """One trial of a search.

    Args:
        plan: of the search.
        proposal: Optuna's trial.
        earlier: what the trials before it had at their rungs.
        folder: of its run.
        cache: folder of judges and drawn data.
        watching: the caller.
        run: trains it.
    """

    plan: Plan
    proposal: Proposal
    earlier: Sequence[Course]
    folder: Path
    cache: Path
    watching: Watching
    run: Runner

    def __post_init__(self) -> None:
        self._course: dict[int, float] = dict(self._stored().intermediate_values)
        noted = self._stored().user_attrs.get("rung", {})
        self._steps, self._spent = int(noted.get("steps", 0)), float(noted.get("spent", 0.0))
        self._quick = Metric(**noted["quick"]) if noted else None
        self._rhythm: RungRhythm | None = None
        self._is_pruned = self._is_worse()

    def go(self, recipe: Recipe) -> Ending:
        """Train and measure, or take up what a killed process left.

        Raises:
            Fault: `search-interrupted`; whatever the next trial would meet as well.
        """
        if self._is_pruned:  # decided, and killed before it was noted
            return self._pruned()
        try:
            return self._measured(self._left(recipe) or self._trained(recipe))
        except Fault as fault:
            return self._wrong(fault)
        except (RuntimeError, MemoryError) as reason:
            return self._ending("failed", f"{type(reason).__name__}：{reason}"[:300])

    def _trained(self, recipe: Recipe) -> Mapping[str, Any]:
        is_resumed = (self.folder / CHECKPOINT).exists()
        try:
            self._run(recipe, is_resumed=is_resumed)
        except Fault as fault:
            if not is_resumed or fault.code not in _OTHER_CHECKPOINT:
                raise
            self._run(recipe, is_resumed=False)
        return load_run(self.folder)

    def _run(self, recipe: Recipe, *, is_resumed: bool) -> None:
        from openbeian.studio.training.loop import Rhythm
        from openbeian.studio.training.run import RunOptions, Watcher
        from openbeian.studio.tuning.rhythm import RungRhythm

        rhythm: Rhythm = Rhythm()
        if self.plan.rungs:
            self._rhythm = rhythm = RungRhythm(self.plan.rungs, _steps_done(self.folder) if is_resumed else 0)
        options = RunOptions(self.plan.seed, self.folder, self.cache, is_resumed, rhythm)
        self.run(recipe, options, Watcher(self._row, self.watching.tell, self._is_stopped))

    def _left(self, recipe: Recipe) -> Mapping[str, Any] | None:
        """Return the record of this trial's run when it was finished and only the search did not get to know."""
        if not (self.folder / RUN).exists():
            return None
        try:
            facts = load_run(self.folder)
        except Fault:
            return None
        is_same = facts.get("recipe") == as_plain(recipe) and facts.get("seed") == self.plan.seed
        return facts if is_same and self._course.keys() >= set(self.plan.rungs) else None

    def _row(self, progress: Progress) -> None:
        self._steps, self._spent = progress.done, progress.spent
        if self._rhythm is not None:
            self._rhythm.saw(progress.done)
        if progress.done in self.plan.rungs:
            self._judge(progress)
        self.watching.progress(progress)

    def _judge(self, progress: Progress) -> None:
        """Note the quick figure at a rung and decide whether the trial goes on."""
        self._quick = quick_metric(self.plan.metric, progress.figures)
        if progress.done not in self._course:
            noted = {"quick": asdict(self._quick), "steps": progress.done, "spent": progress.spent}
            self.proposal.set_user_attr("rung", noted)
            value = self._course[progress.done] = progress.figures[self._quick.name]
            self.proposal.report(value, progress.done)  # last: by it a search that goes on knows that the rest is noted
        self._is_pruned = self._is_worse()

    def _is_worse(self) -> bool:
        if self._quick is None:
            return False
        return is_pruned(self.earlier, self._course, self.plan.rungs, is_high_better=self._quick.is_high_better)

    def _is_stopped(self) -> bool:
        return self._is_pruned or self.watching.is_stopped()

    def _measured(self, facts: Mapping[str, Any]) -> Ending:
        if facts.get("outcome") != "finished":
            return self._ending(str(facts.get("outcome")), str(facts.get("words", "")))
        results, name = facts["results"], self.plan.metric.name
        figures = {key: known for key, value in results.items() if (known := finite(value)) is not None}
        if name not in results:
            raise Fault("metric-missing", f"这个配方的结果里没有 {name}", f"可用的：{'、'.join(figures)}；换一个 --out")
        steps, spent = int(facts["steps"]), float(facts["cpu_seconds"]["training"])
        if name not in figures:
            return Ending("failed", f"{name} 不是有限的数", None, figures, steps, spent)
        return Ending("finished", "", figures[name], figures, steps, spent)

    def _wrong(self, fault: Fault) -> Ending:
        if fault.code == "run-interrupted":
            if not self._is_pruned:
                raise Fault(
                    "search-interrupted", f"停在第 {self.proposal.number} 次试验，已存档", "加 --resume 接着调"
                ) from fault
            return self._pruned()
        if fault.code in _FOR_ALL:
            raise fault
        return self._ending(_ENDINGS.get(fault.code, "failed"), fault.text())

    def _pruned(self) -> Ending:
        step, name = max(self._course), self._quick.name if self._quick else ""
        return self._ending("pruned", f"第 {step} 步时 {name} 为 {self._course[step]:.4g}，排在后面")

    def _ending(self, outcome: str, words: str) -> Ending:
        return Ending(outcome, words, None, {}, self._steps, self._spent)

    def _stored(self) -> Any:
        return self.proposal.study.trials[self.proposal.number]


def _steps_done(folder: Path) -> int:
    """Return the steps of a run's checkpoint, 0 for one that cannot be read."""
    from openbeian.studio.training.checkpoint import load_checkpoint

    try:
        return load_checkpoint(folder)[0].done
    except Fault:
        return 0
