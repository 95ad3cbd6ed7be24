"""What changed between two manifests, path by path, in a form that can be applied and checked."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbeian.manifest.model import PARTS


class _Absent:
    """The value of a path that one side does not have; differs from null."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __copy__(self) -> _Absent:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> _Absent:
        return self


ABSENT = _Absent()
Key = str | int


@dataclass(frozen=True, slots=True)
class Change:
    """One path with its old and new value; `ABSENT` marks a side without it.

    In a list, an absent old value is an insertion before that index, an absent new value a removal at it.
    """

    keys: tuple[Key, ...]
    old: Any
    new: Any

    @property
    def path(self) -> str:
        """The dotted field, for people."""
        return ".".join(str(key) for key in self.keys)


def flatten(value: Any) -> dict[str, Any]:
    """Return every leaf of a JSON value by its dotted path; empty objects and lists are leaves."""
    return {".".join(str(key) for key in keys): leaf for keys, leaf in _leaves(value, ())}


def changes(old: Any, new: Any, keys: tuple[Key, ...] = ()) -> list[Change]:
    """Return what turns one JSON value into the other, in the order in which `apply` makes the changes."""
    if isinstance(old, dict) and isinstance(new, dict):
        return _changes_of_objects(old, new, keys)
    if isinstance(old, list) and isinstance(new, list):
        return _changes_of_lists(old, new, keys)
    return [] if _same(old, new) else [Change(keys, old, new)]


def apply(old: Any, made: Sequence[Change]) -> Any:
    """Return the old value with the changes made; `apply(old, changes(old, new)) == new`."""
    value = copy.deepcopy(old)
    for change in made:
        new = copy.deepcopy(change.new)
        if not change.keys:
            value = new
            continue
        place = value
        for key in change.keys[:-1]:
            place = place[key]
        last = change.keys[-1]
        if new is ABSENT:
            del place[last]
        elif change.old is ABSENT and isinstance(place, list):
            place.insert(int(last), new)
        else:
            place[last] = new
    return value


def part_of(path: str) -> str | None:
    """Return the filed part a dotted path belongs to, or None (service facts, statements)."""
    first = path.partition(".")[0]
    return first if first in PARTS else None


def _leaves(value: Any, keys: tuple[Key, ...]) -> list[tuple[tuple[Key, ...], Any]]:
    rows: list[tuple[Key, Any]] = []
    if isinstance(value, dict):
        rows = list(value.items())
    elif isinstance(value, list):
        rows = list(enumerate(value))
    if not rows:
        return [(keys, value)]
    return [leaf for key, child in rows for leaf in _leaves(child, (*keys, key))]


def _changes_of_objects(old: dict[str, Any], new: dict[str, Any], keys: tuple[Key, ...]) -> list[Change]:
    found: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        if key in old and key in new:
            found += changes(old[key], new[key], (*keys, key))
        else:
            found.append(Change((*keys, key), old.get(key, ABSENT), new.get(key, ABSENT)))
    return found


def _changes_of_lists(old: list[Any], new: list[Any], keys: tuple[Key, ...]) -> list[Change]:
    """Leave equal beginnings and ends alone, so that one row added in the middle reads as one row added."""
    head = 0
    while head < min(len(old), len(new)) and _same(old[head], new[head]):
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and _same(old[-1 - tail], new[-1 - tail]):
        tail += 1
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    both = min(len(left), len(right))
    found = [change for at in range(both) for change in changes(left[at], right[at], (*keys, head + at))]
    # From the end backwards, so that the indices still to come stay what they were.
    found += [Change((*keys, head + at), left[at], ABSENT) for at in reversed(range(both, len(left)))]
    found += [Change((*keys, head + at), ABSENT, right[at]) for at in range(both, len(right))]
    return found


def _same(old: Any, new: Any) -> bool:
    """Tell whether two JSON values are the same; unlike `==`, 1 is neither 1.0 nor true, at any depth."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(_same(*pair) for pair in zip(old, new, strict=True))
    return bool(old == new)
