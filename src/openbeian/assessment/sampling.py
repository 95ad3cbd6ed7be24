"""Samples that anyone can draw again: `openbeian/sample/v1`, and how many to draw from each stratum.

An item's rank is a SHA-256 over the seed, the stratum and the item's id; the sample is the head of that order. It does
not depend on the order of the input, a larger sample contains the smaller, and any language with SHA-256 replays it.
The seed must follow from facts that were fixed before the sample was drawn (`seed_from`).
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from openbeian.manifest import Fault, digest

ALGORITHM = "openbeian/sample/v1"


@dataclass(frozen=True)
class Allocation:
    """How many items to draw from each stratum, and by how many a stratum is too small for its minimum."""

    sizes: dict[str, int]
    shortfall: dict[str, int]


def seed_from(facts: Mapping[str, str]) -> str:
    """Return the seed that follows from facts fixed beforehand: bank digest, model version, time of the plan."""
    return digest(dict(facts))


def rank(seed: str, stratum: str, item_id: str) -> bytes:
    """Return the 32-byte rank of an item: the fields are length-prefixed, so no two triples give the same bytes."""
    state = hashlib.sha256()
    for field in (ALGORITHM, seed, stratum, item_id):
        encoded = field.encode()
        state.update(len(encoded).to_bytes(4, "big"))
        state.update(encoded)
    return state.digest()


def draw(seed: str, stratum: str, item_ids: Iterable[str], count: int) -> list[str]:
    """Return the first `count` ids of the stratum in rank order.

    Raises:
        Fault: an id appears twice, or there are fewer ids than asked for.
    """
    ids = list(item_ids)
    if len(set(ids)) != len(ids):
        raise Fault("sample-duplicate", f"分层 {stratum} 中有重复的编号，无法抽样", remedy="先去掉重复的编号")
    if not 0 <= count <= len(ids):
        raise Fault(
            "sample-too-small",
            f"分层 {stratum} 只有 {len(ids)} 条，抽不出 {count} 条",
            remedy="减少抽样量或补充题目",
        )
    return heapq.nsmallest(count, ids, key=lambda item: (rank(seed, stratum, item), item))


def allocate(sizes: Mapping[str, int], minima: Mapping[str, int], total: int) -> Allocation:
    """Divide `total` among the strata: the minimum first, the rest in proportion to the room left.

    Largest remainder in integers, ties by stratum name, never more than a stratum holds. A stratum smaller than its
    minimum gives all it has and is named in `shortfall`.

    Raises:
        Fault: the minima need more than `total`, or all strata together hold less.
    """
    given = {name: min(minima.get(name, 0), sizes[name]) for name in sorted(sizes)}
    spare, rest = sum(sizes.values()) - sum(given.values()), total - sum(given.values())
    if rest < 0:
        raise Fault("sample-minima", f"各层下限合计超过抽样量 {total}", remedy="提高抽样量或降低下限")
    if rest > spare:
        raise Fault("sample-too-small", f"题目共 {sum(sizes.values())} 条，不足抽样量 {total}", remedy="补充题目")
    if rest:
        shares = {name: divmod(rest * (sizes[name] - given[name]), spare) for name in given}
        left = rest - sum(whole for whole, _ in shares.values())
        favoured = sorted(shares, key=lambda name: (-shares[name][1], name))[:left]
        given = {name: given[name] + shares[name][0] + (name in favoured) for name in given}
    short = {
        name: wanted - sizes.get(name, 0) for name, wanted in sorted(minima.items()) if wanted > sizes.get(name, 0)
    }
    return Allocation(sizes=given, shortfall=short)
