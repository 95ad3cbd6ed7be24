"""Character n-grams as numbers, and bags of them.

Why not words, as the founding document has it: a segmenter needs a dictionary, which the words of a trade (`换新`, `匹数`) are not in,
and its errors are another source of error in every figure; unigrams and bigrams of characters find the same texts without one. Stop
words stay in, because in a question they are the question (`怎么`, `多久`, `不`): inverse document frequency makes the common ones
light, and a flipped negation would be invisible without them. Sentence vectors bring the pieces they were trained with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from openbeian.studio.replies.retrieval import Grams


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
