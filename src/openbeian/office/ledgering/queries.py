"""Reading the ledger: entries, the signed head, receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from openbeian.evidence import Receipt
from openbeian.evidence.merkle import inclusion_proof
from openbeian.office.ledgering.models import LedgerEntry, LedgerHead


@dataclass(frozen=True, slots=True)
class Head:
    """The published head, and how many entries wait for the next one."""

    size: int
    checkpoint: str
    signed_at: datetime | None
    waiting: int


def head(office_id: int) -> Head:
    """Return the last published head of an office."""
    found = LedgerHead.objects.filter(office_id=office_id).first()
    if found is None:
        return Head(0, "", None, 0)
    return Head(found.signed_size, found.checkpoint, found.signed_at, found.size - found.signed_size)


def leaves(office_id: int, size: int) -> Iterator[str]:
    """Yield the first `size` leaves as text."""
    rows = LedgerEntry.objects.filter(office_id=office_id, index__lt=size).values_list("leaf", flat=True)
    yield from rows.iterator(chunk_size=2000)


def entries_of(office_id: int, case: str) -> list[LedgerEntry]:
    """Return the entries of one case, oldest first."""
    return list(LedgerEntry.objects.filter(office_id=office_id, case=case))


def latest(office_id: int, count: int) -> list[LedgerEntry]:
    """Return the newest entries, newest first."""
    return list(LedgerEntry.objects.filter(office_id=office_id).order_by("-index")[:count])


def receipt(office_id: int, index: int, public_key: str) -> Receipt | None:
    """Return the receipt of an entry under the published head; None when there is no such entry or no head over it yet."""
    signed = head(office_id)
    if not 0 <= index < signed.size:
        return None
    rows = LedgerEntry.objects.filter(office_id=office_id, index__lt=signed.size)
    hashes = [bytes(item) for item in rows.values_list("leaf_hash", flat=True)]
    leaf = rows.get(index=index).leaf
    proof = tuple(item.hex() for item in inclusion_proof(hashes, index))
    return Receipt(
        leaf=leaf, index=index, size=signed.size, proof=proof, checkpoint=signed.checkpoint, public_key=public_key
    )


def entry(office_id: int, index: int) -> LedgerEntry | None:
    """Return one entry by its index."""
    return LedgerEntry.objects.filter(office_id=office_id, index=index).first()
