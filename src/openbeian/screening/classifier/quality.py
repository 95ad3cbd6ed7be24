"""What a classifier does on texts kept from training and tuning: figures, curves, calibration, flags by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truth = NDArray[np.bool_]
    Scores = NDArray[np.float64]

Point = tuple[float, float]
KEPT_POINTS: Final = 60  # of a curve
BINS: Final = 10
DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Group:
    """The texts of a group that qualify, and how many of them are flagged all the same."""

    name: str
    qualified: int
    flagged: int

    @property
    def rate(self) -> float:
        """The share of them that is flagged."""
        return self.flagged / self.qualified


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures on held-out texts.

    `roc` are points of false against true positive rate, `precision_recall` of recall against precision, `reliability` the
    mean probability, the share that does not qualify and the number of texts in each tenth. `brier` is the mean squared
    error of the probability (Brier 1950), `ece` the expected calibration error over these tenths (Naeini et al. 2015).
    """

    held_out: int
    positives: int
    auc: float
    average_precision: float
    macro_f1: float
    recall: float
    precision: float
    threshold: float
    brier: float
    ece: float
    roc: tuple[Point, ...]
    precision_recall: tuple[Point, ...]
    reliability: tuple[tuple[float, float, int], ...]
    groups: tuple[Group, ...] = ()

    @property
    def figures(self) -> dict[str, float]:
        """The figures alone, without curves and groups."""
        names = [
            "held_out",
            "positives",
            "auc",
            "average_precision",
            "macro_f1",
            "recall",
            "precision",
            "threshold",
            "brier",
            "ece",
        ]
        return {name: getattr(self, name) for name in names}


def measure(truth: Truth, probability: Scores, threshold: float, groups: Sequence[str] = ()) -> Quality:
    """Return the figures of probabilities held against the truth; both classes must occur."""
    flagged = probability >= threshold
    hits = int((flagged & truth).sum())
    roc, precision_recall, average = _curves(truth, probability)
    bins = _reliability(truth, probability)
    return Quality(
        held_out=len(truth),
        positives=int(truth.sum()),
        auc=_short(area_under_curve(truth, probability)),
        average_precision=_short(average),
        macro_f1=_short(macro_f1(truth, flagged)),
        recall=_short(hits / int(truth.sum())),
        precision=_short(hits / max(1, int(flagged.sum()))),
        threshold=threshold,
        brier=_short(float(np.mean((probability - truth) ** 2))),
        ece=_short(sum(abs(said - true) * count for said, true, count in bins) / len(truth)),
        roc=roc,
        precision_recall=precision_recall,
        reliability=bins,
        groups=_groups(truth, flagged, groups),
    )


def macro_f1(truth: Truth, flagged: Truth) -> float:
    """Return the mean of the F1 of both classes."""
    return (_f1(truth, flagged) + _f1(~truth, ~flagged)) / 2


def _f1(truth: Truth, flagged: Truth) -> float:
    return 2 * int((flagged & truth).sum()) / max(1, int(flagged.sum()) + int(truth.sum()))


def best_threshold(truth: Truth, probability: Scores) -> float:
    """Return the round threshold with the best macro-F1, the nearest to one half of equals."""
    cuts = [float(cut) for cut in np.round(np.arange(1, 50) / 50, 2)]
    return max(cuts, key=lambda cut: (macro_f1(truth, probability >= cut), -abs(cut - 0.5)))


def area_under_curve(truth: Truth, scores: Scores) -> float:
    """Return the area under the ROC curve: how often a positive scores above a negative, ties counted half."""
    _, index, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[index]
    positive = int(truth.sum())
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


def _curves(truth: Truth, scores: Scores) -> tuple[tuple[Point, ...], tuple[Point, ...], float]:
    """Return the ROC and the precision-recall curve, thinned, and the average precision over all points."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(
        np.flatnonzero(np.diff(scores[order])), len(scores) - 1
    )  # texts with one score are flagged together
    hits = np.cumsum(truth[order])[ends]
    flagged = ends + 1
    recall, precision = hits / truth.sum(), hits / flagged
    false = (flagged - hits) / (~truth).sum()
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    roc = _thinned(np.append(0.0, false), np.append(0.0, recall))
    return roc, _thinned(recall, precision), average


def _thinned(across: Scores, values: Scores) -> tuple[Point, ...]:
    """Return points of a curve at even steps along it, its ends among them, so that steep parts keep theirs."""
    along = np.cumsum(np.abs(np.diff(across, prepend=across[0])) + np.abs(np.diff(values, prepend=values[0])))
    steps = np.searchsorted(along, np.linspace(0.0, along[-1], KEPT_POINTS)).clip(0, len(along) - 1)
    kept = sorted({0, len(along) - 1, *steps.tolist()})
    return tuple((_short(float(across[index])), _short(float(values[index]))) for index in kept)


def _reliability(truth: Truth, probability: Scores) -> tuple[tuple[float, float, int], ...]:
    number = np.minimum((probability * BINS).astype(int), BINS - 1)
    parts = (number == each for each in range(BINS))
    return tuple(
        (_short(float(probability[part].mean())), _short(float(truth[part].mean())), int(part.sum()))
        for part in parts
        if part.any()
    )


def _groups(truth: Truth, flagged: Truth, groups: Sequence[str]) -> tuple[Group, ...]:
    if not any(groups):
        return ()
    names = np.array([name or "其余" for name in groups])
    rows = ((str(name), (names == name) & ~truth) for name in np.unique(names))
    return tuple(Group(name, int(part.sum()), int(flagged[part].sum())) for name, part in rows if part.any())


def _short(value: float) -> float:
    return round(value, DIGITS)
