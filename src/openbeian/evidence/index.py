"""The signed list of a store's records: a record that was taken away, or put in by hand, is missed or seen.

One file, replaced whole: the public key on its first line, a digest a line in the order of writing, a blank line, and a
checkpoint over the Merkle tree of the digests (c2sp.org/tlog-checkpoint).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openbeian.evidence.checkpoint import open_checkpoint, sign_checkpoint
from openbeian.evidence.merkle import leaf_hash, root
from openbeian.evidence.signing import SigningKey, VerifyKey
from openbeian.files import PRIVATE, write_whole
from openbeian.manifest import Fault

INDEX = "index"
ORIGIN = "openbeian/evidence"
REMEDY = "从备份恢复这个文件；确认记录齐全的，删去它，下次写入时重建"


@dataclass(frozen=True, slots=True)
class Index:
    """The digests of the records in the order of writing, and the key that signed the list."""

    digests: tuple[str, ...]
    signer: VerifyKey


def read_index(folder: Path) -> Index | None:
    """Return the list of a store; None when there is none yet.

    Raises:
        Fault: `index-altered` when it is damaged or not what was signed, `index-unreadable`.
    """
    path = folder / INDEX
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as reason:
        raise Fault("index-unreadable", "证据索引读不了", REMEDY, file=str(path)) from reason
    listed, _, note = text.partition("\n\n")
    key_line, *digests = listed.split("\n")
    try:
        key = VerifyKey.parse(key_line)
        head = open_checkpoint(note, key)
    except Fault as reason:
        raise _altered(path) from reason
    if (head.origin, head.size, head.root) != (ORIGIN, len(digests), _root(digests)):
        raise _altered(path)
    return Index(tuple(digests), key)


def write_index(folder: Path, digests: tuple[str, ...], key: SigningKey) -> None:
    """Replace the list of a store, whole or not at all."""
    note = sign_checkpoint(ORIGIN, len(digests), _root(digests), key)
    text = "\n".join([key.public.text(), *digests]) + "\n\n" + note
    write_whole(folder / INDEX, text, mode=PRIVATE)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a store meanwhile; where the system has no such locks, only its own files."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _root(digests: tuple[str, ...] | list[str]) -> bytes:
    return root([leaf_hash(digest.encode()) for digest in digests])


def _altered(path: Path) -> Fault:
    return Fault("index-altered", "证据索引被改动过，或没有写完", REMEDY, file=str(path))
