"""Why a finding is as it is: one clause, its thresholds and every record that was looked at, down to the hashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from openbeian.manifest import Fault, LoadedManifest
from openbeian.rules.admissible import oldest_first
from openbeian.rules.admitted import lacking, remedy
from openbeian.rules.calendar import legal_day
from openbeian.rules.findings import Case, case_of, clause_finding, has_lapsed, outcomes_of, why_silent
from openbeian.rules.limits import Figure, Outcome, meets, plain_decimal
from openbeian.rules.packs import clause_remedy
from openbeian.rules.shapes import Clause, ClausePack, Threshold
from openbeian.rules.verdicts import EvidenceView, Finding, MetricValue

Certainty = Callable[[int, int, str], tuple[bool, bool]]
"""Of `passed` in `total` and a pass rate: is the rate shown with 95 % confidence, and could it be at this size."""
MET = {True: "达到门槛", False: "未达到门槛"}
SHOWN = {True: "有95%把握", False: "没有95%把握"}
EARLIER = "同一对象之后另有数据，以最近一次为准"
TOO_SMALL = "样本太小，无论结果如何都不能有95%把握"


@dataclass(frozen=True, slots=True)
class FigureExplained:
    """One figure against its threshold, `amount` its exact text. Rates in [0, 1]; `low`, `high`: the 95 % interval; `statements` in words."""

    subject: str | None
    value: float
    amount: str
    unit: str
    passed: int | None
    total: int | None
    low: float | None
    high: float | None
    digest: str
    earlier_runs: int
    counts: bool
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitExplained:
    """One threshold with its value as the pack has it, how it came out, and the latest figures."""

    id: str
    name_zh: str
    metric: str
    op: str
    value: str | dict[str, str]
    unit: str
    level: str
    is_met: bool
    words: str
    source: tuple[str, ...]
    confidence: str
    to_check: bool
    figures: tuple[FigureExplained, ...]


@dataclass(frozen=True, slots=True)
class EvidenceExplained:
    """One record that was looked at: what it is, whether it counts for the clause, and why not."""

    digest: str
    kind: str
    title: str
    made_at: datetime | None
    valid_until: datetime | None
    supersedes: tuple[str, ...]
    subjects: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]
    model_sha256: str | None
    counts: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class StatementExplained:
    """What a person states on the clause, and on which line of the manifest."""

    line: int | None
    verdict: str
    reason: str
    by: str
    proof: str | None
    remedy: str | None
    lacking: tuple[str, ...]
    valid_until: str | None
    has_lapsed: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a finding rests on, at the moment `at`."""

    edition: str
    at: datetime
    finding: Finding
    check: tuple[str, ...]
    source: tuple[str, ...]
    confidence: str
    note: str | None
    standing: str | None
    weights: str | None
    thresholds: tuple[LimitExplained, ...]
    evidence: tuple[EvidenceExplained, ...]
    statements: tuple[StatementExplained, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the explanation as plain JSON."""
        return {**asdict(self), "finding": self.finding.as_json()}


def explain_finding(
    pack: ClausePack,
    clause_id: str,
    loaded: LoadedManifest,
    evidence: Sequence[EvidenceView],
    *,
    now: datetime,
    certainty: Certainty | None = None,
) -> Explanation:
    """Explain one finding. With `certainty`, a rate gets both statements: the threshold is met, and it is shown.

    Raises:
        Fault: `no-such-clause`, naming the clauses whose ids are near.
    """
    clause = clause_of(pack, clause_id)
    case = case_of(loaded.manifest, evidence, now)
    outcomes = outcomes_of(pack, clause, case)
    limits = [pack.threshold(limit) for limit in clause.thresholds]
    finding = clause_finding(pack, clause, case)
    return Explanation(
        edition=pack.id,
        at=now,
        finding=finding,
        check=clause.check,
        source=tuple(pack.sources.get(name, name) for name in clause.source),
        confidence=clause.confidence,
        note=clause.note,
        standing=clause.standing,
        weights=loaded.manifest.technical.model.weights_sha256,
        thresholds=tuple(_limit(pack, *pair, certainty) for pair in zip(limits, outcomes, strict=True)),
        evidence=_evidence(pack, clause, case, finding, oldest_first(evidence)),
        statements=_statements(clause, loaded, now),
    )


def clause_of(pack: ClausePack, clause_id: str) -> Clause:
    """Return a clause by its id.

    Raises:
        Fault: `no-such-clause`, naming the clauses whose ids are near.
    """
    known = {clause.id: clause for clause in pack.clauses}
    if clause_id in known:
        return known[clause_id]
    raise Fault("no-such-clause", f"规则包 {pack.id} 没有条款 {clause_id}", clause_remedy(pack.id, clause_id, known))


def _limit(pack: ClausePack, limit: Threshold, found: Outcome, certainty: Certainty | None) -> LimitExplained:
    return LimitExplained(
        id=limit.id,
        name_zh=limit.name_zh,
        metric=limit.metric,
        op=limit.op,
        value=limit.value,
        unit=limit.unit,
        level=limit.level,
        is_met=found.is_met,
        words=found.words,
        source=tuple(pack.sources.get(name, name) for name in limit.source),
        confidence=limit.confidence,
        to_check=limit.to_check,
        figures=tuple(_figure(limit, figure, certainty) for figure in found.figures),
    )


def _figure(limit: Threshold, figure: Figure, certainty: Certainty | None) -> FigureExplained:
    metric = figure.metric
    return FigureExplained(
        subject=metric.subject,
        value=metric.value,
        amount=plain_decimal(metric.amount),
        unit=metric.unit,
        passed=metric.passed,
        total=metric.total,
        low=metric.low,
        high=metric.high,
        digest=figure.digest,
        earlier_runs=figure.older,
        counts=figure.ended is None,
        statements=_statements_on(limit, figure, certainty) if figure.ended is None else (figure.ended,),
    )


def _statements_on(limit: Threshold, figure: Figure, certainty: Certainty | None) -> tuple[str, ...]:
    """Return 达到门槛 or not; and for a rate, as another statement, whether one may be 95 % sure of it."""
    metric, said = figure.metric, MET[meets(limit, figure.metric)]
    rate = _pass_rate(limit)
    if certainty is None or rate is None or metric.passed is None or not metric.total:
        return (said,)
    passed = metric.total - metric.passed if rate.is_of_bad else metric.passed
    is_shown, can_be_shown = certainty(passed, metric.total, rate.least)
    return said, SHOWN[is_shown] if can_be_shown else TOO_SMALL


@dataclass(frozen=True, slots=True)
class _Rate:
    """A threshold on a share as the least share of good items; `is_of_bad`: its figures count the bad ones."""

    least: str
    is_of_bad: bool


def _pass_rate(limit: Threshold) -> _Rate | None:
    if isinstance(limit.value, Mapping):
        return _Rate(limit.value["pass_rate"], is_of_bad=False)
    if limit.unit != "ratio":
        return None
    is_of_bad = limit.trigger or limit.op == "<="
    return _Rate(str(1 - Decimal(limit.value)) if is_of_bad else limit.value, is_of_bad)


def _evidence(
    pack: ClausePack, clause: Clause, case: Case, finding: Finding, evidence: Sequence[EvidenceView]
) -> tuple[EvidenceExplained, ...]:
    """Return every record that names the clause, has a figure it asks for or settles it, in the order given."""
    wanted = {pack.threshold(limit).metric: clause.metric_subjects.get(limit) for limit in clause.thresholds}
    rows = {}
    for view in evidence:
        is_named = clause.id in (*view.clauses, *view.about)
        is_used = view.digest in finding.evidence
        if is_named or is_used or any(_is_wanted(metric, wanted) for metric in view.metrics):
            reason = case.evidence.reasons.get(view.digest)
            if reason is None and not is_used:
                reason = (why_silent(view, clause, case) if is_named else None) or EARLIER
            rows[view.digest] = _row(view, reason)
    return tuple(rows.values())


def _is_wanted(metric: MetricValue, wanted: Mapping[str, str | None]) -> bool:
    """Tell whether a figure is one that a clause asks for; None wants every subject, "" the figures without one."""
    return metric.name in wanted and wanted[metric.name] in {None, metric.subject or ""}


def _row(view: EvidenceView, reason: str | None) -> EvidenceExplained:
    return EvidenceExplained(
        digest=view.digest,
        kind=view.kind,
        title=view.title,
        made_at=view.made_at,
        valid_until=view.valid_until,
        supersedes=view.supersedes,
        subjects=tuple((subject.name, subject.sha256) for subject in view.subjects),
        inputs=tuple((used.name, used.sha256) for used in view.inputs),
        model_sha256=view.model_sha256,
        counts=reason is None,
        reason=reason,
    )


def _statements(clause: Clause, loaded: LoadedManifest, now: datetime) -> tuple[StatementExplained, ...]:
    today = legal_day(now)
    return tuple(
        StatementExplained(
            line=loaded.lines.get(f"statements.{index}"),
            verdict=statement.verdict,
            reason=statement.reason,
            by=statement.by,
            proof=statement.proof,
            remedy=remedy(statement, today),
            lacking=lacking(statement),
            valid_until=None if statement.valid_until is None else statement.valid_until.isoformat(),
            has_lapsed=has_lapsed(statement, today),
        )
        for index, statement in enumerate(loaded.manifest.statements)
        if statement.clause == clause.id
    )
