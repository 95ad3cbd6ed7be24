"""Complaints from receipt to close, and drift reports of gateways."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from openbeian.office.accounts.actors import Actor, Role
from openbeian.office.accounts.errors import Conflict, Incomplete, NotFoundOrHidden, Refused
from openbeian.office.filings.queries import access_service
from openbeian.office.ledgering.services import Event
from openbeian.office.oversight.models import Complaint, DriftReport
from openbeian.office.recording import field_cipher, leave_trace, receipt_mark
from openbeian.office.register.queries import entry, registration_of
from openbeian.rules import Process

MAX_TEXT = 5000


@dataclass(frozen=True, slots=True)
class DriftItem:
    """One fact that differs between filing and running service."""

    item: str
    filed: str
    running: str


@transaction.atomic
def file_complaint(number: str, *, text: str, contact: str, actor: Actor, now: datetime) -> Complaint:
    """Take a complaint from anyone on a registered service and return it with its receipt code."""
    registration = entry(actor.office_id, number).registration
    words = text.strip()
    if not words or len(words) > MAX_TEXT or len(contact) > 200:
        raise Incomplete("complaint-text", f"请写明发生了什么，不超过 {MAX_TEXT} 字", "暂行办法第十八条")
    code = f"TS-{secrets.token_hex(5).upper()}"
    entry_made = leave_trace(
        Event("complaint_received", registration.number, {"complaint": receipt_mark(code)}), actor=actor, now=now
    )
    return Complaint.objects.create(
        office_id=registration.office_id,
        registration=registration,
        organisation_id=registration.organisation_id,
        code=code,
        text=words,
        contact=field_cipher().seal(contact.strip(), bound_to=f"complaint/{code}/contact") if contact.strip() else "",
        received_at=now,
        ledger_index=entry_made.index,
    )


@transaction.atomic
def forward_complaint(code: str, *, actor: Actor, now: datetime) -> Complaint:
    """Pass a complaint on to the provider; the contact stays with the office."""
    complaint = _complaint(code, actor, {Role.CLERK}, Complaint.State.RECEIVED)
    complaint.state, complaint.forwarded_at = Complaint.State.FORWARDED, now
    complaint.save(update_fields=["state", "forwarded_at"])
    return _traced("complaint_forwarded", complaint, actor, now)


@transaction.atomic
def answer_complaint(code: str, answer: str, *, actor: Actor, now: datetime) -> Complaint:
    """Answer a complaint as its provider."""
    complaint = _complaint(code, actor, {Role.PROVIDER_MEMBER}, Complaint.State.FORWARDED)
    complaint.provider_answer, complaint.answered_at = _said(answer), now
    complaint.state = Complaint.State.ANSWERED
    complaint.save(update_fields=["provider_answer", "answered_at", "state"])
    return _traced("complaint_answered", complaint, actor, now)


@transaction.atomic
def close_complaint(code: str, outcome: str, *, actor: Actor, now: datetime) -> Complaint:
    """Close a complaint with the office's words on the outcome."""
    complaint = _complaint(code, actor, {Role.CLERK}, Complaint.State.ANSWERED)
    complaint.outcome, complaint.closed_at, complaint.state = _said(outcome), now, Complaint.State.CLOSED
    complaint.save(update_fields=["outcome", "closed_at", "state"])
    return _traced("complaint_closed", complaint, actor, now)


@transaction.atomic
def report_drift(slug: str, items: Sequence[DriftItem], *, actor: Actor, now: datetime) -> DriftReport:
    """Keep what a gateway found; whether an item is material is decided by the process pack, not by the sender."""
    service = access_service(actor, slug)
    registration = registration_of(service)
    if registration is None or registration.published_at is None:
        raise Conflict("not-registered", "服务还没有登记，没有可对照的备案", "先办理备案")
    rules = {rule.item: rule for rule in Process.load().pack.drift}
    unknown = [item.item for item in items if item.item not in rules]
    if unknown:
        raise Incomplete("drift-item", f"流程规则包中没有 {'、'.join(unknown)}", "用 openbeian packs show process 查看")
    kept = [
        {"item": i.item, "filed": i.filed, "running": i.running, "is_material": rules[i.item].is_material}
        for i in items
    ]
    is_material = any(bool(item["is_material"]) for item in kept)
    report = DriftReport.objects.create(
        office_id=service.office_id,
        service=service,
        organisation_id=service.organisation_id,
        received_at=now,
        items=kept,
        is_material=is_material,
    )
    facts = {"items": [str(item["item"]) for item in kept], "is_material": is_material}
    leave_trace(Event("drift_reported", registration.number, facts), actor=actor, now=now)
    return report


def _complaint(code: str, actor: Actor, roles: set[Role], state: str) -> Complaint:
    complaint = Complaint.objects.select_for_update().filter(office_id=actor.office_id, code=code).first()
    is_hidden = complaint is not None and (
        not (actor.is_office or actor.is_provider)
        or (
            actor.is_provider
            and (complaint.organisation_id != actor.organisation_id or complaint.state == Complaint.State.RECEIVED)
        )
    )
    if complaint is None or is_hidden:
        raise NotFoundOrHidden
    if actor.role not in roles:
        raise Refused("wrong-role", "这一步由别的岗位办理", "立项文档 F4")
    if complaint.state != state:
        raise Conflict("wrong-state", f"投诉的状态是“{complaint.get_state_display()}”，不能这样办理", "立项文档 F4")
    return complaint


def _traced(kind: str, complaint: Complaint, actor: Actor, now: datetime) -> Complaint:
    leave_trace(
        Event(kind, complaint.registration.number, {"complaint": receipt_mark(complaint.code)}), actor=actor, now=now
    )
    return complaint


def _said(text: str) -> str:
    if not text.strip() or len(text) > MAX_TEXT:
        raise Incomplete("text-empty", f"没有写答复，或超过 {MAX_TEXT} 字", "请写明结论和理由")
    return text.strip()
