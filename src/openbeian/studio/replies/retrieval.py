"""BM25 over character n-grams: the honest baseline, always present (Robertson and Zaragoza, 2009)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openbeian.screening import fold

K1, B = 1.5, 0.75
Floats = NDArray[np.float32]
Grams = tuple[str, ...]


def grams(text: str) -> Grams:
    """Return the character unigrams and bigrams of the folded text; runs of Latin letters and digits stay whole."""
    pieces = re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]", fold(text))
    return (*pieces, *(first + second for first, second in pairwise(pieces)))


class Bm25:
    """Scores of a query against every document, as one dense array."""

    def __init__(self, documents: Sequence[Grams]) -> None:
        counts = [Counter(document) for document in documents]
        lengths = np.array([max(1, sum(count.values())) for count in counts], dtype=np.float32)
        frequency = Counter(gram for count in counts for gram in count)
        self._size = len(counts)
        self._grams = [frozenset(count) for count in counts]
        self._idf = {gram: math.log(1 + (self._size - n + 0.5) / (n + 0.5)) for gram, n in frequency.items()}
        self._unknown = math.log(1 + (self._size + 0.5) / 0.5)
        self._weights: dict[str, tuple[NDArray[np.int64], Floats]] = {}
        rows: dict[str, list[tuple[int, float]]] = {}
        norm = K1 * (1 - B + B * lengths / lengths.mean())
        for index, count in enumerate(counts):
            for gram, times in count.items():
                rows.setdefault(gram, []).append((index, self._idf[gram] * times * (K1 + 1) / (times + norm[index])))
        for gram, entries in rows.items():
            where, weight = zip(*entries, strict=True)
            self._weights[gram] = (np.array(where), np.array(weight, dtype=np.float32))

    def scores(self, query: Grams) -> Floats:
        """Return the score of every document, shape (documents,).

        The n-grams are added in the order of the query: the order of a set differs from process to process, and with it the last
        bits of the sum, and with them the trained weights.
        """
        total = np.zeros(self._size, dtype=np.float32)
        for gram in dict.fromkeys(query):
            if gram in self._weights:
                where, weight = self._weights[gram]
                total[where] += weight
        return total

    def explained(self, query: Grams, index: int) -> float:
        """Return the share of the query's weight (inverse document frequency) that a document contains, 0 to 1."""
        weights = {gram: self._idf.get(gram, self._unknown) for gram in query}
        total = sum(weights.values())
        return sum(weight for gram, weight in weights.items() if gram in self._grams[index]) / total if total else 0.0
