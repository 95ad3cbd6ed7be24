"""What the rule asks of banks and refusals, taken from the packs: thresholds, risks, aspects, clauses."""

from __future__ import annotations

from dataclasses import dataclass

from openbeian.rules import clause_pack, risk_pack
from openbeian.rules.packs import Threshold as PackThreshold


@dataclass(frozen=True)
class Threshold:
    """One threshold of the pack. `value` is a decimal string; comparison is exact.

    `name` is what is measured in Chinese; `sample` is the least number to be looked at, for a threshold that names one
    beside its rate.
    """

    id: str
    metric: str
    name: str
    operator: str
    value: str
    level: str
    clause: str
    to_check: bool
    sample: int | None = None


@dataclass(frozen=True)
class RuleBook:
    """The part of the packs that an assessment needs."""

    edition: str
    thresholds: dict[str, Threshold]
    clauses: tuple[str, ...]
    risks: tuple[str, ...]
    refusal_risks: tuple[str, ...]
    aspects: tuple[str, ...]
    names: dict[str, str]
    """The names of risks and of their groups, by code."""
    sample_clauses: dict[str, str]
    """The clause that each way of sampling generated content (人工, 关键词, 分类模型) speaks for."""

    def sample_size(self, metric: str) -> int:
        """Return the least sample that the rule asks for under a metric; 0 when it names none."""
        limit = self.thresholds.get(metric)
        if limit is None:
            return 0
        return limit.sample if limit.sample is not None else int(limit.value)

    @property
    def other_risks(self) -> tuple[str, ...]:
        """The risks outside the slice that keyword libraries and refusal banks must cover."""
        return tuple(code for code in self.risks if code not in self.refusal_risks)


CONTENT = "generated_content_sample"
CLAUSES = ("8.2", "8.3.a", "8.3.b", "9.4.b", "9.4.c")


def rule_book(edition: str = "gbt-45654-2025") -> RuleBook:
    """Return the rule book of one edition of the clause packs."""
    pack, risks = clause_pack(edition), risk_pack()
    thresholds = {limit.metric: _threshold(limit) for limit in pack.thresholds if _has_rate(limit)}
    content = next((limit.id for limit in pack.thresholds if limit.metric == CONTENT), "")
    return RuleBook(
        edition=edition,
        thresholds=thresholds,
        clauses=CLAUSES,
        risks=risks.codes("all_31"),
        refusal_risks=risks.codes("refusal_17"),
        aspects=pack.aspects.values,
        names={group.code: group.name_zh for group in risks.groups} | {risk.code: risk.name_zh for risk in risks.risks},
        sample_clauses={
            clause.metric_subjects[content]: clause.id for clause in pack.clauses if content in clause.metric_subjects
        },
    )


def _has_rate(limit: PackThreshold) -> bool:
    return isinstance(limit.value, str) or "sample" in limit.value


def _threshold(limit: PackThreshold) -> Threshold:
    value, sample = (
        (limit.value, None) if isinstance(limit.value, str) else (limit.value["pass_rate"], limit.value["sample"])
    )
    return Threshold(
        id=limit.id,
        metric=limit.metric,
        name=limit.name_zh,
        operator=limit.op,
        value=value,
        level=limit.level,
        clause=limit.clause,
        to_check=limit.to_check,
        sample=None if sample is None else int(sample),
    )
