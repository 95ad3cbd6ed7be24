"""The discriminator D as quality gate: is the question our business (domain), and is this reply right for it (judge)?

Both judge through a few measures, not through the words: with a few hundred pairs an encoder of its own knows the pairs by heart and
judges unseen wordings at random (measured: AUC 0.5).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from openbeian.studio.replies.bank import Asked, Bank
from openbeian.studio.replies.retrieval import Grams, grams
from openbeian.studio.replies.vocabulary import Vocabulary

HIDDEN = 16
PAIR_MEASURES, PAIR_VECTOR_MEASURES = 8, 2
DOMAIN_MEASURES, DOMAIN_VECTOR_MEASURES = 3, 1
SMOOTHING = 0.5
RAW_COSINE = 0.86
"""About the middle of e5's cosines: only the scale of a measure, which is standardised afterwards."""


class LogOdds:
    """How much more often an n-gram stands in the bank than in questions of other domains (naive Bayes over sets of n-grams)."""

    def __init__(self, own: Sequence[str], strange: Sequence[str]) -> None:
        self._own, self._strange = (
            Counter(gram for text in texts for gram in set(grams(text))) for texts in (own, strange)
        )
        self._size = max(1, len({*self._own, *self._strange}))
        self._totals = sum(self._own.values()), sum(self._strange.values())

    def words(self) -> list[str]:
        """Return every n-gram there is odds for, in a fixed order."""
        return sorted({*self._own, *self._strange})

    def of(self, gram: str) -> float:
        """Return the log odds of an n-gram."""
        return self._odds(gram, (0, 0), (0, 0))

    def without(self, text: Grams, *, is_own: bool) -> float:
        """Return the mean log odds of a text that was counted, as if it had not been."""
        once = dict.fromkeys(text)
        counted, nothing = (1, len(once)), (0, 0)
        own, strange = (counted, nothing) if is_own else (nothing, counted)
        return sum(self._odds(gram, own, strange) for gram in once) / max(1, len(once))

    def _odds(self, gram: str, own: tuple[int, int], strange: tuple[int, int]) -> float:
        """Return the log odds, with so many of the n-gram and so many n-grams in all taken out of either side."""
        sides = ((self._own, self._totals[0], own), (self._strange, self._totals[1], strange))
        ours, theirs = (
            (counts[gram] - seen + SMOOTHING) / (total - length + SMOOTHING * self._size)
            for counts, total, (seen, length) in sides
        )
        return math.log(ours / theirs)


class DomainGate(nn.Module):
    """Probability that a question is of this service's domain: a logistic regression on three measures, four with vectors.

    BM25 of the best reply by n-gram, share of the question's weight that this reply explains, mean log odds of its n-grams; with
    vectors also the raw cosine to the nearest filed question.
    """

    log_odds: Tensor
    mean: Tensor
    spread: Tensor
    weight: Tensor
    shift: Tensor

    def __init__(self, words: Sequence[str], *, vectors: bool) -> None:
        super().__init__()
        self.vocabulary = Vocabulary(words)
        size = DOMAIN_MEASURES + (DOMAIN_VECTOR_MEASURES if vectors else 0)
        self.register_buffer("log_odds", torch.zeros(len(self.vocabulary.words)))
        for name, value in (("mean", torch.zeros(size)), ("spread", torch.ones(size)), ("weight", torch.zeros(size))):
            self.register_buffer(name, value)
        self.register_buffer("shift", torch.zeros(1))

    def measures(self, bank: Bank, asked: Asked) -> Tensor:
        """Return the measures of questions, shape (questions, 3 or 4)."""
        best = asked.bm25.max(dim=1)
        lengths = torch.tensor([max(1, len(set(text))) for text in asked.grams])
        pairs = zip(asked.grams, best.indices.tolist(), strict=True)
        explained = torch.tensor([bank.bm25.explained(text, index) for text, index in pairs])
        columns = [best.values / lengths, explained, torch.tensor([self._mean_odds(text) for text in asked.grams])]
        if asked.closest is not None:
            columns.append(asked.closest - RAW_COSINE)
        return torch.stack(columns, dim=1)

    def _mean_odds(self, text: Grams) -> float:
        numbers = self.vocabulary.bag(tuple(dict.fromkeys(text)))
        return float(self.log_odds[numbers].sum()) / max(1, len(set(text)))

    def forward(self, measures: Tensor) -> Tensor:
        """Return logits of shape (questions,) for measures of shape (questions, 3 or 4)."""
        return torch.as_tensor((measures - self.mean) / self.spread @ self.weight + self.shift)


class Discriminator(nn.Module):
    """D(question, reply): is this a true pair of this service? A gate, not a speaker.

    Its logit goes through a line that was fitted on validation (Platt, 1999), so that of the replies it gives 0.8 about 80 % are right.
    """

    mean: Tensor
    spread: Tensor
    line: Tensor

    def __init__(self, *, vectors: bool) -> None:
        super().__init__()
        size = PAIR_MEASURES + (PAIR_VECTOR_MEASURES if vectors else 0)
        self.judge = nn.Sequential(nn.Linear(size, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, 1))
        for name, value in (("mean", torch.zeros(size)), ("spread", torch.ones(size))):
            self.register_buffer(name, value)
        self.register_buffer("line", torch.tensor([1.0, 0.0]))

    def forward(self, measures: Tensor) -> Tensor:
        """Return logits of shape (pairs,) for measures of shape (pairs, 8 or 10)."""
        return torch.as_tensor(self.judge((measures - self.mean) / self.spread)).squeeze(-1)

    def probability(self, measures: Tensor) -> Tensor:
        """Return the calibrated probability that the reply is right, shape (pairs,)."""
        return torch.sigmoid(self.line[0] * self(measures) + self.line[1])


def pair_measures(
    bank: Bank, asked: Asked, chosen: Tensor, logs: Tensor, domain: Tensor, wording: Tensor | None = None
) -> Tensor:
    """Return what D sees of pairs, shape (questions, 8 or 10).

    Probability, its margin over the best other reply, share of the question's weight that the entry explains, best BM25, ratio of the
    pair's BM25 to it, share of the question's n-grams the bank knows, the domain's logit, and the share of the reply's n-grams that
    were filed; with vectors also the centred cosines to the nearest question filed for the reply and to the reply itself.

    Args:
        bank: the filed replies.
        asked: the questions.
        chosen: the reply of each, shape (questions,).
        logs: log p(reply | question), shape (questions, replies).
        domain: logits of the domain gate, shape (questions,).
        wording: share of the reply's n-grams that were filed, where the reply is not the filed text, shape (questions,).
    """
    rows = torch.arange(len(asked))
    own, best = logs[rows, chosen], asked.bm25.max(dim=1).values
    others = logs.clone()
    others[rows, chosen] = -30.0
    margin = (own - others.max(dim=1).values).clamp(-10, 10)
    known = torch.tensor([bank.coverage(text) for text in asked.grams])
    explained = torch.tensor([bank.bm25.explained(t, i) for t, i in zip(asked.grams, chosen.tolist(), strict=True)])
    filed = torch.ones(len(asked)) if wording is None else wording
    pair = asked.bm25[rows, chosen] / (best + 1e-6)
    columns = [own.exp(), margin / 10, explained, best / 20, pair, known, domain / 5, filed]
    if asked.vectors is not None and asked.nearest is not None:
        assert bank.vectors is not None
        assert bank.reply_vectors is not None
        cosines = (bank.vectors.centred_questions(asked.vectors) * bank.reply_vectors[chosen]).sum(dim=1)
        columns += [asked.nearest[rows, chosen], cosines]
    return torch.stack(columns, dim=1)


def logistic(measures: Tensor, labels: Tensor, weights: Tensor, *, decay: float = 1e-3, steps: int = 30) -> Tensor:
    """Fit a logistic regression by Newton's method in double precision; return the weights with the constant last.

    Args:
        measures: shape (rows, columns).
        labels: 0 or 1, shape (rows,).
        weights: of the rows, shape (rows,).
        decay: of the squared weights, the constant left out.
        steps: of Newton's method; it stands still long before.
    """
    rows = torch.cat([measures.double(), torch.ones(len(measures), 1, dtype=torch.float64)], dim=1)
    share = weights.double() / weights.double().sum()
    ridge = torch.full((rows.shape[1],), decay, dtype=torch.float64)
    ridge[-1] = 1e-9
    found = torch.zeros(rows.shape[1], dtype=torch.float64)
    for _ in range(steps):
        chance = torch.sigmoid(rows @ found)
        slope = rows.T @ (share * (chance - labels.double())) + ridge * found
        curve = (rows * (share * chance * (1 - chance))[:, None]).T @ rows + torch.diag(ridge)
        step = torch.linalg.solve(curve, slope)
        found -= step * min(1.0, 5.0 / float(step.norm() + 1e-12))  # a long step of Newton's can leap over the minimum
    return found.float()


def binary_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of logits, each label weighing the same however often it stands there."""
    loss = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    kinds = [loss[labels == label].mean() for label in (0.0, 1.0) if bool((labels == label).any())]
    return torch.stack(kinds).sum()
