"""Adversarial rounds: G seeks wrong replies that D believes, D learns from them; a round is kept only when validation improves.

Policy gradient with the judge's belief as reward (IRGAN; Wang et al., 2017, arXiv 1705.10513), beside the likelihood, which keeps G
from forgetting what is right. Off by default: on the example and on
CrossWOZ eight rounds of nine did not improve validation, and the one that was kept did not improve the test.
"""

from __future__ import annotations

import copy

import torch
from torch.nn import functional

from openbeian.studio.replies.bank import Asked
from openbeian.studio.replies.gate import binary_loss, pair_measures
from openbeian.studio.replies.gate_training import gate_rows
from openbeian.studio.replies.heads import draw, log_probabilities
from openbeian.studio.replies.judging import is_right
from openbeian.studio.replies.measuring import auc, doubles, mean_reciprocal_rank
from openbeian.studio.replies.state import Run, Tell, descend

Facts = dict[str, float | bool]
PROPOSALS_EVERY = 10
"""Steps of a round after which D is shown what G proposes by then."""


def adversarial_round(run: Run, tell: Tell) -> Facts:
    """Play one round; return validation before and after, and whether it was kept."""
    networks = run.networks
    before = _validated(run)
    saved = copy.deepcopy(networks.head.state_dict()), copy.deepcopy(networks.gate.state_dict())
    policy = torch.optim.AdamW(networks.head.parameters(), lr=run.settings.round_rate)
    referee = torch.optim.AdamW(networks.gate.parameters(), lr=run.settings.round_rate)
    asked, truth = run.asked("reworded"), torch.tensor(run.truth("reworded"))
    measures, labels = gate_rows(run)
    for step in range(1, run.settings.round_steps + 1):
        descend(policy, _policy_loss(run, asked, truth))
        if step % PROPOSALS_EVERY == 0:
            measures, labels = gate_rows(run)
        loss = binary_loss(networks.gate(measures), labels)
        descend(referee, loss)
        tell(step, f"对抗损失 {run.note('adversarial', step, loss):.3f}")
    after = _validated(run)
    kept = after["mrr"] > before["mrr"] or (after["mrr"] == before["mrr"] and after["auc"] > before["auc"])
    if not kept:
        networks.head.load_state_dict(saved[0])
        networks.gate.load_state_dict(saved[1])
    return {
        "kept": kept,
        **{f"validation_{name}_before": round(value, 4) for name, value in before.items()},
        **{f"validation_{name}_after": round(value, 4) for name, value in after.items()},
    }


def _policy_loss(run: Run, asked: Asked, truth: torch.Tensor) -> torch.Tensor:
    networks = run.networks
    logs = log_probabilities(networks.head, run.bank, asked)
    with torch.no_grad():
        proposals = draw(logs, run.random, temperature=run.settings.temperature, but=truth)
        domain = networks.domain(networks.domain.measures(run.bank, asked))
        belief = torch.sigmoid(networks.gate(pair_measures(run.bank, asked, proposals, logs, domain)))
    reward = belief - belief.mean()
    reinforced = -(reward * logs[torch.arange(len(truth)), proposals]).mean()
    return functional.nll_loss(logs, truth) + run.settings.reward_weight * reinforced


def _validated(run: Run) -> dict[str, float]:
    judged = run.networks.judge(run.bank, run.asked("validation"))
    right, chance = is_right(judged, run.truth("validation")), doubles(judged.right)
    value = auc(chance[right], chance[~right])
    return {"mrr": mean_reciprocal_rank(run, "validation"), "auc": value if value == value else 0.5}  # noqa: PLR0124 - not NaN
