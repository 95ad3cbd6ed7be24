"""Which text of a record is read: the column asked for, else the known ones, else all strings and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from openbeian.screening.folding import FIELD_BREAK
from openbeian.screening.reading.account import Account

TEXT_KEYS: Final = ("text", "question", "answer", "user", "reply", "content", "问题", "答复", "文本", "variants")
LACKS: Final = "没有指定的列"
TOO_LONG: Final = "超过长度上限"
_MOST_NODES: Final = 1_000_000
_MOST_SHAPES: Final = 1_000
_WHOLE_FLOAT: Final = 2**53  # above it a float does not hold every whole number


class RecordError(Exception):
    """A record whose text cannot be read; the words are the reason of its rejection."""


class Picker:
    """Takes the text out of records; remembers which fields each shape of record has."""

    def __init__(self, column: str | None, account: Account) -> None:
        self._column = column
        self._account = account
        self._shapes: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def text(self, record: Any) -> str:
        """Return the texts of a record joined by FIELD_BREAK.

        Raises:
            RecordError: it lacks the column asked for, or is nested without end.
        """
        if type(record) is dict:
            if self._column is not None:
                return FIELD_BREAK.join(strings_of(at_path(record, self._column)))
            keys = tuple(record)
            known = self._shapes.get(keys)
            if known is None:
                known = self._new_shape(keys)
            if len(known) == 1 and type(value := record[known[0]]) is str:
                return value
            values = [record[key] for key in known]
            try:
                return FIELD_BREAK.join(values)
            except TypeError:  # not all are strings
                return FIELD_BREAK.join(strings_of(values))
        if self._column is not None:
            raise RecordError(LACKS)
        return FIELD_BREAK.join(strings_of(record))

    def _new_shape(self, keys: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        known = known_keys(keys)
        self._account.leave_unread([str(key) for key in keys if key not in known])
        return self._shapes.setdefault(keys, known)


def known_keys(keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the known keys among those of a record, all when none is known."""
    return tuple(key for key in TEXT_KEYS if key in keys) or keys


def at_path(record: Any, path: str) -> list[Any]:
    """Return the values at a dotted path; lists on the way are gone through.

    Raises:
        RecordError: there is no such field.
    """
    found = list(_at(record, path))
    if not found:
        raise RecordError(LACKS)
    return found


def _at(value: Any, path: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if path in value:
            yield value[path]
            return
        head, _, rest = path.partition(".")
        if rest and head in value:
            yield from _at(value[head], rest)
    elif isinstance(value, list):
        for part in value:
            yield from _at(part, path)


def strings_of(value: Any) -> list[str]:
    """Return all texts in a value, in order; in inner records by the same rule of known keys.

    Raises:
        RecordError: there are too many parts, as in a tree that contains itself.
    """
    found: list[str] = []
    waiting = [value]
    nodes = 0
    while waiting:
        part = waiting.pop()
        nodes += 1
        if nodes > _MOST_NODES:
            raise RecordError("嵌套过多")
        if isinstance(part, Mapping):
            waiting += [part[key] for key in reversed(known_keys(tuple(part)))]
        elif isinstance(part, list | tuple | set):
            waiting += reversed(list(part))
        elif (text := text_of(part)) is not None:
            found.append(text)
    return found


def text_of(value: Any) -> str | None:
    """Return a single value as the text a person sees; None for none and for true and false."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE_FLOAT:
        return str(int(value))
    return str(value) if isinstance(value, int | float | Decimal | date | time) else None
