"""Questions about notices and objections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.filings.models import Filing
from openbeian.office.filings.policies import NoticeFacts
from openbeian.office.filings.queries import visible_filings
from openbeian.office.notices.models import Notice, Objection
from openbeian.rules import Calendar, Deadline, Process, Term, due, legal_day


def notice_deadline(opened_at: datetime) -> Deadline:
    """Return the last day of a notice opened at this instant, with the arithmetic (project policy)."""
    process = Process.load()
    term = Term.of(process.deadline(process.pack.notice_policy.deadline))
    assert term is not None
    return due(term, legal_day(opened_at), Calendar.china())


def closes_on(opened_at: datetime) -> date:
    """Return the last day of a notice."""
    last = notice_deadline(opened_at).due_on
    assert last is not None
    return last


def notice_facts(notice: Notice, now: datetime) -> NoticeFacts:
    """Return how a notice stands; it has elapsed on the day after its last."""
    return NoticeFacts(
        is_elapsed=legal_day(now) > closes_on(notice.opened_at),
        is_closed=notice.closed_at is not None,
        unanswered_objections=notice.objections.exclude(state=Objection.State.ANSWERED).count(),
    )


def facts_for(filing: Filing, now: datetime) -> NoticeFacts | None:
    """Return how the notice of a case stands, or None when there is none."""
    notice = Notice.objects.filter(filing=filing).first()
    return notice_facts(notice, now) if notice else None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice with its days left; negative when it is over."""

    notice: Notice
    last_day: date
    days_left: int
    objections: int

    @property
    def is_open(self) -> bool:
        """Whether objections are still taken."""
        return self.notice.filing.state == "in_notice" and self.notice.closed_at is None and self.days_left >= 0


def _row(notice: Notice, now: datetime) -> NoticeRow:
    last = closes_on(notice.opened_at)
    return NoticeRow(notice, last, (last - legal_day(now)).days, notice.objections.count())


def public_notices(office_id: int, now: datetime) -> list[NoticeRow]:
    """Return all notices, those still open first, the most urgent first."""
    rows = [
        _row(notice, now)
        for notice in Notice.objects.filter(office_id=office_id).select_related(
            "filing__service", "filing__organisation"
        )
    ]
    return sorted(rows, key=lambda row: (not row.is_open, row.days_left if row.is_open else -row.days_left))


def public_notice(office_id: int, number: str, now: datetime) -> NoticeRow:
    """Return one notice by its case number."""
    notice = (
        Notice.objects.filter(office_id=office_id, filing__number=number)
        .select_related("filing__service", "filing__organisation")
        .first()
    )
    if notice is None:
        raise NotFoundOrHidden
    return _row(notice, now)


def answered_objections(notice: Notice) -> list[Objection]:
    """Return the objections whose answers are public."""
    return list(notice.objections.filter(state=Objection.State.ANSWERED))


def objection_by_code(office_id: int, code: str) -> Objection:
    """Return an objection by its receipt code, which only its author and the office know."""
    found = (
        Objection.objects.filter(office_id=office_id, code=code.strip().upper())
        .select_related("notice__filing__service")
        .first()
    )
    if found is None:
        raise NotFoundOrHidden
    return found


def objections_for(actor: Actor) -> list[Objection]:
    """Return the objections on cases this actor may see, the unanswered ones first."""
    cases = visible_filings(actor)
    rows = Objection.objects.filter(notice__filing__in=cases).select_related("notice__filing__service", "verified_by")
    return sorted(rows, key=lambda row: (row.state == Objection.State.ANSWERED, row.received_at))


def notice_of(filing: Filing, now: datetime) -> NoticeRow | None:
    """Return the notice of a case with its days left, or None when there is none."""
    notice = (
        Notice.objects.filter(filing=filing).select_related("filing__service", "filing__organisation", "round").first()
    )
    return _row(notice, now) if notice else None


def objections_to(notice: Notice) -> list[Objection]:
    """Return all objections to a notice, for the office, the oldest first."""
    return list(notice.objections.select_related("verified_by"))


def access_objection(actor: Actor, code: str) -> Objection:
    """Return an objection to a case this actor of the office may see; anything else is not found."""
    found = next((row for row in objections_for(actor) if row.code == code), None)
    if found is None or not actor.is_office:
        raise NotFoundOrHidden
    return found


def has_contact(objection: Objection) -> bool:
    """Tell whether the objector left a contact; it stays sealed."""
    return bool(objection.contact)


def objection_json(row: Objection) -> dict[str, Any]:
    """Return an objection as the API shows it to whoever has its receipt code."""
    return {
        "receipt": row.code,
        "state": row.state,
        "part": row.part,
        "received_at": row.received_at,
        "answer": row.answer or None,
        "is_upheld": row.is_upheld,
        "ledger_index": row.ledger_index,
    }
