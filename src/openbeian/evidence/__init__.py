"""Evidence: signed content-addressed records, the Merkle log, receipts, and checking all of it offline."""

from openbeian.evidence.attesting import attest
from openbeian.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from openbeian.evidence.log_file import verify_log, write_log
from openbeian.evidence.receipts import Receipt, Verification, verify_receipt, verify_receipt_file
from openbeian.evidence.records import (
    EvidenceKind,
    Record,
    Resource,
    StoredRecord,
    check_summary,
    unseal,
    verify_record,
)
from openbeian.evidence.signing import SigningKey, VerifyKey
from openbeian.evidence.store import Store
from openbeian.evidence.tiles import write_tiles

__all__ = [
    "Checkpoint",
    "EvidenceKind",
    "Receipt",
    "Record",
    "Resource",
    "SigningKey",
    "Store",
    "StoredRecord",
    "Verification",
    "VerifyKey",
    "attest",
    "check_summary",
    "open_checkpoint",
    "sign_checkpoint",
    "unseal",
    "verify_log",
    "verify_receipt",
    "verify_receipt_file",
    "verify_record",
    "write_log",
    "write_tiles",
]
