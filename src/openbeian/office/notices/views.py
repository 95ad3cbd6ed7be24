"""Public notices, objections from the public, and the office's work on them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openbeian.office import doors
from openbeian.office.accounts.errors import DomainError, NotFoundOrHidden
from openbeian.office.limits import count_public_post
from openbeian.office.notices import queries, services
from openbeian.office.notices.forms import AnswerForm, ObjectionForm, VerificationForm
from openbeian.rules import Process


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """List the notices, the open ones first."""
    rows = queries.public_notices(doors.actor(request).office_id, doors.now())
    context = {"open": [row for row in rows if row.is_open], "closed": [row for row in rows if not row.is_open]}
    return render(request, "notices/list.html", {**context, "policy": Process.load().pack.notice_policy})


@require_safe
def notice_page(request: HttpRequest, number: str) -> HttpResponse:
    """Show one notice: the public parts, the days left, what became of objections."""
    row = queries.public_notice(doors.actor(request).office_id, number, doors.now())
    return render(request, "notices/notice.html", _notice_context(row))


def _notice_context(row: queries.NoticeRow) -> dict[str, object]:
    return {
        "row": row,
        "notice": row.notice,
        "filing": row.notice.filing,
        "deadline": queries.notice_deadline(row.notice.opened_at),
        "answered": queries.answered_objections(row.notice),
        "policy": Process.load().pack.notice_policy,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def objection_form(request: HttpRequest, number: str) -> HttpResponse:
    """Take an objection from anyone; afterwards its receipt is shown."""
    who, now = doors.actor(request), doors.now()
    row = queries.public_notice(who.office_id, number, now)
    form = ObjectionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        count_public_post(request)
        status = 422
        if form.is_valid():
            try:
                made = services.submit_objection(
                    number,
                    part=form.cleaned_data["part"],
                    statement=form.cleaned_data["statement"],
                    contact=form.cleaned_data["contact"],
                    actor=who,
                    now=now,
                )
            except NotFoundOrHidden:
                raise
            except DomainError as error:
                form.add_error(None, error.reason)
                status = error.status
            else:
                return redirect("receipt", code=made.code)
    return render(request, "notices/object.html", {**_notice_context(row), "form": form}, status=status)


@require_safe
@doors.office_only
def office_objections(request: HttpRequest) -> HttpResponse:
    """List the objections of the office's cases, the unanswered ones first, beside the open notices."""
    who, now = doors.actor(request), doors.now()
    return render(
        request,
        "notices/office_list.html",
        {"objections": queries.objections_for(who), "notices": queries.public_notices(who.office_id, now)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@doors.office_only
def office_objection(request: HttpRequest, code: str) -> HttpResponse:
    """Show an objection to the office; the reviewer verifies and answers it."""
    who, now = doors.actor(request), doors.now()
    objection = queries.access_objection(who, code)
    act = request.POST.get("act", "")
    forms = {
        "verify": VerificationForm(
            request.POST if act == "verify" else None, initial={"verification": objection.verification}
        ),
        "answer": AnswerForm(request.POST if act == "answer" else None),
    }
    status = 200
    if act in forms:
        form = forms[act]
        status = 422
        if form.is_valid():
            try:
                _work_on(act, code, form.cleaned_data, request)
            except DomainError as error:
                form.add_error(None, error.reason)
                status = error.status
            else:
                return redirect("office_objection", code=code)
    row = queries.public_notice(who.office_id, objection.notice.filing.number, now)
    context = {
        "objection": objection,
        "verify": forms["verify"],
        "answer": forms["answer"],
        "failed": forms.get(act),
        "may_work": who.role == "reviewer",
    }
    context |= {"siblings": queries.objections_to(objection.notice), "contact": queries.has_contact(objection)}
    return render(request, "notices/office_objection.html", {**_notice_context(row), **context}, status=status)


def _work_on(act: str, code: str, given: dict[str, str], request: HttpRequest) -> None:
    who, now = doors.actor(request), doors.now()
    if act == "verify":
        services.verify_objection(code, given["verification"], actor=who, now=now)
        messages.success(request, _("核验已记录，写入账本。"))
    else:
        services.answer_objection(code, given["answer"], is_upheld=given["is_upheld"] == "yes", actor=who, now=now)
        messages.success(request, _("答复已签发，并在公示页公布。"))
