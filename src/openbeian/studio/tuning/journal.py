"""Optuna as this search uses it: a journal in the search's folder, proposals that depend on seed and number alone. Imports Optuna.

A search killed at any moment leaves at worst a last line that was not finished; it is cut off before the journal is taken up again.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from openbeian.manifest import Fault, reason_of
from openbeian.studio.tuning.space import Choice, Dimension

JOURNAL: Final = "study.journal"
NAME: Final = "tune"


class NumberedSampler(BaseSampler):
    """Draws each value at random by the search's seed, the trial's number and the field's name, and by nothing else.

    So a search taken up again proposes what it would have proposed, and a field more leaves the values of the others as they were.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """No field depends on another."""
        return {}

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> dict[str, Any]:
        """No field depends on another."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value of one field."""
        drawn = hashlib.sha256(json.dumps([self._seed, trial.number, param_name]).encode()).digest()
        sampler = RandomSampler(seed=int.from_bytes(drawn[:4], "big"))
        return sampler.sample_independent(study, trial, param_name, param_distribution)


class _HeldLock(JournalFileOpenLock):
    """No lock of its own: `alone` holds the folder, and its lock goes with a process that is killed; Optuna's would stay."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder of a search.

    Raises:
        Fault: `search-busy` when another process does.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise Fault(
                "search-busy", "另一个进程正在这里调参", "等它结束，或换一个 --out", file=str(folder)
            ) from reason
        yield
    finally:
        os.close(descriptor)


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into words; the journal keeps every trial that ended."""
    try:
        yield
    except OSError as reason:
        if reason.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Fault(
                "disk-full", "磁盘已满，调参停下；做完的试验都在", "腾出空间后用 --resume 接着调", file=str(folder)
            ) from reason
        said = f"写不进调参的文件夹：{reason_of(reason)}"
        raise Fault("search-unwritable", said, "检查路径和权限", file=str(folder)) from reason


def open_study(folder: Path, seed: int, *, is_high_better: bool) -> Study:
    """Open the study of a folder, or begin one.

    Raises:
        Fault: `search-broken` when its journal cannot be read.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = folder / JOURNAL
    _cut_torn_line(path)
    backend = JournalFileBackend(str(path), _HeldLock(str(path)))
    try:
        return optuna.create_study(
            storage=JournalStorage(backend),
            study_name=NAME,
            sampler=NumberedSampler(seed),
            direction="maximize" if is_high_better else "minimize",
            load_if_exists=True,
        )
    except (ValueError, KeyError, TypeError) as reason:
        raise Fault("search-broken", "调参的日志读不懂", "换一个 --out 重新开始", file=str(path)) from reason


def next_trial(study: Study) -> Trial:
    """Return the trial that was left when the search was stopped, or the next one."""
    left = next((each for each in study.get_trials(deepcopy=False) if each.state == TrialState.RUNNING), None)
    return study.ask() if left is None else Trial(study, left._trial_id)  # noqa: SLF001 - there is no public name for it


def suggest(trial: Trial, space: Sequence[Dimension]) -> dict[str, Any]:
    """Return the values of a trial; a trial taken up again has those it had."""
    return {each.field: _suggest(trial, each) for each in space}


def _suggest(trial: Trial, dimension: Dimension) -> Any:
    if isinstance(dimension, Choice):
        written = [json.dumps(each, ensure_ascii=False) for each in dimension.choices]
        return json.loads(str(trial.suggest_categorical(dimension.field, written)))
    low, high = dimension.low, dimension.high
    if dimension.is_whole:
        return trial.suggest_int(dimension.field, int(low), int(high), log=dimension.is_log)
    return trial.suggest_float(dimension.field, low, high, log=dimension.is_log)


def _cut_torn_line(path: Path) -> None:
    """Cut off a last line that was not finished when the process was killed or the disk was full."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
            file.flush()
            os.fsync(file.fileno())
