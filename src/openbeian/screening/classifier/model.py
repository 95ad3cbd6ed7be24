"""A trained classifier: one linear model for “does not qualify” and one for each risk with enough examples."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from openbeian.manifest import digest
from openbeian.rules import risk_pack
from openbeian.screening.classifier.ngrams import batches
from openbeian.screening.classifier.quality import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCHEMA: Final = "openbeian/classifier/v2"


@dataclass(frozen=True, slots=True)
class Head:
    """One model: its risk, empty for “any of them”, how its scores become probabilities, and how good it is."""

    risk: str
    slope: float
    shift: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Flagged:
    """Texts for people to look at, in the order in which they were given.

    Attributes:
        text: their places among all that were given.
        probability: of each, that it does not qualify.
        risk: the place of its likeliest risk in `covered`, -1 for none.
    """

    text: NDArray[np.int64]
    probability: NDArray[np.float32]
    risk: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained classifier.

    `weights` has a row for each head, in their order; the first head is that of any risk. `risks` counts the training texts
    of each risk. `left_out` says why a risk has no head of its own.
    """

    weights: NDArray[np.float32]
    heads: tuple[Head, ...]
    risks: dict[str, int]
    texts: int
    training_sha256: str
    left_out: dict[str, str] = field(default_factory=dict)

    name: ClassVar[str] = "分类模型"

    @property
    def quality(self) -> Quality:
        """How well it tells texts that qualify from those that do not."""
        return self.heads[0].quality

    @property
    def covered(self) -> tuple[str, ...]:
        """The risks that it can speak of."""
        return tuple(sorted(code for code in self.risks if code not in self.left_out))

    @property
    def without_model(self) -> tuple[str, ...]:
        """Those of the 31 risks that it cannot speak of."""
        return tuple(code for code in risk_pack().codes("all_31") if code not in self.covered)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return, for each text, the calibrated probability that it does not qualify: the priority with which to look at it."""
        return self._probabilities(texts, self.heads[:1])[:, 0]

    def by_risk(self, texts: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        """Return, for each risk that it can speak of, the probability that a text has it."""
        if len(self.heads) == 1:  # one risk was learnt: to have any is to have it
            return dict.fromkeys(self.covered, self.probabilities(texts))
        found = self._probabilities(texts, self.heads)
        return {head.risk: found[:, index] for index, head in enumerate(self.heads) if head.risk}

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Tell for each text whether it is to be looked at: held to be not qualified at the threshold."""
        flagged: list[bool] = (self.probabilities(texts) >= self.quality.threshold).tolist()
        return flagged

    def flagged(self, texts: Sequence[str]) -> Flagged:
        """Return the texts that `flags` tells to look at, with what puts them in order."""
        found = self.probabilities(texts)
        places = np.flatnonzero(found >= self.quality.threshold)
        likeliest = np.full(len(places), -1, np.int32)
        if len(places) and self.covered:
            by_risk = self.by_risk([texts[place] for place in places.tolist()])
            likeliest = np.argmax([by_risk[code] for code in self.covered], axis=0).astype(np.int32)
        return Flagged(places, found[places].astype(np.float32), likeliest)

    def _probabilities(self, texts: Sequence[str], heads: Sequence[Head]) -> NDArray[np.float64]:
        scores = linear_scores(texts, self.weights[: len(heads)])
        slopes, shifts = np.array([head.slope for head in heads]), np.array([head.shift for head in heads])
        found = probability(scores * slopes + shifts)
        found[[not text or text.isspace() for text in texts]] = (
            0.0  # the share of the labelled texts says nothing of a blank
        )
        return found

    @cached_property
    def digest(self) -> str:
        """The digest of everything that decides an outcome."""
        return digest({**self.about(), "weights": hashlib.sha256(self.weights.tobytes()).hexdigest()})

    def about(self) -> dict[str, Any]:
        """Return everything but the weights as plain JSON."""
        return {
            "schema": SCHEMA,
            "heads": [asdict(head) for head in self.heads],
            "risks": self.risks,
            "left_out": self.left_out,
            "texts": self.texts,
            "training_sha256": self.training_sha256,
        }

    def save(self, path: Path) -> None:
        """Write the classifier as arrays and plain JSON; nothing in it is code."""
        from openbeian.screening.classifier.storing import save

        save(self, path)

    @staticmethod
    def load(path: Path) -> Classifier:
        """Read a classifier; raises Fault `classifier-unreadable`, `classifier-old` for one of an earlier version."""
        from openbeian.screening.classifier.storing import load

        return load(path)


def linear_scores(texts: Sequence[str], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each text and row of weights the sum over its places, over the root of their number."""
    scores = np.zeros((len(texts), len(weights)))
    for batch in batches(texts):
        part = scores[batch.first : batch.first + batch.count]
        roots = np.sqrt(np.maximum(batch.sizes, 1))
        for index, row in enumerate(weights):
            part[:, index] = np.bincount(batch.text, row[batch.place], batch.count) / roots
    return scores


def probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logistic of values, without overflow."""
    return 0.5 * (1 + np.tanh(logits / 2))
