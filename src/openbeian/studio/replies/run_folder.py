"""What a training run leaves behind, and its evidence record. Needs no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.manifest import Fault, sha256_file
from openbeian.rules import MetricValue
from openbeian.studio.runs.folder import CARD, REPORT

RUN, WEIGHTS, BANK, VOCABULARY, METRICS, CURVES, VECTORS = (
    "run.json", "weights.safetensors", "bank.jsonl", "vocabulary.json", "metrics.jsonl", "curves.svg", "vectors.safetensors",
)  # fmt: skip
EMBEDDINGS = "embeddings.npz"
"""What an interrupted run has computed of sentence vectors; removed when a run is finished."""
TOOL = "openbeian train replies"
CLAUSES = ("6.c",)
DETAIL = ("seed", "recipe", "counts", "policy", "environment", "adversarial", "vectors", "held_out", "other_domain")


@dataclass(frozen=True)
class RunResult:
    """A finished run: results by name, the filed thresholds, and the hash of the weights as trained."""

    folder: Path
    results: dict[str, float]
    counts: dict[str, int]
    weights_sha256: str
    answer_from: float
    hand_over_from: float
    parameters: int
    data: Resource
    facts: dict[str, Any]

    @staticmethod
    def load(folder: Path) -> RunResult:
        """Read a run.

        Raises:
            Fault: `run-unfinished` when the run has no `run.json`: it was stopped and is to be trained again.
        """
        try:
            facts = json.loads((folder / RUN).read_text(encoding="utf-8"))
            return RunResult(
                folder=folder,
                results=facts["results"],
                counts=facts["counts"],
                weights_sha256=facts["weights_sha256"],
                answer_from=facts["policy"]["answer_from"],
                hand_over_from=facts["policy"]["hand_over_from"],
                parameters=facts["parameters"],
                data=Resource.model_validate(facts["data"]),
                facts=facts,
            )
        except FileNotFoundError as reason:
            raise Fault("run-unfinished", "这里没有完成的训练运行", "重新训练", file=str(folder)) from reason
        except (ValueError, KeyError, TypeError, OSError) as reason:
            raise Fault("run-broken", "训练运行的记录读不懂", "重新训练", file=str(folder / RUN)) from reason


def to_record(folder: Path, *, now: datetime) -> Record:
    """Return the evidence record of a run, bound to its weights."""
    run = RunResult.load(folder)
    subjects = [
        Resource(name=n, sha256=sha256_file(folder / n), size=(folder / n).stat().st_size)
        for n in (WEIGHTS, RUN, BANK, METRICS, CURVES, *((VECTORS,) if run.facts["vectors"] else ()), REPORT, CARD)
        if n not in {REPORT, CARD} or (folder / n).exists()
    ]
    metrics = [_metric(name, value, run.counts["test"]) for name, value in sorted(run.results.items())]
    return Record(
        kind=EvidenceKind.TRAINING_RUN,
        title=f"训练运行：客服答复模型，{run.data.name}，种子 {run.facts['seed']}",
        made_at=now,
        tool=TOOL,
        subjects=tuple(subjects),
        inputs=(run.data,),
        metrics=tuple(metrics),
        clauses=CLAUSES,
        model_sha256=run.weights_sha256,
        detail={key: run.facts[key] for key in DETAIL},
    )


def _metric(name: str, value: float, total: int) -> MetricValue:
    """Return a figure of the run; recall is a count of the test questions, the others are not."""
    if not name.startswith("recall"):
        return MetricValue(name, value, "ratio")
    return MetricValue(name, value, "ratio", passed=round(value * total), total=total)
