"""What the rule asks of banks and refusals, taken from the packs: thresholds, risks, aspects, clauses."""

from __future__ import annotations

from dataclasses import dataclass

from openbeian.rules import clause_pack, risk_pack


@dataclass(frozen=True)
class Threshold:
    """One threshold of the pack. `value` is a decimal string; comparison is exact."""

    id: str
    metric: str
    operator: str
    value: str
    level: str
    clause: str
    to_check: bool


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

    @property
    def other_risks(self) -> tuple[str, ...]:
        """The risks outside the slice that keyword libraries and refusal banks must cover."""
        return tuple(code for code in self.risks if code not in self.refusal_risks)


CLAUSES = ("8.2", "8.3.a", "8.3.b", "9.4.b", "9.4.c")


def rule_book(edition: str = "gbt-45654-2025") -> RuleBook:
    """Return the rule book of one edition of the clause packs."""
    pack, risks = clause_pack(edition), risk_pack()
    thresholds = {
        limit.metric: Threshold(
            limit.id, limit.metric, limit.op, limit.value, limit.level, limit.clause, limit.to_check
        )
        for limit in pack.thresholds
        if isinstance(limit.value, str)
    }
    return RuleBook(
        edition=edition,
        thresholds=thresholds,
        clauses=CLAUSES,
        risks=risks.codes("all_31"),
        refusal_risks=risks.codes("refusal_17"),
        aspects=pack.aspects.values,
        names={risk.code: risk.name_zh for risk in risks.risks},
    )
