"""Questions about the public register; everything here is public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.filings.models import Service
from openbeian.office.register.models import Registration, RegistrationVersion
from openbeian.office.register.services import folded

MAX_ROWS = 100
MAX_WORDS = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A register entry with its versions, newest first."""

    registration: Registration
    versions: list[RegistrationVersion]

    @property
    def current(self) -> RegistrationVersion:
        """The version in force."""
        return self.versions[0]


def search(office_id: int, text: str = "", track: str = "") -> list[Registration]:
    """Return published entries that contain every word of the text, newest first, at most 100."""
    rows = Registration.objects.filter(office_id=office_id, published_at__isnull=False).select_related("organisation")
    for word in folded(text).split()[:MAX_WORDS]:
        rows = rows.filter(search_text__contains=word)
    if track:
        rows = rows.filter(track=track)
    return list(rows[:MAX_ROWS])


def count(office_id: int) -> int:
    """Return how many entries are published."""
    return Registration.objects.filter(office_id=office_id, published_at__isnull=False).count()


def entry(office_id: int, number: str) -> Entry:
    """Return a published entry by its number; case is ignored."""
    found = (
        Registration.objects.select_related("organisation", "service", "filing")
        .filter(office_id=office_id, number_folded=number.strip().casefold(), published_at__isnull=False)
        .first()
    )
    if found is None:
        raise NotFoundOrHidden
    return Entry(found, list(found.versions.select_related("filing").order_by("-since", "-pk")))


def registration_of(service: Service) -> Registration | None:
    """Return the registration of a service, published or not."""
    return Registration.objects.filter(service=service).first()


def filed_manifest(registration: Registration) -> dict[str, object] | None:
    """Return the manifest in force, as filed."""
    version = registration.versions.order_by("-since", "-pk").first()
    return version.manifest if version else None


def entry_json(row: Registration) -> dict[str, Any]:
    """Return an entry as the API shows it."""
    return {
        "number": row.number,
        "name": row.service_name,
        "organisation": row.org_name,
        "track": row.track,
        "state": row.state,
        "is_simulated": row.is_simulated,
        "published_at": row.published_at,
    }
