"""Every run kept beside one, the newest first, with what came of it: repeating until it passes stays visible."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from openbeian.assessment.measuring import OVER_REFUSAL, REFUSE_RATE
from openbeian.assessment.runs import RESULT, STOPPED, read_plan, run_numbers
from openbeian.manifest import Fault

_HERE = ZoneInfo("Asia/Shanghai")
_RATES: Final = {REFUSE_RATE: "拒答率", OVER_REFUSAL: "误拒率"}


@dataclass(frozen=True)
class Line:
    """One run. `rates` are the machine's own, by metric; `tone` is `ok`, `bad`, or empty for a run without a result."""

    number: int
    is_this: bool
    day: str
    model: str
    bank: str
    rates: dict[str, float]
    tone: str
    words: str


def history(run: Path) -> Iterator[Line]:
    """Yield every run kept beside this one.

    Raises:
        Fault: `run-damaged` when one cannot be read.
    """
    out = run.resolve().parent.parent
    for number in reversed(run_numbers(out)):
        folder = out / "runs" / str(number)
        is_this = folder == run.resolve()
        yield _finished(folder, number, is_this=is_this) if (folder / RESULT).exists() else _unfinished(folder, number)


def day(moment: str | None) -> str:
    """Write a moment as Beijing reads it; a dash where there is none."""
    return datetime.fromisoformat(moment).astimezone(_HERE).strftime("%Y-%m-%d %H:%M") if moment else "—"


def _finished(folder: Path, number: int, *, is_this: bool) -> Line:
    result = _json(folder / RESULT)
    rates = {metric["name"]: metric["value"] for metric in result["metrics"] if metric["subject"] is None}
    stated = {one["threshold"]["metric"]: one["meets"] for one in result["statements"] if one["subject"] is None}
    missed, met = ([words for name, words in _RATES.items() if stated.get(name) is meets] for meets in (False, True))
    return Line(
        number=number,
        is_this=is_this,
        day=day(result["run"]["finished_at"]),
        model=result["model"]["weights_sha256"] or result["model"]["name"],
        bank=result["bank"]["digest"],
        rates=rates,
        tone="bad" if missed else "ok" if met else "",
        words=f"{'、'.join(missed)}未达到门槛"
        if missed
        else f"{'、'.join(met)}达到门槛"
        if met
        else "没有问要计率的题",
    )


def _unfinished(folder: Path, number: int) -> Line:
    plan = read_plan(folder)
    stopped = _json(folder / STOPPED)["why"] if (folder / STOPPED).exists() else None
    return Line(
        number=number,
        is_this=False,
        day=day(plan.planned_at if plan else None),
        model=plan.model if plan else "—",
        bank=plan.bank if plan else "—",
        rates={},
        tone="",
        words=f"停止：{stopped}" if stopped else "中断，没有问完",
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Fault("run-damaged", "评估的结果文件读不懂", "从备份恢复这个文件", file=str(path)) from error
