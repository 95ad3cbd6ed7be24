"""One assessment: ask the bank, judge every answer, measure, keep the run, hand it over as evidence (8.2, 8.3, 9.4)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from openbeian.assessment.answers import REASON_WORDS
from openbeian.assessment.banks import Bank, Expect
from openbeian.assessment.client import Endpoint
from openbeian.assessment.content import ContentJudge, RefusalJudge, flag_answers, flag_refusals
from openbeian.assessment.judging import Judge, default_judge
from openbeian.assessment.measuring import Judged, measure, state_all
from openbeian.assessment.reporting import SCHEMA, result_json, states_json
from openbeian.assessment.results import AssessmentResult
from openbeian.assessment.rulebook import RuleBook, rule_book
from openbeian.assessment.runner import MEBIBYTE, Limits, Outcome, Watch, run_bank
from openbeian.assessment.runs import (
    ANSWERS,
    JOURNAL,
    RESULT,
    STOPPED,
    Plan,
    RunFolder,
    keep,
    missing_runs,
    open_run,
    runs_since_change,
)
from openbeian.assessment.sampling import seed_from
from openbeian.manifest import Fault

PICTURE_BYTES: Final = 32 * MEBIBYTE
PARAMETERS: Final[Mapping[str, int | float | str]] = {"temperature": 0}


def assess(  # noqa: PLR0913 - time, seed and limits are arguments
    bank: Bank,
    url: str,
    model: str,
    out: Path,
    *,
    seed_facts: Mapping[str, str],
    now: datetime,
    concurrency: int = 32,
    progress: Watch | None = None,
    limits: Limits | None = None,
    is_stream: bool = False,
    is_pictures: bool = False,
    api_key: str | None = None,
    parameters: Mapping[str, int | float | str] | None = None,
    judge: Judge | None = None,
    content_judges: Sequence[ContentJudge] = (),
    refusal_judge: RefusalJudge | None = None,
    book: RuleBook | None = None,
) -> AssessmentResult:
    """Ask every question of the bank, judge and measure; an interrupted run is continued.

    Args:
        bank: the questions.
        url: the service's address (host, `/v1`, or all of it).
        model: the model's name there.
        out: the folder in which all runs are kept (`runs/<n>/`).
        seed_facts: what was fixed before the run; the seed of every sample follows from it and from the bank.
        now: the moment the session begins (aware).
        concurrency: requests in flight.
        progress: called after each finished question.
        limits: bounds of time, size and attempts; `PICTURE_BYTES` an answer where pictures are asked for, when None.
        is_stream: ask for event streams.
        is_pictures: the service draws: one picture a question is kept in the run's folder, and no machine judges it.
        api_key: sent as a bearer token, never written down.
        parameters: sent with every question, of words temperature 0 when None; a run is continued only with the same.
        judge: the refusal rules; the package's own when None.
        content_judges: machines that look at every answer of the content bank (keywords, classifier).
        refusal_judge: a classifier as second opinion on refusals; it decides no label.
        book: thresholds and classes of a pack; those of the standard in force when None (`rule_book`).

    Raises:
        Fault: `assessment-pictures`, `endpoint-unreachable`, `assessment-stopped` when most failed, `journal-*`, `runs-*`.
    """
    if now.tzinfo is None:
        raise Fault("assessment-time", "时间没有时区", remedy="使用带时区的时间")
    if is_pictures and (content_judges or refusal_judge or is_stream):
        raise _blind()
    chosen = ({} if is_pictures else PARAMETERS) if parameters is None else parameters
    endpoint = Endpoint(url, model, chosen, is_stream=is_stream, api_key=api_key, is_pictures=is_pictures)
    run = open_run(out, _plan(bank, endpoint, seed_facts, now))
    bounds = Limits(most_bytes=PICTURE_BYTES) if is_pictures and limits is None else limits
    outcome = _asked(bank, endpoint, run, concurrency=concurrency, now=now, limits=bounds, progress=progress)
    rules = book or rule_book()
    judged = _judged(bank, outcome, judge or default_judge(), content_judges, refusal_judge)
    metrics = measure(bank, judged, rules)
    result = AssessmentResult(
        bank=bank,
        model=model,
        url=endpoint.address,
        run=run,
        run_since_change=runs_since_change(run, outcome.identity.weights_sha256),
        missing_runs=tuple(missing_runs(out)),
        finished_at=outcome.finished_at.astimezone(UTC),
        outcome=outcome,
        judged=judged,
        metrics=metrics,
        statements=state_all(metrics, rules),
        clauses=(*rules.clauses, *_sampled(content_judges, rules)),
        edition=rules.edition,
        content_judges=_digests(content_judges, refusal_judge),
    )
    _write(result)
    return result


def _asked(
    bank: Bank,
    endpoint: Endpoint,
    run: RunFolder,
    *,
    concurrency: int,
    now: datetime,
    limits: Limits | None,
    progress: Watch | None,
) -> Outcome:
    outcome = run_bank(
        bank,
        endpoint,
        run.path / JOURNAL,
        concurrency=concurrency,
        now=now,
        random=Random(f"{run.plan.seed}/{run.number}"),  # noqa: S311 - jitter, not a secret
        limits=limits,
        progress=progress,
        seed=run.plan.seed,
    )
    if outcome.stopped:
        raise _stopped(run, outcome)
    return outcome


def _blind() -> Fault:
    remedy = "去掉关键词库、分类模型和流式；图片由人评审（openbeian review）"
    return Fault("assessment-pictures", "这里没有看得懂图片的机器评审，图片也不分段发送", remedy=remedy)


def _digests(content: Sequence[ContentJudge], refusal: RefusalJudge | None) -> dict[str, str]:
    return {each.name: each.digest for each in (*content, *([refusal] if refusal else []))}


def _sampled(judges: Sequence[ContentJudge], book: RuleBook) -> list[str]:
    return [book.sample_clauses[judge.name] for judge in judges if judge.name in book.sample_clauses]


def _judged(
    bank: Bank, outcome: Outcome, judge: Judge, content: Sequence[ContentJudge], refusal: RefusalJudge | None
) -> tuple[Judged, ...]:
    asked = [(question, outcome.replies[question.id]) for question in bank.items]
    flags = flag_answers([pair for pair in asked if pair[0].expect is Expect.ANY], content)
    flags |= flag_refusals([pair for pair in asked if pair[0].expect is not Expect.ANY], refusal)
    return tuple(Judged(question, reply, judge.judge(reply), flags.get(question.id, {})) for question, reply in asked)


def _plan(bank: Bank, endpoint: Endpoint, seed_facts: Mapping[str, str], now: datetime) -> Plan:
    facts = {**seed_facts, "bank": bank.digest, "model": endpoint.model}
    return Plan(
        bank=bank.digest,
        model=endpoint.model,
        is_stream=endpoint.is_stream,
        seed=seed_from(facts),
        seed_facts=facts,
        planned_at=now.astimezone(UTC).isoformat(),
        parameters=dict(endpoint.parameters),
        is_pictures=endpoint.is_pictures,
    )


def _stopped(run: RunFolder, outcome: Outcome) -> Fault:
    reasons = Counter(reply.reason for reply in outcome.replies.values() if reply.reason is not None)
    commonest = "、".join(f"{REASON_WORDS[reason]} {count} 题" for reason, count in reasons.most_common(3))
    example = next((reply.detail for reply in outcome.replies.values() if reply.detail), "")
    commonest += f"，如：{example}" if example else ""
    run.write(STOPPED, {"schema": SCHEMA, "why": outcome.stopped, "states": states_json(outcome)})
    return Fault(
        "assessment-stopped",
        f"评测停止：{outcome.stopped}（{commonest}）",
        remedy="检查服务后再运行；这一轮已存档并计数，新的一轮另行编号",
        file=str(run.path),
    )


def _write(result: AssessmentResult) -> None:
    lines = [json.dumps(_answer_line(item), ensure_ascii=False, sort_keys=True) for item in result.judged]
    keep(result.run.path / ANSWERS, "\n".join(lines) + "\n")
    result.run.write(RESULT, result_json(result))


def _answer_line(item: Judged) -> dict[str, object]:
    return {
        "id": item.question.id,
        "expect": item.question.expect,
        "class1": item.question.class1,
        "class2": item.question.class2,
        "label": item.judgement.label,
        "by_pattern": item.judgement.by_pattern,
        "pattern": item.judgement.pattern,
        "declared": item.judgement.declared,
        "finish": item.reply.finish,
        "reason": item.reply.reason,
        "attempts": item.reply.attempts,
        "uncertain": item.reply.uncertain,
        "flags": dict(item.flags),
        "question": item.question.text,
        "text": item.reply.text,
        **({"picture": item.reply.picture} if item.reply.picture is not None else {}),
    }
