"""The findings engine: pack × manifest × evidence → 符合 / 不符合 / 不适用, each with its reason.

符合 without evidence does not exist: neither the manifest's own words nor a bare statement is evidence. Evidence that
speaks of other weights, is expired or superseded does not count. 不适用 needs a person's reason which the manifest does
not contradict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from openbeian.manifest import Fault, Manifest, Statement
from openbeian.rules.admissible import Admissible, admissible
from openbeian.rules.admitted import lacking, remedy
from openbeian.rules.calendar import legal_day
from openbeian.rules.conditions import is_blank, value_at
from openbeian.rules.limits import Outcome, outcome
from openbeian.rules.shapes import Clause, ClausePack, Pack, Requirement, RequirementPack, Survey
from openbeian.rules.surveys import Surveyed, in_chapters, surveyed
from openbeian.rules.verdicts import EvidenceView, Finding, MetricValue, Verdict

__all__ = ["EvidenceView", "Finding", "MetricValue", "Verdict", "find"]

ATTESTATION = "attestation"
EVIDENCE_WORDS = {"auto": "运行记录", "evidence": "证明材料", "attest": "负责人声明"}
PROOF = "证明材料"
NOT_KEPT = "清单已声明符合，但声明和证明还没有存为证据"
FAVOUR = ("不适用", "符合", "不符合")
"""Verdicts that a person states, the one that asks for the least first."""


def find(pack: Pack, manifest: Manifest, evidence: Sequence[EvidenceView], *, now: datetime) -> list[Finding]:
    """Return one finding for every clause of a pack, in its order; of the founding duties, for those of a service.

    By the time it was made, a later figure replaces an earlier one on the same subject. Evidence that is expired at
    `now` or superseded does not count.

    Raises:
        Fault: `no-findings` when the pack has no clauses to find on.
    """
    case = case_of(manifest, evidence, now)
    if isinstance(pack, ClausePack):
        return [clause_finding(pack, clause, case) for clause in pack.clauses]
    if isinstance(pack, RequirementPack):
        return [_duty_finding(duty, case) for duty in pack.requirements if duty.manifest or duty.parts]
    raise Fault("no-findings", f"规则包 {pack.id} 没有逐条下结论的条款", "用 openbeian packs list 查看")


@dataclass(frozen=True)
class Case:
    """What findings are made from: the manifest, its statements in force, evidence and whether it counts.

    `found` keeps the findings made so far, by pack and clause, since some clauses are about many others.
    """

    today: date
    plain: dict[str, Any]
    stated: dict[str, Statement]
    lapsed: dict[str, Statement]
    evidence: Admissible
    found: dict[tuple[str, str], Finding] = field(default_factory=dict, compare=False)


def case_of(manifest: Manifest, evidence: Sequence[EvidenceView], now: datetime) -> Case:
    """Return the case at a moment. A statement of 不符合 does not lapse: only evidence shows that it is mended.

    Of several statements on one clause the least favourable stands.
    """
    today = legal_day(now)
    ordered = sorted(manifest.statements, key=lambda statement: FAVOUR.index(statement.verdict))
    return Case(
        today=today,
        plain=manifest.as_json(),
        stated={statement.clause: statement for statement in ordered if not has_lapsed(statement, today)},
        lapsed={statement.clause: statement for statement in ordered if has_lapsed(statement, today)},
        evidence=admissible(evidence, manifest.technical.model.weights_sha256, now),
    )


def has_lapsed(statement: Statement, today: date) -> bool:
    """Tell whether a statement's last day is over."""
    is_over = statement.valid_until is not None and statement.valid_until < today
    return is_over and statement.verdict != Verdict.FAILS.value


def clause_finding(pack: ClausePack, clause: Clause, case: Case) -> Finding:
    """Return the finding on one clause."""
    key = (pack.id, clause.id)
    if key not in case.found:
        case.found[key] = _find_on(pack, clause, case)
    return case.found[key]


def _find_on(pack: ClausePack, clause: Clause, case: Case) -> Finding:
    outcomes = outcomes_of(pack, clause, case)
    statement = case.stated.get(clause.id)
    if statement is not None and statement.verdict != Verdict.CONFORMS.value:
        return _by_statement(pack, clause, statement, outcomes, case)
    rule = clause.manifest_rule
    applies = clause.applies_when is None or clause.applies_when.holds(case.plain)
    if rule is not None and applies and not rule.holds(case.plain):
        return _fails(clause, f"清单{rule.words}（{rule.path}）", missing=(rule.proof,))
    if clause.surveys is not None:
        return _by_survey(pack, clause, clause.surveys, case)
    found = _by_evidence(clause, outcomes, case)
    return found if found.evidence else _by_others(pack, clause, case) or found


def outcomes_of(pack: ClausePack, clause: Clause, case: Case) -> list[Outcome]:
    """Return how each threshold of a clause came out, in the clause's order."""
    return [outcome(pack, clause, pack.threshold(limit), case.evidence, case.plain) for limit in clause.thresholds]


def _by_statement(
    pack: ClausePack, clause: Clause, statement: Statement, outcomes: Sequence[Outcome], case: Case
) -> Finding:
    """Settle a clause by a person's word: 不适用 when nothing contradicts it, or an admitted 不符合 with its plan."""
    said = f"{statement.reason}（{statement.by}声明）"
    digests = tuple(view.digest for view in case.evidence.usable if clause.id in view.about)
    if statement.verdict == Verdict.FAILS.value:
        lacks = lacking(statement)
        reason = f"{said}；还没有写{'、'.join(lacks)}" if lacks else said
        plan = remedy(statement, case.today)
        return _fails(clause, reason, digests, plan=plan, is_warning=clause.level == "should")
    measured = [found.words for found in outcomes if found.figures]
    if clause.surveys is not None and (told := _survey(pack, clause.surveys, case)).evidence:
        measured.append(told.words)
    if clause.applies_when is not None and clause.applies_when.holds(case.plain):
        return _fails(clause, f"声明不适用，但清单{clause.applies_when.words}", missing=(PROOF,))
    if measured:
        return _fails(clause, f"声明不适用，但已有数据：{'；'.join(measured)}", missing=(PROOF,))
    return _finding(clause, Verdict.NOT_APPLICABLE, said, digests)


def _by_evidence(clause: Clause, outcomes: Sequence[Outcome], case: Case) -> Finding:
    supporting = [view.digest for view in case.evidence.usable if why_silent(view, clause, case) is None]
    digests = tuple(dict.fromkeys([*supporting, *(one for found in outcomes for one in found.evidence)]))
    failed = [found for found in outcomes if not found.is_met]
    if failed:
        # A recommendation (宜) that is not met is only a hint once everything required (应) is shown.
        rest = all(found.level == "should" for found in failed) and bool(digests)
        missing = tuple(dict.fromkeys(name for found in failed for name in found.missing))
        said = "；".join(found.words for found in failed)
        words = "；".join([said, *(note for note in _notes(clause, missing, case) if note not in said)])
        return _fails(clause, words, digests, missing, is_warning=clause.level == "should" or rest)
    if digests:
        words = "；".join([*(found.words for found in outcomes), *_titles(case.evidence.usable, supporting)])
        return _finding(clause, Verdict.CONFORMS, words, digests)
    reason, missing = _no_evidence(clause, outcomes, case)
    return _fails(clause, reason, (), missing, is_warning=clause.level == "should")


def _by_others(pack: ClausePack, clause: Clause, case: Case) -> Finding | None:
    """Settle a clause by those it rests on, as far as they apply; None when nothing is shown on any of them."""
    others = [clause_finding(pack, row, case) for row in pack.clauses if row.id in clause.rests_on]
    counted = [found for found in others if found.verdict is not Verdict.NOT_APPLICABLE]
    digests = tuple(dict.fromkeys(one for found in counted for one in found.evidence))
    failed = [found for found in counted if found.verdict is Verdict.FAILS]
    if not digests:
        return None
    if not failed:
        words = f"所依的 {'、'.join(found.clause for found in counted)} 符合"
        return _finding(clause, Verdict.CONFORMS, words, digests)
    words = "；".join(f"所依的 {found.clause} 不符合：{found.reason}" for found in failed)
    missing = tuple(dict.fromkeys(name for found in failed for name in found.missing))
    return _fails(clause, words, digests, missing, is_warning=all(found.is_warning for found in failed))


def _by_survey(pack: ClausePack, clause: Clause, survey: Survey, case: Case) -> Finding:
    """Settle a clause about the findings themselves; while nothing at all is shown there is nothing to survey."""
    told = _survey(pack, survey, case)
    own = _by_evidence(clause, (), case)
    if not told.evidence:
        return own
    digests = tuple(dict.fromkeys([*told.evidence, *own.evidence]))
    if told.missing:
        return _fails(clause, told.words, digests, told.missing)
    return _finding(clause, Verdict.CONFORMS, told.words, digests)


def _survey(pack: ClausePack, survey: Survey, case: Case) -> Surveyed:
    found = [clause_finding(pack, row, case) for row in pack.clauses if in_chapters(survey, row.id)]
    return surveyed(survey, found, case.stated)


def why_silent(view: EvidenceView, clause: Clause, case: Case) -> str | None:
    """Return why a usable record does not speak for a clause by itself; None when it does.

    A bare statement does only where the rule takes a person's word, and only while the manifest still states it.
    """
    if clause.id in view.about:
        return "是不符合或不适用的声明及其证明，不能证明符合"
    if clause.id not in view.clauses:
        return "没有写明用于这一条"
    if view.kind != ATTESTATION:
        return None
    if "attest" not in clause.check:
        return "只是负责人声明，这一条要求证明材料或运行记录"
    return None if clause.id in case.stated else "清单里已没有这项声明，或声明已过有效期"


def _no_evidence(clause: Clause, outcomes: Sequence[Outcome], case: Case) -> tuple[str, tuple[str, ...]]:
    rule = clause.manifest_rule
    missing = (rule.proof,) if rule else tuple(EVIDENCE_WORDS[kind] for kind in clause.check)
    notes = _notes(clause, missing, case)
    if notes:
        return "；".join(notes), missing
    if any(clause.id in view.clauses for view in case.evidence.usable):
        return "只有负责人声明，没有证明材料", missing
    if clause.id in case.stated:
        return "；".join([*(found.words for found in outcomes), NOT_KEPT]), missing
    if outcomes or rule:
        return "；".join([*(found.words for found in outcomes), "清单已写明，但没有证据"]), missing
    return "没有证据", missing


def _notes(clause: Clause, missing: Sequence[str], case: Case) -> list[str]:
    """Say why the evidence that names a clause does not count, when the clause lacks some."""
    views = (*case.evidence.ended, *case.evidence.foreign) if missing else ()
    notes = [case.evidence.reasons[view.digest] for view in views if clause.id in view.clauses]
    if missing and clause.id in case.lapsed.keys() - case.stated.keys():
        notes.append(f"声明已于 {case.lapsed[clause.id].valid_until} 过期")
    return list(dict.fromkeys(notes))


def _duty_finding(duty: Requirement, case: Case) -> Finding:
    """Find on a duty of the founding document: said in the manifest, and shown by evidence that names it."""
    paths = duty.parts or (duty.manifest or "",)
    empty = tuple(path for path in paths if is_blank(value_at(case.plain, path)))
    shown = [view.digest for view in case.evidence.usable if duty.id in view.clauses]
    verdict, missing = Verdict.FAILS, empty or (PROOF,)
    ended = dict.fromkeys(case.evidence.reasons[view.digest] for view in case.evidence.ended if duty.id in view.clauses)
    reason = f"清单没有写 {'、'.join(empty)}" if empty else "；".join(ended) or "清单已写明，但没有证据"
    if shown and not empty:
        verdict, missing, reason = Verdict.CONFORMS, (), "；".join(_titles(case.evidence.usable, shown))
    return Finding(
        clause=duty.id,
        topic="立项文档",
        requirement=duty.name_zh,
        level="shall",
        verdict=verdict,
        reason=reason,
        evidence=tuple(shown),
        missing=missing,
        to_check=duty.to_check,
    )


def _fails(
    clause: Clause,
    reason: str,
    evidence: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    *,
    plan: str | None = None,
    is_warning: bool = False,
) -> Finding:
    return _finding(clause, Verdict.FAILS, reason, evidence, missing=missing, plan=plan, is_warning=is_warning)


def _finding(
    clause: Clause,
    verdict: Verdict,
    reason: str,
    evidence: tuple[str, ...],
    *,
    missing: tuple[str, ...] = (),
    plan: str | None = None,
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
        is_warning=is_warning,
    )


def _titles(views: Sequence[EvidenceView], digests: Iterable[str]) -> list[str]:
    wanted = set(digests)
    return list(dict.fromkeys(view.title for view in views if view.digest in wanted))
