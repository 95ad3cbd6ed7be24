"""The generator G: p(reply | question) over the filed replies, on n-grams or on sentence vectors, and how it draws with noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from openbeian.studio.replies.bank import Asked, Bank
from openbeian.studio.replies.vectors import DIMENSIONS
from openbeian.studio.replies.vocabulary import Bags

WIDTH = 64
FIRST_WEIGHTS = (10.0, 1.0, 1.0, 0.1)
"""Of the reply's cosine, the nearest question's, BM25 and the habit, before they are fitted."""
BM25_SCALE = 20.0


class GramHead(nn.Module):
    """Softmax over the bank: dot product of two bags of n-grams plus a weight on BM25."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(words, WIDTH, mode="mean")
        self.bm25_weight = nn.Parameter(torch.tensor(0.5))
        self.scale = nn.Parameter(torch.tensor(4.0))
        nn.init.normal_(self.embedding.weight, std=0.02)

    def encode(self, bags: Bags) -> Tensor:
        """Return unit vectors of bags, shape (bags, 64); an empty bag gives zeros."""
        return functional.normalize(self.embedding(bags.numbers, bags.starts), dim=-1)

    def forward(self, bank: Bank, asked: Asked) -> Tensor:
        """Return logits of shape (questions, replies)."""
        return self.scale * self.encode(asked.bags) @ self.encode(bank.bags).T + self.bm25_weight * asked.bm25


class VectorHead(nn.Module):
    """Softmax over the bank: cosine to the reply after a learnt turn of either side, beside three plain pieces of evidence.

    The turns are matrices added to the identity that begin as zeros, so that training begins at the plain cosine of the vectors. The
    weights begin at what fits the rewordings best. They are kept as logarithms, so that no evidence can speak against a reply: where
    most true replies of the rewordings are not filed for any question of the bank, as in a set of dialogues, a negative weight would
    only learn that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.question_turn = nn.Parameter(torch.zeros(DIMENSIONS, DIMENSIONS))
        self.reply_turn = nn.Parameter(torch.zeros(DIMENSIONS, DIMENSIONS))
        self.log_weights = nn.Parameter(torch.tensor(FIRST_WEIGHTS).log())

    def cosines(self, bank: Bank, asked: Asked, *, hold_turns: bool = False) -> Tensor:
        """Return the cosines of turned questions and replies, shape (questions, replies).

        With `hold_turns` no gradient reaches the matrices: the few rewordings are to weigh the evidence, not to be known by heart.
        """
        assert bank.vectors is not None
        assert bank.reply_vectors is not None
        assert asked.vectors is not None
        turns: tuple[Tensor, Tensor] = self.question_turn, self.reply_turn
        question_turn, reply_turn = (turn.detach() for turn in turns) if hold_turns else turns
        questions = bank.vectors.centred_questions(asked.vectors)
        turned = functional.normalize(questions + questions @ question_turn, dim=-1)
        replies = functional.normalize(bank.reply_vectors + bank.reply_vectors @ reply_turn, dim=-1)
        return turned @ replies.T

    def forward(self, bank: Bank, asked: Asked, *, hold_turns: bool = False) -> Tensor:
        """Return logits of shape (questions, replies); for the bank's own questions from the replies' vectors alone."""
        cosines = self.cosines(bank, asked, hold_turns=hold_turns)
        return weighed(self.log_weights, (cosines, *(evidence_of(bank, asked) if asked.nearest is not None else ())))


def weighed(log_weights: Tensor, evidence: Sequence[Tensor]) -> Tensor:
    """Return the sum of evidence, each by its weight; weights that have none are left out."""
    weights = log_weights.exp()
    return sum((weights[n] * part for n, part in enumerate(evidence)), torch.zeros(()))


def evidence_of(bank: Bank, asked: Asked) -> tuple[Tensor, ...]:
    """Return what speaks for each reply beside its own vector, each of a shape like (questions, replies) and of the order of one.

    Nearest filed question, BM25, and the logarithm of how often the reply was filed: a habit such as `不客气` against a single fact.
    """
    assert asked.nearest is not None
    return asked.nearest, asked.bm25 / BM25_SCALE, bank.often


Head = GramHead | VectorHead


def log_probabilities(head: Head, bank: Bank, asked: Asked) -> Tensor:
    """Return log p(reply | question), shape (questions, replies)."""
    return functional.log_softmax(head(bank, asked), dim=-1)


def draw(logs: Tensor, random: np.random.Generator, *, temperature: float, but: Tensor | None = None) -> Tensor:
    """Draw one reply for each question: the largest of log p / temperature + z, z of the standard Gumbel distribution.

    That is a sample of p^(1/temperature) (Gumbel-max; Maddison et al., 2014), so G(q, z) is the document's generator from noise, but
    every output is a filed text.

    Args:
        logs: log p(reply | question), shape (questions, replies).
        random: where the noise comes from.
        temperature: above 0; the smaller, the nearer to the best reply.
        but: the reply of each question that is not to be drawn, shape (questions,).
    """
    noisy = logs / temperature + torch.from_numpy(random.gumbel(size=tuple(logs.shape))).float()
    if but is not None:
        noisy[torch.arange(len(but)), but] = -torch.inf
    return noisy.argmax(dim=1)
