"""A finished run handed to other tools: Inspect's `.eval`, and JSON lines with one question each.

The `.eval` is log format version 2 of inspect-ai, a zip of JSON files, written with the standard library alone and read
back by inspect-ai 0.3.285. Of the optional members it has `_journal/start.json`, `samples/`, `summaries.json`,
`reductions.json` and `header.json`; a sample holds question, answer, times and label, and no events.

Both forms hold questions and answers word for word. The same run gives the same bytes.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from openbeian.assessment.banks import Bank, Expect, Question
from openbeian.assessment.journal import read_journal
from openbeian.assessment.judging import Label
from openbeian.assessment.runner import Reply, outcome_of
from openbeian.assessment.runs import ANSWERS, JOURNAL, RESULT, Plan, keep, read_plan
from openbeian.files import PRIVATE, whole_file
from openbeian.manifest import Fault, reason_of

Form: TypeAlias = Literal["eval", "jsonl"]
LOG_VERSION: Final = 2
_SCORER: Final = "openbeian/label"
_STOP_REASONS: Final = frozenset({"stop", "max_tokens", "model_length", "tool_calls", "content_filter"})
_USAGE: Final = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
    "total_tokens": "total_tokens",
}


@dataclass(frozen=True)
class Asked:
    """One question of the run with its reply and its label."""

    question: Question
    reply: Reply
    label: str

    @property
    def is_right(self) -> bool | None:
        """Whether the service did what the bank expects; None where it expects nothing, or where there is no answer."""
        if self.label == Label.ERROR or self.question.expect is Expect.ANY:
            return None
        refused = self.label == Label.REFUSED
        return refused if self.question.expect is Expect.REFUSE else self.label == Label.ANSWERED


@dataclass(frozen=True)
class Finished:
    """A finished run read back whole."""

    name: str
    bank: Bank
    plan: Plan
    asked: tuple[Asked, ...]
    parameters: Mapping[str, Any]
    url: str
    result: Mapping[str, Any]

    @property
    def finished_at(self) -> datetime:
        """When the run was over (UTC)."""
        return datetime.fromisoformat(self.result["run"]["finished_at"]).astimezone(UTC)


def export_run(run: Path, bank: Bank, to: Path, form: Form) -> Path:
    """Write a finished run for other tools; return the file, which appears whole or not at all.

    Args:
        run: the run's folder (`runs/<n>`).
        bank: the bank that was asked.
        to: the file, or an existing folder to put it in.
        form: `eval` for Inspect, `jsonl` for one JSON object a question.

    Raises:
        Fault: `export-unfinished`, `export-other-bank`, `runs-damaged`, `export-unwritable`.
    """
    finished = _read(run, bank)
    target = to / f"{finished.name}.{form}" if to.is_dir() else to
    try:
        if form == "eval":
            return _write_eval(target, finished)
        return keep(target, "".join(_line(_row(item)) + "\n" for item in finished.asked))
    except OSError as error:
        message = f"写不了导出文件：{reason_of(error)}"
        raise Fault("export-unwritable", message, remedy="换一个可写的位置", file=str(target)) from error


def _read(run: Path, bank: Bank) -> Finished:
    plan = read_plan(run)
    if plan is None or not (run / RESULT).exists():
        raise Fault("export-unfinished", "这一轮没有做完，没有可导出的结果", remedy="先把这一轮做完", file=str(run))
    if plan.bank != bank.digest:
        raise Fault("export-other-bank", "这一轮问的是另一份题库", remedy="给出当时的题库", file=str(run))
    try:
        return _finished(run, bank, plan)
    except (ValueError, LookupError, TypeError, AttributeError, FileNotFoundError) as error:
        message = "这一轮的文件缺失或读不懂"
        raise Fault("runs-damaged", message, remedy="从备份恢复", file=str(run)) from error


def _finished(run: Path, bank: Bank, plan: Plan) -> Finished:
    result = json.loads((run / RESULT).read_text(encoding="utf-8"))
    replay = read_journal(run / JOURNAL)
    finished_at = datetime.fromisoformat(result["run"]["finished_at"])
    replies = outcome_of(bank, replay, finished_at).replies
    labels = dict(_labels((run / ANSWERS).read_text(encoding="utf-8").splitlines()))
    head = replay.head or {}
    parameters = head.get("parameters")
    return Finished(
        name=f"run-{run.name}",
        bank=bank,
        plan=plan,
        asked=tuple(Asked(item, replies[item.id], labels[item.id]) for item in bank.items),
        parameters=parameters if isinstance(parameters, dict) else {},
        url=str((replay.session or {}).get("url", "")),
        result=result,
    )


def _labels(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        entry = json.loads(line)
        yield entry["id"], str(entry["label"])


def _row(item: Asked) -> dict[str, object]:
    question, reply = item.question, item.reply
    return {
        "id": question.id,
        "question_sha256": question.sha256,
        "text": question.text,
        "class1": question.class1,
        "class2": question.class2,
        "expect": question.expect,
        "answer": reply.text,
        "label": item.label,
        "state": reply.state,
        "reason": reply.reason,
        "attempts": reply.attempts,
        "uncertain": reply.uncertain,
        "latency_ms": reply.milliseconds,
        "ended_at": reply.at,
        "finish": reply.finish,
        "model": reply.model,
        "fingerprint": reply.fingerprint,
        "request_sha256": reply.request_sha256,
        "usage": reply.usage,
        **({"picture": reply.picture} if reply.picture is not None else {}),
    }


# Inspect's log, member by member.


def _write_eval(target: Path, finished: Finished) -> Path:
    when = finished.finished_at.timetuple()[:6]
    with whole_file(target, mode=PRIVATE) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as log:
        for name, value in _members(finished):
            member = zipfile.ZipInfo(name, when)
            member.compress_type = zipfile.ZIP_DEFLATED
            log.writestr(member, _line(value))
    return target


def _members(finished: Finished) -> Iterator[tuple[str, object]]:
    """Yield the members of the log one by one, so that only one sample is held at a time."""
    spec, plan = _spec(finished), {"name": "openbeian assess", "steps": [], "config": {}}
    yield "_journal/start.json", {"version": LOG_VERSION, "eval": spec, "plan": plan}
    for item in finished.asked:
        yield f"samples/{item.question.id}_epoch_1.json", _sample(item, finished)
    yield "summaries.json", [_summary(item) for item in finished.asked]
    yield "reductions.json", []
    yield "header.json", _header(finished, spec, plan)


def _spec(finished: Finished) -> dict[str, object]:
    """Return what was run on what, by which model; identifiers follow from the plan, so they are stable."""
    plan = finished.plan
    return {
        "eval_id": plan.seed[:22],
        "run_id": plan.seed[:22],
        "created": plan.planned_at,
        "task": "openbeian/assess",
        "task_id": plan.bank[:22],
        "task_version": 0,
        "task_args": {},
        "model": _model(finished),
        "model_base_url": finished.url,
        "model_args": {},
        "model_generate_config": _config(finished.parameters),
        "config": {"epochs": 1},
        "dataset": {
            "name": finished.bank.name,
            "samples": len(finished.asked),
            "sample_ids": [item.question.id for item in finished.asked],
            "shuffled": False,
        },
        "packages": {},
        "metadata": {
            "bank_sha256": plan.bank,
            "seed": plan.seed,
            "weights_sha256": finished.result["model"]["weights_sha256"],
            "fingerprints": finished.result["model"]["fingerprints"],
            "parameters": dict(finished.parameters),
        },
    }


def _model(finished: Finished) -> str:
    return f"openai-api/service/{finished.plan.model}"


def _config(parameters: Mapping[str, Any]) -> dict[str, object]:
    """Return the sampling parameters that Inspect knows by the same name; all of them stand in the metadata."""
    return {name: parameters[name] for name in ("temperature", "top_p", "max_tokens", "seed") if name in parameters}


def _sample(item: Asked, finished: Finished) -> dict[str, object]:
    reply, text = item.reply, item.question.text
    error = None if item.label != Label.ERROR else {"message": _why(reply), "traceback": "", "traceback_ansi": ""}
    reached = [] if error else [{"role": "assistant", "content": reply.text, "source": "generate"}]
    seconds = None if reply.milliseconds is None else reply.milliseconds / 1000
    return {
        "id": item.question.id,
        "epoch": 1,
        "input": text,
        "target": item.question.expect.value,
        "messages": [{"role": "user", "content": text, "source": "input"}, *reached],
        "output": _output(reply, seconds, finished) if reached else {"model": finished.plan.model, "choices": []},
        "scores": _scores(item),
        "metadata": {key: value for key, value in _row(item).items() if key not in {"id", "text", "answer"}},
        "store": {},
        "events": [],
        "model_usage": {_model(finished): _tokens(reply.usage)} if reply.usage else {},
        "attachments": {},
        **_times(reply, seconds),
        **({"error": error} if error else {}),
    }


def _output(reply: Reply, seconds: float | None, finished: Finished) -> dict[str, object]:
    message = {"role": "assistant", "content": reply.text, "source": "generate"}
    reason = {"length": "max_tokens"}.get(reply.finish or "", reply.finish)
    choice = {"message": message, "stop_reason": reason if reason in _STOP_REASONS else "unknown"}
    usage = {"usage": _tokens(reply.usage)} if reply.usage else {}
    return {"model": reply.model or finished.plan.model, "choices": [choice], "time": seconds, **usage}


def _times(reply: Reply, seconds: float | None) -> dict[str, object]:
    """Return when the last attempt began and ended, as far as the journal says."""
    if reply.at is None or seconds is None:
        return {}
    ended = datetime.fromisoformat(reply.at)
    begun = ended - timedelta(seconds=seconds)
    times = {"started_at": begun.isoformat(), "completed_at": ended.isoformat()}
    return {**times, "total_time": seconds, "working_time": seconds}


def _tokens(usage: Mapping[str, int] | None) -> dict[str, int]:
    return {theirs: (usage or {}).get(ours, 0) for theirs, ours in _USAGE.items()}


def _why(reply: Reply) -> str:
    return f"{reply.reason.value if reply.reason else 'unknown'} {reply.detail}".strip()


def _scores(item: Asked) -> dict[str, object]:
    """Return the label as a score: C or I where the bank expects something, else the label itself."""
    if item.label == Label.ERROR:
        return {}
    value = item.label if item.is_right is None else "C" if item.is_right else "I"
    return {_SCORER: {"value": value, "answer": item.reply.text, "explanation": item.label}}


def _summary(item: Asked) -> dict[str, object]:
    scores = {name: {"value": score["value"]} for name, score in _scores(item).items() if isinstance(score, dict)}
    failed = item.label == Label.ERROR
    return {
        "id": item.question.id,
        "epoch": 1,
        "input": item.question.text,
        "target": item.question.expect.value,
        "metadata": {"class1": item.question.class1, "class2": item.question.class2},
        "scores": scores,
        "model_usage": {},
        "completed": not failed,
        **({"error": _why(item.reply)} if failed else {}),
    }


def _header(finished: Finished, spec: Mapping[str, object], plan: Mapping[str, object]) -> dict[str, object]:
    answered = [item for item in finished.asked if item.label != Label.ERROR]
    decided = [item.is_right for item in answered if item.is_right is not None]
    accuracy = {"accuracy": {"name": "accuracy", "value": sum(decided) / len(decided), "params": {}}} if decided else {}
    score = {
        "name": _SCORER,
        "scorer": _SCORER,
        "scored_samples": len(decided),
        "unscored_samples": len(finished.asked) - len(decided),
        "params": {},
        "metrics": accuracy,
    }
    totals = [item.reply.usage for item in finished.asked if item.reply.usage]
    usage = {name: sum(_tokens(one)[name] for one in totals) for name in _USAGE}
    return {
        "version": LOG_VERSION,
        "status": "success",
        "eval": spec,
        "plan": plan,
        "results": {"total_samples": len(finished.asked), "completed_samples": len(answered), "scores": [score]},
        "stats": {
            "started_at": finished.plan.planned_at,
            "completed_at": finished.finished_at.isoformat(),
            "model_usage": {_model(finished): usage} if totals else {},
        },
    }


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
