"""Questions about complaints and drift."""

from __future__ import annotations

from typing import Any

from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.filings.models import Service
from openbeian.office.oversight.models import Complaint, DriftReport


def complaint_by_code(office_id: int, code: str) -> Complaint:
    """Return a complaint by its receipt code, which only its author and the office know."""
    found = (
        Complaint.objects.filter(office_id=office_id, code=code.strip().upper()).select_related("registration").first()
    )
    if found is None:
        raise NotFoundOrHidden
    return found


def complaints_for(actor: Actor) -> list[Complaint]:
    """Return the complaints this actor deals with; a provider sees its own once they were forwarded."""
    rows = Complaint.objects.filter(office_id=actor.office_id).select_related("registration", "organisation")
    if actor.is_provider:
        rows = rows.filter(organisation_id=actor.company).exclude(state=Complaint.State.RECEIVED)
    elif not actor.is_office:
        raise NotFoundOrHidden
    return sorted(rows, key=lambda row: (row.state == Complaint.State.CLOSED, row.received_at))


def current_drift(service: Service) -> DriftReport | None:
    """Return the newest report of a service when it names a difference."""
    newest = DriftReport.objects.filter(service=service).first()
    return newest if newest and newest.items else None


def material_drift(actor: Actor) -> list[DriftReport]:
    """Return, for the office, the newest report of every service that runs materially otherwise than filed."""
    if not actor.is_office:
        raise NotFoundOrHidden
    newest: dict[int, DriftReport] = {}
    for report in DriftReport.objects.filter(office_id=actor.office_id).select_related("service", "organisation"):
        newest.setdefault(report.service_id, report)
    return [report for report in newest.values() if report.is_material]


def access_complaint(actor: Actor, code: str) -> Complaint:
    """Return a complaint this actor deals with; anything else is not found."""
    found = next((row for row in complaints_for(actor) if row.code == code), None)
    if found is None:
        raise NotFoundOrHidden
    return found


def complaint_json(row: Complaint) -> dict[str, Any]:
    """Return a complaint as the API shows it to whoever has its receipt code."""
    return {
        "receipt": row.code,
        "state": row.state,
        "received_at": row.received_at,
        "answer": row.provider_answer or None,
        "outcome": row.outcome or None,
        "ledger_index": row.ledger_index,
    }
