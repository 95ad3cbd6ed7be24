"""Cases over the API: hand in, look, act, compare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from openbeian.manifest import ABSENT
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import Incomplete, NotFoundOrHidden
from openbeian.office.api.doors import caller, now
from openbeian.office.filings import queries, services
from openbeian.office.filings.policies import Allowed, can
from openbeian.office.filings.submissions import Border, SubmissionIn, check_submission
from openbeian.office.notices import services as notices
from openbeian.office.notices.queries import facts_for
from openbeian.office.oversight.services import DriftItem, report_drift
from openbeian.office.register import services as register
from openbeian.office.register.queries import entry
from openbeian.rules import Process

router = Router(tags=["filings"])
Words = Annotated[str, Field(max_length=5000)]


class FilingIn(SubmissionIn):
    """A first round with the answers of the track questionnaire."""

    track_answers: dict[str, str]


class AnswerIn(Border):
    """The answer to one item of a supplement."""

    position: int
    answer: Words


class RoundIn(SubmissionIn):
    """A further round, with answers when a supplement is open."""

    answers: Annotated[list[AnswerIn], Field(max_length=100)] = []


class ItemIn(Border):
    """One thing a supplement asks for."""

    request: Words
    clause: Annotated[str, Field(max_length=40)] = ""
    path: Annotated[str, Field(max_length=120)] = ""
    reason_code: Annotated[str, Field(max_length=10)] = ""


class MarkIn(Border):
    """A mark on one item of the checklist."""

    item: Annotated[str, Field(max_length=20)]
    verdict: Annotated[str, Field(max_length=10)]
    note: Words = ""


class ActIn(Border):
    """What an act may carry; each act takes its own part of it."""

    reason: Words = ""
    summary: Words = ""
    recommendation: Annotated[str, Field(max_length=10)] = ""
    is_passed: bool = False
    items: Annotated[list[ItemIn], Field(max_length=100)] = []
    marks: Annotated[list[MarkIn], Field(max_length=100)] = []


class ChangeIn(Border):
    """Opening a change of a registration."""

    registration: Annotated[str, Field(max_length=120)]
    reason: Words


class DriftItemIn(Border):
    """One difference a gateway found."""

    item: Annotated[str, Field(max_length=40)]
    filed: Words
    running: Words
    is_material: bool = False


class DriftIn(Border):
    """A gateway's report; no items means that the service runs as filed."""

    service: Annotated[str, Field(max_length=63)]
    items: Annotated[list[DriftItemIn], Field(max_length=50)]
    checked_at: Annotated[str, Field(max_length=40)] = ""


@router.post("/filings")
def create_filing(request: HttpRequest, payload: FilingIn) -> dict[str, Any]:
    """Open a case and hand in its first round."""
    submission = check_submission(payload, max_bytes=settings.MAX_ATTACHMENT_BYTES)
    filing = services.start_filing(submission, payload.track_answers, actor=caller(request), now=now())
    return _filed(filing.number, caller(request))


@router.get("/filings")
def list_filings(request: HttpRequest) -> dict[str, Any]:
    """Return the cases the caller may see, newest first."""
    return {"items": [queries.filing_json(filing) for filing in queries.visible_filings(caller(request))[:200]]}


@router.get("/filings/{number}")
def show_filing(request: HttpRequest, number: str) -> dict[str, Any]:
    """Return one case with the acts open to the caller."""
    return _status(number, caller(request), now())


@router.post("/filings/{number}/rounds")
def create_round(request: HttpRequest, number: str, payload: RoundIn) -> dict[str, Any]:
    """Hand in a further round; with answers when a supplement is open."""
    actor = caller(request)
    filing = queries.access_filing(actor, number)
    submission = check_submission(payload, max_bytes=settings.MAX_ATTACHMENT_BYTES)
    if queries.open_supplement(filing) is not None:
        answers = {item.position: item.answer for item in payload.answers}
        services.answer_supplement(number, answers, submission, actor=actor, now=now())
    else:
        services.submit_round(number, submission, actor=actor, now=now())
    return _filed(number, actor)


@router.get("/filings/{number}/changes/{round_number}")
def show_changes(request: HttpRequest, number: str, round_number: int) -> dict[str, Any]:
    """Return what a round changed against the one before."""
    filing = queries.access_filing(caller(request), number)
    rows = queries.round_changes(filing, round_number)
    return {
        "items": [
            {
                "path": row.path,
                "old": None if row.old is ABSENT else row.old,
                "new": None if row.new is ABSENT else row.new,
            }
            for row in rows
        ]
    }


Perform = Callable[[str, ActIn, Actor, datetime], object]
ACTS: dict[str, Perform] = {
    "accept": lambda n, p, a, t: services.accept(n, actor=a, now=t, note=p.reason),
    "return_filing": lambda n, p, a, t: services.return_filing(n, actor=a, now=t, reason=p.reason),
    "withdraw": lambda n, _, a, t: services.withdraw(n, actor=a, now=t),
    "request_supplement": lambda n, p, a, t: services.request_supplement(
        n, [services.SupplementRequest(i.request, i.clause, i.path, i.reason_code) for i in p.items], actor=a, now=t
    ),
    "mark_checklist": lambda n, p, a, t: services.mark_items(
        n, [(m.item, m.verdict, m.note) for m in _some(p.marks)], actor=a, now=t
    ),
    "sign_opinion": lambda n, p, a, t: services.sign_opinion(n, p.recommendation, p.reason, actor=a, now=t),
    "approve_opinion": lambda n, p, a, t: services.approve_opinion(n, actor=a, now=t, reason=p.reason),
    "reject_opinion": lambda n, p, a, t: services.reject_opinion(n, actor=a, now=t, reason=p.reason),
    "reject": lambda n, p, a, t: services.reject(n, actor=a, now=t, reason=p.reason),
    "record_test": lambda n, p, a, t: services.record_test(n, actor=a, now=t, is_passed=p.is_passed, summary=p.summary),
    "report_up": lambda n, _, a, t: services.report_up(n, actor=a, now=t),
    "record_national_review": lambda n, p, a, t: services.record_national_review(n, actor=a, now=t, summary=p.summary),
    "recuse": lambda n, p, a, t: services.recuse(n, actor=a, now=t, reason=p.reason),
    "open_notice": lambda n, _, a, t: notices.open_notice(n, actor=a, now=t),
    "close_notice": lambda n, _, a, t: notices.close_notice(n, actor=a, now=t),
    "assign_number": lambda n, _, a, t: register.assign_number(n, actor=a, now=t),
    "publish": lambda n, _, a, t: register.publish(n, actor=a, now=t),
}


@router.post("/filings/{number}/acts/{act}")
def perform_act(request: HttpRequest, number: str, act: str, payload: ActIn) -> dict[str, Any]:
    """Do one act of the process on a case."""
    perform = ACTS.get(act)
    if perform is None:
        raise NotFoundOrHidden
    actor = caller(request)
    perform(number, payload, actor, now())
    if act == "recuse":
        return {"number": number, "state": ""}
    return _status(number, actor, now())


@router.post("/changes")
def create_change(request: HttpRequest, payload: ChangeIn) -> dict[str, Any]:
    """Open a change filing on a registered service of the caller's organisation."""
    actor = caller(request)
    registration = entry(actor.office_id, payload.registration).registration
    change = services.open_change(registration.service_id, payload.reason, actor=actor, now=now())
    return {"number": change.number, "round": 0}


@router.post("/drift")
def create_drift(request: HttpRequest, payload: DriftIn) -> dict[str, Any]:
    """Keep what a gateway found about a service of the caller's organisation."""
    items = [DriftItem(item.item, item.filed, item.running) for item in payload.items]
    report = report_drift(payload.service, items, actor=caller(request), now=now())
    return {"is_material": report.is_material, "items": report.items}


def _some(marks: list[MarkIn]) -> list[MarkIn]:
    if not marks:
        raise Incomplete("checklist-empty", "没有给出任何核对结论", "立项文档 F2")
    return marks


def _status(number: str, actor: Actor, at: datetime) -> dict[str, Any]:
    filing = queries.access_filing(actor, number)
    view = queries.case_view(filing, facts_for(filing, at))
    rows = Process.load().transitions(filing.track)
    acts = [row.act for row in rows if filing.state in row.from_ and isinstance(can(actor, row.act, view), Allowed)]
    return {**queries.filing_json(filing), "acts": acts}


def _filed(number: str, actor: Actor) -> dict[str, Any]:
    filing = queries.access_filing(actor, number)
    made = queries.current_round(filing)
    act = filing.acts.last()
    return {
        "number": filing.number,
        "round": made.number if made else 0,
        "digest": made.digest if made else None,
        "state": filing.state,
        "receipt": f"/ledger/receipt/{act.ledger_index}.json" if act else None,
    }
