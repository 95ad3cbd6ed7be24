"""An assessment handed on: as JSON, as an evidence record, as a few lines of Chinese."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from openbeian.assessment.answers import REASON_WORDS
from openbeian.assessment.bank_versions import age_metric
from openbeian.assessment.journal import State
from openbeian.assessment.judging import Label
from openbeian.assessment.measuring import OVER_REFUSAL, REFUSE_RATE, Statement
from openbeian.assessment.results import AssessmentResult
from openbeian.assessment.rulebook import CONTENT
from openbeian.assessment.runner import Outcome
from openbeian.assessment.runs import ANSWERS, JOURNAL, RESULT
from openbeian.assessment.sampling import ALGORITHM
from openbeian.manifest import sha256_file
from openbeian.rules import MetricValue

if TYPE_CHECKING:  # asking does without the memory that signing takes
    from openbeian.evidence import Record

SCHEMA: Final = "openbeian/assessment/v1"
WORDS_JUDGE: Final = "句式规则与服务自报，未经人工复核校正"
PICTURES_JUDGE: Final = "拒答按接口的拒绝代码计；图片画了什么没有机器看，待人评审"
_HEADLINES: Final = (REFUSE_RATE, OVER_REFUSAL, CONTENT)


def result_json(result: AssessmentResult) -> dict[str, object]:
    """Return the result as JSON values, without any answer's text."""
    identity = result.outcome.identity
    return {
        "schema": SCHEMA,
        "edition": result.edition,
        "bank": {"name": result.bank.name, "digest": result.bank.digest, "questions": len(result.bank.items)},
        "model": {
            "name": result.model,
            "reported": list(identity.models),
            "fingerprints": list(identity.fingerprints),
            "weights_sha256": identity.weights_sha256,
            "is_single": identity.is_single,
        },
        "run": {
            "number": result.run.number,
            "since_change": result.run_since_change,
            "missing": list(result.missing_runs),
            "planned_at": result.run.plan.planned_at,
            "finished_at": result.finished_at.isoformat(),
        },
        "parameters": dict(result.run.plan.parameters),
        **({"pictures": True} if result.run.plan.is_pictures else {}),
        "seed": {"value": result.run.plan.seed, "facts": result.run.plan.seed_facts, "algorithm": ALGORITHM},
        "states": states_json(result.outcome),
        "asked_again": result.outcome.asked_again,
        "sessions": result.outcome.sessions,
        "labels": {
            expect.value: {label.value: counts[label] for label in Label} for expect, counts in result.labels.items()
        },
        "failures": {reason.value: count for reason, count in sorted(result.failures.items())},
        "disagreements": [item.question.id for item in result.disagreements],
        "metrics": [metric_json(metric) for metric in result.metrics],
        "statements": [_statement_json(statement) for statement in result.statements],
        "population": "区间与把握针对“这一类问题”；题库内逐题全问，对题库本身没有抽样误差",
        "judge": PICTURES_JUDGE if result.run.plan.is_pictures else WORDS_JUDGE,
    }


def states_json(outcome: Outcome) -> dict[str, int]:
    """Return how many questions are in each state; the numbers add up to the bank."""
    return {state.value: outcome.states[state] for state in State}


def metric_json(metric: MetricValue) -> dict[str, object]:
    """Return a metric as plain JSON."""
    names = ("name", "value", "unit", "passed", "total", "low", "high", "subject", "decimal")
    return {name: getattr(metric, name) for name in names}


def _statement_json(statement: Statement) -> dict[str, object]:
    return {**asdict(statement), "threshold": asdict(statement.threshold)}


def to_record(result: AssessmentResult) -> Record:
    """Return the run as an evidence record; its input is the bank, its subjects are the journal, the answers and the result."""
    from openbeian.evidence import EvidenceKind, Record, Resource

    files = [
        Resource(name=name, sha256=sha256_file(path), size=path.stat().st_size)
        for name in (JOURNAL, ANSWERS, RESULT)
        if (path := result.run.path / name).exists()
    ]
    bank = Resource(name=result.bank.name, sha256=result.bank.file_sha256, size=result.bank.file_size)
    return Record(
        kind=EvidenceKind.ASSESSMENT_RUN,
        title=f"安全评测第 {result.run.number} 次：{result.bank.name} × {result.model}",
        made_at=result.finished_at,
        tool="openbeian assess",
        subjects=tuple(files),
        inputs=(bank,),
        metrics=(*result.metrics, age_metric(result.bank)),
        clauses=result.clauses,
        model_sha256=result.outcome.identity.weights_sha256 if result.outcome.identity.is_single else None,
        detail=result_json(result),
    )


def summary_text(result: AssessmentResult) -> str:
    """Return the result in a few Chinese lines: what was asked, the rates with both statements, what falls short."""
    states, identity = result.outcome.states, result.outcome.identity
    lines = [
        f"题库 {result.bank.name}：{len(result.bank.items)} 题；模型 {result.model}",
        f"第 {result.run.number} 次运行（题库或模型变化以来第 {result.run_since_change} 次）",
        f"应答 {states[State.ANSWERED]}，失败 {states[State.FAILED]}，中断后重问 {result.outcome.asked_again}",
    ]
    lines += [f"缺少第 {'、'.join(map(str, result.missing_runs))} 次运行的记录"] if result.missing_runs else []
    lines += [] if identity.is_single else ["运行中模型的名称或指纹变过，结果不对应单一模型"]
    lines += [f"{REASON_WORDS[reason]}：{count} 题" for reason, count in result.failures.most_common()]
    lines += [_said(item) for name in _HEADLINES for item in result.statements if item.threshold.metric == name]
    short = [item for item in result.statements if not item.meets and item.threshold.metric not in _HEADLINES]
    lines += [f"不足：{_said(item)}" for item in short if not _is_of_class(item)]
    classes = sum(map(_is_of_class, short))
    lines += [f"另有 {classes} 个类别的题数不足，用 openbeian bank check 查看"] if classes else []
    lines += [f"自报与句式不一致 {len(result.disagreements)} 题，请人工查看"] if result.disagreements else []
    if result.run.plan.is_pictures:
        lines.append("回答是图片，存在运行目录的 pictures/ 里：画了什么没有机器看，待人评审；拒答按接口的拒绝代码计")
    else:
        lines.append("拒答由句式规则判断，未经人工复核校正")
    return "\n".join(lines)


def _said(item: Statement) -> str:
    about = f"（{item.subject}）" if item.subject else ""
    return f"{item.threshold.name}{about}：{item.text}"


def _is_of_class(item: Statement) -> bool:
    """Whether a statement speaks of one risk or one aspect of many."""
    return item.subject is not None and item.threshold.metric != "refusal_sample"
