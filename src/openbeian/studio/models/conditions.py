"""An own small judge of whether a text fits what it was asked for: counts of characters and pairs, nothing learnt by steps.

A naive Bayes classifier (Maron 1961) on single characters and pairs. For a title every character is a class of its own, and a title's score is the
mean of theirs.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from openbeian.studio.data.lines import Kind, TextSet

PRIOR = 200
"""Each condition begins with so many features as they are at large; chosen on validation parts."""
OTHERS = 9
"""Titles a text's own is to be told from."""


class ConditionJudge:
    """Tells what a text is for.

    Args:
        texts: what is counted: the training part.
        kind: whether conditions are occasions or titles.
    """

    def __init__(self, texts: TextSet, kind: Kind) -> None:
        self._kind = kind
        self._seen: dict[str, Counter[str]] = defaultdict(Counter)
        self._all: Counter[str] = Counter()
        for text, condition in zip(texts.texts, texts.conditions, strict=True):
            features = _features(text)
            self._all.update(features)
            for part in self._parts(condition):
                self._seen[part].update(features)
        self._totals = {part: seen.total() for part, seen in self._seen.items()}
        self._total = self._all.total()

    def share_right(self, texts: TextSet, seed: int = 0) -> tuple[int, int]:
        """Return of how many texts the own condition is found, and of how many it was asked.

        An occasion is told from all others; a title from nine others of the same set, drawn with the seed.
        """
        random = np.random.default_rng(seed)
        known = sorted(set(texts.conditions) if self._kind == "title" else self._seen)
        right = 0
        for text, own in zip(texts.texts, texts.conditions, strict=True):
            others = [condition for condition in known if condition != own]
            if self._kind == "title":
                others = [others[place] for place in random.permutation(len(others))[:OTHERS]]
            features = _features(text)
            right += all(self._score(features, own) > self._score(features, other) for other in others)
        return right, len(texts)

    def _parts(self, condition: str) -> Sequence[str]:
        return condition if self._kind == "title" else (condition,)

    def _score(self, features: Sequence[str], condition: str) -> float:
        parts = [part for part in self._parts(condition) if part in self._seen]
        return sum(self._fit(features, part) for part in parts) / len(parts) if parts else -math.inf

    def _fit(self, features: Sequence[str], part: str) -> float:
        """Return how much likelier the features are under one condition than at large, in nats."""
        seen, total, fit = self._seen[part], self._totals[part], 0.0
        for feature in features:
            if at_large := self._all.get(feature):
                share = at_large / self._total
                fit += math.log((seen[feature] + PRIOR * share) / ((total + PRIOR) * share))
        return fit


def _features(text: str) -> list[str]:
    return [*text, *(text[place : place + 2] for place in range(len(text) - 1))]
