"""The state of one training run, and the questions it asks again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from openbeian.studio.replies.bank import Asked, Bank
from openbeian.studio.replies.judging import Networks
from openbeian.studio.replies.settings import ReplySettings
from openbeian.studio.replies.splitting import Split
from openbeian.studio.replies.vectors import Embedder

Tell = Callable[[int, str], None]
Row = dict[str, float | int | str]


@dataclass
class Run:
    """One training run; `rows` are the lines of its metrics."""

    bank: Bank
    split: Split
    settings: ReplySettings
    networks: Networks
    random: np.random.Generator
    embedder: Embedder | None
    rows: list[Row] = field(default_factory=list)
    _asked: dict[str, Asked] = field(default_factory=dict)

    def ask(self, texts: Sequence[str]) -> Asked:
        """Compute what questions have in common with the bank."""
        return self.bank.ask(texts, self.embedder.questions(texts) if self.embedder is not None else None)

    def asked(self, part: str) -> Asked:
        """Return the questions of a part of the split (`validation`, `strange_test` …), computed once."""
        if part not in self._asked:
            self._asked[part] = self.ask([p if isinstance(p, str) else p[0] for p in getattr(self.split, part)])
        return self._asked[part]

    def truth(self, part: str) -> list[int]:
        """Return the numbers of the replies of a part."""
        return [number for _, number in getattr(self.split, part)]

    def note(self, phase: str, step: int, loss: Tensor) -> float:
        """Keep a loss among the metrics, and return it."""
        value = float(loss.detach())
        self.rows.append({"phase": phase, "step": step, "loss": round(value, 6)})
        return value


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step down."""
    if not torch.isfinite(loss):
        raise FloatingPointError("the loss is not finite")
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
