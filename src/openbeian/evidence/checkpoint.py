"""Signed tree heads as c2sp checkpoints: a signed note with origin, size and root."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from openbeian.evidence.merkle import HASH_BYTES
from openbeian.evidence.signing import SigningKey, VerifyKey, canonical_base64
from openbeian.manifest import Fault

NOTE_ID_BYTES = 4
MAX_DIGITS = 18
DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: where the log is from, how many leaves, and the root."""

    origin: str
    size: int
    root: bytes


def sign_checkpoint(origin: str, size: int, root: bytes, key: SigningKey) -> str:
    """Return the checkpoint as a signed note (c2sp.org/tlog-checkpoint)."""
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(key.public.note_id + key.sign(body.encode())).decode()
    return f"{body}\n{DASH}{key.name} {signature}\n"


def open_checkpoint(text: str, key: VerifyKey) -> Checkpoint:
    """Check the signature of a checkpoint and return the head. Signatures of other keys (witnesses) are passed over.

    Raises:
        Fault: `bad-checkpoint` when the note is damaged or not signed by this key.
    """
    body, _, signatures = text.partition("\n\n")
    body += "\n"
    try:
        checkpoint, message = _parse(body), body.encode()
        signed = [_signature(line) for line in _lines(signatures)]
    except ValueError as reason:
        raise Fault("bad-checkpoint", "树头读不懂", "重新下载账本") from reason
    if not any(
        name == key.name and blob[:NOTE_ID_BYTES] == key.note_id and key.verify(blob[NOTE_ID_BYTES:], message)
        for name, blob in signed
    ):
        raise Fault("bad-checkpoint", "树头没有这把公钥的有效签名", "核对公钥；若公钥无误，账本被改动过")
    return checkpoint


def _lines(text: str) -> list[str]:
    """Return the lines of a text in which every line is ended."""
    *lines, rest = text.split("\n")
    if rest:
        raise ValueError(rest)
    return lines


def _signature(line: str) -> tuple[str, bytes]:
    """Return name and blob (key id and signature) of a signature line."""
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    blob = canonical_base64(encoded)
    if not line.startswith(DASH) or not name or len(blob) <= NOTE_ID_BYTES:
        raise ValueError(line)
    return name, blob


def _parse(body: str) -> Checkpoint:
    origin, size, encoded, *_ = [*_lines(body), "", "", ""]
    if not origin or not size.isascii() or not size.isdigit() or str(int(size[:MAX_DIGITS])) != size:
        raise ValueError(body)
    head = canonical_base64(encoded)
    if len(head) != HASH_BYTES:
        raise ValueError(body)
    return Checkpoint(origin, int(size), head)
