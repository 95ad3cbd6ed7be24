"""Numbers, publication, and the versions of an entry."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import transaction

from openbeian.manifest import Manifest, public_view
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import Conflict, Refused
from openbeian.office.filings import services as filings
from openbeian.office.filings.models import Filing
from openbeian.office.filings.queries import access_filing, current_round, manifest_of
from openbeian.office.notices.queries import facts_for
from openbeian.office.register.models import Registration, RegistrationVersion, Serial
from openbeian.rules import Process, legal_day


@transaction.atomic
def assign_number(number: str, *, actor: Actor, now: datetime) -> Registration:
    """Give the case its number; a change keeps the number its service has.

    The serial is raised under a lock in this transaction, so numbers have no gap and none is used twice.

    Raises:
        Refused: `not-a-demo` in an office that does not demonstrate: real numbers are given by the authority.
    """
    filing = access_filing(actor, number)
    if not filing.office.is_demo:
        raise Refused("not-a-demo", "真实编号由主管部门发放，本系统只登记", "国家网信办公告")
    existing = Registration.objects.filter(service=filing.service).first()
    given = existing.number if existing else _next_number(filing, _manifest(filing), now)
    filings.move(number, "assign_number", actor=actor, now=now, facts={"number": given}, notice=facts_for(filing, now))
    if existing is not None:
        return existing
    return Registration.objects.create(
        office_id=filing.office_id,
        organisation_id=filing.organisation_id,
        service=filing.service,
        filing=filing,
        track=filing.track,
        number=given,
        number_folded=given.casefold(),
        is_simulated=True,
        assigned_at=now,
        service_name=filing.service.name,
        org_name=filing.organisation.name,
        search_text=_search_text(given, filing.service.name, filing.organisation.name, filing.service.name_latin),
    )


@transaction.atomic
def publish(number: str, *, actor: Actor, now: datetime) -> Registration:
    """Put the filed round on the public register; of a change, as a new version of the entry."""
    filing = access_filing(actor, number)
    registration = Registration.objects.select_for_update().filter(service=filing.service).first()
    if registration is None:
        raise Conflict("no-number", "还没有编号", "先编号，再公布")
    filings.move(number, "publish", actor=actor, now=now, facts={"number": registration.number})
    _add_version(registration, filing, _manifest(filing), now)
    if filing.kind == Filing.Kind.CHANGE:
        filings.complete_change(filing.service_id, actor=actor, now=now)
    return registration


def _add_version(registration: Registration, filing: Filing, manifest: Manifest, now: datetime) -> None:
    RegistrationVersion.objects.create(
        office_id=filing.office_id,
        registration=registration,
        filing=filing,
        manifest=manifest.as_json(),
        parts=public_view(manifest),
        since=now,
    )
    registration.published_at = registration.published_at or now
    registration.service_name = manifest.service.name
    registration.search_text = _search_text(
        registration.number,
        manifest.service.name,
        registration.org_name,
        manifest.service.name_latin,
        manifest.scope.scenarios,
    )
    registration.save(update_fields=["published_at", "service_name", "search_text"])


def _manifest(filing: Filing) -> Manifest:
    """Return what is being decided on: the current round, which may name the service otherwise than the first."""
    made = current_round(filing)
    if made is None:
        raise Conflict("no-round", "案卷还没有提交", "立项文档 F1")
    return manifest_of(made)


def _next_number(filing: Filing, manifest: Manifest, now: datetime) -> str:
    words = Process.load().pack.simulated_numbers
    serial, _ = Serial.objects.select_for_update().get_or_create(office_id=filing.office_id, series=filing.track)
    serial.last += 1
    serial.save(update_fields=["last"])
    pattern = {"filing": words.filing, "registration": words.registration}.get(filing.track, words.algorithm_filing)
    return pattern.format(
        prefix=words.prefix,
        place=filing.office.prefix,
        latin=manifest.service.name_latin,
        day=f"{legal_day(now):%Y%m%d}",
        serial=serial.last,
    )


def _search_text(*texts: str) -> str:
    return folded(" ".join(texts))


def folded(text: str) -> str:
    """Return a text in the form searches compare: width and case folded."""
    return unicodedata.normalize("NFKC", text).casefold()
