"""The outcome of a review in words, and as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from openbeian.assessment.review.folder import ReviewFolder
from openbeian.assessment.review.results import Machine, ReviewResult, metrics, result_json
from openbeian.assessment.review.task import Population
from openbeian.assessment.rulebook import rule_book
from openbeian.assessment.runs import ANSWERS, RESULT, weights_of_run
from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.manifest import sha256_file

LISTED = 10


def summary_lines(result: ReviewResult) -> Iterator[str]:
    """Yield the result in Chinese lines: the core's rate with both statements, agreement, disagreements, machines."""
    task, core = result.task, result.core
    yield f"{task.population.word}：总体 {task.size} 条，抽样 {core.total} 条，{task.counting}"
    if core.interval is not None:
        yield (
            f"合要求 {core.passed}/{core.total} = {_percent(core.rate)}"
            f"（95% 区间 {_percent(core.interval.low)}–{_percent(core.interval.high)}）；"
            f"有95%把握不低于 {_percent(result.finite_bound)}（本批）、{_percent(result.bound)}（这一类）"
        )
    if result.weighted is not None:
        yield f"计入补抽的小类、按各类大小加权：{_percent(result.weighted.rate)}"
    yield from _agreement_lines(result)
    for one in result.disagreements[:LISTED]:
        yield f"  {one.item}：{one.first} / {one.second} → {one.final}"
    if len(result.disagreements) > LISTED:
        yield f"  另有 {len(result.disagreements) - LISTED} 条，见证据"
    if not result.machines:
        yield "没有机器判定可比"
    for machine in result.machines:
        yield _machine_line(machine)


def _agreement_lines(result: ReviewResult) -> Iterator[str]:
    found = result.on_failures
    yield (
        f"两人一致 {_percent(found.observed)}；对“不合要求”的一致 {_percent(found.positive)}、对“合要求”的一致 "
        f"{_percent(found.negative)}；AC1 {_number(found.ac1)}，α {_number(found.alpha)}，κ {_number(found.kappa)}"
    )
    yield f"分歧 {len(result.disagreements)} 条，由第三人裁定；复查一致的 {result.audited} 条，改判 {result.overturned} 条"


def _machine_line(machine: Machine) -> str:
    raw = f"{machine.name}：自己判 {machine.raw.passed}/{machine.raw.total} = {_percent(machine.raw.rate)} 合要求"
    found = machine.correction
    if found is None or found.estimate is None:
        said = "它判的每一条人都复核了，以人工为准" if machine.shared else "样本与它的判定没有重叠，误差未知"
        return f"{raw}；{said}"
    corrected = f"{raw}；经复核校正（PPI++）{_percent(1 - found.estimate)}"
    if found.doubt is not None:
        return f"{corrected}；{found.doubt}"
    return f"{corrected}（95% 区间 {_percent(1 - found.high)}–{_percent(1 - found.low)}）"


def to_record(result: ReviewResult, folder: ReviewFolder, run: Path | None, *, made_at: datetime) -> Record:
    """Return the review as evidence; its inputs are the run's answers, its subjects the task and the marks.

    `made_at` is when the last mark was made, so that the same marks give the same record however often it is asked for.
    """
    book = rule_book()
    clauses = {
        Population.MUST_REFUSE: ("9.4.b",),
        Population.MUST_ANSWER: ("9.4.c",),
        Population.GENERATED: (book.sample_clauses.get("人工", ""),),
        Population.CORPUS: ("9.2.a",),
    }[result.task.population]
    inputs = () if run is None else tuple(_resource(run / name) for name in (ANSWERS, RESULT))
    return Record(
        kind=EvidenceKind.HUMAN_REVIEW,
        title=f"人工复核：{result.task.population.word} {result.core.total} 条",
        made_at=made_at,
        tool="openbeian review",
        subjects=tuple(_resource(path) for path in folder.files),
        inputs=inputs,
        metrics=metrics(result),
        clauses=tuple(clause for clause in clauses if clause),
        model_sha256=None if run is None else weights_of_run(run),
        detail=result_json(result),
    )


def _resource(path: Path) -> Resource:
    return Resource(name=path.name, sha256=sha256_file(path), size=path.stat().st_size)


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.2%}"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
