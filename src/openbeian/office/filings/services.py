"""The acts on a case: each locks, asks the policies, writes, moves by the table and leaves its ledger entry, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from openbeian.evidence import Store
from openbeian.office.accounts.actors import Actor, system_at
from openbeian.office.accounts.errors import Incomplete, NotFoundOrHidden, Refused
from openbeian.office.filings import policies
from openbeian.office.filings.models import (
    ActRecord,
    CaseSerial,
    ChecklistMark,
    Draft,
    Filing,
    Opinion,
    Recusal,
    Round,
    Service,
    Supplement,
    SupplementItem,
)
from openbeian.office.filings.policies import NoticeFacts
from openbeian.office.filings.queries import case_view, current_round, open_opinion
from openbeian.office.filings.submissions import Submission
from openbeian.office.ledgering.services import Event
from openbeian.office.recording import leave_trace
from openbeian.rules import Process, Transition, legal_day

VERDICTS = frozenset({"符合", "不符合", "不适用"})
PACK_EDITION = "gbt-45654-2025"


@dataclass(frozen=True)
class SupplementRequest:
    """One thing the office asks for."""

    request: str
    clause: str = ""
    path: str = ""
    reason_code: str = ""


@transaction.atomic
def save_draft(
    manifest_source: str,
    *,
    slug: str,
    name: str,
    name_latin: str,
    actor: Actor,
    now: datetime,
    findings: Sequence[Mapping[str, Any]] = (),
    evidence: Sequence[Mapping[str, Any]] = (),
) -> Draft:
    """Keep a provider's working copy of a manifest; the office does not see it."""
    service = _service(slug, name, name_latin, actor, now)
    draft, _ = Draft.objects.update_or_create(
        service=service,
        defaults={
            "manifest_source": manifest_source,
            "findings": list(findings),
            "evidence": list(evidence),
            "updated_at": now,
            "updated_by_id": actor.person,
        },
    )
    return draft


@transaction.atomic
def start_filing(submission: Submission, answers: Mapping[str, str], *, actor: Actor, now: datetime) -> Filing:
    """Open a case on the track the questionnaire leads to and hand in its first round.

    Raises:
        Incomplete: when the answers lead to another track than the manifest names (return reason R08), or to none.
        Refused: when the service already has a case that is not finished.
    """
    if not actor.is_provider:
        raise Refused("wrong-role", "申请由提供者提交", "暂行办法第十七条")
    facts = submission.loaded.manifest.service
    route = Process.load().route(answers)
    if route is None:
        raise Incomplete("track-open", "线路问卷没有答完", "先回答四个问题")
    if route.track != facts.track:
        raise Incomplete("track-wrong", f"按问卷应走 {route.track or '不需要备案'}：{route.reason}", route.basis)
    service = _service(facts.id, facts.name, facts.name_latin, actor, now)
    if Filing.objects.filter(service=service).exclude(state__in=["withdrawn", "rejected", "cancelled"]).exists():
        raise Refused("case-exists", "这项服务已有案卷", "变更请用“提出变更”")
    filing = _open(service, facts.track, Filing.Kind.INITIAL, now)
    return _hand_in(filing, submission, actor, now, act="submit_round")


@transaction.atomic
def submit_round(number: str, submission: Submission, *, actor: Actor, now: datetime) -> Filing:
    """Hand in a round of a case that is a draft (a change) or was returned."""
    return _hand_in(_lock(number, actor), submission, actor, now, act="submit_round")


@transaction.atomic
def accept(number: str, *, actor: Actor, now: datetime, note: str = "") -> Filing:
    """Accept a submitted case for review (受理)."""
    return _simple(number, "accept", actor, now, {"note": note})


@transaction.atomic
def return_filing(number: str, *, actor: Actor, now: datetime, reason: str) -> Filing:
    """Return a submitted case: papers missing, or the wrong track (退回)."""
    return _simple(number, "return_filing", actor, now, {"reason": _said(reason, "退回的理由")})


@transaction.atomic
def withdraw(number: str, *, actor: Actor, now: datetime) -> Filing:
    """Withdraw a case; of a change, the registration stays as it was."""
    filing = _simple(number, "withdraw", actor, now, {})
    if filing.kind == Filing.Kind.CHANGE:
        complete_change(filing.service_id, actor=actor, now=now)
    return filing


@transaction.atomic
def request_supplement(number: str, items: Sequence[SupplementRequest], *, actor: Actor, now: datetime) -> Supplement:
    """Ask the provider for missing or unclear material (补正); all at once, each with its reason."""
    filing = _lock(number, actor)
    row = policies.require(actor, "request_supplement", case_view(filing))
    if not items:
        raise Incomplete("supplement-empty", "补正没有列出任何一项", "至少写一项要求")
    supplement = Supplement.objects.create(
        office_id=filing.office_id,
        filing=filing,
        round=_round(filing),
        number=filing.supplements.count() + 1,
        requested_at=now,
        requested_by_id=actor.person,
    )
    for position, item in enumerate(items, 1):
        SupplementItem.objects.create(
            supplement=supplement,
            position=position,
            clause=item.clause,
            path=item.path,
            reason_code=item.reason_code,
            request=_said(item.request, f"第 {position} 项要求"),
        )
    _move(filing, row, actor, now, {"supplement": supplement.number, "items": len(items)})
    return supplement


@transaction.atomic
def answer_supplement(
    number: str, answers: Mapping[int, str], submission: Submission, *, actor: Actor, now: datetime
) -> Filing:
    """Answer every item of the open supplement and hand in the next round."""
    filing = _lock(number, actor)
    policies.require(actor, "answer_supplement", case_view(filing))
    supplement = filing.supplements.get(answered_at__isnull=True)
    for item in supplement.items.all():
        item.answer = _said(answers.get(item.position, ""), f"第 {item.position} 项的答复")
        item.save(update_fields=["answer"])
    supplement.answered_at = now
    supplement.save(update_fields=["answered_at"])
    return _hand_in(filing, submission, actor, now, act="answer_supplement", answered=True)


@transaction.atomic
def mark_checklist(
    number: str, item: str, verdict: str, *, actor: Actor, now: datetime, note: str = ""
) -> ChecklistMark:
    """Keep a reviewer's mark on one item of the checklist for the current round."""
    filing = _lock(number, actor)
    view = case_view(filing)
    if not policies.can_see(actor, view):
        raise NotFoundOrHidden
    if actor.role.value != "reviewer" or view.state not in {"provincial_review", "provincial_test", "national_review"}:
        raise Refused("wrong-role", "核对由承办人在审核阶段进行", "立项文档 F2")
    if item not in {check.id for check in Process.load().pack.checklist} or verdict not in VERDICTS:
        raise Incomplete("checklist-item", "没有这一项，或结论不是符合、不符合、不适用", "立项文档 F2")
    mark, _ = ChecklistMark.objects.update_or_create(
        round=_round(filing),
        item=item,
        defaults={"office_id": filing.office_id, "verdict": verdict, "note": note, "by_id": actor.person, "at": now},
    )
    return mark


@transaction.atomic
def mark_items(
    number: str, marks: Sequence[tuple[str, str, str]], *, actor: Actor, now: datetime
) -> list[ChecklistMark]:
    """Keep several marks (item, verdict, note), all of them or none."""
    return [mark_checklist(number, item, verdict, actor=actor, now=now, note=note) for item, verdict, note in marks]


@transaction.atomic
def sign_opinion(number: str, recommendation: str, reason: str, *, actor: Actor, now: datetime) -> Opinion:
    """Sign the reviewer's opinion on the current round; it is bound to the round's digest."""
    filing = _lock(number, actor)
    row = policies.require(actor, "sign_opinion", case_view(filing))
    if recommendation not in Opinion.Recommendation.values:
        raise Incomplete("opinion", "意见应为同意或不予备案", "立项文档 F2")
    current = _round(filing)
    failed = list(current.marks.filter(verdict="不符合").values_list("item", flat=True))
    if recommendation == Opinion.Recommendation.PASS and failed:
        raise Refused("checklist-failed", f"核对清单中 {'、'.join(failed)} 不符合，不能同意", "立项文档 F2")
    opinion = Opinion.objects.create(
        office_id=filing.office_id,
        filing=filing,
        round=current,
        round_digest=current.digest,
        reviewer_id=actor.person,
        recommendation=recommendation,
        reason=_said(reason, "意见的理由"),
        signed_at=now,
    )
    _move(
        filing, row, actor, now, {"recommendation": recommendation, "round": current.number, "digest": current.digest}
    )
    return opinion


@transaction.atomic
def approve_opinion(number: str, *, actor: Actor, now: datetime, reason: str = "") -> Filing:
    """Approve the reviewer's positive opinion; another person than any reviewer of the case."""
    return _decide(number, "approve_opinion", actor, now, reason)


@transaction.atomic
def reject_opinion(number: str, *, actor: Actor, now: datetime, reason: str) -> Filing:
    """Send the opinion back to the reviewer."""
    return _decide(number, "reject_opinion", actor, now, _said(reason, "退回承办人的理由"))


@transaction.atomic
def reject(number: str, *, actor: Actor, now: datetime, reason: str) -> Filing:
    """Refuse the filing (不予备案); of a change, the registration stays as it was."""
    filing = _simple(number, "reject", actor, now, {"reason": _said(reason, "不予备案的理由")})
    if filing.kind == Filing.Kind.CHANGE:
        _end_change(filing, now)
    return filing


@transaction.atomic
def record_test(number: str, *, actor: Actor, now: datetime, is_passed: bool, summary: str) -> Filing:
    """Record the result of the technical test."""
    filing = _simple(
        number, "record_test", actor, now, {"is_passed": is_passed, "summary": _said(summary, "测试的摘要")}
    )
    filing.test_passed = is_passed
    filing.save(update_fields=["test_passed"])
    return filing


@transaction.atomic
def report_up(number: str, *, actor: Actor, now: datetime) -> Filing:
    """Record that the case was reported to the national office."""
    return _simple(number, "report_up", actor, now, {})


@transaction.atomic
def record_national_review(number: str, *, actor: Actor, now: datetime, summary: str) -> Filing:
    """Record the national review, which takes place outside this system."""
    return _simple(number, "record_national_review", actor, now, {"summary": _said(summary, "国家复核的摘要")})


@transaction.atomic
def recuse(number: str, *, actor: Actor, now: datetime, reason: str) -> Recusal:
    """Declare a conflict of interest; from then on this person cannot see the case."""
    filing = _lock(number, actor)
    if not policies.can_see(actor, case_view(filing)) or not actor.is_office:
        raise NotFoundOrHidden
    recusal = Recusal.objects.create(
        office_id=filing.office_id, filing=filing, user_id=actor.person, reason=_said(reason, "回避的理由"), at=now
    )
    entry = leave_trace(Event("recuse", filing.number), actor=actor, now=now)
    _timeline(filing, "recuse", (filing.state, filing.state), actor, now, facts={}, index=entry.index)
    return recusal


@transaction.atomic
def open_change(service_id: int, reason: str, *, actor: Actor, now: datetime) -> Filing:
    """Open a change filing on a registered service; the registration stays in force meanwhile."""
    initial = (
        Filing.objects.select_for_update()
        .filter(service_id=service_id, organisation_id=actor.company, kind=Filing.Kind.INITIAL)
        .exclude(state__in=["withdrawn", "rejected"])
        .first()
    )
    if initial is None:
        raise NotFoundOrHidden
    row = policies.require(actor, "open_change", case_view(initial))
    change = _open(initial.service, initial.track, Filing.Kind.CHANGE, now, _said(reason, "变更的理由"))
    _move(initial, row, actor, now, {"change": change.number})
    return change


@transaction.atomic
def complete_change(service_id: int, *, actor: Actor, now: datetime) -> None:
    """Bring the registered case back to published when its change has been published or withdrawn."""
    initial = Filing.objects.select_for_update().get(
        service_id=service_id, kind=Filing.Kind.INITIAL, state="change_pending"
    )
    _move(initial, policies.require(actor, "complete_change", case_view(initial)), actor, now, {})


def _end_change(change: Filing, now: datetime) -> None:
    """Bring the registered case back after its change was rejected: no act of the approver's, so the office's clockwork does it."""
    initial = Filing.objects.select_for_update().get(
        service_id=change.service_id, kind=Filing.Kind.INITIAL, state="change_pending"
    )
    row = Process.load().transition(initial.track, initial.state, "complete_change")
    assert row is not None
    _move(initial, row, system_at(initial.office_id), now, {"change": change.number})


@transaction.atomic
def move(
    number: str, act: str, *, actor: Actor, now: datetime, facts: Mapping[str, Any], notice: NoticeFacts | None = None
) -> Filing:
    """Do an act that an app above writes about (notice, number, publication): rights, state, timeline, ledger."""
    filing = _lock(number, actor)
    row = policies.require(actor, act, case_view(filing, notice))
    _move(filing, row, actor, now, facts)
    return filing


def _simple(number: str, act: str, actor: Actor, now: datetime, facts: Mapping[str, Any]) -> Filing:
    filing = _lock(number, actor)
    _move(filing, policies.require(actor, act, case_view(filing)), actor, now, facts)
    return filing


def _decide(number: str, act: str, actor: Actor, now: datetime, reason: str) -> Filing:
    filing = _lock(number, actor)
    row = policies.require(actor, act, case_view(filing))
    opinion = open_opinion(filing)
    assert opinion is not None  # the guard of both acts
    if act == "approve_opinion" and opinion.recommendation != Opinion.Recommendation.PASS:
        raise Refused("opinion-negative", "承办意见是不予备案，不能批准通过", "立项文档 F2")
    opinion.decision = "approved" if act == "approve_opinion" else "sent_back"
    opinion.approver_id, opinion.decided_at, opinion.decision_reason = actor.user_id, now, reason
    opinion.save(update_fields=["decision", "approver", "decided_at", "decision_reason"])
    _move(filing, row, actor, now, {"digest": opinion.round_digest})
    return filing


def _service(slug: str, name: str, name_latin: str, actor: Actor, now: datetime) -> Service:
    if actor.organisation_id is None:
        raise Refused("wrong-role", "服务属于提供者", "立项文档 F1")
    service, _ = Service.objects.get_or_create(
        office_id=actor.office_id,
        organisation_id=actor.company,
        slug=slug,
        defaults={"name": name, "name_latin": name_latin, "created_at": now},
    )
    return service


def _open(service: Service, track: str, kind: str, now: datetime, reason: str = "") -> Filing:
    year = legal_day(now).year
    serial, _ = CaseSerial.objects.select_for_update().get_or_create(office_id=service.office_id, year=year)
    serial.last += 1
    serial.save(update_fields=["last"])
    return Filing.objects.create(
        office_id=service.office_id,
        organisation_id=service.organisation_id,
        service=service,
        number=f"{year}-{serial.last:04d}",
        track=track,
        kind=kind,
        state=Process.load().initial_state,
        pack_edition=PACK_EDITION,
        opened_at=now,
        change_reason=reason,
    )


def _hand_in(
    filing: Filing, submission: Submission, actor: Actor, now: datetime, *, act: str, answered: bool = False
) -> Filing:
    view = case_view(filing)
    row = (
        Process.load().transition(view.track, view.state, act)
        if answered  # the supplement was answered a moment ago, in this transaction
        else policies.require(actor, act, view)
    )
    assert row is not None
    facts = submission.loaded.manifest.service
    if facts.id != filing.service.slug or facts.track != filing.track:
        raise Incomplete("other-service", "清单里的服务标识或线路与案卷不同", "改回 service.id 与 service.track")
    store = Store(settings.HOME / "office" / "attachments")
    for file in submission.files:
        store.put_blob(file.content, file.name)
    made = Round.objects.create(
        office_id=filing.office_id,
        filing=filing,
        number=filing.rounds.count() + 1,
        manifest=submission.loaded.manifest.as_json(),
        manifest_source=submission.loaded.source,
        findings=submission.findings,
        evidence=submission.evidence,
        attachments=submission.attachments,
        digest=submission.digest,
        note=submission.note,
        submitted_at=now,
        submitted_by_id=actor.person,
    )
    if filing.test_passed is not None:  # a technical test speaks of the round it was made on
        filing.test_passed = None
        filing.save(update_fields=["test_passed"])
    _move(filing, row, actor, now, {"round": made.number, "digest": made.digest, "track": filing.track})
    return filing


def _move(filing: Filing, row: Transition, actor: Actor, now: datetime, facts: Mapping[str, Any]) -> None:
    """Write the state, the ledger entry and the timeline: the one place where a case changes its state."""
    before = filing.state
    filing.state = row.to
    filing.save(update_fields=["state"])
    public = {key: value for key, value in facts.items() if key in PUBLIC_FACTS}
    event = Event(row.act, filing.number, {**public, "from": before, "to": row.to})
    entry = leave_trace(event, actor=actor, now=now)
    _timeline(filing, row.act, (before, row.to), actor, now, facts=dict(facts), index=entry.index)


# Facts that may stand in a public leaf; free text never does, it could name a person.
PUBLIC_FACTS = frozenset(
    {
        "round",
        "digest",
        "track",
        "supplement",
        "items",
        "recommendation",
        "is_passed",
        "change",
        "number",
        "notice_round",
        "closes_on",
        "objections",
    }
)


def _timeline(
    filing: Filing, act: str, states: tuple[str, str], actor: Actor, now: datetime, *, facts: dict[str, Any], index: int
) -> None:
    ActRecord.objects.create(
        office_id=filing.office_id,
        filing=filing,
        act=act,
        from_state=states[0],
        to_state=states[1],
        at=now,
        role=actor.role.value,
        user_id=actor.user_id,
        facts=facts,
        ledger_index=index,
    )


def _lock(number: str, actor: Actor) -> Filing:
    filing = Filing.objects.select_for_update().filter(office_id=actor.office_id, number=number).first()
    if filing is None:
        raise NotFoundOrHidden
    return filing


def _round(filing: Filing) -> Round:
    found = current_round(filing)
    assert found is not None
    return found


def _said(text: str, what: str) -> str:
    if not text.strip():
        raise Incomplete("text-empty", f"没有写{what}", f"请写{what}")
    return text.strip()
