"""Complaints of the public, receipts, and what gateways report."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from openbeian.office import doors
from openbeian.office.accounts.errors import DomainError, NotFoundOrHidden
from openbeian.office.ledgering import queries as ledger
from openbeian.office.limits import count_public_post
from openbeian.office.notices import queries as notices
from openbeian.office.oversight import queries, services
from openbeian.office.oversight.forms import CloseForm, ComplaintForm, ProviderAnswerForm, ReceiptForm
from openbeian.office.register import queries as register


@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """Take a complaint from anyone; afterwards its receipt is shown."""
    who = doors.actor(request)
    form = ComplaintForm(request.POST or None, initial={"number": request.GET.get("number", "")[:120]})
    status = 200
    if request.method == "POST":
        count_public_post(request)
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = services.file_complaint(
                    given["number"], text=given["text"], contact=given["contact"], actor=who, now=doors.now()
                )
            except NotFoundOrHidden:
                form.add_error("number", _("登记册里没有这个编号，请核对，或先按服务名称查"))
            except DomainError as error:
                form.add_error(None, error.reason)
            else:
                return redirect("receipt", code=made.code)
    number = form.data.get("number", "") if form.is_bound else form.initial["number"]
    return render(
        request, "oversight/complain.html", {"form": form, "about": _entry(who.office_id, number)}, status=status
    )


def _entry(office_id: int, number: str) -> register.Entry | None:
    try:
        return register.entry(office_id, number) if number else None
    except NotFoundOrHidden:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
def receipts(request: HttpRequest) -> HttpResponse:
    """Take a receipt code and lead to its state."""
    form = ReceiptForm(request.POST or None)
    if request.method == "POST":
        count_public_post(request)
        if form.is_valid():
            return redirect("receipt", code=form.cleaned_data["code"].strip().upper())
    return render(request, "oversight/receipts.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@never_cache
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Show what became of an objection or a complaint; the code is known to its author and the office only."""
    who = doors.actor(request)
    context: dict[str, object] = {"code": code.upper()}
    try:
        if code.upper().startswith("YY-"):
            made = notices.objection_by_code(who.office_id, code)
            context |= {"objection": made, "index": made.ledger_index}
        else:
            complaint = queries.complaint_by_code(who.office_id, code)
            context |= {"complaint": complaint, "index": complaint.ledger_index}
    except NotFoundOrHidden:
        return render(request, "oversight/receipts.html", {"form": ReceiptForm(), "unknown": code}, status=404)
    entry = ledger.entry(who.office_id, int(str(context["index"])))
    return render(request, "oversight/receipt.html", {**context, "ledger_entry": entry})


@require_safe
@doors.providers_only
def provider_complaints(request: HttpRequest) -> HttpResponse:
    """List the complaints a provider has to answer, the open ones first."""
    return render(
        request,
        "oversight/list.html",
        {"complaints": queries.complaints_for(doors.actor(request)), "page": "provider_complaint"},
    )


@require_safe
@doors.office_only
def office_complaints(request: HttpRequest) -> HttpResponse:
    """List the complaints of the office, the open ones first."""
    return render(
        request,
        "oversight/list.html",
        {"complaints": queries.complaints_for(doors.actor(request)), "page": "office_complaint"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def provider_complaint(request: HttpRequest, code: str) -> HttpResponse:
    """Show a complaint to its provider, who answers it once."""
    form = ProviderAnswerForm(request.POST or None)
    return _complaint(
        request,
        code,
        form,
        lambda: services.answer_complaint(
            code, form.cleaned_data["answer"], actor=doors.actor(request), now=doors.now()
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@doors.office_only
def office_complaint(request: HttpRequest, code: str) -> HttpResponse:
    """Show a complaint to the office; the clerk forwards and closes it."""
    who = doors.actor(request)
    if request.POST.get("act") == "forward":
        return _complaint(
            request,
            code,
            forms.Form(request.POST),
            lambda: services.forward_complaint(code, actor=who, now=doors.now()),
        )
    form = CloseForm(request.POST or None)
    return _complaint(
        request,
        code,
        form,
        lambda: services.close_complaint(code, form.cleaned_data["outcome"], actor=who, now=doors.now()),
    )


def _complaint(request: HttpRequest, code: str, form: forms.Form, perform: Callable[[], object]) -> HttpResponse:
    who = doors.actor(request)
    found = queries.access_complaint(who, code)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                perform()
            except DomainError as error:
                form.add_error(None, error.reason)
                status = error.status
            else:
                messages.success(request, _("已办理，写入账本。"))
                return redirect(request.path)
    template = "oversight/provider_complaint.html" if who.is_provider else "oversight/office_complaint.html"
    context = {"complaint": found, "form": form, "may_work": who.role == "clerk", "has_contact": bool(found.contact)}
    return render(request, template, context, status=status)


@require_safe
@doors.office_only
def office_drift(request: HttpRequest) -> HttpResponse:
    """List the services that run materially otherwise than filed."""
    return render(request, "oversight/drift.html", {"reports": queries.material_drift(doors.actor(request))})
