"""The folder of runs: every run is kept, numbered and counted, also those that were stopped or did badly.

Repeating until it passes lifts a service that is truly below the line over it; so the number of runs since the bank or
the model changed stands beside every result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from openbeian.assessment.journal import decode_lines
from openbeian.files import PRIVATE, write_whole
from openbeian.manifest import Fault, reason_of

PLAN: Final = "plan.json"
RESULT: Final = "result.json"
STOPPED: Final = "stopped.json"
JOURNAL: Final = "journal.log"
ANSWERS: Final = "answers.jsonl"


@dataclass(frozen=True)
class Plan:
    """What a run is about, written down before its first question."""

    bank: str
    model: str
    is_stream: bool
    seed: str
    seed_facts: dict[str, str]
    planned_at: str
    parameters: dict[str, int | float | str] = field(default_factory=dict)
    is_pictures: bool = False

    @property
    def subject(self) -> tuple[str, str]:
        """The bank and the model: while both stay the same, runs are repeats of one another."""
        return self.bank, self.model


@dataclass(frozen=True)
class RunFolder:
    """One run's folder. `is_resumed` says that an earlier process began it."""

    path: Path
    number: int
    plan: Plan
    is_resumed: bool

    def write(self, name: str, value: Mapping[str, object]) -> Path:
        """Write a JSON file of the run; it appears whole or not at all."""
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        return keep(self.path / name, text + "\n")


def keep(path: Path, text: str) -> Path:
    """Write a file of a run so that it appears whole or not at all, readable by its owner only.

    Raises:
        Fault: `runs-unwritable` when the disk is full or the folder does not allow it; nothing half is left.
    """
    try:
        return write_whole(path, text, mode=PRIVATE)
    except OSError as error:
        raise _unwritable(path, f"写不了 {path.name}", error) from error


def _unwritable(path: Path, what: str, error: OSError) -> Fault:
    remedy = "检查目录权限、腾出磁盘空间后再运行，会从停下的地方继续"
    return Fault("runs-unwritable", f"{what}：{reason_of(error)}", remedy=remedy, file=str(path))


def open_run(out: Path, plan: Plan) -> RunFolder:
    """Continue the last run when it was interrupted and asks the same in the same way, else begin the next one.

    A folder in which not even a plan was written asked nothing: its number is taken again.

    Raises:
        Fault: `runs-unwritable`, `runs-damaged` when a run's plan cannot be read.
    """
    last = max(run_numbers(out), default=0)
    path = out / "runs" / str(last)
    before = read_plan(path)
    if before is not None and _is_same(before, plan) and not is_closed(path):
        return RunFolder(path, last, before, is_resumed=True)
    is_begun = last == 0 or before is not None or (path / JOURNAL).exists()
    number = last + is_begun
    path = path.with_name(str(number))
    try:
        path.mkdir(parents=True, exist_ok=not is_begun)
    except OSError as error:
        raise _unwritable(path, "建不了运行目录", error) from error
    run = RunFolder(path, number, plan, is_resumed=False)
    run.write(PLAN, plan.__dict__)
    return run


def _is_same(before: Plan, plan: Plan) -> bool:
    ways = ("is_stream", "is_pictures", "parameters")
    return before.subject == plan.subject and all(getattr(before, way) == getattr(plan, way) for way in ways)


def run_numbers(out: Path) -> list[int]:
    """Return the numbers of all runs kept under `out`, in order."""
    folder = out / "runs"
    if not folder.is_dir():
        return []
    return sorted(int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal() and entry.is_dir())


def missing_runs(out: Path) -> list[int]:
    """Return the numbers below the last run that are gone: runs may not be deleted."""
    numbers = run_numbers(out)
    return sorted(set(range(1, numbers[-1] + 1 if numbers else 1)) - set(numbers))


def is_closed(run: Path) -> bool:
    """Say whether a run has come to its end, with a result or by being stopped."""
    return (run / RESULT).exists() or (run / STOPPED).exists()


def runs_since_change(run: RunFolder, weights_sha256: str | None) -> int:
    """Return which run this is since the bank or the model changed, counting from 1; gaps are counted too."""
    count = 1
    for number in range(run.number - 1, 0, -1):
        before = run.path.with_name(str(number))
        plan = read_plan(before)
        if plan is not None and (plan.subject != run.plan.subject or _other_weights(before, weights_sha256)):
            break
        count += 1
    return count


def read_plan(run: Path) -> Plan | None:
    """Return a run's plan, or None when the run is not there or was killed before it had one."""
    path = run / PLAN
    if not path.exists():
        return None
    try:
        return Plan(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        message = "这一轮的计划文件读不懂"
        raise Fault("runs-damaged", message, remedy="从备份恢复，或换一个输出目录", file=str(path)) from error


def read_result(run: Path) -> dict[str, Any]:
    """Return what a finished run came to; nothing when it has not come to its end.

    Raises:
        Fault: `runs-damaged`.
    """
    path = run / RESULT
    if not path.exists():
        return {}
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise Fault("runs-damaged", "这一轮的结果文件读不懂", remedy="从备份恢复", file=str(path))
    return result


def is_of_pictures(run: Path) -> bool:
    """Tell whether a run asked for pictures: from the head of its journal, which its evidence names by digest."""
    path = run / JOURNAL
    head = next(decode_lines(path.read_bytes()), None) if path.exists() else None
    return head is not None and head[0].get("pictures") is True


def weights_of_run(run: Path) -> str | None:
    """Return the digest of the weights that answered a finished run, when one model answered all and named it."""
    model = read_result(run).get("model", {})
    return model.get("weights_sha256") if model.get("is_single", True) else None


def _other_weights(run: Path, weights_sha256: str | None) -> bool:
    before = weights_of_run(run)
    return None not in {before, weights_sha256} and before != weights_sha256
