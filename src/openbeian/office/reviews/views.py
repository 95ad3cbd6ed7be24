"""Human double review in the provider's workspace: opening one, marking item by item, what it came to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openbeian.assessment.review import Seat
from openbeian.office import doors
from openbeian.office.accounts.errors import Conflict, DomainError, Incomplete, NotFoundOrHidden, Refused
from openbeian.office.filings.queries import access_service, my_services
from openbeian.office.reviews import queries, services
from openbeian.office.reviews.forms import MarkForm, PackageForm, ReseatForm


@require_safe
@doors.providers_only
def reviews(request: HttpRequest) -> HttpResponse:
    """List what one has to mark, then all reviews of the organisation."""
    who = doors.actor(request)
    context = {"desks": queries.desks(who), "rows": queries.all_reviews(who), "services": my_services(who)}
    return render(request, "reviews/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def new_review(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a review package for a service and seat three people."""
    who = doors.actor(request)
    service = access_service(who, slug)
    users = queries.people(who.company)
    form = PackageForm(request.POST or None, request.FILES or None, users=users)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and form.task is not None:
            try:
                made = services.open_review(slug, form.task, form.people, actor=who, now=doors.now())
            except (Conflict, Incomplete) as error:
                form.add_error(None, error.reason)
                status = error.status
            else:
                messages.success(request, _("复核已开始。请两名初审登录后到“复核”标注。"))
                return redirect("review", code=made.code)
    return render(request, "reviews/new.html", {"service": service, "form": form, "users": users}, status=status)


@require_safe
@doors.providers_only
def review(request: HttpRequest, code: str) -> HttpResponse:
    """Show how far a review is, and what it came to; who marks sees only the own seat until the end."""
    return _review_page(request, code, None, 200)


@require_POST
@doors.providers_only
def seats(request: HttpRequest, code: str) -> HttpResponse:
    """Give a seat to another person."""
    who = doors.actor(request)
    package = queries.access_review(who, code)
    form = ReseatForm(request.POST, users=queries.unseated(package))
    if not queries.may_see_outcome(who, package):
        raise Refused("review-seated", _("您在这次复核的席位上，不能换人；请由没有席位的同事办理"), services.POLICY)
    status = 422
    if form.is_valid():
        try:
            given = form.cleaned_data
            services.reseat(code, Seat(given["seat"]), int(given["person"]), actor=who, now=doors.now())
        except (Conflict, Incomplete) as error:
            form.add_error(None, error.reason)
            status = error.status
        else:
            messages.success(request, _("已换人。此前的标注保留，余下的由接替的人标注。"))
            return redirect("review", code=code)
    return _review_page(request, code, form, status)


def _review_page(request: HttpRequest, code: str, form: ReseatForm | None, status: int) -> HttpResponse:
    who = doors.actor(request)
    package = queries.access_review(who, code)
    is_open = queries.may_see_outcome(who, package)
    seat = queries.seat_of(who, package)
    rows = [row for row in queries.progress(package) if is_open or row.seat is seat]
    outcome = queries.outcome_of(package)
    context = {
        "package": package,
        "task": queries.task_of(package),
        "seat": seat,
        "rows": rows,
        "is_open": is_open,
        "outcome": outcome,
        "form": form or ReseatForm(users=queries.unseated(package)),
        "may_reseat": is_open and outcome is None and bool(queries.unseated(package)),
    }
    if is_open:
        sha256 = outcome.marks_sha256 if outcome else queries.marks_sha256(package)
        context |= {"found": queries.comparison(queries.review_of(package)), "marks_sha256": sha256}
    return render(request, "reviews/review.html", context, status=status)


@require_safe
@doors.providers_only
def marks_file(request: HttpRequest, code: str) -> HttpResponse:
    """Hand out the marks as JSON lines."""
    who = doors.actor(request)
    package = queries.access_review(who, code)
    if not queries.may_see_outcome(who, package):
        raise Refused("review-blind", _("标注期间，标注人看不到标注结果；复核完成后可以下载"), services.POLICY)
    answer = HttpResponse(queries.marks_file(package), content_type="application/x-ndjson; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code}-marks.jsonl"'
    return answer


@require_safe
@doors.providers_only
def next_item(request: HttpRequest, code: str) -> HttpResponse:
    """Lead to the next item that waits for one's seat; say so when none does."""
    who = doors.actor(request)
    package = queries.access_review(who, code)
    position = queries.next_position(who, package)
    if position is not None:
        return redirect("review_item", code=code, position=position)
    seat = queries.own_seat(who, package)
    own = next(row for row in queries.progress(package) if row.seat is seat)
    context = {"package": package, "seat": seat, "progress": own, "outcome": queries.outcome_of(package)}
    return render(request, "reviews/done.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def item(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Show one item to one's seat and take its verdict; what is saved is only shown."""
    who = doors.actor(request)
    package = queries.access_review(who, code)
    sheet = queries.sheet(who, package, position)
    form = MarkForm(request.POST if request.method == "POST" else None, verdicts=sheet.verdicts)
    status, refusal = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                services.save_mark(code, position, given["verdict"], given["reason"], actor=who, now=doors.now())
            except (NotFoundOrHidden, Refused):
                raise
            except DomainError as error:
                refusal, status = error.reason, error.status
                sheet = queries.sheet(who, package, position)
            else:
                return redirect("review_next", code=code)
    context = {"package": package, "sheet": sheet, "form": form, "refusal": refusal}
    return render(request, "reviews/item.html", context, status=status)
