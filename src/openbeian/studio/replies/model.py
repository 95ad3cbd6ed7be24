"""A trained reply model: it answers with filed texts only, hands over when unsure, refuses what is not its business."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from openbeian.manifest import Fault, sha256_file
from openbeian.studio.replies.networks import Discriminator, LikelihoodHead, Vocabulary
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.run_folder import BANK, VOCABULARY, WEIGHTS, RunResult
from openbeian.studio.replies.scoring import Bank, Entry, features, log_probabilities

HAND_OVER = "这个问题我没有把握回答，已为您转人工客服，工作时间为每天九点到二十一点。"
REFUSE = "抱歉，我无法回答这个问题。我只能回答家用电器的售前售后问题。"


class Action(StrEnum):
    """What the policy does with a question."""

    ANSWER = "answer"
    HAND_OVER = "hand_over"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, the action taken, the head's probability and the gate's score (both 0 to 1)."""

    text: str
    action: Action
    probability: float
    gate: float
    source_id: str | None


class ReplyModel:
    """Scores a question against the bank and follows the filed thresholds."""

    def __init__(
        self, bank: Bank, head: LikelihoodHead, gate: Discriminator, run: RunResult, weights_sha256: str
    ) -> None:
        self.bank = bank
        self.run = run
        self.weights_sha256 = weights_sha256
        self._head = head.eval()
        self._gate = gate.eval()

    @staticmethod
    def load(folder: Path) -> ReplyModel:
        """Load a run. Exchanged weights of the same shape are loaded, and told by their own hash.

        Raises:
            Fault: `weights-broken` for a file that is no safetensors (a pickle is refused) or of another architecture.
        """
        run = RunResult.load(folder)
        try:
            entries = [Entry(**json.loads(line)) for line in (folder / BANK).read_text(encoding="utf-8").splitlines()]
            vocabulary = Vocabulary(json.loads((folder / VOCABULARY).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as reason:
            raise Fault("run-broken", "训练运行不完整", "重新训练", file=str(folder)) from reason
        head, gate = LikelihoodHead(len(vocabulary.words)), Discriminator()
        path = folder / WEIGHTS
        try:
            tensors = load_file(path)
            for name, network in (("head.", head), ("gate.", gate)):
                network.load_state_dict({k.removeprefix(name): v for k, v in tensors.items() if k.startswith(name)})
        except (OSError, SafetensorError, RuntimeError) as reason:
            raise Fault(
                "weights-broken", "权重不是 safetensors，或属于另一种结构", "重新训练或换回原来的权重", file=str(path)
            ) from reason
        return ReplyModel(Bank(entries, vocabulary), head, gate, run, sha256_file(path))

    @torch.inference_mode()
    def answer(self, question: str) -> Reply:
        """Answer one question; the same question always gets the same reply."""
        asked = [grams(question)]
        bm25 = self.bank.bm25_scores(asked)
        logs = log_probabilities(self._head, self.bank, self.bank.bags_of(asked), bm25)
        chosen = logs.argmax(dim=1)
        extra = features(self.bank, asked, chosen, logs, bm25)
        score = float(torch.sigmoid(self._gate(extra)))
        entry = self.bank.entries[int(chosen)]
        probability = float(logs.max().exp())
        if score >= self.run.answer_from:
            return Reply(entry.answer, Action.ANSWER, probability, score, entry.id)
        if score >= self.run.hand_over_from:
            return Reply(HAND_OVER, Action.HAND_OVER, probability, score, None)
        return Reply(REFUSE, Action.REFUSE, probability, score, None)
