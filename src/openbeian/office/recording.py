"""How an act leaves its trace: one ledger entry in the act's own transaction, by the actor who did it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings

from openbeian.evidence import SigningKey
from openbeian.office.accounts.actors import Actor
from openbeian.office.ledgering.models import LedgerEntry
from openbeian.office.ledgering.services import Event, publish_head, record
from openbeian.protection import FieldCipher, secret, signing_key


def receipt_mark(code: str) -> str:
    """Return what stands for a receipt code in a public leaf: whoever has the code finds the leaf, the leaf gives no code away."""
    return hashlib.sha256(f"receipt/{code}".encode()).hexdigest()[:32]


def leave_trace(event: Event, *, actor: Actor, now: datetime) -> LedgerEntry:
    """Append the ledger entry of an act; must run inside the act's transaction."""
    key = secret(settings.KEYS, "actors")
    return record(event, office_id=actor.office_id, role=actor.role.value, user_id=actor.user_id, at=now, key=key)


def ledger_key() -> SigningKey:
    """Return the key that signs this office's heads."""
    return signing_key(settings.KEYS, "ledger")


def sign_head(office_id: int, *, now: datetime) -> str:
    """Sign the head of an office and return the checkpoint."""
    return publish_head(office_id, origin=settings.LEDGER_ORIGIN, key=ledger_key(), now=now)


def field_cipher() -> FieldCipher:
    """Return the cipher for sealed fields."""
    return FieldCipher({"k1": secret(settings.KEYS, "fields-k1")}, "k1")
