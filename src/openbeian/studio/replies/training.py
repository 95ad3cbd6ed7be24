"""Training the reply model: likelihood first, then the gate, then one adversarial round that is kept only if it helps."""

from __future__ import annotations

import copy
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

import openbeian
from openbeian.files import write_whole
from openbeian.manifest import sha256_file
from openbeian.studio.replies.networks import Bags, Discriminator, LikelihoodHead, Vocabulary
from openbeian.studio.replies.pairs import Pairs, load_pairs
from openbeian.studio.replies.plots import curves_svg
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.run_folder import BANK, CURVES, METRICS, RUN, VOCABULARY, WEIGHTS, RunResult
from openbeian.studio.replies.scoring import Bank, Entry, features, log_probabilities

Progress = Callable[[int, int, str], None]
HEAD_STEPS, GATE_STEPS, ADVERSARIAL_STEPS = 160, 160, 40
WORD_DROPOUT = 0.35
WEAR = 0.1
CHECK_EVERY = 10
TARGET_ACCURACY = 0.8
RECIPE = {
    "name": "replies", "head_steps": HEAD_STEPS, "gate_steps": GATE_STEPS, "adversarial_steps": ADVERSARIAL_STEPS,
    "word_dropout": WORD_DROPOUT, "target_accuracy": TARGET_ACCURACY, "optimiser": "AdamW 5e-3",
}  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Questions with the number of their reply.

    The head learns on `train`, the bank's own wordings; the gate on `reworded`, which the head has not seen: a question known to the
    letter looks surer than any a customer asks.
    """

    train: list[tuple[str, int]]
    reworded: list[tuple[str, int]]
    validation: list[tuple[str, int]]
    test: list[tuple[str, int]]
    refuse_train: list[str]
    refuse_validation: list[str]
    refuse_test: list[str]


@dataclass
class _Run:
    """The state of one training run."""

    bank: Bank
    split: Split
    head: LikelihoodHead
    gate: Discriminator
    random: np.random.Generator
    rows: list[dict[str, float | int | str]]


def train_replies(data: Path, out: Path, *, seed: int = 1, progress: Progress | None = None) -> RunResult:
    """Train on question/answer pairs and write the run folder; `run.json` comes last and marks it finished.

    One thread and one seed give the same bits. Raises a `Fault` for data that cannot be trained on.
    """
    pairs = load_pairs(data)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _train(pairs, out, seed, progress or (lambda _done, _total, _note: None))
    finally:
        torch.set_num_threads(threads)


def _train(pairs: Pairs, out: Path, seed: int, progress: Progress) -> RunResult:
    torch.manual_seed(seed)
    started = time.process_time()
    entries, split = _split(pairs, seed)
    vocabulary = Vocabulary.of(grams(entry.question + entry.answer) for entry in entries)
    bank = Bank(entries, vocabulary)
    size = len(vocabulary.words)
    run = _Run(bank, split, LikelihoodHead(size), Discriminator(), np.random.default_rng(seed), [])
    total = HEAD_STEPS + GATE_STEPS + ADVERSARIAL_STEPS
    _train_head(run, HEAD_STEPS, lambda step, note: progress(step, total, note))
    _train_gate(run, GATE_STEPS, lambda step, note: progress(HEAD_STEPS + step, total, note))
    adversarial = _adversarial_round(run, lambda step, note: progress(HEAD_STEPS + GATE_STEPS + step, total, note))
    return _finish(run, pairs, out, seed, adversarial, time.process_time() - started)


def _split(pairs: Pairs, seed: int) -> tuple[list[Entry], Split]:
    """Hold out other wordings of the questions: four tenths train, three validate, three test. Their replies stay in the bank."""
    entries, train, held = [], [], []
    for pair in pairs.items:
        entries.append(Entry(pair.id, pair.question, pair.answer))
        train.append((pair.question, len(entries) - 1))
        held += [(text, len(entries) - 1) for text in pair.variants]
    order = np.random.default_rng(seed).permutation(len(held))
    for_training, for_validation = round(0.4 * len(held)), round(0.7 * len(held))
    third = max(1, len(pairs.refuse) // 3)
    refuse = [pairs.refuse[i] for i in np.random.default_rng(seed).permutation(len(pairs.refuse))]
    return entries, Split(
        train=train,
        reworded=[held[i] for i in sorted(order[:for_training])],
        validation=[held[i] for i in sorted(order[for_training:for_validation])],
        test=[held[i] for i in sorted(order[for_validation:])],
        refuse_train=refuse[: len(refuse) - 2 * third],
        refuse_validation=refuse[len(refuse) - 2 * third : len(refuse) - third],
        refuse_test=refuse[len(refuse) - third :],
    )


def _dropped(run: _Run, questions: Sequence[str], bags: Sequence[list[int]]) -> Bags:
    """Return the questions' bags with words dropped at random, so that the head learns to do without any one of them."""
    kept = []
    for question, bag in zip(questions, bags, strict=True):
        keep = run.random.random(2 * len(question) + 2) >= WORD_DROPOUT
        kept.append(list(compress(bag, keep.tolist())) or bag)
    return Bags.of(kept)


def _train_head(run: _Run, steps: int, tell: Callable[[int, str], None]) -> None:
    """Maximise log p(reply | question), BM25 a feature that is itself dropped half of the time."""
    texts = [question for question, _ in run.split.train]
    questions = [grams(text) for text in texts]
    bags = [run.bank.vocabulary.bag(question) for question in questions]
    truth = torch.tensor([number for _, number in run.split.train])
    bm25 = run.bank.bm25_scores(questions)
    optimiser = torch.optim.AdamW(run.head.parameters(), lr=5e-3)
    best, saved = -1.0, run.head.state_dict()
    for step in range(1, steps + 1):
        if run.split.validation and step % CHECK_EVERY == 1:
            reached = _ranking(run, run.split.validation)["mrr"]
            best, saved = (reached, copy.deepcopy(run.head.state_dict())) if reached > best else (best, saved)
        kept = torch.from_numpy(run.random.random((len(questions), 1)) < 0.5).float()
        noise = torch.from_numpy(run.random.uniform(0.3, 1.0, (len(questions), 1))).float()
        logs = log_probabilities(run.head, run.bank, _dropped(run, texts, bags), bm25 * kept * noise)
        loss = functional.nll_loss(logs, truth)
        _step(optimiser, loss)
        run.rows.append({"phase": "head", "step": step, "loss": round(float(loss.detach()), 6)})
        tell(step, f"似然损失 {float(loss.detach()):.3f}")
    if run.split.validation:
        run.head.load_state_dict(saved)  # the step that did best on validation; later ones know the questions by heart


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    if not torch.isfinite(loss):
        raise FloatingPointError("the loss is not finite")
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _train_gate(run: _Run, steps: int, tell: Callable[[int, str], None]) -> None:
    """Train D on true pairs against policy proposals and questions of other domains."""
    optimiser = torch.optim.AdamW(run.gate.parameters(), lr=5e-3)
    for step in range(1, steps + 1):
        loss = _gate_loss(run)
        _step(optimiser, loss)
        run.rows.append({"phase": "gate", "step": step, "loss": round(float(loss.detach()), 6)})
        tell(step, f"判别损失 {float(loss.detach()):.3f}")


def _gate_loss(run: _Run) -> Tensor:
    pairs = run.split.reworded or run.split.train
    known = [question for question, _ in pairs]
    truth = torch.tensor([number for _, number in pairs])
    texts = [grams(_worn(run, question)) for question in known]
    with torch.no_grad():
        bm25 = run.bank.bm25_scores(texts)
        logs = log_probabilities(run.head, run.bank, run.bank.bags_of(texts), bm25)
        proposals = _propose(run, logs, truth)
    true = run.gate(features(run.bank, texts, truth, logs, bm25))
    wrong = run.gate(features(run.bank, texts, proposals, logs, bm25))
    losses = [functional.softplus(-true).mean(), functional.softplus(wrong).mean()]
    if run.split.refuse_train:
        losses.append(functional.softplus(_gate_of(run, [_mixed(run) for _ in range(64)])).mean())
    return torch.stack(losses).sum()


def _worn(run: _Run, question: str) -> str:
    """Return a question as another person might put it: some characters gone."""
    keep = run.random.random(len(question)) > WEAR * run.random.random()
    return "".join(char for char, kept in zip(question, keep, strict=True) if kept) or question


def _mixed(run: _Run) -> str:
    """Return a question of another domain, worn."""
    return _worn(run, str(run.random.choice(run.split.refuse_train)))


def _propose(run: _Run, logs: Tensor, truth: Tensor) -> Tensor:
    """Draw a wrong reply from the policy for each question (Gumbel noise on the log probabilities)."""
    gumbel = torch.from_numpy(run.random.gumbel(size=tuple(logs.shape))).float()
    noisy = logs + gumbel
    noisy[torch.arange(len(truth)), truth] = -torch.inf
    return noisy.argmax(dim=1)


def _gate_of(run: _Run, questions: Sequence[str]) -> Tensor:
    """Return the gate's logits for the policy's best reply to each question."""
    asked = [grams(question) for question in questions]
    with torch.no_grad():
        bm25 = run.bank.bm25_scores(asked)
        logs = log_probabilities(run.head, run.bank, run.bank.bags_of(asked), bm25)
        best = logs.argmax(dim=1)
    return torch.as_tensor(run.gate(features(run.bank, asked, best, logs, bm25)))


def _adversarial_round(run: _Run, tell: Callable[[int, str], None]) -> dict[str, float | bool]:
    """Let the policy seek replies that D believes, D learn from them; keep both only when validation improves."""
    if not run.split.validation:
        return {"kept": False}
    before = _ranking(run, run.split.validation)["mrr"]
    saved = copy.deepcopy(run.head.state_dict()), copy.deepcopy(run.gate.state_dict())
    texts = [question for question, _ in run.split.train]
    questions = [grams(text) for text in texts]
    bags = [run.bank.vocabulary.bag(question) for question in questions]
    truth = torch.tensor([number for _, number in run.split.train])
    bm25 = run.bank.bm25_scores(questions)
    policy = torch.optim.AdamW(run.head.parameters(), lr=1e-3)
    referee = torch.optim.AdamW(run.gate.parameters(), lr=1e-3)
    for step in range(1, ADVERSARIAL_STEPS + 1):
        logs = log_probabilities(run.head, run.bank, _dropped(run, texts, bags), bm25)
        proposals = _propose(run, logs.detach(), truth)
        with torch.no_grad():
            extra = features(run.bank, questions, proposals, logs.detach(), bm25)
            belief = torch.sigmoid(run.gate(extra))
        reward = belief - belief.mean()
        reinforce = -(reward * logs[torch.arange(len(truth)), proposals]).mean()
        _step(policy, functional.nll_loss(logs, truth) + 0.1 * reinforce)
        loss = _gate_loss(run)
        _step(referee, loss)
        run.rows.append({"phase": "adversarial", "step": step, "loss": round(float(loss.detach()), 6)})
        tell(step, f"对抗 {step}/{ADVERSARIAL_STEPS}")
    after = _ranking(run, run.split.validation)["mrr"]
    kept = after > before
    if not kept:
        run.head.load_state_dict(saved[0])
        run.gate.load_state_dict(saved[1])
    return {"kept": kept, "validation_mrr_before": round(before, 4), "validation_mrr_after": round(after, 4)}


@torch.no_grad()
def _ranking(run: _Run, held: Sequence[tuple[str, int]]) -> dict[str, float]:
    """Return R@1, R@10 and MRR of head and BM25 on the same bank; replies with equal text count as the same."""
    questions = [grams(question) for question, _ in held]
    bm25 = run.bank.bm25_scores(questions)
    logs = log_probabilities(run.head, run.bank, run.bank.bags_of(questions), bm25)
    ours, theirs = _ranks(run, logs, held), _ranks(run, bm25, held)
    return {
        "recall_at_1": float((ours == 1).mean()),
        "recall_at_10": float((ours <= 10).mean()),
        "mrr": float((1 / ours).mean()),
        "recall_at_1_bm25": float((theirs == 1).mean()),
        "recall_at_10_bm25": float((theirs <= 10).mean()),
        "mrr_bm25": float((1 / theirs).mean()),
    }


def _ranks(run: _Run, scores: Tensor, held: Sequence[tuple[str, int]]) -> np.ndarray:
    answers = [entry.answer for entry in run.bank.entries]
    ranks = []
    for row, (_, truth) in zip(scores, held, strict=True):
        right = torch.tensor([answer == answers[truth] for answer in answers])
        ranks.append(1 + int((row > row[right].max()).sum()))
    return np.array(ranks)


@torch.no_grad()
def _gate_scores(run: _Run, questions: Sequence[str]) -> np.ndarray:
    if not questions:
        return np.zeros(0)
    return torch.sigmoid(_gate_of(run, questions)).numpy()


@torch.no_grad()
def _is_right(run: _Run, held: Sequence[tuple[str, int]]) -> np.ndarray:
    questions = [grams(question) for question, _ in held]
    logs = log_probabilities(run.head, run.bank, run.bank.bags_of(questions), run.bank.bm25_scores(questions))
    best = logs.argmax(dim=1)
    answers = [entry.answer for entry in run.bank.entries]
    return np.array([answers[int(b)] == answers[truth] for b, (_, truth) in zip(best, held, strict=True)])


def _policy(run: _Run) -> dict[str, float]:
    """Choose the thresholds on validation: answer where 80 % are right and 95 % of other domains score lower."""
    held = run.split.validation or run.split.train
    scores, right = _gate_scores(run, [q for q, _ in held]), _is_right(run, held)
    order = np.argsort(-scores)
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    fewest = max(1, len(order) // 10)
    good = np.flatnonzero(accuracy[fewest - 1 :] >= TARGET_ACCURACY)
    # Where the target is not reached, only the surest tenth is answered.
    answer_from = float(scores[order][fewest - 1 + (good[-1] if len(good) else 0)])
    strange = _gate_scores(run, run.split.refuse_validation or run.split.refuse_train)
    hand_over_from = float(np.quantile(strange, 0.9)) if len(strange) else answer_from / 2
    answer_from = max(answer_from, float(np.quantile(strange, 0.95)) if len(strange) else 0.0)
    return {
        "answer_from": round(min(answer_from, 1.0), 6),
        "hand_over_from": round(min(hand_over_from, answer_from), 6),
    }


def _auc(high: np.ndarray, low: np.ndarray) -> float:
    """Return P(a score of `high` exceeds one of `low`), ties half."""
    if not len(high) or not len(low):
        return float("nan")
    return float(np.mean((high[:, None] > low[None, :]) + 0.5 * (high[:, None] == low[None, :])))


def _finish(
    run: _Run, pairs: Pairs, out: Path, seed: int, adversarial: dict[str, float | bool], cpu_s: float
) -> RunResult:
    test = run.split.test or run.split.validation or run.split.train
    policy = _policy(run)
    scores, right = _gate_scores(run, [q for q, _ in test]), _is_right(run, test)
    strange = _gate_scores(run, run.split.refuse_test or run.split.refuse_train)
    answered = scores >= policy["answer_from"]
    results = {
        **_ranking(run, test),
        "gate_auc_domain": _auc(scores, strange),
        "gate_auc_right": _auc(scores[right], scores[~right]),
        "answered_share": float(answered.mean()),
        "answered_right": float(right[answered].mean()) if answered.any() else 0.0,
        "other_domain_not_answered": float((strange < policy["answer_from"]).mean()) if len(strange) else float("nan"),
    }
    results = {name: round(value, 4) for name, value in results.items() if value == value}  # noqa: PLR0124 - not NaN
    out.mkdir(parents=True, exist_ok=True)
    (out / RUN).unlink(missing_ok=True)
    tensors = {f"head.{k}": v for k, v in run.head.state_dict().items()} | {
        f"gate.{k}": v for k, v in run.gate.state_dict().items()
    }
    write_whole(out / WEIGHTS, save({name: tensor.contiguous() for name, tensor in sorted(tensors.items())}))
    lines = [
        json.dumps({"id": e.id, "question": e.question, "answer": e.answer}, ensure_ascii=False)
        for e in run.bank.entries
    ]
    write_whole(out / BANK, "\n".join(lines) + "\n")
    write_whole(out / VOCABULARY, json.dumps(list(run.bank.vocabulary.words), ensure_ascii=False))
    write_whole(out / METRICS, "".join(json.dumps(row) + "\n" for row in run.rows))
    write_whole(out / CURVES, curves_svg(run.rows, scores, right, policy["answer_from"]))
    facts = {
        "schema": "openbeian/run/v1", "recipe": RECIPE, "seed": seed,
        "data": {"name": pairs.name, "sha256": pairs.sha256, "size": pairs.size},
        "counts": {"pairs": len(pairs.items), "train": len(run.split.train), "validation": len(run.split.validation),
                   "test": len(test), "refuse_test": len(strange)},
        "results": results, "policy": policy, "adversarial": adversarial,
        "held_out": "other wordings of the questions, never seen in training" if run.split.test else "none: figures are on training questions",
        "parameters": sum(p.numel() for n in (run.head, run.gate) for p in n.parameters()),
        "weights_sha256": sha256_file(out / WEIGHTS),
        "environment": {"openbeian": openbeian.__version__, "torch": torch.__version__, "python": platform.python_version(), "threads": 1},
        "cpu_seconds": round(cpu_s, 1),
    }  # fmt: skip
    write_whole(out / RUN, json.dumps(facts, ensure_ascii=False, indent=1))
    return RunResult.load(out)
