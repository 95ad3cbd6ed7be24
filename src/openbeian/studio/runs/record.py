"""The evidence record of a run: an in-toto statement over the hashes of everything it left. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.manifest import Fault, sha256_file
from openbeian.rules import MetricValue
from openbeian.studio.runs.folder import CARD, METRICS, RECIPE, REPORT, RUN, SAMPLES, WEIGHTS, load_run

CLAUSES: Final = ("6.c",)
DETAIL: Final = ("name", "seed", "recipe", "steps", "epochs", "cpu_seconds", "parameters", "code", "environment")
UNITS: Final = {
    "elbo": "nats",
    "nll": "nats",
    "kl": "nats",
    "reverse_nll": "nats",
    "fid_c": "distance",
    "floor_fid_c": "distance",
}


def to_record(folder: Path, *, now: datetime) -> Record:
    """Return the record of a finished run, bound to its weights.

    Raises:
        Fault: `run-stopped` for a run that ended early: it has no figures to rest on; `run-changed` when the weights are not those trained; those of
            `load_run`.
    """
    run = load_run(folder)
    if run["outcome"] != "finished":
        raise Fault("run-stopped", f"这次训练中途停下：{run['words']}", "重新训练后再存证", file=str(folder))
    if sha256_file(folder / WEIGHTS) != run["weights_sha256"]:
        raise Fault("run-changed", "权重不是这次训练得到的", "换回原来的权重，或重新训练", file=str(folder / WEIGHTS))
    data = run["data"]
    return Record(
        kind=EvidenceKind.TRAINING_RUN,
        title=f"训练运行：{run['title']}，{data['name']}，种子 {run['seed']}",
        made_at=now,
        tool=f"openbeian train {run['name']}",
        subjects=tuple(_resource(folder, path) for path in _left(folder)),
        inputs=(Resource(name=data["name"], sha256=data["sha256"], size=data["size"]),),
        metrics=tuple(_metrics(run["results"])),
        clauses=CLAUSES,
        model_sha256=run["weights_sha256"],
        detail={key: run[key] for key in DETAIL}
        | {key: run["results"][key] for key in ("reference", "samples", "judge")},
    )


def _left(folder: Path) -> Iterator[Path]:
    """Return what a run left, weights and record first."""
    for name in (WEIGHTS, RUN, RECIPE, METRICS, SAMPLES, REPORT, CARD):
        if (folder / name).exists():
            yield folder / name
    yield from sorted((folder / "pictures").glob("*.png"))


def _resource(folder: Path, path: Path) -> Resource:
    return Resource(name=path.relative_to(folder).as_posix(), sha256=sha256_file(path), size=path.stat().st_size)


def _metrics(results: dict[str, Any]) -> Iterator[MetricValue]:
    for name, value in results.items():
        if isinstance(value, int | float) and name in results["spread"]:
            yield MetricValue(name, float(value), UNITS.get(name, "ratio"))
