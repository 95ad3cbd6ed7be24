"""The names of a run's files, and its record `run.json`, which comes last and marks it finished. Needs no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openbeian.manifest import Fault

SCHEMA = "openbeian/run/v2"
RUN, WEIGHTS, METRICS, REPORT, CARD = "run.json", "weights.safetensors", "metrics.jsonl", "report.html", "card.md"
CHECKPOINT = "checkpoint.safetensors"
RECIPE, PICTURES, SAMPLES = "recipe.yaml", "pictures", "samples.json"


def load_run(folder: Path) -> dict[str, Any]:
    """Read the record of a run.

    Raises:
        Fault: `run-unfinished` when there is none: training was stopped; `run-broken` when it cannot be read.
    """
    try:
        facts = dict(json.loads((folder / RUN).read_text(encoding="utf-8")))
    except FileNotFoundError as reason:
        remedy = "用 --resume 接着训练" if (folder / CHECKPOINT).exists() else "先训练"
        raise Fault("run-unfinished", "这里没有完成的训练运行", remedy, file=str(folder)) from reason
    except (ValueError, KeyError, TypeError, OSError) as reason:
        raise Fault("run-broken", "训练运行的记录读不懂", "重新训练", file=str(folder / RUN)) from reason
    if facts.get("schema") != SCHEMA:
        raise Fault("run-other", "这是另一种训练运行", "换一个运行文件夹，或用当时的版本打开", file=str(folder / RUN))
    return facts


def is_run(folder: Path) -> bool:
    """Tell whether a finished run of this kind lies here; runs of the reply model have a record of their own."""
    try:
        return bool(json.loads((folder / RUN).read_text(encoding="utf-8")).get("schema") == SCHEMA)
    except (OSError, ValueError, AttributeError):
        return False
