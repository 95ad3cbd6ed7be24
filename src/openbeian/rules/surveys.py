"""Clauses about the findings themselves: is every finding of certain chapters and verdicts told in full (9.1 b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openbeian.manifest import Statement
from openbeian.rules.admitted import lacking
from openbeian.rules.shapes import Survey
from openbeian.rules.verdicts import Finding, Verdict

PLAN = "已采取的措施和整改计划，或等效措施及其证明"
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a survey came to: its words, the evidence that the surveyed findings rest on, and what is missing."""

    words: str
    evidence: tuple[str, ...]
    missing: tuple[str, ...]


def in_chapters(survey: Survey, clause_id: str) -> bool:
    """Tell whether a clause stands in one of the chapters surveyed."""
    return clause_id.split(".", maxsplit=1)[0] in survey.chapters


def surveyed(survey: Survey, found: Sequence[Finding], stated: Mapping[str, Statement]) -> Surveyed:
    """Return what the findings of the chapters come to.

    符合 has evidence and 不适用 a reason by the engine's own rules; a 不符合 is told in full once its statement says what
    was done and is planned, or names an equivalent measure with its proof.
    """
    counted = [finding for finding in found if finding.verdict.value in survey.verdicts]
    is_of_one = len(survey.verdicts) == 1  # that there is a verdict is one clause, what it must tell another
    untold = [row.clause for row in counted if is_of_one and not _is_told(row, stated.get(row.clause))]
    return Surveyed(
        words=_words(survey, counted, untold),
        evidence=tuple(dict.fromkeys(digest for finding in found for digest in finding.evidence)),
        missing=(PLAN,) if untold else (),
    )


def _is_told(finding: Finding, statement: Statement | None) -> bool:
    if finding.verdict is not Verdict.FAILS or finding.is_warning:
        return True
    return statement is not None and statement.verdict == Verdict.FAILS.value and not lacking(statement)


def _words(survey: Survey, counted: Sequence[Finding], untold: Sequence[str]) -> str:
    where = f"第 {survey.chapters[0]}–{survey.chapters[-1]} 章"
    verdict, *others = survey.verdicts
    if others:
        return f"{where} {len(counted)} 条逐条给出结论：{_tally(survey, counted)}"
    if not counted:
        return f"{where}没有结论为{verdict}的条款"
    if untold:
        named = "、".join(untold[:_NAMED]) + ("等" if len(untold) > _NAMED else "")
        return f"{where}结论为{verdict}的 {len(counted)} 条中，{len(untold)} 条还没有写措施和计划：{named}"
    return f"{where}结论为{verdict}的 {len(counted)} 条都{_TOLD[verdict]}"


def _tally(survey: Survey, counted: Sequence[Finding]) -> str:
    verdicts = [finding.verdict.value for finding in counted]
    return "、".join(f"{verdict} {verdicts.count(verdict)}" for verdict in survey.verdicts)


_TOLD = {"符合": "有证据", "不符合": "写明原因、措施和计划", "不适用": "写明理由"}
