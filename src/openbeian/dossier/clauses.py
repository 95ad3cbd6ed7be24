"""The findings as a table, clause by clause: the report shows all of them, a draft of an annex those it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from openbeian.dossier.case import Case
from openbeian.dossier.papers import Column, Table, Tone, Words
from openbeian.dossier.wording import wording
from openbeian.rules import Finding, Verdict
from openbeian.rules.packs import ClausePack

NONE = Words("—", Tone.MUTED)


def table(case: Case, findings: Sequence[Finding], pack: ClausePack, caption: str = "") -> Table:
    """Return one row a finding: clause, requirement, verdict, reason with plan, evidence."""
    columns = (Column("条款"), Column("要求（概括）", 5), Column("结论"), Column("理由", 6), Column("证据"))
    return Table(columns, tuple(_row(case, finding, pack) for finding in findings), caption)


def verdict(finding: Finding) -> Words:
    """Return the verdict; a recommendation that is not met is called a hint."""
    if finding.verdict is Verdict.FAILS:
        return Words("提示" if finding.is_warning else str(finding.verdict.value), Tone.STRONG)
    return Words(str(finding.verdict.value))


def reason(finding: Finding, pack: ClausePack) -> str:
    """Return the reason with figures called as on paper, and every limit with what it limits."""
    names = wording().metrics
    told = re.sub(r" ?([a-z][a-zA-Z0-9_]+) ?", lambda found: names.get(found[1], found[0]), finding.reason)
    for threshold in pack.thresholds:
        name = names.get(threshold.metric, "")
        if name and name not in told:
            told = told.replace(f"（{threshold.id}）", f"（{threshold.id} {name}）")
    return told


def _row(case: Case, finding: Finding, pack: ClausePack) -> tuple[Words, ...]:
    marks = [finding.clause, "宜" if finding.level == "should" else "", "待核对" if finding.to_check else ""]
    told = [reason(finding, pack)]
    if finding.missing:
        told.append(f"缺：{'；'.join(finding.missing)}")
    if finding.plan:
        told.append(f"计划或同等措施：{finding.plan}")
    return (
        Words("\n".join(mark for mark in marks if mark)),
        Words(f"{finding.topic}：{finding.requirement}"),
        verdict(finding),
        Words("\n".join(told)),
        Words(case.references(finding.evidence)) if finding.evidence else NONE,
    )
