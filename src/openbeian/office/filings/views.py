"""The provider's work on one service: track, manifest, rounds, supplement, change, dossier."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openbeian.evidence import Store
from openbeian.manifest import PARTS, LoadedManifest
from openbeian.office import doors
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import DomainError, Incomplete, NotFoundOrHidden
from openbeian.office.filings import queries, services, working
from openbeian.office.filings.forms import (
    ChangeForm,
    FirstRoundForm,
    HandInForm,
    ManifestForm,
    SupplementForm,
    TrackForm,
)
from openbeian.office.filings.submissions import Submission, SubmissionIn, check_submission
from openbeian.rules import Finding, Process, clause_pack, form_pack

ANSWERS = "track_answers"


@require_safe
@doors.providers_only
def track(request: HttpRequest) -> HttpResponse:
    """Ask the questions that lead to a track, and say where they lead and why."""
    process = Process.load()
    asked = [question.id for question in process.pack.track_questions]
    form = TrackForm(request.GET if any(name in request.GET for name in asked) else None)
    route = None
    if form.is_bound:
        form.is_valid()
        route = process.route(form.answers)
        request.session[ANSWERS] = form.answers
    found = next((item for item in process.pack.tracks if route and item.id == route.track), None)
    durations = [rule for rule in process.pack.deadlines if found and rule.track == found.id]
    annexes = form_pack().registration_annexes if found and found.id == "registration" else form_pack().annexes
    context = {
        "form": form,
        "route": route,
        "track": found,
        "durations": durations,
        "annexes": annexes,
        "tracks": process.pack.tracks,
    }
    return render(
        request, "filings/track.html", {**context, "routes": process.pack.routes, "answered": len(form.errors) == 0}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def new_service(request: HttpRequest) -> HttpResponse:
    """Begin a service from its manifest; nothing goes to the office yet."""
    form = ManifestForm(request.POST or None, request.FILES or None)
    checked = None
    if request.method == "POST" and form.is_valid():
        checked = working.read(form.cleaned_data["source"])
        if checked.loaded is not None:
            saved = _save(checked, form.cleaned_data["source"], [], doors.actor(request))
            messages.success(request, _("草稿已存。备案机构看不到草稿。"))
            return redirect("manifest", slug=saved)
    status = 422 if request.method == "POST" else 200
    return render(request, "filings/new.html", {"form": form, "checked": checked}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def manifest(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the six parts as they stand; keep a new text when it can be read."""
    who = doors.actor(request)
    service = queries.access_service(who, slug)
    copy = working.working_copy(service)
    form = ManifestForm(request.POST or None, request.FILES or None, initial={"source": copy.source})
    checked, status = working.read(copy.source, copy.evidence), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            checked = working.read(form.cleaned_data["source"], copy.evidence)
            if _is_of(checked.loaded, slug) and checked.loaded is not None:
                _save(checked, form.cleaned_data["source"], copy.evidence, who)
                messages.success(
                    request,
                    _("草稿已存，%(n)s 处要改。") % {"n": len(checked.problems)}
                    if checked.problems
                    else _("草稿已存，没有要改的。"),
                )
                return redirect("manifest", slug=slug)
            if checked.loaded is not None:
                form.add_error("source", _("清单里的 service.id 不是“%(slug)s”，不能换成别的服务") % {"slug": slug})
    parts = [(part, checked.loaded.manifest.as_json()[part]) for part in PARTS] if checked.loaded else []
    context = {
        "service": service,
        "copy": copy,
        "form": form,
        "checked": checked,
        "parts": parts,
        "excerpts": _excerpts(form, copy, checked),
    }
    return render(request, "filings/manifest.html", context, status=status)


def _is_of(loaded: LoadedManifest | None, slug: str) -> bool:
    return loaded is not None and loaded.manifest.service.id == slug


def _excerpts(form: ManifestForm, copy: working.WorkingCopy, checked: working.Checked) -> dict[int, str]:
    """Return the lines of the text that problems point at."""
    source = str(form.cleaned_data.get("source", "")) if form.is_bound and form.is_valid() else copy.source
    lines = source.splitlines()
    wanted = {problem.line for problem in checked.problems if problem.line}
    return {number: lines[number - 1][:200] for number in sorted(wanted) if number <= len(lines)}


def _save(checked: working.Checked, source: str, evidence: list[dict[str, object]], who: Actor) -> str:
    assert checked.loaded is not None
    facts = checked.loaded.manifest.service
    findings = [finding.as_json() for finding in checked.findings]
    services.save_draft(
        source,
        slug=facts.id,
        name=facts.name,
        name_latin=facts.name_latin,
        actor=who,
        now=doors.now(),
        findings=findings,
        evidence=evidence,
    )
    return facts.id


@require_safe
@doors.providers_only
def findings(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all findings of the working copy, those that need work first."""
    service = queries.access_service(doors.actor(request), slug)
    copy = working.working_copy(service)
    checked = working.read(copy.source, copy.evidence)
    shown = request.GET.get("show", "")
    rows = [row for row in checked.findings if shown in {"", working_kind(row)}]
    counts = {
        kind: sum(working_kind(row) == kind for row in checked.findings) for kind in ("bad", "none", "warn", "ok", "na")
    }
    evidence = {item["digest"]: item for item in copy.evidence}
    pack = clause_pack(working.PACK)
    context = {
        "service": service,
        "copy": copy,
        "rows": rows,
        "counts": counts,
        "shown": shown,
        "evidence": evidence,
        "pack": pack,
        "all": len(checked.findings),
    }
    return render(request, "filings/findings.html", context)


def working_kind(row: Finding) -> str:
    """Return under which word a finding is counted: not met, lacks evidence, advice only, met, not applicable."""
    if row.verdict.value == "符合":
        return "ok"
    if row.verdict.value == "不适用":
        return "na"
    if row.missing:
        return "none"
    return "warn" if row.is_warning else "bad"


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def hand_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand in the working copy as a round: the first of a case, or the next of a returned or changed one."""
    who = doors.actor(request)
    service = queries.access_service(who, slug)
    copy = working.working_copy(service)
    checked = working.read(copy.source, copy.evidence)
    filing = queries.case_to_hand_in(service)
    if filing is not None and queries.open_supplement(filing) is not None:
        return redirect("supplement", slug=slug)
    kind = checked.loaded.manifest.service.track if checked.loaded else "filing"
    given = (request.POST or None, request.FILES or None)
    form: HandInForm = (
        HandInForm(*given, track=kind)
        if filing
        else FirstRoundForm(*given, track=kind, initial=request.session.get(ANSWERS))
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                submission = _submission(copy, checked, form)
                if filing is None:
                    assert isinstance(form, FirstRoundForm)
                    services.start_filing(submission, form.answers, actor=who, now=doors.now())
                else:
                    services.submit_round(filing.number, submission, actor=who, now=doors.now())
            except NotFoundOrHidden:
                raise
            except DomainError as error:
                form.add_error(None, error.reason)
                status = error.status
            else:
                messages.success(request, _("已收到。提交的内容不能再改，改动作为下一轮。"))
                return redirect("service", slug=slug)
    context = {"service": service, "copy": copy, "checked": checked, "filing": filing, "form": form}
    return render(request, "filings/hand_in.html", context, status=status)


def _submission(copy: working.WorkingCopy, checked: working.Checked, form: HandInForm) -> Submission:
    given = SubmissionIn.model_validate(
        {
            "manifest_source": copy.source,
            "findings": [finding.as_json() for finding in checked.findings],
            "evidence": copy.evidence,
            "attachments": form.attachments,
            "note": form.cleaned_data["note"],
        }
    )
    return check_submission(given, max_bytes=settings.MAX_ATTACHMENT_BYTES)


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def supplement(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer every item of the open supplement and hand in the next round."""
    who = doors.actor(request)
    service = queries.access_service(who, slug)
    filing = next((item for item in queries.filings_of(service) if item.state == "supplement"), None)
    asked = queries.open_supplement(filing) if filing else None
    if filing is None or asked is None:
        return redirect("service", slug=slug)
    copy = working.working_copy(service)
    checked = working.read(copy.source, copy.evidence)
    form = SupplementForm(request.POST or None, request.FILES or None, items=asked.items.all(), track=filing.track)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                submission = _submission(copy, checked, form)
                services.answer_supplement(filing.number, form.answers, submission, actor=who, now=doors.now())
            except DomainError as error:
                form.add_error(None, error.reason)
                status = error.status
            else:
                messages.success(request, _("补正已收到，计时接着算。"))
                return redirect("service", slug=slug)
    context = {"service": service, "filing": filing, "asked": asked, "form": form, "copy": copy, "checked": checked}
    return render(request, "filings/supplement.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@doors.providers_only
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a change filing on a registered service; the registration stays in force meanwhile."""
    who = doors.actor(request)
    service = queries.access_service(who, slug)
    form = ChangeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.open_change(service.pk, form.cleaned_data["reason"], actor=who, now=doors.now())
            except NotFoundOrHidden:
                form.add_error(None, _("服务还没有登记，没有可变更的内容"))
                status = 409
            except DomainError as error:
                form.add_error(None, error.reason)
                status = error.status
            else:
                messages.success(request, _("变更案卷已建，现行登记不受影响。请改清单，再提交。"))
                return redirect("manifest", slug=slug)
    return render(request, "filings/change.html", {"service": service, "form": form}, status=status)


@require_POST
@doors.providers_only
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Withdraw a case."""
    who = doors.actor(request)
    filing = queries.access_filing(who, number)
    services.withdraw(number, actor=who, now=doors.now())
    messages.success(request, _("案卷 %(number)s 已撤回。") % {"number": number})
    return redirect("service", slug=filing.service.slug)


@require_safe
@doors.signed_in
def rounds(request: HttpRequest, number: str, round_number: int) -> HttpResponse:
    """Show one round of a case and what it changed against the one before; for the provider and the office."""
    who = doors.actor(request)
    made = queries.access_round(who, number, round_number)
    filing = queries.access_filing(who, number)
    context = {
        "filing": filing,
        "made": made,
        "rounds": queries.rounds_of(filing),
        "changes": queries.round_changes(filing, round_number),
        "parts": [(part, made.manifest[part]) for part in PARTS],
        "is_office": who.is_office,
    }
    return render(request, "filings/round.html", context)


@require_safe
@doors.signed_in
def attachment(request: HttpRequest, number: str, sha256: str) -> HttpResponseBase:
    """Hand out an attachment of a case to those who may see the case, always as a download."""
    filing = queries.access_filing(doors.actor(request), number)
    kept = next(
        (item for made in queries.rounds_of(filing) for item in made.attachments if item["sha256"] == sha256), None
    )
    if kept is None:
        raise NotFoundOrHidden
    path = Store(settings.HOME / "office" / "attachments").blob(sha256)
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=kept["name"], content_type="application/octet-stream"
    )


@require_safe
@doors.providers_only
def dossier(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is in the dossier: files handed in with their hashes, and the papers that can be made now."""
    service = queries.access_service(doors.actor(request), slug)
    copy = working.working_copy(service)
    checked = working.read(copy.source, copy.evidence)
    cases = [(filing, queries.rounds_of(filing)) for filing in queries.filings_of(service)]
    annexes = (
        form_pack().registration_annexes
        if checked.loaded and checked.loaded.manifest.service.track == "registration"
        else form_pack().annexes
    )
    return render(
        request,
        "filings/dossier.html",
        {"service": service, "copy": copy, "checked": checked, "cases": cases, "annexes": annexes},
    )


@require_safe
@doors.providers_only
def dossier_zip(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the papers from the working copy and hand them out as one zip."""
    from openbeian.dossier import build  # the typesetter loads when it is needed

    service = queries.access_service(doors.actor(request), slug)
    copy = working.working_copy(service)
    checked = working.read(copy.source, copy.evidence)
    if checked.loaded is None:
        raise Incomplete("manifest-invalid", _("清单读不懂，先改好清单"), "立项文档 F1", checked.problems)
    with tempfile.TemporaryDirectory() as folder:
        views = [working.view_of(item) for item in copy.evidence]
        build(checked.loaded.manifest, checked.findings, views, Path(folder), doors.now())
        content = (Path(folder) / "dossier.zip").read_bytes()
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-dossier.zip"'
    return answer


@require_safe
@doors.providers_only
def rules(request: HttpRequest) -> HttpResponse:
    """Show the clauses in force and what each wants, with source and confidence."""
    pack = clause_pack(working.PACK)
    return render(
        request, "filings/rules.html", {"pack": pack, "form_pack": form_pack(), "process": Process.load().pack}
    )
