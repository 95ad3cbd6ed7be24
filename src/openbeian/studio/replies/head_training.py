"""Likelihood first: the head learns p(reply | question), and keeps the step that did best on validation."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress

import torch
from torch import Tensor
from torch.nn import functional

from openbeian.studio.replies.bank import Asked
from openbeian.studio.replies.heads import VectorHead, evidence_of, log_probabilities, weighed
from openbeian.studio.replies.measuring import mean_reciprocal_rank
from openbeian.studio.replies.state import Run, Tell, descend
from openbeian.studio.replies.vocabulary import Bags

WEIGHT_STEPS = 60
WEIGHT_DECAY = 1e-3
Batch = tuple[Asked, Tensor]


def train_head(run: Run, tell: Tell) -> None:
    """Maximise log p(reply | question)."""
    settings, head = run.settings, run.networks.head
    optimiser = optimiser_of(run, settings.vector_rate if isinstance(head, VectorHead) else settings.head_rate)
    if isinstance(head, VectorHead) and run.split.reworded:
        fit_weights(run, head)
    batches = _batches(run)
    best, saved = -1.0, copy.deepcopy(head.state_dict())
    for step in range(1, settings.head_steps + 1):
        if run.split.validation and step % settings.check_every == 1 % settings.check_every:
            reached = mean_reciprocal_rank(run, "validation")
            best, saved = (reached, copy.deepcopy(head.state_dict())) if reached > best else (best, saved)
        loss = torch.stack([_loss(run, asked, truth) for asked, truth in next(batches)]).sum()
        descend(optimiser, loss)
        tell(step, f"似然损失 {run.note('head', step, loss):.3f}")
    if run.split.validation:
        head.load_state_dict(saved)  # later steps know the questions by heart


def fit_weights(run: Run, head: VectorHead) -> None:
    """Fit the weights of the evidence on the rewordings, with the vectors as they come."""
    asked, truth = run.asked("reworded"), torch.tensor(run.truth("reworded"))
    with torch.no_grad():
        evidence = (head.cosines(run.bank, asked), *evidence_of(run.bank, asked))
    logs = head.log_weights.detach().clone().requires_grad_()
    optimiser = torch.optim.LBFGS([logs], max_iter=WEIGHT_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = functional.cross_entropy(weighed(logs, evidence), truth) + WEIGHT_DECAY * logs.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        head.log_weights.copy_(logs)


def _loss(run: Run, asked: Asked, truth: Tensor) -> Tensor:
    head = run.networks.head
    if isinstance(head, VectorHead):
        logits = head(run.bank, asked, hold_turns=asked.nearest is not None)
        return functional.cross_entropy(logits, truth)
    return functional.nll_loss(log_probabilities(head, run.bank, asked), truth)


def optimiser_of(run: Run, rate: float) -> torch.optim.Optimizer:
    """Return the optimiser of the head; the single weights beside the two matrices learn ten times as fast as these, without decay."""
    head = run.networks.head
    if not isinstance(head, VectorHead):
        return torch.optim.AdamW(head.parameters(), lr=rate)
    turns = [head.question_turn, head.reply_turn]
    weights = [head.log_weights]
    return torch.optim.AdamW(
        [{"params": turns, "weight_decay": run.settings.vector_decay}, {"params": weights, "lr": 10 * rate, "weight_decay": 0.0}],
        lr=rate,
    )  # fmt: skip


def _batches(run: Run) -> Iterator[Sequence[Batch]]:
    return _vector_batches(run) if isinstance(run.networks.head, VectorHead) else _gram_batches(run)


def _gram_batches(run: Run) -> Iterator[Sequence[Batch]]:
    """Yield the bank's own questions with words dropped, and BM25, which knows them to the letter, dropped half of the time."""
    asked, truth = run.asked("train"), torch.tensor(run.truth("train"))
    bags = [run.bank.vocabulary.bag(text) for text in asked.grams]
    while True:
        rows = _some(run, len(asked))
        kept = torch.from_numpy(run.random.random((len(rows), 1)) < 0.5).float()
        noise = torch.from_numpy(run.random.uniform(0.3, 1.0, (len(rows), 1))).float()
        numbers = rows.tolist()
        dropped = _dropped(run, [asked.texts[n] for n in numbers], [bags[n] for n in numbers])
        yield [(replace(asked, bags=dropped, bm25=asked.bm25[rows] * kept * noise), truth[rows])]


def _vector_batches(run: Run) -> Iterator[Sequence[Batch]]:
    """Yield the bank's own questions, which teach the way to a reply only, and rewordings, which teach how to weigh the evidence.

    A filed question finds itself by any other way than over its reply, so it would teach to trust wordings too much.
    """
    assert run.embedder is not None
    texts = [text for text, _ in run.split.train]
    vectors, truth = run.embedder.questions(texts), torch.tensor(run.truth("train"))
    blank = run.bank.ask(texts[:1], vectors[:1], own=False)
    reworded, right = run.asked("reworded"), torch.tensor(run.truth("reworded"))
    while True:
        rows = _some(run, len(texts))
        batch = [(replace(blank, vectors=vectors[rows]), truth[rows])]
        if len(reworded):
            rows = _some(run, len(reworded))
            batch.append((part_of(reworded, rows), right[rows]))
        yield batch


def part_of(asked: Asked, rows: Tensor) -> Asked:
    """Return some rows of what the vector head reads: vectors, nearest, BM25."""
    assert asked.vectors is not None
    assert asked.nearest is not None
    return replace(asked, vectors=asked.vectors[rows], nearest=asked.nearest[rows], bm25=asked.bm25[rows])


def _some(run: Run, size: int) -> Tensor:
    """Return the rows of a batch: all, when they fit."""
    if size <= run.settings.batch:
        return torch.arange(size)
    return torch.from_numpy(run.random.permutation(size)[: run.settings.batch])


def _dropped(run: Run, texts: Sequence[str], bags: Sequence[list[int]]) -> Bags:
    """Return the questions' bags with words dropped at random, so that the head learns to do without any one of them."""
    kept = []
    for text, bag in zip(texts, bags, strict=True):
        keep = run.random.random(2 * len(text) + 2) >= run.settings.word_dropout
        kept.append(list(compress(bag, keep.tolist())) or bag)
    return Bags.of(kept)
