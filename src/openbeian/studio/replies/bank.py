"""The filed replies, and everything that is computed for a batch of questions against them: one place for training and answering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from openbeian.studio.replies.retrieval import Bm25, Grams, grams
from openbeian.studio.replies.vectors import Embedder
from openbeian.studio.replies.vocabulary import Bags, Vocabulary

BLOCK = 4_000_000
"""Cosines held at once while the nearest filed question of each reply is sought."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One filed reply of the bank, with the questions it was filed for (none, while they are held out)."""

    id: str
    questions: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class BankVectors:
    """Unit sentence vectors of filed questions, shape (questions, 384), and replies, shape (replies, 384), and the means of both.

    The means belong to the bank the head was trained with.
    """

    questions: Tensor
    replies: Tensor
    question_mean: Tensor
    reply_mean: Tensor

    @staticmethod
    def of(questions: Tensor, replies: Tensor) -> BankVectors:
        """Return vectors with their own means."""
        return BankVectors(questions, replies, questions.mean(dim=0), replies.mean(dim=0))

    def centred_questions(self, vectors: Tensor) -> Tensor:
        """Return questions less the bank's mean, as unit vectors."""
        return functional.normalize(vectors - self.question_mean, dim=-1)

    def centred_replies(self, vectors: Tensor) -> Tensor:
        """Return replies less the bank's mean, as unit vectors."""
        return functional.normalize(vectors - self.reply_mean, dim=-1)


@dataclass(frozen=True)
class Asked:
    """A batch of questions and what they have in common with the bank; matrices have the shape (questions, replies).

    `vectors` (questions, 384), `closest` (questions,: raw cosine to the nearest filed question) and `nearest` (centred cosine to
    the nearest question filed for each reply) are there with sentence vectors only. A reply whose questions are all held out gets the
    mean of the others as `nearest`: that it has none must not tell it from them, or the head would learn which replies the test asks for.
    """

    texts: Sequence[str]
    grams: Sequence[Grams]
    bags: Bags
    bm25: Tensor
    vectors: Tensor | None = None
    nearest: Tensor | None = None
    closest: Tensor | None = None

    def __len__(self) -> int:
        return len(self.texts)


class Bank:
    """The filed replies with their index, vocabulary and n-gram bags, and their sentence vectors where there are any."""

    def __init__(self, entries: Sequence[Entry], vocabulary: Vocabulary, vectors: BankVectors | None = None) -> None:
        self.entries = tuple(entries)
        self.vocabulary = vocabulary
        self.vectors = vectors
        documents = [grams("\n".join((*entry.questions, entry.answer))) for entry in entries]
        self.bm25 = Bm25(documents)
        self.bags = Bags.of([vocabulary.bag(document) for document in documents])
        self.owners = torch.tensor([n for n, entry in enumerate(entries) for _ in entry.questions], dtype=torch.int64)
        self.often = torch.log(torch.tensor([float(max(1, len(entry.questions))) for entry in entries]))
        self._is_asked = torch.tensor([bool(entry.questions) for entry in entries])
        self.reply_vectors = vectors.centred_replies(vectors.replies) if vectors is not None else None
        self._question_vectors = vectors.centred_questions(vectors.questions) if vectors is not None else None

    def ask(self, texts: Sequence[str], vectors: Tensor | None = None, *, own: bool = True) -> Asked:
        """Compute what a batch of questions has in common with the bank.

        Args:
            texts: the questions.
            vectors: their sentence vectors, shape (questions, 384), when the bank has some.
            own: False for the bank's own questions, which are not to find themselves.
        """
        asked = [grams(text) for text in texts]
        bags = Bags.of([self.vocabulary.bag(question) for question in asked])
        scores = [self.bm25.scores(question) for question in asked]
        bm25 = torch.from_numpy(np.stack(scores)) if scores else torch.zeros(0, len(self.entries))
        if self.vectors is None or vectors is None:
            return Asked(texts, asked, bags, bm25)
        nearest = self._nearest(vectors) if own else None
        closest = (vectors @ self.vectors.questions.T).max(dim=1).values
        return Asked(texts, asked, bags, bm25, vectors, nearest, closest)

    def _nearest(self, vectors: Tensor) -> Tensor:
        assert self.vectors is not None
        assert self._question_vectors is not None
        rows = max(1, BLOCK // max(1, len(self.owners)))
        centred, found = self.vectors.centred_questions(vectors), []
        for part in (centred[start : start + rows] for start in range(0, len(centred), rows)):
            best = torch.zeros(len(part), len(self.entries))
            cosines = part @ self._question_vectors.T
            best = best.scatter_reduce(1, self.owners.expand(len(part), -1), cosines, "amax", include_self=False)
            usual = best[:, self._is_asked].mean(dim=1, keepdim=True)
            found.append(torch.where(self._is_asked, best, usual))
        return torch.cat(found) if found else torch.zeros(0, len(self.entries))

    def coverage(self, text: Grams) -> float:
        """Return the share of a text's n-grams that the bank knows at all."""
        return len(self.vocabulary.bag(text)) / len(text) if text else 0.0


def embed_bank(entries: Sequence[Entry], embedder: Embedder) -> BankVectors:
    """Return the sentence vectors of a bank."""
    questions = embedder.questions([question for entry in entries for question in entry.questions])
    return BankVectors.of(questions, embedder.replies([entry.answer for entry in entries]))
