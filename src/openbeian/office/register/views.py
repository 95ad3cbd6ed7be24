"""The public register: search, one entry, check of a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from openbeian.manifest import Change, changes
from openbeian.office import doors
from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.filings import queries as filings
from openbeian.office.ledgering import queries as ledger
from openbeian.office.notices import queries as notices
from openbeian.office.register import queries
from openbeian.office.register.codes import qr_path
from openbeian.office.wording import part_title
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
        record for version in found.versions for record in ledger.entries_of(who.office_id, version.filing.number)
    ]
    published = [record for record in case_entries if record.kind == "publish"]
    notice = notices.notice_of(found.registration.filing, now)
    return render(
        request,
        "register/entry.html",
        {
            "entry": found,
            "registration": found.registration,
            "parts": found.current.parts,
            "version_count": len(found.versions),
            "history": _history(found, notice, who.office_id),
            "proof": published[-1] if published else None,
            "head": ledger.head(who.office_id),
            "notice": notice,
            "qr": qr_path(here),
            "address": here,
            "steps": filings.steps(found.registration.filing),
        },
    )


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of an entry's history."""

    at: datetime
    title: str
    kind: str = ""
    text: str = ""
    changes: tuple[Change, ...] = ()


def _history(found: queries.Entry, notice: notices.NoticeRow | None, office_id: int) -> list[HistoryRow]:
    """Return what happened to an entry, newest first: versions, complaints, objections, the notice."""
    rows = [_version_row(found, at) for at in range(len(found.versions))]
    complaints = {"complaint_received": _("收到投诉 1 件"), "complaint_closed": _("投诉 1 件，已办结")}
    rows += [
        HistoryRow(record.at, complaints[record.kind], "stop")
        for record in ledger.entries_of(office_id, found.registration.number)
        if record.kind in complaints
    ]
    if notice is not None:
        rows.append(HistoryRow(notice.notice.opened_at, _("开始公示"), "notice"))
        for item in notices.answered_objections(notice.notice):
            assert item.answered_at is not None
            rows.append(
                HistoryRow(item.answered_at, _("公示期异议，已答复"), "", f"{part_title(item.part)}：{item.answer}")
            )
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _version_row(found: queries.Entry, at: int) -> HistoryRow:
    versions = found.versions
    if at + 1 == len(versions):
        return HistoryRow(versions[at].since, _("登记并公布"))
    made = tuple(changes(versions[at + 1].parts, versions[at].parts))
    return HistoryRow(versions[at].since, _("变更生效（第 %(n)s 版）") % {"n": len(versions) - at}, changes=made)


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
