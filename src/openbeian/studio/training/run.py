"""One run from recipe to record: data, training, weights, figures, report. What is common to all families of recipes.

`run.json` is written last: a folder without it holds no finished run.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import torch
from ruamel.yaml import YAML
from torch import Tensor

import openbeian
from openbeian.manifest import Fault, digest, sha256_file
from openbeian.studio.recipes import ImageGan, ImageVae, Recipe, TextGan, as_plain
from openbeian.studio.runs.folder import CHECKPOINT, RECIPE, RUN, SCHEMA, WEIGHTS
from openbeian.studio.runs.source import source_digest
from openbeian.studio.training.checkpoint import make_folder, write_file, write_tensors
from openbeian.studio.training.images import ImageJob, Tell
from openbeian.studio.training.line_job import LineJob
from openbeian.studio.training.loop import Ended, Loop, Progress, Rhythm, Trainee
from openbeian.studio.training.machine import Hardware, hardware
from openbeian.studio.training.schedule import Schedule


class Job(Protocol):
    """One recipe on its data: what is trained, and what is left of it afterwards."""

    @property
    def trainee(self) -> Trainee:
        """What the loop trains."""

    @property
    def data_sha256(self) -> str:
        """The digest of the data trained on."""

    def facts(self) -> dict[str, Any]:
        """Return what the record says of data and model: `data`, `epochs`, `parameters`."""

    def weights(self) -> dict[str, Tensor]:
        """Return the tensors the trained model needs."""

    def evaluate(self, facts: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Measure the trained model; return the `results` of its record."""

    def leave(self, folder: Path, facts: dict[str, Any], rows: list[dict[str, float]]) -> None:
        """Write what people look at: pictures, report, card."""


@dataclass(frozen=True)
class Watcher:
    """How a caller follows a run: rows of training, words about everything else, and whether to stop."""

    progress: Callable[[Progress], None] = lambda _: None
    tell: Tell = lambda _words, _share: None
    is_stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class RunOptions:
    """Seed, folder of the run, folder for judges and drawn data, whether to go on from the last checkpoint, how often to save."""

    seed: int
    out: Path
    cache: Path
    is_resumed: bool = False
    rhythm: Rhythm = field(default_factory=Rhythm)


def run_recipe(recipe: Recipe, options: RunOptions, watcher: Watcher) -> None:
    """Train, measure and record. Of several processes the first one measures and writes, the others wait for it.

    Raises:
        Fault: `run-interrupted`, `run-collapsed`, `run-not-finite` when training ended early: the folder holds the last
            good weights, and for a collapse a record without figures; `run-finished` when there is nothing to resume;
            those of data, disk and machine.
    """
    make_folder(options.out)
    if options.is_resumed and (options.out / RUN).exists():
        raise Fault("run-finished", "这次训练已经完成", "换一个 --out 重新训练", file=str(options.out))
    with hardware(recipe.machine) as where:
        job = start(recipe, options.seed, where, options.cache, watcher.tell)
        loop = _loop(recipe, job, options, watcher, where)
        if options.is_resumed:
            loop.resume()
        elif where.rank == 0:
            _clear(options.out)
            write_file(options.out / RECIPE, _as_yaml(recipe))
        ended = loop.run()
        if where.rank == 0:
            _record(recipe, job, options, watcher, ended, where)
        where.wait()


def start(recipe: Recipe, seed: int, where: Hardware, cache: Path, tell: Tell) -> Job:
    """Return the job of a recipe, its data read and its judge ready."""
    if isinstance(recipe, ImageGan | ImageVae):
        return ImageJob(recipe, seed, where, cache, tell)
    if isinstance(recipe, TextGan):
        return LineJob(recipe, seed, where)
    raise Fault("recipe-family", f"{recipe.name} 不是这样训练的", "换一个配方")


def _loop(recipe: Recipe, job: Job, options: RunOptions, watcher: Watcher, where: Hardware) -> Loop:
    optimiser = getattr(recipe, "optimiser", None)
    seconds = recipe.budget.cpu_minutes * 60 if recipe.budget.cpu_minutes is not None else None
    schedule = Schedule(getattr(optimiser, "warm_up", 0), getattr(optimiser, "fall", 0.0), seconds, recipe.budget.steps)
    run_of = digest({"recipe": _without_budget(recipe), "data": job.data_sha256, "seed": options.seed})
    return Loop(
        job.trainee,
        schedule,
        options.out,
        run_of,
        options.rhythm,
        watcher.progress,
        watcher.is_stopped,
        where.total,
        is_writing=where.rank == 0,
    )


def _record(recipe: Recipe, job: Job, options: RunOptions, watcher: Watcher, ended: Ended, where: Hardware) -> None:
    """Write weights, record and report of a run that ended by itself."""
    folder, begun = options.out, time.process_time()
    if ended.outcome == "interrupted":
        raise Fault("run-interrupted", f"{ended.words}，已存档", "加 --resume 接着训练", file=str(folder))
    if ended.outcome == "not-finite":
        raise Fault("run-not-finite", ended.words, "调小学习率；上一次存档的权重还在", file=str(folder / CHECKPOINT))
    write_tensors(folder / WEIGHTS, job.weights())
    facts = _facts(recipe, job, options, ended, where) | {"weights_sha256": sha256_file(folder / WEIGHTS)}
    results = job.evaluate(facts, watcher.tell) if ended.outcome == "finished" else {}
    facts["cpu_seconds"]["evaluation"] = round(time.process_time() - begun, 1)
    facts["results"] = results  # last in the record, as a reader of the file meets it
    watcher.tell("写报告", 1.0)
    job.leave(folder, facts, ended.rows)
    write_file(folder / RUN, json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    if ended.outcome == "collapsed":
        raise Fault("run-collapsed", f"训练已停：{ended.words}", "换种子，或加强惩罚、降低学习率", file=str(folder))


def _facts(recipe: Recipe, job: Job, options: RunOptions, ended: Ended, where: Hardware) -> dict[str, Any]:
    plain = as_plain(recipe)
    return {
        "schema": SCHEMA, "name": recipe.name, "title": recipe.title, "family": plain["family"], "recipe": plain, "seed": options.seed,
        "outcome": ended.outcome, "words": ended.words, "steps": ended.done,
        "cpu_seconds": {"training": round(ended.spent, 1)}, **job.facts(),
        "targets": plain["evaluation"]["targets"],
        "code": {"openbeian": openbeian.__version__, "sha256": source_digest()},
        "environment": {
            "python": platform.python_version(), "torch": torch.__version__, "platform": platform.platform(), "threads": torch.get_num_threads(),
            "device": str(where.device), "precision": recipe.machine.precision,
        },
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def _without_budget(recipe: Recipe) -> dict[str, Any]:
    """Return what makes a run the same run: its length may be changed when it is resumed."""
    return {key: value for key, value in as_plain(recipe).items() if key not in {"budget", "machine", "title"}}


def _as_yaml(recipe: Recipe) -> str:
    from io import StringIO

    text, writer = StringIO(), YAML()
    writer.dump(as_plain(recipe), text)
    return text.getvalue()


def _clear(folder: Path) -> None:
    """Take away what marks an older run in this folder as finished."""
    for name in (RUN, CHECKPOINT):
        (folder / name).unlink(missing_ok=True)
