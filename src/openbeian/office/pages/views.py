"""Home, about, the ledger's page, language and type size, the way to one's workplace, and the style page."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from openbeian.evidence import open_checkpoint
from openbeian.office import doors, recording
from openbeian.office.ledgering import queries as ledger
from openbeian.office.pages import queries, samples
from openbeian.office.pages.charts import bars
from openbeian.office.pages.context import LARGE, TYPE_COOKIE
from openbeian.rules import Process, load_pack, pack_ids

A_YEAR_S = 365 * 24 * 3600
NEWEST_ENTRIES = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show search first, then what is on notice, how to object and complain, and what was registered last."""
    found = queries.home(doors.actor(request).office_id, doors.now())
    tracks = ["filing", "registration"]
    policy = Process.load().pack.notice_policy
    days = Process.load().deadline(policy.deadline).value
    context = {"home": found, "chart": bars(found.months), "tracks": tracks, "policy": policy, "notice_days": days}
    return render(request, "pages/home.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Say what this site is and is not, what is simulated, and where the rules come from."""
    process = Process.load().pack
    context = {
        "packs": [load_pack(name) for name in pack_ids()],
        "policy": process.notice_policy,
        "numbers": process.simulated_numbers,
    }
    return render(request, "pages/about.html", {**context, "stages": process.stages})


@require_safe
def ledger_page(request: HttpRequest) -> HttpResponse:
    """Show the head of the ledger, its newest entries, and how to verify them offline."""
    return render(request, "pages/ledger.html", _ledger(doors.actor(request).office_id))


@require_safe
@doors.office_only
def office_ledger(request: HttpRequest) -> HttpResponse:
    """Show the ledger within the office's workplace."""
    return render(request, "pages/ledger.html", _ledger(doors.actor(request).office_id))


def _ledger(office_id: int) -> dict[str, object]:
    key = recording.ledger_key().public
    head = ledger.head(office_id)
    opened = open_checkpoint(head.checkpoint, key) if head.checkpoint else None
    return {
        "head": head,
        "root": opened.root.hex() if opened else "",
        "key": key.text(),
        "entries": ledger.latest(office_id, NEWEST_ENTRIES),
        "origin": settings.LEDGER_ORIGIN,
    }


@require_safe
@doors.signed_in
def work(request: HttpRequest) -> HttpResponse:
    """Lead to the workplace of one's role."""
    return redirect("provider" if doors.actor(request).is_provider else "queue")


@require_POST
def set_type(request: HttpRequest) -> HttpResponse:
    """Keep whether type is large, in a cookie, and go back."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    if request.POST.get("type") == LARGE:
        answer.set_cookie(TYPE_COOKIE, LARGE, max_age=A_YEAR_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    else:
        answer.delete_cookie(TYPE_COOKIE, samesite="Lax")
    return answer


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every part of the look; only while debugging."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "pages/styleguide.html", samples.parts(doors.today()))
