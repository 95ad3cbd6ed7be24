"""How many steps a trial of so many CPU minutes has: the clock is asked once, then steps decide, as in training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from openbeian.manifest import Fault
from openbeian.studio.recipes import load_recipe
from openbeian.studio.tuning.attempt import Runner, Watching
from openbeian.studio.tuning.halving import FACTOR, ROW, RUNGS
from openbeian.studio.tuning.trials import Plan

if TYPE_CHECKING:
    from openbeian.studio.training.loop import Progress

SECONDS: Final = 5.0
"""CPU time after which the pace is known well enough."""

FOLDER: Final = "pilot"


def steps_in(minutes: float, plan: Plan, folder: Path, cache: Path, watching: Watching, run: Runner) -> int:
    """Return the steps that the recipe, without any trial's values, makes in so many CPU minutes.

    Args:
        minutes: of process CPU time.
        plan: of the search.
        folder: of the search; a short run is made in it.
        cache: folder of judges and drawn data.
        watching: the caller.
        run: trains.

    Raises:
        Fault: whatever training raises; `search-interrupted`.
    """
    from openbeian.studio.training.run import RunOptions, Watcher

    last: list[Progress] = []

    def is_over() -> bool:
        return watching.is_stopped() or (bool(last) and last[-1].spent >= min(SECONDS, minutes * 30))

    recipe = load_recipe(plan.recipe, [*plan.settings, f"budget.cpu_minutes={minutes:.6f}", "budget.steps=null"])
    watching.tell("量一量每步要多久", 0.0)
    try:
        run(recipe, RunOptions(plan.seed, folder / FOLDER, cache), Watcher(last.append, watching.tell, is_over))
    except Fault as fault:
        if fault.code != "run-interrupted":
            raise
    if watching.is_stopped():
        raise Fault("search-interrupted", "还没有开始第一次试验就停下了", "重新运行")
    pace = last[-1].done / last[-1].spent
    least = ROW * FACTOR**RUNGS
    return max(least, int(pace * minutes * 60) // least * least)
