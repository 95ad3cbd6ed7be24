"""The figures of a run: ranking beside the baselines on the same bank, both gates, and accuracy against the share answered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from openbeian.studio.replies.damage import DAMAGES
from openbeian.studio.replies.gate import pair_measures
from openbeian.studio.replies.heads import log_probabilities
from openbeian.studio.replies.judging import Judgement, is_right
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.state import Run

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]
SHARES_RIGHT = (0.8, 0.9, 0.95)
CUT = 10


@dataclass(frozen=True)
class Policy:
    """The filed thresholds, both 0 to 1: refuse below `hand_over_from` (domain), answer from `answer_from` (calibrated) upwards."""

    answer_from: float
    hand_over_from: float

    def answers(self, domain: Doubles, right: Doubles) -> Flags:
        """Return which questions are answered: those that pass both."""
        return (domain >= self.hand_over_from) & (right >= self.answer_from)


def ranks(scores: Tensor, truth: Sequence[int]) -> Doubles:
    """Return the rank of each true reply, 1 the best, shape (questions,); ties count half, so that equal scores earn no luck."""
    numbers = torch.tensor(truth, dtype=torch.int64)
    own = scores[torch.arange(len(numbers)), numbers][:, None]
    above, equal = (scores > own).sum(dim=1), (scores == own).sum(dim=1) - 1
    return np.asarray((1 + above + equal / 2).numpy(), dtype=np.float64)


@torch.no_grad()
def mean_reciprocal_rank(run: Run, part: str) -> float:
    """Return the head's mean reciprocal rank on a part of the split."""
    logs = log_probabilities(run.networks.head, run.bank, run.asked(part))
    return float((1 / ranks(logs, run.truth(part))).mean())


@torch.no_grad()
def ranking(run: Run, part: str) -> dict[str, Doubles]:
    """Return a figure for each question: found first, among ten, reciprocal rank; of the head, BM25 and, with vectors, e5 alone."""
    asked, truth = run.asked(part), run.truth(part)
    of = {"": ranks(log_probabilities(run.networks.head, run.bank, asked), truth), "_bm25": ranks(asked.bm25, truth)}
    if asked.vectors is not None and run.bank.vectors is not None and run.bank.reply_vectors is not None:
        cosines = run.bank.vectors.centred_questions(asked.vectors) @ run.bank.reply_vectors.T
        assert asked.nearest is not None
        of |= {"_e5": ranks(cosines, truth), "_e5_nearest": ranks(torch.maximum(cosines, asked.nearest), truth)}
    found: dict[str, Doubles] = {}
    for name, rank in of.items():
        found |= {
            f"recall_at_1{name}": _as_numbers(rank <= 1),
            f"recall_at_10{name}": _as_numbers(rank <= CUT),
            f"mrr{name}": np.reciprocal(rank),
        }
    return found


def _as_numbers(flags: Flags) -> Doubles:
    return flags.astype(np.float64)


def auc(high: Doubles, low: Doubles) -> float:
    """Return P(a score of `high` exceeds one of `low`), ties half; not a number when a side is empty."""
    if not len(high) or not len(low):
        return math.nan
    above = np.mean([np.mean(high > score) + 0.5 * np.mean(high == score) for score in low])
    return float(above)


def auc_error(value: float, high: int, low: int) -> float:
    """Return the standard error of an AUC (Hanley and McNeil, 1982, with their exponential approximation)."""
    if not high or not low or math.isnan(value):
        return math.nan
    first, second = value / (2 - value), 2 * value * value / (1 + value)
    variance = value * (1 - value) + (high - 1) * (first - value * value) + (low - 1) * (second - value * value)
    return math.sqrt(max(0.0, variance) / (high * low))


@dataclass(frozen=True)
class RiskCoverage:
    """Accuracy among the surest, shape (questions,), for growing shares answered."""

    share: Doubles
    accuracy: Doubles

    @staticmethod
    def of(scores: Doubles, right: Flags) -> RiskCoverage:
        """Return the curve of a score. Of equal scores all are answered or none."""
        order = np.argsort(-scores, kind="stable")
        last = np.append(scores[order][1:] != scores[order][:-1], True) if len(order) else np.zeros(0, dtype=bool)
        counts = np.arange(1, len(order) + 1)
        return RiskCoverage((counts / max(1, len(order)))[last], (np.cumsum(right[order]) / counts)[last])

    def thinned(self, most: int) -> list[tuple[float, float]]:
        """Return at most so many points, evenly spread, the last one among them: share answered and accuracy, to four places."""
        count = len(self.share)
        kept = range(count) if count <= most else sorted({round((n + 1) * count / most) - 1 for n in range(most)})
        return [(round(float(self.share[n]), 4), round(float(self.accuracy[n]), 4)) for n in kept]

    def answered_at(self, accuracy: float) -> float:
        """Return the largest share that can be answered with at least this share right; 0 when there is none."""
        good = np.flatnonzero(self.accuracy >= accuracy)
        return float(self.share[good[-1]]) if len(good) else 0.0

    def area(self) -> float:
        """Return the area under the curve of the risk (share wrong) over the share answered; 0 is best."""
        widths = np.diff(np.append(0.0, self.share))
        return float((widths * (1 - self.accuracy)).sum())


def sure(judged: Judgement, policy: Policy) -> Doubles:
    """Return the score that the policy orders by: the probability to be right, below everything where the domain is refused."""
    right, domain = doubles(judged.right), doubles(judged.domain)
    return np.where(domain >= policy.hand_over_from, right, right - 1)


def doubles(values: Tensor) -> Doubles:
    """Return a tensor as an array of doubles."""
    return np.asarray(values.numpy(), dtype=np.float64)


def gate_figures(run: Run, part: str, judged: Judgement, policy: Policy) -> dict[str, float]:
    """Return how the judge and the thresholds do on questions of a part."""
    right, chance = is_right(judged, run.truth(part)), doubles(judged.right)
    answered = policy.answers(doubles(judged.domain), chance)
    curve = RiskCoverage.of(sure(judged, policy), right)
    return {
        "gate_auc_right": auc(chance[right], chance[~right]),
        "gate_calibration_error": calibration_error(chance, right),
        "answered_share": float(answered.mean()),
        "answered_right": float(right[answered].mean()) if answered.any() else 0.0,
        "own_refused": float((doubles(judged.domain) < policy.hand_over_from).mean()),
        "risk_coverage_area": curve.area(),
        **{f"answered_at_{share:.0%}".rstrip("%"): curve.answered_at(share) for share in SHARES_RIGHT},
    }


def stranger_figures(name: str, judged: Judgement, strange: Judgement, policy: Policy) -> dict[str, float]:
    """Return how our own questions are told from others: AUC of either gate, and the shares that were not answered, and refused.

    Args:
        name: of the other questions, part of the figures' names.
        judged: our own questions.
        strange: the others; without any there are no figures.
        policy: the filed thresholds.
    """
    if not len(strange.domain):
        return {}
    let_in = policy.answers(doubles(strange.domain), doubles(strange.right))
    return {
        f"gate_auc_{name}": auc(doubles(judged.domain), doubles(strange.domain)),
        f"gate_auc_{name}_judge": auc(doubles(judged.right), doubles(strange.right)),
        f"other_{name}_not_answered": float(1 - let_in.mean()),
        f"other_{name}_refused": float((doubles(strange.domain) < policy.hand_over_from).mean()),
    }


def calibration_error(chance: Doubles, right: Flags, bins: int = 5) -> float:
    """Return the expected calibration error over bins of equal count."""
    if not len(chance):
        return math.nan
    parts = np.array_split(np.argsort(chance, kind="stable"), bins)
    return float(sum(abs(chance[p].mean() - right[p].mean()) * len(p) for p in parts if len(p)) / len(chance))


@torch.no_grad()
def damage_figures(run: Run, part: str) -> dict[str, float]:
    """Return the AUC of D between true replies and each kind of damaged one, on questions of a part."""
    asked, truth = run.asked(part), run.truth(part)
    networks, random = run.networks, np.random.default_rng(0)
    logs = log_probabilities(networks.head, run.bank, asked)
    domain = networks.domain(networks.domain.measures(run.bank, asked))
    replies = torch.tensor(truth)
    true = doubles(networks.gate.probability(pair_measures(run.bank, asked, replies, logs, domain)))
    figures = {}
    for name, damage in DAMAGES.items():
        shares = []
        for number in truth:
            other = run.bank.entries[int(random.integers(len(run.bank.entries)))].answer
            shares.append(run.bank.coverage(grams(damage(run.bank.entries[number].answer, other, random))))
        measures = pair_measures(run.bank, asked, replies, logs, domain, torch.tensor(shares))
        figures[f"gate_auc_damaged_{name}"] = auc(true, doubles(networks.gate.probability(measures)))
    return figures


def standard_errors(each: Mapping[str, Doubles]) -> dict[str, float]:
    """Return the standard error of each mean."""
    return {name: float(values.std() / math.sqrt(max(1, len(values)))) for name, values in each.items()}
