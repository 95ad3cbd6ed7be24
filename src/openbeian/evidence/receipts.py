"""Receipts: one leaf with the proof that it stands in a signed log; checked offline with the published key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbeian.evidence.checkpoint import open_checkpoint
from openbeian.evidence.merkle import hash_from_hex, leaf_hash, verify_inclusion
from openbeian.evidence.signing import VerifyKey
from openbeian.manifest import Fault, Problem

MAX_BYTES = 1 << 20


class Receipt(BaseModel):
    """A leaf, its place, the audit path (hexadecimal) and the signed head."""

    model_config = ConfigDict(frozen=True)

    leaf: str
    index: int = Field(ge=0)
    size: int = Field(gt=0)
    proof: tuple[str, ...]
    checkpoint: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking a log or a receipt found; `problems` is empty when everything holds."""

    size: int
    root: str
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.problems


def verify_receipt(receipt: Receipt, public_key: str | None = None, name: str = "回执") -> Verification:
    """Check that the receipt's leaf stands in the log whose head the key signed.

    Without `public_key` the receipt's own key is used, which shows that it is whole, not who signed it.
    """
    try:
        key = VerifyKey.parse(public_key or receipt.public_key)
        head = open_checkpoint(receipt.checkpoint, key)
        proof = [hash_from_hex(item) for item in receipt.proof]
    except (Fault, ValueError) as reason:
        message = reason.message if isinstance(reason, Fault) else "证明路径读不懂"
        return Verification(receipt.size, "", (Problem("bad-receipt", message, "重新下载回执", file=name),))
    stands = head.size == receipt.size and verify_inclusion(
        leaf_hash(receipt.leaf.encode("utf-8", "surrogatepass")), receipt.index, receipt.size, proof, head.root
    )
    problems = (
        ()
        if stands
        else (
            Problem(
                "not-included",
                f"第 {receipt.index} 条与签名的树头对不上，回执被改动过",
                "向备案机构重新索取回执",
                file=name,
            ),
        )
    )
    return Verification(head.size, head.root.hex(), problems)


def verify_receipt_file(path: Path, public_key: str | None = None) -> Verification:
    """Check a receipt file; a damaged file is a problem, not an error."""
    bad = Verification(0, "", (Problem("bad-receipt", "回执读不懂", "重新下载回执", file=str(path)),))
    try:
        if path.stat().st_size > MAX_BYTES:
            return bad
        receipt = Receipt.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError, RecursionError):
        return bad
    return verify_receipt(receipt, public_key, str(path))
