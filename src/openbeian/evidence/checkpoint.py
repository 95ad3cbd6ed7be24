"""Signed tree heads as c2sp checkpoints: a signed note with origin, size and root."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from openbeian.evidence.signing import SigningKey, VerifyKey
from openbeian.manifest import Fault

HASH_BYTES = 32
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
    """Check the signature of a checkpoint and return the head.

    Raises:
        Fault: `bad-checkpoint` when the note is damaged or not signed by this key.
    """
    body, _, signatures = text.partition("\n\n")
    body += "\n"
    checkpoint = _parse(body)
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(DASH).rpartition(" ")
        if not line.startswith(DASH) or name != key.name:
            continue
        try:
            blob = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            continue
        if blob[:4] == key.note_id and key.verify(blob[4:], body.encode()):
            return checkpoint
    raise Fault("bad-checkpoint", "树头没有这把公钥的有效签名", "核对公钥；若公钥无误，账本被改动过")


def _parse(body: str) -> Checkpoint:
    bad = Fault("bad-checkpoint", "树头读不懂", "重新下载账本")
    lines = body.split("\n")
    if len(lines) < 4 or not lines[0] or not lines[1].isascii() or not lines[1].isdigit() or len(lines[1]) > 18:
        raise bad
    try:
        head = base64.b64decode(lines[2], validate=True)
    except ValueError as reason:
        raise bad from reason
    if len(head) != HASH_BYTES:
        raise bad
    return Checkpoint(lines[0], int(lines[1]), head)
