"""Training the reply model, in order: bank, likelihood, domain, judge, adversarial rounds, thresholds, figures, run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from openbeian.studio.replies.adversarial import adversarial_round
from openbeian.studio.replies.bank import Bank, BankVectors, Entry, embed_bank
from openbeian.studio.replies.gate import Discriminator, DomainGate, LogOdds
from openbeian.studio.replies.gate_training import calibrate, fit_domain, train_gate
from openbeian.studio.replies.head_training import train_head
from openbeian.studio.replies.heads import GramHead, VectorHead
from openbeian.studio.replies.judging import Networks, is_right
from openbeian.studio.replies.measuring import (
    RiskCoverage,
    auc_error,
    damage_figures,
    gate_figures,
    ranking,
    standard_errors,
    stranger_figures,
    sure,
)
from openbeian.studio.replies.pairs import Pairs, load_pairs
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.run_folder import EMBEDDINGS, RunResult
from openbeian.studio.replies.settings import ReplySettings
from openbeian.studio.replies.splitting import Split, served_bank, split_pairs
from openbeian.studio.replies.state import Run, Tell
from openbeian.studio.replies.thresholds import choose_policy
from openbeian.studio.replies.vectors import Embedder
from openbeian.studio.replies.vocabulary import Vocabulary
from openbeian.studio.replies.writing import Outcome, write_run

Progress = Callable[[int, int, str], None]
AS_SET = ReplySettings()


def train_replies(
    data: Path, out: Path, *, seed: int = 1, settings: ReplySettings = AS_SET, progress: Progress | None = None
) -> RunResult:
    """Train on question/answer pairs and write the run folder; `run.json` comes last and marks it finished.

    One thread and one seed give the same bits, in every process, with sentence vectors and without.

    Args:
        data: pairs as yaml, csv or jsonl.
        out: the run folder, made when missing; a finished run in it is replaced at the end only.
        seed: of split, networks and noise.
        settings: everything else, recorded in the run.
        progress: called with steps done, steps in all, and a note.

    Raises:
        Fault: `pairs-*` for data that cannot be trained on, `missing-extra` for vectors that are wanted and not installed,
            `disk-full`, `run-unwritable`.
    """
    pairs = load_pairs(data)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _train(pairs, out, seed, settings, progress or (lambda _done, _total, _note: None))
    finally:
        torch.set_num_threads(threads)


def _train(pairs: Pairs, out: Path, seed: int, settings: ReplySettings, progress: Progress) -> RunResult:
    torch.manual_seed(seed)
    started = time.process_time()
    entries, split = split_pairs(pairs, settings, seed)
    embedder = _embedder(out, settings, entries, split, progress)
    run = _begin(entries, split, settings, seed, embedder)
    adversarial = _learn(run, progress)
    outcome = _measured(run, adversarial, seed, started)
    served = served_bank(entries, split)
    return write_run(out, run, pairs, served, _served_vectors(run, served), outcome)


def _embedder(
    out: Path, settings: ReplySettings, entries: list[Entry], split: Split, progress: Progress
) -> Embedder | None:
    """Return an embedder that knows all texts of the run already, or None."""
    embedder = Embedder.wanted(settings.vectors)
    if embedder is None:
        return None
    out.mkdir(parents=True, exist_ok=True)
    embedder.keep_in(out / EMBEDDINGS)
    asked = [text for part in (split.train, split.reworded, split.validation, split.test) for text, _ in part]
    strange = [*split.strange_train, *split.strange_validation, *split.strange_test, *split.strange_unseen]
    heard: Callable[[int, int], None] = lambda done, total: progress(done, total, "句向量")  # noqa: E731
    embedder.questions([*asked, *strange], heard)
    embedder.replies([entry.answer for entry in entries], heard)
    return embedder


def _begin(entries: list[Entry], split: Split, settings: ReplySettings, seed: int, embedder: Embedder | None) -> Run:
    vectors = embed_bank(entries, embedder) if embedder is not None else None
    vocabulary = Vocabulary.of(grams("\n".join((*entry.questions, entry.answer))) for entry in entries)
    bank = Bank(entries, vocabulary, vectors)
    head = GramHead(len(vocabulary.words)) if vectors is None else VectorHead()
    words = _odds(entries, split).words()
    has = vectors is not None
    networks = Networks(head, DomainGate(words, vectors=has), Discriminator(vectors=has))
    return Run(bank, split, settings, networks, np.random.default_rng(seed), embedder)


def _odds(entries: list[Entry], split: Split) -> LogOdds:
    """Count what is filed and how customers word it, against questions of other domains."""
    filed = [text for entry in entries for text in (*entry.questions, entry.answer)]
    return LogOdds([*filed, *(question for question, _ in split.reworded)], split.strange_train)


def _learn(run: Run, progress: Progress) -> list[dict[str, float | bool]]:
    settings = run.settings
    total = settings.head_steps + settings.gate_steps + settings.rounds * settings.round_steps
    tell = _counted(progress, total)
    train_head(run, tell(0))
    with torch.no_grad():
        fit_domain(run, _odds(list(run.bank.entries), run.split))
    train_gate(run, tell(settings.head_steps))
    before = settings.head_steps + settings.gate_steps
    played = [
        adversarial_round(run, tell(before + number * settings.round_steps))
        for number in range(settings.rounds if run.split.validation else 0)
    ]
    calibrate(run)
    return played


def _counted(progress: Progress, total: int) -> Callable[[int], Tell]:
    return lambda before: lambda step, note: progress(before + step, total, note)


def _measured(run: Run, adversarial: list[dict[str, float | bool]], seed: int, started: float) -> Outcome:
    """Choose the thresholds, then measure once on the test."""
    policy = choose_policy(run)
    judged = run.networks.judge(run.bank, run.asked("test"))
    strange = run.networks.judge(run.bank, run.asked("strange_test"))
    each = ranking(run, "test")
    figures = {name: float(values.mean()) for name, values in each.items()}
    unseen = run.networks.judge(run.bank, run.asked("strange_unseen"))
    figures |= gate_figures(run, "test", judged, policy) | damage_figures(run, "test")
    figures |= stranger_figures("domain", judged, strange, policy) | stranger_figures("unseen", judged, unseen, policy)
    results = {name: round(value, 4) for name, value in figures.items() if value == value}  # noqa: PLR0124 - not NaN
    right = is_right(judged, run.truth("test"))
    errors = standard_errors(each) | {
        "gate_auc_domain": auc_error(results.get("gate_auc_domain", np.nan), len(right), len(strange.domain)),
        "gate_auc_unseen": auc_error(results.get("gate_auc_unseen", np.nan), len(right), len(unseen.domain)),
        "gate_auc_right": auc_error(results.get("gate_auc_right", np.nan), int(right.sum()), int((~right).sum())),
    }
    curve = RiskCoverage.of(sure(judged, policy), right)
    kept = {name: round(value, 4) for name, value in errors.items() if value == value}  # noqa: PLR0124 - not NaN
    return Outcome(policy, results, kept, curve, adversarial, seed, time.process_time() - started)


def _served_vectors(run: Run, served: list[Entry]) -> BankVectors | None:
    """Return the vectors of the bank as served, less the means the head was trained with."""
    if run.embedder is None or run.bank.vectors is None:
        return None
    vectors, trained = embed_bank(served, run.embedder), run.bank.vectors
    return BankVectors(vectors.questions, vectors.replies, trained.question_mean, trained.reply_mean)
