"""The one training loop: a budget, steps, checks, checkpoints. It knows nothing of what is being trained.

Killed at any moment, a run loses what came after its last checkpoint. Resumed, it goes on with the same bits: everything random comes
from generators whose state is in the checkpoint, and checks draw from generators of their own.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from openbeian.manifest import Fault
from openbeian.studio.runs.folder import METRICS
from openbeian.studio.training.checkpoint import Progressed, load_checkpoint, save_checkpoint, write_file
from openbeian.studio.training.schedule import Schedule


class Trainee(Protocol):
    """A model in training."""

    unit: str
    """What it reads: pictures, texts."""

    def step(self, rate: float) -> Mapping[str, Tensor]:
        """Take one step at a share of the full learning rate; return its losses, scalars without gradient."""

    def units(self) -> int:
        """Return how many pictures or texts have been read."""

    def tensors(self) -> dict[str, Tensor]:
        """Return everything that is needed to go on with the same bits, random state included."""

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take such tensors back. Raises `KeyError` or `RuntimeError` for tensors of another model."""

    def check(self) -> Mapping[str, float]:
        """Measure the model as it is, quickly and without touching the training's randomness."""

    def alarm(self, figures: Mapping[str, float]) -> str | None:
        """Return in words what is so wrong with such figures that training should end, or None."""


@dataclass(frozen=True)
class Progress:
    """What a progress line shows: share done (0 to 1), steps, CPU seconds spent, losses, figures, units a CPU second."""

    share: float
    done: int
    spent: float
    pace: float
    losses: Mapping[str, float]
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Rhythm:
    """How often, in steps or CPU seconds: rows of metrics, checks, checkpoints."""

    steps_a_row: int = 20
    check_seconds: float = 30.0
    save_seconds: float = 15.0


@dataclass(frozen=True)
class Ended:
    """How a run ended: `finished`, `collapsed`, `not-finite`, or `interrupted`; words for a person; steps and CPU seconds."""

    outcome: str
    words: str
    done: int
    spent: float
    rows: list[dict[str, float]]


@dataclass
class Loop:
    """One run of training in one folder.

    Args:
        trainee: what is trained.
        schedule: how long, how fast.
        folder: where checkpoint and metrics go; it has to be there.
        run_of: digest of recipe, data and seed: a checkpoint of another run is not taken.
        tell: called after each row of metrics.
        is_stopped: asked before each step; True ends the run with a checkpoint.
        total: sums a value over all processes of a run, so that they agree on time and on stopping.
        is_writing: False for the other processes of a run on several.
    """

    trainee: Trainee
    schedule: Schedule
    folder: Path
    run_of: str
    rhythm: Rhythm = field(default_factory=Rhythm)
    tell: Callable[[Progress], None] = lambda _: None
    is_stopped: Callable[[], bool] = lambda: False
    total: Callable[[float], float] = lambda value: value
    is_writing: bool = True

    def __post_init__(self) -> None:
        self._done = 0
        self._spent = 0.0
        self._rows: list[dict[str, float]] = []
        self._figures: dict[str, float] = {}

    def resume(self) -> None:
        """Go back to the last checkpoint.

        Raises:
            Fault: `no-checkpoint`, `weights-broken`; `other-run` when the checkpoint is of another recipe, seed or data.
        """
        progressed, tensors = load_checkpoint(self.folder)
        if progressed.run_of != self.run_of:
            raise Fault(
                "other-run",
                "存档属于另一个配方、种子或数据",
                "用原来的配方和数据接着训练，或去掉 --resume 重新训练",
                file=str(self.folder),
            )
        try:
            self.trainee.restore(tensors)
        except (KeyError, RuntimeError) as reason:
            raise Fault(
                "weights-broken", "存档与网络结构不符", "去掉 --resume 重新训练", file=str(self.folder)
            ) from reason
        self._done, self._spent, self.schedule.steps = progressed.done, progressed.spent, progressed.steps
        self._rows = [row for row in _read_rows(self.folder / METRICS) if row["step"] <= self._done]

    def run(self) -> Ended:
        """Train until the budget is spent, someone stops it, or it goes wrong.

        Raises:
            Fault: `disk-full`, `run-unwritable`.
        """
        saved = checked = self._spent
        while not self.schedule.is_over(self._done, self._spent):
            if self.total(self.is_stopped()):
                self._save()
                return self._ended("interrupted", f"已停在第 {self._done} 步")
            losses = self._advance()
            if not all(math.isfinite(loss) for loss in losses.values()):
                return self._ended("not-finite", f"第 {self._done} 步前，{self._culprit()} 出现了 NaN 或无穷大")
            if self._spent - checked >= self.rhythm.check_seconds:
                checked = self._spent
                wrong = self._check()
                if wrong:
                    self._note(losses)
                    self._save()
                    return self._ended("collapsed", wrong)
            self._note(losses)
            if self._spent - saved >= self.rhythm.save_seconds:
                saved = self._spent
                self._save()
        self._save()
        return self._ended("finished", "")

    def _advance(self) -> dict[str, float]:
        """Take the steps of one row of metrics; return their mean losses."""
        begun = time.process_time()
        sums: dict[str, Tensor] = {}
        steps = self._steps_to_go()
        for _ in range(steps):
            for name, loss in self.trainee.step(self.schedule.rate(self._done)).items():
                sums[name] = sums[name] + loss if name in sums else loss
            self._done += 1
        losses = {name: float(loss) / steps for name, loss in sums.items()}
        self._spent += self.total(time.process_time() - begun)
        self.schedule.decide(self._done, self._spent)
        return losses

    def _steps_to_go(self) -> int:
        row = self.rhythm.steps_a_row - self._done % self.rhythm.steps_a_row
        return min(row, self.schedule.steps - self._done) if self.schedule.steps is not None else row

    def _culprit(self) -> str:
        broken = (
            name
            for name, tensor in self.trainee.tensors().items()
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())
        )
        return f"张量 {name}" if (name := next(broken, None)) else "损失"

    def _check(self) -> str | None:
        self._figures = dict(self.trainee.check())
        return self.trainee.alarm(self._figures)

    def _note(self, losses: Mapping[str, float]) -> None:
        row = {
            "step": self._done,
            "cpu_seconds": round(self._spent, 3),
            "rate": self.schedule.rate(self._done),
            **losses,
            **self._figures,
        }
        self._rows.append(row)
        pace = self.trainee.units() / self._spent if self._spent else 0.0
        self.tell(
            Progress(self.schedule.share(self._done, self._spent), self._done, self._spent, pace, losses, self._figures)
        )

    def _save(self) -> None:
        if not self.is_writing:
            return
        # Metrics first: rows beyond the checkpoint are dropped when it is taken up again.
        write_file(self.folder / METRICS, "".join(json.dumps(row) + "\n" for row in self._rows))
        save_checkpoint(
            self.folder, Progressed(self._done, self._spent, self.schedule.steps, self.run_of), self.trainee.tensors()
        )

    def _ended(self, outcome: str, words: str) -> Ended:
        return Ended(outcome, words, self._done, self._spent, self._rows)


def _read_rows(path: Path) -> list[dict[str, float]]:
    """Read rows of metrics; a last line that was not finished is left out."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows
