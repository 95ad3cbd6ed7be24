"""The search itself: trial after trial, each an ordinary run in a folder of its own, until enough were made or the time is spent.

Killed at any moment it goes on, resumed, with the trials it would have made: proposals depend on seed and number, the training of the
trial that was cut off goes on from its checkpoint, and decisions at rungs follow from noted values alone.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openbeian.manifest import Fault
from openbeian.studio.recipes import Recipe, as_plain, load_recipe
from openbeian.studio.tuning.attempt import Attempt, Ending, Runner, Watching
from openbeian.studio.tuning.halving import Course, full_share
from openbeian.studio.tuning.metrics import FAMILIES, metric_of
from openbeian.studio.tuning.pilot import steps_in
from openbeian.studio.tuning.report import leave, note
from openbeian.studio.tuning.space import load_space, setting
from openbeian.studio.tuning.trials import Plan, Trial, Tuned

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import Trial as Proposal

    from openbeian.studio.training.run import RunOptions, Watcher

METHODS: Final = ("random", "halving")
_HOPELESS: Final = 3
"""So many trials, all of them ended by the same fault, and the search is given up."""


def tune(  # noqa: PLR0913 - one argument for each thing a caller may want otherwise
    recipe: str | Path,
    *,
    out: str | Path,
    space: str | Path | None = None,
    trials: int = 20,
    method: str = "random",
    metric: str | None = None,
    direction: str | None = None,
    seed: int = 1,
    settings: Iterable[str] = (),
    cpu_minutes: float | None = None,
    steps: int | None = None,
    data: str | Path | None = None,
    cache: str | Path | None = None,
    is_resumed: bool = False,
    watching: Watching | None = None,
    run: Runner | None = None,
) -> Tuned:
    """Search for better settings of a recipe; table, plots and the best recipe lie in `out`.

    Args:
        recipe: name of a shipped recipe, or path of a YAML file.
        out: folder of the search.
        space: path of a space file; the shipped one of the recipe's family by default.
        trials: how many, those of an earlier call in the same folder among them.
        method: `random`, all trials of equal budget; `halving`, the worse stopped early.
        metric: a figure of `results`; the usual one of the family by default.
        direction: `higher` or `lower`, for a figure whose good side is not known.
        seed: of the proposals, and of every trial's training, so that trials differ by their settings alone.
        settings: of the recipe, the same for all trials.
        cpu_minutes: process CPU time of training for the whole search; no trial begins when it is spent.
        steps: of a full trial.
        data: in place of the recipe's own.
        cache: folder of judges and drawn data; beside `out` by default.
        is_resumed: go on with the search in `out`.
        watching: how the caller follows.
        run: trains one trial; `run_recipe` by default.

    Raises:
        Fault: for recipe, space, metric, data or disk that are not as needed; `search-there`, `no-search`, `other-search`, `search-busy`,
            `search-broken`; `search-interrupted`; `search-hopeless` when no trial works.
    """
    folder, said = Path(out), [*settings]
    if data is not None:
        said.append(setting("data.source", str(data)))
    base = load_recipe(str(recipe), said)
    family = as_plain(base)["family"]
    if family not in FAMILIES:
        raise Fault("recipe-family", f"{recipe} 这一类配方不能这样调参", f"可以调的：{'、'.join(FAMILIES)}")
    plan = Plan(
        str(recipe), tuple(said), base, load_space(Path(space) if space else None, str(recipe), said), _method(method),
        metric_of(metric, family, direction), seed, steps,
    )  # fmt: skip
    _need_optuna()
    from openbeian.studio.tuning.journal import alone, disk, open_study

    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            study = open_study(folder, seed, is_high_better=plan.metric.is_high_better)
            place = Place(folder, Path(cache) if cache else folder.resolve().parent / "cache")
            search = Search(study, place, watching or Watching(), run or _run)
            search.begin(plan, trials, cpu_minutes, is_resumed=is_resumed)
            return search.go(trials, cpu_minutes)


@dataclass(frozen=True)
class Place:
    """The folder of a search and that of judges and drawn data."""

    folder: Path
    cache: Path


class Search:
    """One search in one folder, which the caller holds."""

    def __init__(self, study: Study, place: Place, watching: Watching, run: Runner) -> None:
        self._study = study
        self._place = place
        self._watching = watching
        self._run = run
        self._plan: Plan

    def begin(self, plan: Plan, trials: int, cpu_minutes: float | None, *, is_resumed: bool) -> None:
        """Settle the budget of a trial, or take that of the search that goes on.

        Raises:
            Fault: `search-there`, `no-search`, `other-search`.
        """
        noted, folder = self._study.user_attrs.get("plan"), str(self._place.folder)
        if noted and self._study.trials and not is_resumed:
            raise Fault("search-there", "这里已经有一次调参", "加 --resume 接着调，或换一个 --out", file=folder)
        if is_resumed:
            self._plan = _taken_up(plan, noted, folder)
            return
        self._plan = self._budgeted(plan, trials, cpu_minutes)
        settled = {"digest": plan.digest(), "steps": self._plan.steps, "cpu_minutes": self._plan.cpu_minutes}
        self._study.set_user_attr("plan", settled)

    def go(self, count: int, cpu_minutes: float | None) -> Tuned:
        """Make trials until there are `count`, or the CPU minutes are spent; return all there are.

        Raises:
            Fault: as `tune`; what there is by then is left behind as after a search that was not stopped.
        """
        # Equal shares of the time need no end beside their number.
        end = math.inf if cpu_minutes is None or self._plan.cpu_minutes is not None else cpu_minutes
        found = self._tuned(count)
        try:
            while len(found.trials) < count and found.cpu_minutes < end:
                # What failed later on says nothing of what is good: it does not compete at the rungs.
                rivals = [trial.course for trial in found.trials if trial.outcome in {"finished", "pruned"}]
                self._make(rivals, count)
                found = self._tuned(count)
                self._watching.ended(found.trials[-1])
                note(found)
                _give_up_on(found)
        finally:
            leave(found)
        return found

    def _make(self, earlier: list[Course], count: int) -> None:
        """Make one trial and note how it ended."""
        from openbeian.studio.tuning.journal import next_trial, suggest

        proposal = next_trial(self._study)
        self._watching.began(proposal.number, count)
        values = suggest(proposal, self._plan.space)
        noted = self._study.trials[proposal.number].user_attrs.get("ended")
        ended = Ending(**noted) if noted else self._ended(proposal, earlier, values)
        if not noted:
            proposal.set_user_attr("ended", asdict(ended))
        _tell(self._study, proposal, ended)

    def _ended(self, proposal: Proposal, earlier: list[Course], values: Mapping[str, Any]) -> Ending:
        plan = self._plan
        said = [*plan.settings, *plan.budget(), *(setting(field, value) for field, value in values.items())]
        try:
            recipe = load_recipe(plan.recipe, said)
        except Fault as fault:  # values that do not go together, each of them being good alone
            return Ending("failed", fault.text())
        folder = self._place.folder / "trials" / f"{proposal.number:03}"
        return Attempt(plan, proposal, earlier, folder, self._place.cache, self._watching, self._run).go(recipe)

    def _tuned(self, planned: int) -> Tuned:
        ended = [_trial(each) for each in self._study.trials if each.state.is_finished()]
        return Tuned(self._plan, tuple(ended), self._place.folder, planned)

    def _budgeted(self, plan: Plan, trials: int, cpu_minutes: float | None) -> Plan:
        """Return the plan with the budget of a full trial: equal shares of the time, or for halving a number of steps."""
        if plan.steps is not None:
            return plan
        if not plan.is_halving:
            return replace(plan, cpu_minutes=None if cpu_minutes is None else cpu_minutes / trials)
        own = plan.base.budget
        if cpu_minutes is None and own.steps is not None:
            return replace(plan, steps=own.steps)
        minutes = own.cpu_minutes if cpu_minutes is None else cpu_minutes / full_share(trials)
        assert minutes is not None
        return replace(
            plan, steps=steps_in(minutes, plan, self._place.folder, self._place.cache, self._watching, self._run)
        )


def _taken_up(plan: Plan, noted: Mapping[str, Any] | None, folder: str) -> Plan:
    """Return the plan of a search that goes on, with the budget it began with."""
    if noted is None:
        raise Fault("no-search", "没有可以接着做的调参", "去掉 --resume 重新开始", file=folder)
    if noted["digest"] != plan.digest() or plan.steps not in {None, noted["steps"]}:
        remedy = "用原来的配方、范围、指标、方法、种子和步数，或换一个 --out"
        raise Fault("other-search", "这里的调参和这次要做的不是同一个", remedy, file=folder)
    return replace(plan, steps=noted["steps"], cpu_minutes=noted["cpu_minutes"])


def _method(method: str) -> str:
    if method not in METHODS:
        raise Fault("unknown-method", f"没有方法 {method}", f"可选：{'、'.join(METHODS)}", path="--method")
    return method


def _need_optuna() -> None:
    for name, title in (("torch", "PyTorch"), ("optuna", "Optuna")):
        if importlib.util.find_spec(name) is None:
            raise Fault("missing-extra", f"没有安装 {title}，不能调参", "运行 make studio")


def _run(recipe: Recipe, options: RunOptions, watcher: Watcher) -> None:
    from openbeian.studio.training.run import run_recipe

    run_recipe(recipe, options, watcher)


def _tell(study: Study, proposal: Proposal, ended: Ending) -> None:
    from optuna.trial import TrialState

    if ended.value is not None:
        study.tell(proposal, ended.value)
        return
    study.tell(proposal, state=TrialState.PRUNED if ended.outcome == "pruned" else TrialState.FAIL)


def _trial(stored: Any) -> Trial:
    """Return a trial as it is kept in the journal."""
    ended = Ending(**stored.user_attrs["ended"])
    values = {
        name: json.loads(value) if isinstance(value, str) else value for name, value in sorted(stored.params.items())
    }
    return Trial(
        stored.number, values, ended.outcome, ended.words, ended.value, ended.figures,
        dict(stored.intermediate_values), ended.steps, ended.cpu_seconds,
    )  # fmt: skip


def _give_up_on(found: Tuned) -> None:
    """Raise when the first trials all failed in the same way: the next one would as well."""
    words = {trial.words for trial in found.trials}
    if len(found.trials) == _HOPELESS and len(words) == 1 and all(each.outcome == "failed" for each in found.trials):
        raise Fault(
            "search-hopeless", f"前 {_HOPELESS} 次试验都出同样的错：{words.pop()}", "先让 openbeian train 跑通这个配方"
        )
