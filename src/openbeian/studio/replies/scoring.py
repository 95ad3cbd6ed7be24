"""Everything that is computed for a batch of questions against the bank, in one place for training and for answering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from openbeian.studio.replies.networks import Bags, LikelihoodHead, Vocabulary
from openbeian.studio.replies.retrieval import Bm25, Grams, grams


@dataclass(frozen=True, slots=True)
class Entry:
    """One filed reply of the bank, with the question it was filed for."""

    id: str
    question: str
    answer: str


class Bank:
    """The filed replies with their index, vocabulary and n-gram bags."""

    def __init__(self, entries: Sequence[Entry], vocabulary: Vocabulary) -> None:
        self.entries = tuple(entries)
        self.vocabulary = vocabulary
        self.bm25 = Bm25([grams(entry.question) for entry in entries])
        self.bags = Bags.of([vocabulary.bag(grams(entry.question + entry.answer)) for entry in entries])

    def bags_of(self, questions: Sequence[Grams]) -> Bags:
        """Return the bags of questions."""
        return Bags.of([self.vocabulary.bag(question) for question in questions])

    def bm25_scores(self, questions: Sequence[Grams]) -> Tensor:
        """Return BM25 scores of questions against the bank, shape (questions, replies)."""
        return torch.from_numpy(np.stack([self.bm25.scores(question) for question in questions]))

    def coverage(self, question: Grams) -> float:
        """Return the share of the question's n-grams that the bank knows at all."""
        return len(self.vocabulary.bag(question)) / len(question) if question else 0.0


def log_probabilities(head: LikelihoodHead, bank: Bank, bags: Bags, bm25: Tensor) -> Tensor:
    """Return log p(reply | question), shape (questions, replies)."""
    return functional.log_softmax(head(head.encode(bags), head.encode(bank.bags), bm25), dim=-1)


def features(bank: Bank, questions: Sequence[Grams], chosen: Tensor, logs: Tensor, bm25: Tensor) -> Tensor:
    """Return what the discriminator sees beside the texts, shape (questions, 6).

    Probability, its margin over the best other reply, share of the question's weight that the filed question explains, best BM25,
    ratio of the pair's BM25 to it, share of the question's n-grams the bank knows.
    """
    rows = torch.arange(len(questions))
    own, best = logs[rows, chosen], bm25.max(dim=1).values
    others = logs.clone()
    others[rows, chosen] = -30.0
    known = torch.tensor([bank.coverage(question) for question in questions])
    pairs = zip(questions, chosen.tolist(), strict=True)
    explained = torch.tensor([bank.bm25.explained(question, index) for question, index in pairs])
    pair = bm25[rows, chosen]
    margin = (own - others.max(dim=1).values).clamp(-10, 10)
    return torch.stack([own.exp(), margin / 10, explained, best / 20, pair / (best + 1e-6), known], dim=1)
