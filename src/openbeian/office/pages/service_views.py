"""The provider's list of services and the page of one service."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from openbeian.manifest import set_value
from openbeian.office import doors
from openbeian.office.accounts.errors import Conflict, NotFoundOrHidden
from openbeian.office.filings import queries as filings
from openbeian.office.filings import services, working
from openbeian.office.filings.policies import Allowed
from openbeian.office.oversight import queries as oversight
from openbeian.office.pages import queries
from openbeian.office.reviews import queries as reviews
from openbeian.rules import Process

SHOWN_FINDINGS = 6


@require_safe
@doors.providers_only
def services_list(request: HttpRequest) -> HttpResponse:
    """List the services of the provider, each with its newest case and what waits."""
    who, now = doors.actor(request), doors.now()
    rows = [queries.service_page(who, service.slug, now) for service in filings.my_services(who)]
    return render(request, "pages/services.html", {"rows": rows, "today": doors.today()})


@require_safe
@doors.providers_only
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one service: steps, drift, findings, supplement, deadlines, completeness, complaints."""
    who, now = doors.actor(request), doors.now()
    found = queries.service_page(who, slug, now)
    copy = working.working_copy(found.service)
    checked = working.read(copy.source, copy.evidence)
    ordered = queries.urgent_first(checked.findings)
    drift_rules = {rule.item: rule for rule in Process.load().pack.drift}
    drift = (
        [(drift_rules[item["item"]], item) for item in found.drift.items if item["item"] in drift_rules]
        if found.drift
        else []
    )
    context = {
        "page": found,
        "service": found.service,
        "filing": found.filing,
        "case": found.case,
        "copy": copy,
        "checked": checked,
        "findings": ordered[:SHOWN_FINDINGS],
        "evidence": {item["digest"]: item for item in copy.evidence},
        "drift": drift,
        "today": doors.today(),
        "reviews": reviews.reviews_of(found.service),
        "may_withdraw": bool(found.case and isinstance(found.case.acts.get("withdraw"), Allowed)),
        "may_change": any(item.state == "published" for item in filings.filings_of(found.service)),
        "may_hand_in": found.filing is None or found.filing.state in {"draft", "returned"},
        "open_change": next(
            (item for item in filings.filings_of(found.service) if item.kind == "change" and item.state == "draft"),
            None,
        ),
    }
    return render(request, "pages/service.html", context)


@require_POST
@doors.providers_only
def write_drift(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a change filing with the running values written into the working copy."""
    who, now = doors.actor(request), doors.now()
    found = filings.access_service(who, slug)
    report = oversight.current_drift(found)
    if report is None:
        raise Conflict("no-drift", _("没有要写进变更的不一致"), "立项文档 F4")
    copy = working.working_copy(found)
    text = with_running_values(copy.source, report.items)
    if not any(item.kind == "change" and item.state == "draft" for item in filings.filings_of(found)):
        names = "、".join(rule.name_zh for rule in _rules(report.items))
        services.open_change(found.pk, _("运行的与备案的不一致：%(items)s") % {"items": names}, actor=who, now=now)
    checked = working.read(text, copy.evidence)
    if checked.loaded is None:
        raise NotFoundOrHidden
    facts = checked.loaded.manifest.service
    findings = [row.as_json() for row in checked.findings]
    services.save_draft(
        text,
        slug=slug,
        name=facts.name,
        name_latin=facts.name_latin,
        actor=who,
        now=now,
        findings=findings,
        evidence=copy.evidence,
    )
    messages.success(request, _("正在运行的值已写进清单草稿。请核对、补证据，再提交变更。"))
    return redirect("manifest", slug=slug)


def _rules(items: Iterable[Mapping[str, Any]]) -> list[Any]:
    wanted = {item["item"] for item in items}
    return [rule for rule in Process.load().pack.drift if rule.item in wanted]


def with_running_values(source: str, items: Iterable[Mapping[str, Any]]) -> str:
    """Return the manifest text with the running values of drift items in place of the filed ones, comments kept."""
    running = {item["item"]: item["running"] for item in items}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "service.yaml"
        path.write_text(source, encoding="utf-8")
        for rule in _rules(items):
            set_value(path, rule.path, running[rule.item])
        return path.read_text(encoding="utf-8")
