"""The public register: search, one entry, check of a number."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from openbeian.manifest import changes
from openbeian.office import doors
from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.filings import queries as filings
from openbeian.office.ledgering import queries as ledger
from openbeian.office.ledgering.models import LedgerEntry
from openbeian.office.notices import queries as notices
from openbeian.office.register import queries
from openbeian.office.register.codes import qr_path
from openbeian.rules import Process

MAX_QUERY = 200


@require_safe
def register_list(request: HttpRequest) -> HttpResponse:
    """Show the entries that contain every word of the search; a full number leads straight to its entry."""
    office_id = doors.actor(request).office_id
    text, track = request.GET.get("q", "")[:MAX_QUERY].strip(), request.GET.get("track", "")[:30]
    found = queries.search(office_id, text, track)
    if len(found) == 1 and found[0].number_folded == text.casefold():
        return redirect("register_entry", number=found[0].number)
    tracks = [item.id for item in Process.load().pack.tracks]
    return render(request, "register/list.html", {"entries": found, "q": text, "track": track, "tracks": tracks})


@require_safe
def register_entry(request: HttpRequest, number: str) -> HttpResponse:
    """Show one entry: its public parts, its history, its proof in the ledger."""
    who, now = doors.actor(request), doors.now()
    found = queries.entry(who.office_id, number)
    here = request.build_absolute_uri(reverse("register_entry", args=[found.registration.number]))
    case_entries = [
        record
        for version in found.versions
        for record in ledger.entries_of(who.office_id, version.filing.number)
    ]
    published = [record for record in case_entries if record.kind == "publish"]
    versions = [
        {"version": version, "number": len(found.versions) - at, "changes": _since_before(found.versions, at)}
        for at, version in enumerate(found.versions)
    ]
    notice = notices.notice_of(found.registration.filing, now)
    return render(
        request,
        "register/entry.html",
        {
            "entry": found,
            "registration": found.registration,
            "parts": found.current.parts,
            "versions": versions,
            "proof": published[-1] if published else None,
            "head": ledger.head(who.office_id),
            "notice": notice,
            "answered": notices.answered_objections(notice.notice) if notice else [],
            "qr": qr_path(here),
            "address": here,
            "steps": filings.steps(found.registration.filing),
            "supervision": [row for row in map(_supervision, ledger.entries_of(who.office_id, found.registration.number)) if row],
        },
    )


def _supervision(record: LedgerEntry) -> dict[str, object] | None:
    """Return what a ledger entry on the registration says in public; entries that only pass something on say nothing."""
    words = {"complaint_received": _("收到投诉 1 件"), "complaint_closed": _("投诉 1 件，已办结")}
    return {"at": record.at, "words": words[record.kind]} if record.kind in words else None


def _since_before(versions: list[queries.RegistrationVersion], at: int) -> list[object]:
    """Return what a version changed in the public parts against the one before it."""
    return list(changes(versions[at + 1].parts, versions[at].parts)) if at + 1 < len(versions) else []


@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """Take a number to check and lead to its answer."""
    number = request.GET.get("number", "").strip()[:120]
    if number:
        return redirect("verify_number", number=number)
    return render(request, "register/verify.html", {"number": ""})


@require_safe
def verify_number(request: HttpRequest, number: str) -> HttpResponse:
    """Answer whether a number is on the register, in force, and for what."""
    try:
        found = queries.entry(doors.actor(request).office_id, number)
    except NotFoundOrHidden:
        return render(request, "register/verify.html", {"number": number, "entry": None}, status=404)
    return render(request, "register/verify.html", {"number": number, "entry": found})
