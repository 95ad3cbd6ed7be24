"""The likelihood head and the discriminator; both small, both on character n-grams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from openbeian.studio.replies.retrieval import Grams

WIDTH = 64
HIDDEN = 16
FEATURES = 6


class Vocabulary:
    """Numbers for n-grams seen in the bank; unknown ones are left out."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._index = {word: number for number, word in enumerate(self.words)}

    @staticmethod
    def of(texts: Iterable[Grams]) -> Vocabulary:
        """Return the vocabulary of texts, in a fixed order."""
        return Vocabulary(sorted({gram for text in texts for gram in text}))

    def bag(self, text: Grams) -> list[int]:
        """Return the numbers of a text's n-grams."""
        return [self._index[gram] for gram in text if gram in self._index]


@dataclass(frozen=True)
class Bags:
    """Bags of n-grams, one after the other, and where each begins."""

    numbers: Tensor
    starts: Tensor

    @staticmethod
    def of(bags: Sequence[Sequence[int]]) -> Bags:
        """Return lists of numbers as tensors."""
        lengths = np.fromiter((len(bag) for bag in bags), np.int64, len(bags))
        numbers = np.fromiter(chain.from_iterable(bags), np.int64, int(lengths.sum()))
        return Bags(torch.from_numpy(numbers), torch.from_numpy(lengths.cumsum() - lengths))


class LikelihoodHead(nn.Module):
    """p(reply | question) as a softmax over the bank: dot product of two bags of n-grams plus a weight on BM25."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(words, WIDTH, mode="mean")
        self.bm25_weight = nn.Parameter(torch.tensor(0.5))
        self.scale = nn.Parameter(torch.tensor(4.0))
        nn.init.normal_(self.embedding.weight, std=0.02)

    def encode(self, bags: Bags) -> Tensor:
        """Return unit vectors of bags, shape (bags, 64); an empty bag gives zeros."""
        return functional.normalize(self.embedding(bags.numbers, bags.starts), dim=-1)

    def forward(self, questions: Tensor, replies: Tensor, bm25: Tensor) -> Tensor:
        """Return logits of shape (questions, replies)."""
        return self.scale * questions @ replies.T + self.bm25_weight * bm25


class Discriminator(nn.Module):
    """D(question, reply): is this a true pair of this service? A gate, not a speaker.

    It sees the pair through six measures, not through its words: with a few hundred pairs an encoder of its own knows the pairs by
    heart and judges unseen wordings at random (measured: AUC 0.5).
    """

    def __init__(self) -> None:
        super().__init__()
        self.judge = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Return logits of shape (pairs,) for measures of shape (pairs, 6)."""
        return torch.as_tensor(self.judge(features)).squeeze(-1)
