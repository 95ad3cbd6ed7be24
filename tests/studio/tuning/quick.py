"""A quick runner in place of training: what a trial scores follows from its settings, its rows come as the real ones do."""

from __future__ import annotations

import json
import math
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

from openbeian.manifest import Fault
from openbeian.studio.recipes import as_plain
from openbeian.studio.runs.folder import RUN, SCHEMA
from openbeian.studio.training.loop import Progress

SPACE = """\
optimiser.generator_rate: {low: 1.0e-4, high: 1.0e-2, log: true}
optimiser.batch: [8, 64]
objective.game: {choices: [relativistic, hinge]}
"""


def killed(call) -> bool:
    """Call in a process of its own; tell whether it was killed."""
    child = os.fork()
    if not child:
        try:
            call()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@dataclass
class QuickRunner:
    """Scores a recipe by how near its rate is to 1e-3; keeps what it was asked."""

    killed_at: tuple[int, int] | None = None
    faults: dict[int, Exception] = field(default_factory=dict)
    steps: int = 180
    asked: list[tuple[Path, float, int]] = field(default_factory=list)

    def __call__(self, recipe, options, watcher):
        number = int(options.out.name) if options.out.name.isdigit() else -1
        plain = as_plain(recipe)
        rate, steps = plain["optimiser"]["generator_rate"], plain["budget"]["steps"] or self.steps
        far = abs(math.log10(rate / 1e-3))
        self.asked.append((options.out, rate, steps))
        for done in range(20, steps + 1, 20):
            if self.killed_at == (number, done):
                os.kill(os.getpid(), signal.SIGKILL)
            watcher.progress(Progress(done / steps, done, done / 100, 1.0, {"loss": 1.0}, {"coverage": 1 / (1 + far)}))
            if watcher.is_stopped():
                raise Fault("run-interrupted", "已停", "加 --resume")
        if number in self.faults:
            raise self.faults[number]
        results = {"fid_c": far, "coverage": 1 / (1 + far), "spread": {}, "is_new": True}
        facts = {
            "schema": SCHEMA, "outcome": "finished", "recipe": plain, "seed": options.seed, "results": results, "steps": steps,
            "cpu_seconds": {"training": steps / 100},
        }  # fmt: skip
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / RUN).write_text(json.dumps(facts), encoding="utf-8")
