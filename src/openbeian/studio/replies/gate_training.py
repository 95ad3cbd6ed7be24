"""Training D: the domain first, then the judge on what G really proposes, then its line of calibration."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from openbeian.studio.replies.bank import Asked
from openbeian.studio.replies.damage import DAMAGES
from openbeian.studio.replies.gate import LogOdds, binary_loss, logistic, pair_measures
from openbeian.studio.replies.heads import draw, log_probabilities
from openbeian.studio.replies.judging import is_right
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.state import Run, Tell, descend

LEAST_SPREAD = 1e-3
DOMAIN_DECAY = 0.1
"""A strong one: the measures say nearly the same, and few questions of other domains must not tell them apart."""
LINE_DECAY = 1e-2


def fit_domain(run: Run, odds: LogOdds) -> None:
    """Fit the domain gate on rewordings against questions of other domains, both sides weighing the same.

    Each is judged by odds that have not counted it. Without any of other domains, every measure weighs the same.
    """
    domain, own = run.networks.domain, run.asked("reworded")
    domain.log_odds.copy_(torch.tensor([odds.of(word) for word in domain.vocabulary.words]))
    rows = domain.measures(run.bank, own)
    rows[:, 2] = torch.tensor([odds.without(text, is_own=True) for text in own.grams])
    if not run.split.strange_train:
        domain.mean.copy_(rows.mean(dim=0))
        domain.spread.copy_(rows.std(dim=0).clamp_min(LEAST_SPREAD))
        domain.weight.fill_(1 / len(domain.weight))
        domain.shift.fill_(2.0)
        return
    asked = run.asked("strange_train")
    strange = domain.measures(run.bank, asked)
    strange[:, 2] = torch.tensor([odds.without(text, is_own=False) for text in asked.grams])
    everything = torch.cat([rows, strange])
    domain.mean.copy_(everything.mean(dim=0))
    domain.spread.copy_(everything.std(dim=0).clamp_min(LEAST_SPREAD))
    found = _balanced((rows - domain.mean) / domain.spread, (strange - domain.mean) / domain.spread, DOMAIN_DECAY)
    domain.weight.copy_(found[:-1])
    domain.shift.copy_(found[-1:])
    _calibrate_domain(run)


def _balanced(own: Tensor, strange: Tensor, decay: float) -> Tensor:
    """Fit a logistic regression in which both sides weigh the same."""
    labels = torch.cat([torch.ones(len(own)), torch.zeros(len(strange))])
    weights = torch.cat([torch.full((len(own),), 1 / len(own)), torch.full((len(strange),), 1 / len(strange))])
    return logistic(torch.cat([own, strange]), labels, weights, decay=decay)


def _calibrate_domain(run: Run) -> None:
    """Stretch and shift the domain's logit on validation: the decay that keeps its weights even makes it too modest."""
    domain = run.networks.domain
    if not run.split.validation or not run.split.strange_validation:
        return
    own, strange = (domain(domain.measures(run.bank, run.asked(part))) for part in ("validation", "strange_validation"))
    line = _balanced(own[:, None], strange[:, None], LINE_DECAY)
    if float(line[0]) > 0:  # a falling line would turn the order round
        domain.weight.mul_(line[0])
        domain.shift.mul_(line[0]).add_(line[1])


def train_gate(run: Run, tell: Tell) -> None:
    """Train the judge on true pairs against the generator's proposals, its real output, other domains and damaged replies."""
    gate = run.networks.gate
    measures, labels = gate_rows(run)
    gate.mean.copy_(measures.mean(dim=0))
    gate.spread.copy_(measures.std(dim=0).clamp_min(LEAST_SPREAD))
    optimiser = torch.optim.AdamW(gate.parameters(), lr=run.settings.gate_rate)
    for step in range(1, run.settings.gate_steps + 1):
        loss = binary_loss(gate(measures), labels)
        descend(optimiser, loss)
        tell(step, f"判别损失 {run.note('gate', step, loss):.3f}")


@torch.no_grad()
def gate_rows(run: Run) -> tuple[Tensor, Tensor]:
    """Return measures of pairs, shape (pairs, measures), and 1 for a right reply or 0, shape (pairs,).

    The domain's logits here have counted these questions, on either side: surer than in service; `calibrate` fits the judge to
    questions that were not counted.
    """
    asked, truth = _worn_too(run, "reworded")
    right = torch.tensor(truth)
    logs = log_probabilities(run.networks.head, run.bank, asked)
    domain = run.networks.domain(run.networks.domain.measures(run.bank, asked))
    rows = [pair_measures(run.bank, asked, right, logs, domain)]
    labels = [torch.ones(len(asked))]
    for _ in range(run.settings.proposals):
        wrong = draw(logs, run.random, temperature=run.settings.temperature, but=right)
        rows.append(pair_measures(run.bank, asked, wrong, logs, domain))
        labels.append(torch.zeros(len(asked)))
    best = logs.argmax(dim=1)
    rows.append(pair_measures(run.bank, asked, best, logs, domain))
    labels.append((best == right).float())
    wording = _damaged(run, truth)
    spoilt = wording < 1  # a damage that leaves only filed n-grams cannot be seen by any measure
    rows.append(pair_measures(run.bank, asked, right, logs, domain, wording)[spoilt])
    labels.append(torch.zeros(int(spoilt.sum())))
    if run.split.strange_train:
        rows.append(_strange_rows(run))
        labels.append(torch.zeros(len(rows[-1])))
    return torch.cat(rows), torch.cat(labels)


def _strange_rows(run: Run) -> Tensor:
    asked, _ = _worn_too(run, "strange_train")
    logs = log_probabilities(run.networks.head, run.bank, asked)
    domain = run.networks.domain(run.networks.domain.measures(run.bank, asked))
    return pair_measures(run.bank, asked, logs.argmax(dim=1), logs, domain)


def _worn_too(run: Run, part: str) -> tuple[Asked, list[int]]:
    """Return the questions of a part and worn copies of them, with the replies' numbers; with vectors the questions alone."""
    items = getattr(run.split, part)
    texts = [item if isinstance(item, str) else item[0] for item in items]
    truth = [0 if isinstance(item, str) else item[1] for item in items]
    if run.embedder is not None or not run.settings.worn_copies:
        return run.asked(part), truth
    worn = [_worn(run, text) for _ in range(run.settings.worn_copies) for text in texts]
    return run.ask([*texts, *worn]), truth * (1 + run.settings.worn_copies)


def _worn(run: Run, question: str) -> str:
    """Return a question with some characters lost, as customers type."""
    keep = run.random.random(len(question)) >= run.settings.wear
    return "".join(char for char, kept in zip(question, keep, strict=True) if kept) or question


def _damaged(run: Run, truth: Sequence[int]) -> Tensor:
    """Return the share of filed n-grams in one damaged copy of each reply."""
    kinds = list(DAMAGES.values())
    shares = []
    for number in truth:
        other = run.bank.entries[int(run.random.integers(len(run.bank.entries)))].answer
        damage = kinds[int(run.random.integers(len(kinds)))]
        shares.append(run.bank.coverage(grams(damage(run.bank.entries[number].answer, other, run.random))))
    return torch.tensor(shares)


@torch.no_grad()
def calibrate(run: Run) -> None:
    """Fit the line that makes a probability of the judge's logit: of the best replies to validation questions, which are right?"""
    if not run.split.validation:
        return
    gate, asked = run.networks.gate, run.asked("validation")
    gate.line.copy_(torch.tensor([1.0, 0.0]))
    judged = run.networks.judge(run.bank, asked)
    logits = torch.logit(judged.right.clamp(1e-6, 1 - 1e-6))
    right = torch.from_numpy(is_right(judged, run.truth("validation"))).float()
    line = logistic(logits[:, None], right, torch.ones(len(right)), decay=LINE_DECAY)
    if float(line[0]) > 0:  # a falling line would turn the judge's order round
        gate.line.copy_(line)
