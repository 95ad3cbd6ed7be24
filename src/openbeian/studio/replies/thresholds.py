"""The filed thresholds, chosen on validation: what may be answered, what a person gets, what is refused."""

from __future__ import annotations

import math

import numpy as np

from openbeian.studio.replies.judging import is_right
from openbeian.studio.replies.measuring import Doubles, Flags, Policy, doubles
from openbeian.studio.replies.state import Run

FEWEST = 5
"""So many questions must bear the target accuracy out, or the fiftieth part of them; where none do, nothing is answered."""


def choose_policy(run: Run) -> Policy:
    """Choose both thresholds; a run without validation chooses on the rewordings the gate has learnt from.

    `hand_over_from` refuses at most the share `own_refused` of our own questions. `answer_from` is the lowest at which the target
    accuracy is surely reached, and so high that at most the share `other_answered` of other domains' questions passes both.
    """
    part, strange_part = ("validation", "strange_validation") if run.split.validation else ("reworded", "strange_train")
    judged = run.networks.judge(run.bank, run.asked(part))
    right = is_right(judged, run.truth(part))
    domain, chance = doubles(judged.domain), doubles(judged.right)
    hand_over_from = _downwards(float(np.quantile(domain, run.settings.own_refused, method="lower")))
    ours = domain >= hand_over_from
    answer_from = _lowest(chance[ours], right[ours], run.settings.target_accuracy)
    if getattr(run.split, strange_part):
        strange = run.networks.judge(run.bank, run.asked(strange_part))
        passed = np.where(doubles(strange.domain) >= hand_over_from, doubles(strange.right), 0.0)
        limit = float(np.quantile(passed, 1 - run.settings.other_answered, method="higher"))
        answer_from = max(answer_from, _upwards(limit) if limit > 0 else 0.0)
    return Policy(min(answer_from, 1.0), hand_over_from)


def _lowest(chance: Doubles, right: Flags, target: float) -> float:
    order = np.argsort(-chance, kind="stable")
    counts = np.arange(1.0, len(order) + 1)
    accuracy = wilson(np.cumsum(right[order]) / counts, counts)
    fewest = max(FEWEST, len(order) // 50)
    good = np.flatnonzero(accuracy[fewest - 1 :] >= target)
    return _downwards(float(chance[order][fewest - 1 + good[-1]])) if len(good) else 1.0


def wilson(share: Doubles, counts: Doubles) -> Doubles:
    """Return the lower end of Wilson's interval for a share among counts, one standard error wide (Wilson, 1927).

    Five right of five are no proof of 100 %; and the threshold is sought where validation looks best, so it needs the margin.
    """
    middle = share + 1 / (2 * counts)
    return np.asarray((middle - np.sqrt((share * (1 - share) + 1 / (4 * counts)) / counts)) / (1 + 1 / counts))


def _downwards(value: float) -> float:
    """Round to six places so that the value itself still passes."""
    return math.floor(value * 1e6) / 1e6


def _upwards(value: float) -> float:
    """Round to six places so that the value itself does not pass."""
    return (math.floor(value * 1e6) + 1) / 1e6
