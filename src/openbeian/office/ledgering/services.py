"""Appending leaves and signing heads: the only writer of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from openbeian.evidence import SigningKey, sign_checkpoint
from openbeian.evidence.merkle import leaf_hash, root
from openbeian.manifest import canonical_json
from openbeian.office.ledgering.models import LedgerEntry, LedgerHead
from openbeian.protection import pseudonym


@dataclass(frozen=True)
class Event:
    """Something that must not be denied later. `facts` hold hashes and words of the process, no personal data."""

    kind: str
    case: str
    facts: dict[str, Any] = field(default_factory=dict)


def record(event: Event, *, office_id: int, role: str, user_id: int | None, at: datetime, key: bytes) -> LedgerEntry:
    """Append the event's leaf; must run inside the transaction of the act it records.

    The actor enters as role and keyed pseudonym: the office can tell who it was, the public cannot.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a ledger entry belongs into the transaction of its act")
    head = LedgerHead.objects.select_for_update().get_or_create(office_id=office_id)[0]
    leaf = {
        "index": head.size,
        "kind": event.kind,
        "case": event.case,
        "at": at.isoformat(timespec="seconds"),
        "role": role,
        "actor": pseudonym(key, f"user/{user_id}") if user_id is not None else None,
        "facts": event.facts,
    }
    text = canonical_json(leaf).decode()
    entry = LedgerEntry.objects.create(
        office_id=office_id,
        index=head.size,
        at=at,
        kind=event.kind,
        case=event.case,
        leaf=text,
        leaf_hash=leaf_hash(text.encode()),
    )
    head.size += 1
    head.save(update_fields=["size"])
    return entry


@transaction.atomic
def publish_head(office_id: int, *, origin: str, key: SigningKey, now: datetime) -> str:
    """Sign the head over all entries and return the checkpoint; signing the same size twice changes nothing."""
    head = LedgerHead.objects.select_for_update().get_or_create(office_id=office_id)[0]
    if head.checkpoint and head.signed_size == head.size:
        return head.checkpoint
    hashes = [
        bytes(item) for item in LedgerEntry.objects.filter(office_id=office_id).values_list("leaf_hash", flat=True)
    ]
    head.checkpoint = sign_checkpoint(origin, head.size, root(hashes), key)
    head.signed_size, head.signed_at = head.size, now
    head.save(update_fields=["checkpoint", "signed_size", "signed_at"])
    return head.checkpoint
