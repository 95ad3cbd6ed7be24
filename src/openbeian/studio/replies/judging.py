"""One question, one judgement: the generator's best reply, whether the question is ours, and how probably the reply is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from openbeian.studio.replies.bank import Asked, Bank
from openbeian.studio.replies.gate import Discriminator, DomainGate, pair_measures
from openbeian.studio.replies.heads import Head, log_probabilities


@dataclass(frozen=True)
class Judgement:
    """Of a batch of questions, each of shape (questions,): best reply, its probability under the head, and both gates (0 to 1)."""

    best: Tensor
    likelihood: Tensor
    domain: Tensor
    right: Tensor


@dataclass(frozen=True)
class Networks:
    """The three that belong together."""

    head: Head
    domain: DomainGate
    gate: Discriminator

    def named(self) -> Sequence[tuple[str, torch.nn.Module]]:
        """Return the networks with the names their weights are stored under."""
        return ("domain.", self.domain), ("gate.", self.gate), ("head.", self.head)

    def eval(self) -> Networks:
        """Put all into their state for answering."""
        for _, network in self.named():
            network.eval()
        return self

    @torch.no_grad()
    def judge(self, bank: Bank, asked: Asked) -> Judgement:
        """Judge the policy's best reply to each question."""
        logs = log_probabilities(self.head, bank, asked)
        best = logs.max(dim=1)
        domain = self.domain(self.domain.measures(bank, asked))
        right = self.gate.probability(pair_measures(bank, asked, best.indices, logs, domain))
        return Judgement(best.indices, best.values.exp(), torch.sigmoid(domain), right)


def is_right(judgement: Judgement, truth: Sequence[int]) -> NDArray[np.bool_]:
    """Return whether each best reply is the filed one; entries are distinct texts, so their numbers decide."""
    return np.asarray(judgement.best.numpy() == np.array(truth, dtype=np.int64))
