"""Merkle tree hashing, inclusion and consistency proofs of RFC 6962."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def hash_from_hex(text: str) -> bytes:
    """Return a hash from its 64 lower-case hexadecimal digits.

    Raises:
        ValueError: for any other text.
    """
    raw = bytes.fromhex(text)
    if len(raw) != HASH_BYTES or raw.hex() != text:
        raise ValueError(text)
    return raw


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 over 0x00 and the leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node: SHA-256 over 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the tree head over leaf hashes (RFC 6962, 2.1)."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(*level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0]


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of a leaf (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion_proof(hashes[:split], index), root(hashes[split:])]
    return [*inclusion_proof(hashes[split:], index - split), root(hashes[:split])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Tell whether the leaf hash stands at `index` in the tree of `size` with this head (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            current = node_hash(current, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and current == head


def consistency_proof(hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the tree of `old_size` leaves is a beginning of this one (RFC 6962, 2.1.2)."""
    if not 0 < old_size <= len(hashes):
        raise IndexError(old_size)
    return [] if old_size == len(hashes) else _subproof(hashes, old_size, is_whole=True)


def _subproof(hashes: Sequence[bytes], old: int, *, is_whole: bool) -> list[bytes]:
    if old == len(hashes):
        return [] if is_whole else [root(hashes)]
    split = _split(len(hashes))
    if old <= split:
        return [*_subproof(hashes[:split], old, is_whole=is_whole), root(hashes[split:])]
    return [*_subproof(hashes[split:], old - split, is_whole=False), root(hashes[:split])]


def verify_consistency(old_size: int, size: int, old_head: bytes, head: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the older tree is a beginning of the newer one (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not proof and old_head == head
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_head)
    if not path:
        return False
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first, second, last = _climb(node, last, path)
    return last == 0 and first == old_head and second == head


def _climb(node: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes, int]:
    """Return the heads of the old and the new tree that a consistency path leads to, and what is left of the way."""
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return first, second, -1
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return first, second, last


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
