"""The office's queue and the page of one case with all its acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from openbeian.office import doors
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import DomainError, NotFoundOrHidden, Refused
from openbeian.office.filings import services as filings
from openbeian.office.filings.policies import Denied
from openbeian.office.notices import services as notices
from openbeian.office.pages import queries
from openbeian.office.pages.forms import (
    ChecklistForm,
    NoteForm,
    NothingForm,
    OpinionForm,
    OptionalReasonForm,
    ReasonForm,
    RecuseForm,
    SummaryForm,
    SupplementForm,
    TestForm,
)
from openbeian.office.pages.queries import Case, QueueFilter
from openbeian.office.register import services as register
from openbeian.rules import Process

Perform = Callable[[str, dict[str, Any], Actor, datetime], object]


@dataclass(frozen=True, slots=True)
class Act:
    """How an act is done from the page: its form and its service."""

    form: type[forms.Form]
    perform: Perform


ACTS: dict[str, Act] = {
    "accept": Act(NoteForm, lambda n, d, a, t: filings.accept(n, actor=a, now=t, note=d["note"])),
    "return_filing": Act(ReasonForm, lambda n, d, a, t: filings.return_filing(n, actor=a, now=t, reason=d["reason"])),
    "sign_opinion": Act(
        OpinionForm, lambda n, d, a, t: filings.sign_opinion(n, d["recommendation"], d["reason"], actor=a, now=t)
    ),
    "approve_opinion": Act(
        OptionalReasonForm, lambda n, d, a, t: filings.approve_opinion(n, actor=a, now=t, reason=d["reason"])
    ),
    "reject_opinion": Act(ReasonForm, lambda n, d, a, t: filings.reject_opinion(n, actor=a, now=t, reason=d["reason"])),
    "reject": Act(ReasonForm, lambda n, d, a, t: filings.reject(n, actor=a, now=t, reason=d["reason"])),
    "record_test": Act(
        TestForm,
        lambda n, d, a, t: filings.record_test(
            n, actor=a, now=t, is_passed=d["is_passed"] == "yes", summary=d["summary"]
        ),
    ),
    "report_up": Act(NothingForm, lambda n, _, a, t: filings.report_up(n, actor=a, now=t)),
    "record_national_review": Act(
        SummaryForm, lambda n, d, a, t: filings.record_national_review(n, actor=a, now=t, summary=d["summary"])
    ),
    "open_notice": Act(NothingForm, lambda n, _, a, t: notices.open_notice(n, actor=a, now=t)),
    "close_notice": Act(NothingForm, lambda n, _, a, t: notices.close_notice(n, actor=a, now=t)),
    "assign_number": Act(NothingForm, lambda n, _, a, t: register.assign_number(n, actor=a, now=t)),
    "publish": Act(NothingForm, lambda n, _, a, t: register.publish(n, actor=a, now=t)),
}
REVIEW_STATES = frozenset({"provincial_review", "provincial_test", "national_review"})
# The order in which the primary act of a case is chosen.
MAIN_ACTS = (
    "accept",
    "approve_opinion",
    "sign_opinion",
    "record_test",
    "report_up",
    "record_national_review",
    "open_notice",
    "close_notice",
    "assign_number",
    "publish",
)


@require_safe
@doors.office_only
def queue(request: HttpRequest) -> HttpResponse:
    """List the office's cases, the most urgent first."""
    given = request.GET
    wanted = QueueFilter(
        text=given.get("q", "")[:100],
        stage=given.get("stage", ""),
        track=given.get("track", ""),
        kind=given.get("kind", ""),
        mine="mine" in given,
        finished="finished" in given,
    )
    rows, counts = queries.queue(doors.actor(request), wanted, doors.now())
    process = Process.load().pack
    context = {"rows": rows, "counts": counts, "wanted": wanted, "stages": process.stages, "tracks": process.tracks}
    first = next((row for row in rows if row.acts), None)
    return render(request, "pages/queue.html", {**context, "first": first, "today": doors.today()})


@require_safe
@doors.office_only
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Show one case: material, checklist, comparison, supplement, decision, files, timeline."""
    return _page(request, queries.case(doors.actor(request), number, doors.now()))


@require_POST
@doors.office_only
def perform(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """Do one act on a case; when it is refused, show the case again with what was typed and the reason."""
    who, now = doors.actor(request), doors.now()
    if act not in ACTS:
        raise NotFoundOrHidden
    found = queries.case(who, number, now)
    form = _bound(act, request)
    denied = queries.denial(who, found.filing, act, now)
    if denied is not None:
        form = NothingForm(request.POST)
        form.add_error(None, denied.reason)
        return _page(request, found, act, form, denied.status)
    if not form.is_valid():
        return _page(request, found, act, form, 422)
    try:
        ACTS[act].perform(number, form.cleaned_data, who, now)
    except NotFoundOrHidden:
        raise
    except DomainError as error:
        form.add_error(None, error.reason)
        return _page(request, found, act, form, error.status)
    messages.success(request, _("已办理，写入账本。"))
    return redirect("case", number=number)


@require_POST
@doors.office_only
def supplement(request: HttpRequest, number: str) -> HttpResponse:
    """Send a supplement request, or give one more row to write in."""
    who, now = doors.actor(request), doors.now()
    found = queries.case(who, number, now)
    if "add" in request.POST:
        return _page(request, found, composed=SupplementForm(more=request.POST.dict()))
    denied = queries.denial(who, found.filing, "request_supplement", now)
    if denied is not None:
        raise denied
    form = SupplementForm(request.POST, findings=found.findings, rows=found.checklist)
    if not form.is_valid():
        return _page(request, found, "request_supplement", form, 422, form)
    try:
        filings.request_supplement(number, form.items, actor=who, now=now)
    except NotFoundOrHidden:
        raise
    except DomainError as error:
        form.add_error(None, error.reason)
        return _page(request, found, "request_supplement", form, error.status, form)
    messages.success(request, _("补正要求已发出，计时已停。"))
    return redirect("case", number=number)


@require_POST
@doors.office_only
def marks(request: HttpRequest, number: str) -> HttpResponse:
    """Keep the marks on the checklist."""
    who, now = doors.actor(request), doors.now()
    found = queries.case(who, number, now)
    if not _may_mark(who, found):
        raise Refused("wrong-role", _("核对由承办人在审核阶段进行"), "立项文档 F2")
    form = ChecklistForm(request.POST, rows=found.checklist)
    if not form.is_valid():
        return _page(request, found, "mark_checklist", form, 422)
    try:
        for item, verdict, note in form.marks:
            filings.mark_checklist(number, item, verdict, actor=who, now=now, note=note)
    except NotFoundOrHidden:
        raise
    except DomainError as error:
        form.add_error(None, error.reason)
        return _page(request, found, "mark_checklist", form, error.status)
    messages.success(request, _("核对已存。"))
    return redirect("case", number=number)


@require_POST
@doors.office_only
def recuse(request: HttpRequest, number: str) -> HttpResponse:
    """Declare a conflict of interest and leave the case."""
    who, now = doors.actor(request), doors.now()
    found = queries.case(who, number, now)
    form = RecuseForm(request.POST, auto_id="recuse_%s")
    if not form.is_valid():
        return _page(request, found, "recuse", form, 422)
    filings.recuse(number, actor=who, now=now, reason=form.cleaned_data["reason"])
    messages.success(request, _("已记录回避，本案对您不再可见。"))
    return redirect("queue")


def _page(
    request: HttpRequest,
    found: Case,
    act: str = "",
    failed: forms.Form | None = None,
    status: int = 200,
    composed: SupplementForm | None = None,
) -> HttpResponse:
    who = doors.actor(request)
    offered = {name: _offer(name, answer, act, failed) for name, answer in found.acts.items() if name in ACTS}
    is_marking = isinstance(failed, ChecklistForm)
    allowed = [name for name in MAIN_ACTS if name in offered and offered[name].is_allowed]
    context = {
        "case": found,
        "filing": found.filing,
        "today": doors.today(),
        "offers": offered,
        "main": offered[allowed[0]] if allowed else None,
        "may_mark": _may_mark(who, found),
        "checklist": failed if is_marking else ChecklistForm(rows=found.checklist),
        "supplement": _offer("request_supplement", found.acts["request_supplement"], act, failed)
        if "request_supplement" in found.acts
        else None,
        "composer": composed or SupplementForm(findings=found.findings, rows=found.checklist),
        "recuse": failed if act == "recuse" else RecuseForm(auto_id="recuse_%s"),
        "failed": failed if act else None,
        "me": who,
    }
    return render(request, "pages/case.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Offer:
    """An act as the page offers it: allowed with its form, or refused with the reason."""

    act: str
    is_allowed: bool
    reason: str
    clause: str
    is_role: bool
    form: forms.Form


def _offer(name: str, answer: object, act: str, failed: forms.Form | None) -> Offer:
    fresh = ACTS[name].form(auto_id=f"{name}_%s") if name in ACTS else forms.Form()
    form = failed if failed is not None and act == name else fresh
    if isinstance(answer, Denied):
        return Offer(name, False, answer.reason, answer.clause, answer.code == "wrong-role", form)
    return Offer(name, True, "", "", False, form)


def _bound(act: str, request: HttpRequest) -> forms.Form:
    return ACTS[act].form(request.POST, auto_id=f"{act}_%s")


def _may_mark(who: Actor, found: Case) -> bool:
    return who.role == "reviewer" and found.filing.state in REVIEW_STATES
