"""Opening and closing the notice, taking, verifying and answering objections."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from openbeian.manifest import public_view
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import Conflict, Incomplete, NotFoundOrHidden, Refused
from openbeian.office.filings import services as filings
from openbeian.office.filings.queries import access_filing, current_round, manifest_of
from openbeian.office.ledgering.services import Event
from openbeian.office.notices.models import Notice, Objection
from openbeian.office.notices.queries import closes_on, notice_facts
from openbeian.office.recording import field_cipher, leave_trace, receipt_mark
from openbeian.rules import Process

MAX_TEXT = 5000


@transaction.atomic
def open_notice(number: str, *, actor: Actor, now: datetime) -> Notice:
    """Open the public notice of the current round's five public parts (project policy D08)."""
    made = current_round(access_filing(actor, number))
    if made is None:
        raise Conflict("no-round", "案卷还没有提交任何一轮", "立项文档 F3")
    facts = {"notice_round": made.number, "closes_on": closes_on(now).isoformat()}
    filing = filings.move(number, "open_notice", actor=actor, now=now, facts=facts)
    return Notice.objects.create(
        office_id=filing.office_id, filing=filing, round=made, parts=public_view(manifest_of(made)), opened_at=now
    )


@transaction.atomic
def close_notice(number: str, *, actor: Actor, now: datetime) -> Notice:
    """Close the notice after its last day; refused while an objection is unanswered."""
    notice = _notice(number, actor)
    if notice.closed_at is not None:
        raise Conflict("notice-closed", "公示已经结束", "立项文档 F3")
    facts = {"objections": notice.objections.count()}
    filings.move(number, "close_notice", actor=actor, now=now, facts=facts, notice=notice_facts(notice, now))
    notice.closed_at = now
    notice.save(update_fields=["closed_at"])
    return notice


@transaction.atomic
def submit_objection(number: str, *, part: str, statement: str, contact: str, actor: Actor, now: datetime) -> Objection:
    """Take an objection from anyone during the notice and return it with its receipt code."""
    notice = Notice.objects.select_for_update().filter(office_id=actor.office_id, filing__number=number).first()
    if notice is None:
        raise NotFoundOrHidden
    if notice.filing.state != "in_notice" or notice.closed_at is not None or notice_facts(notice, now).is_elapsed:
        raise Conflict("notice-closed", "公示已经结束，不再接受异议；可以投诉", "立项文档 F3")
    if part not in {item.id for item in Process.load().pack.objection_parts}:
        raise Incomplete("objection-part", "请选择异议针对哪一部分", "立项文档 F3")
    words = statement.strip()
    if not words or len(words) > MAX_TEXT or len(contact) > 200:
        raise Incomplete("objection-text", f"请写明事实和理由，不超过 {MAX_TEXT} 字", "立项文档 F3")
    code = f"YY-{secrets.token_hex(5).upper()}"
    entry = leave_trace(
        Event("objection_received", number, {"objection": receipt_mark(code), "part": part}), actor=actor, now=now
    )
    return Objection.objects.create(
        office_id=notice.office_id,
        notice=notice,
        code=code,
        part=part,
        statement=words,
        contact=field_cipher().seal(contact.strip(), bound_to=f"objection/{code}/contact") if contact.strip() else "",
        received_at=now,
        ledger_index=entry.index,
    )


@transaction.atomic
def verify_objection(code: str, verification: str, *, actor: Actor, now: datetime) -> Objection:
    """Record what was verified about an objection."""
    objection = _objection(code, actor)
    if objection.state == Objection.State.ANSWERED:
        raise Conflict("objection-answered", "异议已经答复", "立项文档 F3")
    if not verification.strip():
        raise Incomplete("text-empty", "没有写核验的经过", "请写明核对了什么")
    objection.verification, objection.verified_by_id = verification.strip(), actor.user_id
    objection.state = Objection.State.VERIFYING
    objection.save(update_fields=["verification", "verified_by", "state"])
    leave_trace(
        Event("objection_verified", objection.notice.filing.number, {"objection": receipt_mark(code)}),
        actor=actor,
        now=now,
    )
    return objection


@transaction.atomic
def answer_objection(code: str, answer: str, *, is_upheld: bool, actor: Actor, now: datetime) -> Objection:
    """Answer a verified objection; the answer is public."""
    objection = _objection(code, actor)
    if objection.state != Objection.State.VERIFYING:
        raise Conflict("objection-not-verified", "先核验，再答复；答复只有一次", "立项文档 F3")
    if not answer.strip():
        raise Incomplete("text-empty", "没有写答复", "请写明结论和理由")
    objection.answer, objection.is_upheld, objection.answered_at = answer.strip(), is_upheld, now
    objection.state = Objection.State.ANSWERED
    objection.save(update_fields=["answer", "is_upheld", "answered_at", "state"])
    facts = {"objection": receipt_mark(code), "is_upheld": is_upheld}
    leave_trace(Event("objection_answered", objection.notice.filing.number, facts), actor=actor, now=now)
    return objection


def _notice(number: str, actor: Actor) -> Notice:
    access_filing(actor, number)
    notice = Notice.objects.select_for_update().filter(office_id=actor.office_id, filing__number=number).first()
    if notice is None:
        raise Conflict("no-notice", "案卷没有公示", "立项文档 F3")
    return notice


def _objection(code: str, actor: Actor) -> Objection:
    objection = Objection.objects.select_for_update().filter(office_id=actor.office_id, code=code).first()
    if objection is None or not actor.is_office:
        raise NotFoundOrHidden
    access_filing(actor, objection.notice.filing.number)
    if actor.role.value != "reviewer":
        raise Refused("wrong-role", "异议由承办人核验和答复", "立项文档 F3")
    return objection
