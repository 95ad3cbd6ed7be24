"""What changed between two manifests, path by path, in a form that can be applied and checked."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from openbeian.manifest.model import PARTS


class _Absent:
    """The value of a path that one side does not have; differs from null."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
Key = str | int


@dataclass(frozen=True, slots=True)
class Change:
    """One path with its old and new value; `ABSENT` marks a side without it."""

    keys: tuple[Key, ...]
    old: Any
    new: Any

    @property
    def path(self) -> str:
        """The dotted field, for people."""
        return ".".join(str(key) for key in self.keys)


def flatten(value: Any, keys: tuple[Key, ...] = ()) -> dict[tuple[Key, ...], Any]:
    """Return every leaf of a JSON value by its path; empty objects and lists are leaves."""
    rows: list[tuple[Key, Any]] = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    if not rows:
        return {keys: value}
    leaves: dict[tuple[Key, ...], Any] = {}
    for key, child in rows:
        leaves |= flatten(child, (*keys, key))
    return leaves


def changes(old: Any, new: Any, keys: tuple[Key, ...] = ()) -> list[Change]:
    """Return what turns one JSON value into the other, in order of path; lists of unequal length count as one change."""
    if isinstance(old, dict) and isinstance(new, dict):
        found: list[Change] = []
        for key in sorted(old.keys() | new.keys()):
            here = (*keys, key)
            if key not in old or key not in new:
                found.append(Change(here, old.get(key, ABSENT), new.get(key, ABSENT)))
            else:
                found += changes(old[key], new[key], here)
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [change for index, pair in enumerate(zip(old, new, strict=True)) for change in changes(*pair, (*keys, index))]
    return [] if _same(old, new) else [Change(keys, old, new)]


def apply(old: Any, made: list[Change]) -> Any:
    """Return the old value with the changes made; `apply(old, changes(old, new)) == new`."""
    value = copy.deepcopy(old)
    for change in made:
        if not change.keys:
            return copy.deepcopy(change.new)
        place = value
        for key in change.keys[:-1]:
            place = place[key]
        if change.new is ABSENT:
            del place[change.keys[-1]]
        else:
            place[change.keys[-1]] = copy.deepcopy(change.new)
    return value


def part_of(path: str) -> str | None:
    """Return the filed part a dotted path belongs to, or None (service facts, statements)."""
    first = path.partition(".")[0]
    return first if first in PARTS else None


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and bool(old == new)
