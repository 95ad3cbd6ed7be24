"""Successive halving (Jamieson 2016; one after another: Li 2018): a trial among the worse at a rung is stopped there.

Rungs are counted in steps, and a decision follows from the values that trials had at their rungs and from nothing else: the same
after a kill as without one, on a machine of any speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

FACTOR: Final = 3
"""One in so many goes on from a rung."""

RUNGS: Final = 2
"""Rungs before the end: at a ninth and at a third of the steps."""

ROW: Final = 20
"""Steps between two looks of the training loop; a rung is a multiple of it."""


def rungs_of(steps: int) -> tuple[int, ...]:
    """Return the rungs, in steps, of trials of so many steps."""
    least = max(1, steps // FACTOR**RUNGS // ROW) * ROW
    return tuple(rung for rung in (least * FACTOR**level for level in range(RUNGS)) if rung < steps)


def full_share(trials: int) -> float:
    """Return what a search of `trials` is expected to cost, in full trials, when which trial is better is chance."""
    first = _promoted(trials)
    second = _promoted(round(first))
    least = FACTOR**-RUNGS
    return least * trials + (FACTOR * least - least) * first + (1 - FACTOR * least) * second


def _promoted(trials: int) -> float:
    """Return how many of so many trials in random order are expected to go on from a rung."""
    return sum(max(1, count // FACTOR) / count for count in range(1, trials + 1))


Course = Mapping[int, float]
"""What a trial had at its rungs: value by step."""


def is_pruned(earlier: Sequence[Course], course: Course, rungs: Sequence[int], *, is_high_better: bool) -> bool:
    """Tell whether Optuna's pruner stops a trial at the last of its rungs.

    All trials are gone through again in a study that lives in memory only: what the pruner would note by and by in a journal could be half noted
    when the process is killed.

    Args:
        earlier: trials before this one, in order.
        course: of this trial; its last step is the rung in question.
        rungs: of the search.
        is_high_better: of the values.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize" if is_high_better else "minimize",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=rungs[0], reduction_factor=FACTOR),
    )
    is_stopped = False
    for each in (*earlier, course):
        trial = study.ask()
        for step in sorted(each):
            trial.report(each[step], step)
            is_stopped = trial.should_prune()
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return is_stopped and bool(course)
