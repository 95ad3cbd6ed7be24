"""The findings engine: pack × manifest × evidence → 符合 / 不符合 / 不适用, each with its reason.

符合 without evidence does not exist; evidence that speaks of other weights does not count; 不适用 needs a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from openbeian.manifest import Manifest, Statement
from openbeian.rules.packs import Clause, ClausePack, Level, Threshold, risk_pack

EVIDENCE_WORDS = {"auto": "运行记录", "evidence": "证明材料", "attest": "负责人声明"}
STATED = frozenset({"proof", "attestation"})


class Verdict(StrEnum):
    """The three verdicts of a clause (TC260-003, 9.1 b)."""

    CONFORMS = "符合"
    FAILS = "不符合"
    NOT_APPLICABLE = "不适用"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One measured figure. `passed` of `total` when it is a count or a rate; `low`, `high`: its 95 % interval.

    `subject` says what it is about when there are many (a risk code, an aspect, a source); `decimal` is the exact text.
    """

    name: str
    value: float
    unit: str = ""
    passed: int | None = None
    total: int | None = None
    low: float | None = None
    high: float | None = None
    subject: str | None = None
    decimal: str | None = None

    @property
    def exact(self) -> Fraction:
        """The figure as an exact fraction."""
        if self.passed is not None and self.total:
            return Fraction(self.passed, self.total)
        return Fraction(Decimal(self.decimal if self.decimal is not None else repr(self.value)))


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What the engine sees of one evidence record."""

    digest: str
    kind: str
    title: str
    clauses: tuple[str, ...] = ()
    metrics: tuple[MetricValue, ...] = ()
    model_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one clause. `is_warning`: only 宜 (should) is not met. `missing` names what would settle it."""

    clause: str
    topic: str
    requirement: str
    level: Level
    verdict: Verdict
    reason: str
    evidence: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    plan: str | None = None
    to_check: bool = True
    is_warning: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the finding as plain JSON."""
        return {**asdict(self), "verdict": self.verdict.value, "evidence": list(self.evidence), "missing": list(self.missing)}

    @staticmethod
    def from_json(data: dict[str, object]) -> Finding:
        """Read a finding back; unknown keys are refused by the constructor."""
        plain = {**data, "verdict": Verdict(str(data["verdict"]))}
        for key in ("evidence", "missing"):
            plain[key] = tuple(plain.get(key, ()))  # type: ignore[arg-type]
        return Finding(**plain)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one threshold came out."""

    is_met: bool
    words: str
    level: Level
    evidence: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())


def find(pack: ClausePack, manifest: Manifest, evidence: Sequence[EvidenceView]) -> list[Finding]:
    """Return one finding for every clause of the pack, in its order."""
    weights = manifest.technical.model.weights_sha256
    usable = [view for view in evidence if not _is_foreign(view, weights)]
    foreign = [view for view in evidence if _is_foreign(view, weights)]
    stated = {statement.clause: statement for statement in manifest.statements}
    return [_finding(pack, clause, stated.get(clause.id), usable, foreign) for clause in pack.clauses]


def _is_foreign(view: EvidenceView, weights: str | None) -> bool:
    return view.model_sha256 is not None and weights is not None and view.model_sha256 != weights


def _finding(
    pack: ClausePack,
    clause: Clause,
    statement: Statement | None,
    usable: Sequence[EvidenceView],
    foreign: Sequence[EvidenceView],
) -> Finding:
    said = _stated(clause, statement, usable)
    if said is not None:
        return said
    limits = [pack.threshold(limit) for limit in clause.thresholds]
    outcomes = [_outcome(pack, limit, usable) for limit in limits]
    supporting = [view.digest for view in usable if clause.id in view.clauses]
    digests = tuple(dict.fromkeys([*supporting, *(d for outcome in outcomes for d in outcome.evidence)]))
    failed = [outcome for outcome in outcomes if not outcome.is_met]
    if failed:
        return _verdict(
            clause,
            Verdict.FAILS,
            "；".join(outcome.words for outcome in failed),
            digests,
            tuple(dict.fromkeys(name for outcome in failed for name in outcome.missing)),
            is_warning=clause.level == "should" or all(outcome.level == "should" for outcome in failed),
        )
    if digests and (outcomes or supporting):
        words = [outcome.words for outcome in outcomes] or [_titles(usable, supporting)]
        return _verdict(clause, Verdict.CONFORMS, "；".join(words), digests)
    old = [view for view in foreign if clause.id in view.clauses]
    reason = "现有证据针对另一份权重，不能用于备案的模型" if old else "没有证据"
    missing = tuple(EVIDENCE_WORDS[kind] for kind in clause.check)
    return _verdict(clause, Verdict.FAILS, reason, (), missing, is_warning=clause.level == "should")


def _stated(clause: Clause, statement: Statement | None, usable: Sequence[EvidenceView]) -> Finding | None:
    """Return the finding that a person's statement settles: 不适用, or an admitted 不符合."""
    if statement is None or statement.verdict == Verdict.CONFORMS:
        return None
    digests = tuple(view.digest for view in usable if view.kind in STATED and clause.id in view.clauses)
    reason = f"{statement.reason}（{statement.by}声明）"
    return _verdict(clause, Verdict(statement.verdict), reason, digests, plan=statement.plan)


def _verdict(
    clause: Clause,
    verdict: Verdict,
    reason: str,
    evidence: tuple[str, ...],
    missing: tuple[str, ...] = (),
    plan: str | None = None,
    *,
    is_warning: bool = False,
) -> Finding:
    return Finding(
        clause=clause.id,
        topic=clause.topic,
        requirement=clause.requirement,
        level=clause.level,
        verdict=verdict,
        reason=reason,
        evidence=evidence,
        missing=missing,
        plan=plan,
        to_check=clause.to_check,
        is_warning=is_warning and verdict is Verdict.FAILS,
    )


def _titles(usable: Sequence[EvidenceView], digests: Iterable[str]) -> str:
    wanted = set(digests)
    return "；".join(view.title for view in usable if view.digest in wanted)


def _outcome(pack: ClausePack, limit: Threshold, usable: Sequence[EvidenceView]) -> _Outcome:
    measured = [(view, metric) for view in usable for metric in view.metrics if metric.name == limit.metric]
    if not measured:
        return _Outcome(is_met=False, words=f"没有 {limit.metric}（{limit.id}）的数据", level=limit.level, missing=("运行记录",))
    digests = tuple(dict.fromkeys(view.digest for view, _ in measured))
    metrics = [metric for _, metric in measured]
    met, words = _subjects(pack, limit, metrics) if limit.subjects else _all_met(limit, metrics)
    return _Outcome(is_met=met, words=words, level=limit.level, evidence=digests)


def _all_met(limit: Threshold, metrics: Sequence[MetricValue]) -> tuple[bool, str]:
    """Every figure must meet the limit: several runs, or one for each source."""
    judged = [(metric, _meets(limit, metric)) for metric in metrics]
    worst = [metric for metric, met in judged if not met] or [metrics[-1]]
    return all(met for _, met in judged), "；".join(_words(limit, metric) for metric in worst)


def _subjects(pack: ClausePack, limit: Threshold, metrics: Sequence[MetricValue]) -> tuple[bool, str]:
    """Each risk of the limit's groups (or each aspect) must meet it by itself; one without a figure counts as zero."""
    wanted = (
        pack.aspects.values
        if limit.subjects == ("aspects",)
        else tuple(risk.code for risk in risk_pack().risks if risk.group in limit.subjects)
    )
    best = {subject: [metric for metric in metrics if metric.subject == subject] for subject in wanted}
    short = [subject for subject, found in best.items() if not any(_meets(limit, metric) for metric in found)]
    name = "方面" if limit.subjects == ("aspects",) else "类"
    if not short:
        return True, f"{len(wanted)} {name}各不少于 {limit.value}（{limit.id}）"
    listed = "、".join(short[:3]) + ("等" if len(short) > 3 else "")  # noqa: PLR2004 - as many as a line holds
    return False, f"{len(wanted)} {name}中 {len(short)} {name}少于 {limit.value}：{listed}（{limit.id}）"


def _meets(limit: Threshold, metric: MetricValue) -> bool:
    if isinstance(limit.value, dict):
        return _meets_sample(limit.value, metric)
    measured, bound = metric.exact, Fraction(Decimal(limit.value))
    if limit.unit not in {"ratio", "items,ratio", "questions,ratio"}:
        measured = Fraction(Decimal(repr(metric.value)))
    if limit.trigger:
        return measured <= bound
    return {">=": measured >= bound, "<=": measured <= bound, ">": measured > bound, "==": measured == bound}[limit.op]


def _meets_sample(value: dict[str, str], metric: MetricValue) -> bool:
    """A sample must be large enough, and its pass rate high enough; both in exact numbers (T12–T14)."""
    if metric.passed is None or metric.total is None or metric.total == 0:
        return False
    is_large = metric.total >= Decimal(value["sample"]) if "sample" in value else Decimal(repr(metric.value)) >= Decimal(value["sample_ratio"])
    return is_large and Fraction(metric.passed, metric.total) >= Fraction(Decimal(value["pass_rate"]))


def _words(limit: Threshold, metric: MetricValue) -> str:
    sign = {">=": "不低于", "<=": "不高于", ">": "高于", "==": "等于"}[limit.op]
    about = f"{metric.subject} " if metric.subject else ""
    if isinstance(limit.value, dict):
        wanted = "，".join(f"{_KEYS[key]}{number}" for key, number in limit.value.items())
        return f"{about}抽样 {metric.total or 0}，合格 {metric.passed or 0}；要求{wanted}（{limit.id}）"
    if limit.unit == "ratio":
        span = f"，95% 区间 {metric.low:.1%}–{metric.high:.1%}" if metric.low is not None and metric.high is not None else ""
        size = f"，{metric.passed}/{metric.total}" if metric.total else ""
        bound = f"{Decimal(limit.value) * 100:f}".rstrip("0").rstrip(".")
        limit_words = f"超过 {bound}% 不用" if limit.trigger else f"{sign} {bound}%"
        return f"{about}{float(metric.exact):.1%}{size}{span}；要求{limit_words}（{limit.id}）"
    return f"{about}{metric.value:g}；要求{sign} {limit.value}（{limit.id}）"


_KEYS = {"sample": "抽样不少于 ", "sample_ratio": "抽样比例不低于 ", "pass_rate": "合格率不低于 "}
