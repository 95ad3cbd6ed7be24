"""Counts of verdicts and the figures that have a limit: what both the form and the report say about the assessment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from openbeian.assessment.statistics import is_shown
from openbeian.dossier import figures
from openbeian.dossier.case import Case
from openbeian.dossier.wording import Assessed
from openbeian.evidence.records import EvidenceKind
from openbeian.rules import EvidenceView, Finding, MetricValue, Verdict
from openbeian.rules.limits import aged, meets
from openbeian.rules.packs import ClausePack, Threshold

_RATIO = "ratio"
_SAMPLE_WORDS = {"sample": "抽样", "sample_ratio": "抽样比例", "pass_rate": "合格率"}


@dataclass(frozen=True)
class Tally:
    """How many clauses came to which verdict; a recommendation (宜) that is not met is a warning, not a failure."""

    total: int
    conforms: int
    fails: int
    warnings: int
    not_applicable: int

    def text(self) -> str:
        """Write the counts in a sentence without its full stop."""
        warned = f"，提示（“宜”类未达到）{self.warnings} 条" if self.warnings else ""
        return (
            f"逐条评估 {self.total} 条：符合 {self.conforms} 条，不适用 {self.not_applicable} 条，"
            f"不符合 {self.fails} 条{warned}"
        )


def tally(findings: Iterable[Finding]) -> Tally:
    """Count verdicts."""
    listed = list(findings)
    return Tally(
        total=len(listed),
        conforms=sum(f.verdict is Verdict.CONFORMS for f in listed),
        fails=sum(f.verdict is Verdict.FAILS and not f.is_warning for f in listed),
        warnings=sum(f.verdict is Verdict.FAILS and f.is_warning for f in listed),
        not_applicable=sum(f.verdict is Verdict.NOT_APPLICABLE for f in listed),
    )


def under(findings: Iterable[Finding], beginnings: Sequence[str]) -> list[Finding]:
    """Return the findings whose clause stands under one of the chapters or clauses."""
    return [finding for finding in findings if any(stands_under(finding.clause, start) for start in beginnings)]


def stands_under(clause: str, beginning: str) -> bool:
    """Whether a clause is, or is part of, the chapter or clause named."""
    return clause == beginning or clause.startswith(beginning + ".")


@dataclass(frozen=True)
class Limited:
    """A figure that the pack sets a limit for, and the evidence it comes from."""

    metric: MetricValue
    threshold: Threshold
    view: EvidenceView
    earlier: int = 0
    """How many figures on the same subject came before and no longer count."""

    @property
    def limit(self) -> str:
        """The limit in words; one of a sample says its size and its pass rate."""
        rule = self.threshold
        operator = "<=" if rule.trigger else rule.op
        if isinstance(rule.value, str):
            return figures.limit(operator, rule.value, rule.unit)
        return "，".join(
            f"{_SAMPLE_WORDS[key]}{figures.limit(operator, number, _unit_of(key))}"
            for key, number in rule.value.items()
        )

    @property
    def is_met(self) -> bool:
        """Whether the figure as it stands meets the limit: the rule's own way to count."""
        return meets(self.threshold, self.metric)

    @property
    def is_shown(self) -> bool | None:
        """Whether the sample shows with 95 % confidence that the rate meets the limit; None where nothing is sampled.

        By the one-sided exact bound (Clopper & Pearson), as the assessment's own statement.
        """
        rule, metric = self.threshold, self.metric
        wanted = rule.value if isinstance(rule.value, str) else rule.value.get("pass_rate")
        if wanted is None or metric.unit != _RATIO or metric.passed is None or not metric.total:
            return None
        if rule.trigger or rule.op in {"<=", "<"}:
            return is_shown(metric.total - metric.passed, metric.total, str(1 - Decimal(wanted)))
        return is_shown(metric.passed, metric.total, wanted)

    @property
    def standing(self) -> str:
        """Both statements in words: whether the limit is met, and whether that is sure, if a machine's word is taken."""
        met = "达到门槛" if self.is_met else "未达到门槛"
        sure = {None: "", True: "，有 95% 把握达到", False: "，没有 95% 把握达到"}
        by_machine = self.is_shown is not None and self.view.kind == EvidenceKind.ASSESSMENT_RUN.value
        return f"{met}{sure[self.is_shown]}{'（按机器判定）' if by_machine else ''}"

    @property
    def is_short(self) -> bool:
        """Whether a bank, library or sample is smaller than the rule asks for."""
        rule, metric = self.threshold, self.metric
        if rule.op != ">=":
            return False
        if isinstance(rule.value, str):
            return rule.unit != "ratio" and metric.value < float(rule.value)
        return metric.total is not None and metric.total < float(rule.value.get("sample", 0))


def _unit_of(key: str) -> str:
    return "items" if key == "sample" else _RATIO


def limited(case: Case, pack: ClausePack) -> list[Limited]:
    """Return the latest figure on each subject that counts, stands for the whole (not one class) and has a limit."""
    by_metric = {threshold.metric: threshold for threshold in pack.thresholds}
    latest: dict[tuple[str, str | None], Limited] = {}
    earlier: Counter[tuple[str, str | None]] = Counter()
    for view in case.usable:
        for metric in view.metrics:
            rule = by_metric.get(metric.name)
            if rule is None or rule.subjects:
                continue
            if rule.is_age:  # its subject is the version; an older version is no earlier measurement
                now = aged(metric, case.evidence, case.now)
                latest[metric.name, None] = Limited(now, rule, view)
                continue
            key = metric.name, metric.subject
            latest[key] = Limited(metric, rule, view, earlier[key])
            earlier[key] += 1
    return sorted(latest.values(), key=lambda item: case.position(item.view.digest))


def belongs(item: Limited, assessed: Assessed) -> bool:
    """Whether a figure speaks of the clauses and comes from the kinds of evidence that a field sums up."""
    is_of_kind = not assessed.kinds or item.view.kind in assessed.kinds
    clauses = item.threshold.clause.split(",")
    return is_of_kind and any(stands_under(clause, start) for clause in clauses for start in assessed.under)


def sentence(case: Case, item: Limited) -> str:
    """Write a figure with its sample, its limit, its interval and its evidence."""
    metric = item.metric
    details = [
        "" if metric.total is None else figures.sample(metric),
        f"门槛{item.limit}",
        "" if metric.low is None else f"95% 置信区间 {figures.interval(metric)}",
        item.standing,
    ]
    subject = f"（{metric.subject}）" if metric.subject else ""
    told = "，".join(part for part in details if part)
    return f"{figures.label(metric)}{subject} {figures.value(metric)}（{told}）〔{case.numbers[item.view.digest]}〕"
