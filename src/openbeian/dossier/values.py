"""How a value of the manifest is written on paper: ticks, lines or a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import JsonValue

from openbeian.dossier.papers import Column, Table, Tone, Words
from openbeian.dossier.wording import wording

_TICKED, _OPEN = "■", "□"
_NARROW_CHARACTERS = 8
_SEPARATOR = "、"


def is_empty(value: JsonValue) -> bool:
    """Whether there is nothing to write: null, blank text, or a group of such."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Mapping):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, Sequence):
        return all(is_empty(item) for item in value)
    return False


def is_table(value: JsonValue) -> bool:
    """Whether the value is a list of groups, which is drawn as a table."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def count(value: int) -> str:
    """Write a whole number with a no-break space every three digits."""
    return f"{value:,}".replace(",", "\u00a0")


def chinese_date(day: date) -> str:
    """Write a day as 2026年11月20日."""
    return f"{day.year}年{day.month}月{day.day}日"


def ticks(choices: Sequence[str], value: JsonValue) -> Words:
    """Write all the choices of a field, the chosen ones ticked; a value outside the choices is written as 其他."""
    chosen = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    boxes = [f"{_TICKED if choice in chosen else _OPEN} {choice}" for choice in choices]
    boxes += [f"{_TICKED} 其他：{item}" for item in chosen if item not in choices]
    return Words("　".join(boxes), Tone.TICKS)


def lines(value: JsonValue) -> tuple[Words, ...]:
    """Write a value as lines: a group gets one line a key, a list is joined."""
    if isinstance(value, dict):
        return tuple(Words(f"{name(key)}：{measured(key, item)}") for key, item in value.items() if not is_empty(item))
    return (Words(phrase(value)),)


def measured(key: str, value: JsonValue) -> str:
    """Write the value of a key with the key's unit, where it has one."""
    unit = wording().key_units.get(key, "")
    return f"{phrase(value)} {unit}".rstrip()


def phrase(value: JsonValue) -> str:
    """Write a value within a line."""
    match value:
        case bool():
            return "是" if value else "否"
        case int() | float():
            return count(value) if isinstance(value, int) else f"{value:g}"
        case list():
            return _SEPARATOR.join(phrase(item) for item in value)
        case dict():
            return "；".join(f"{name(key)} {measured(key, item)}" for key, item in value.items() if not is_empty(item))
        case _:
            return (value or "").strip() or "—"


def name(key: str) -> str:
    """Return what a key is called on paper; an unknown key keeps its own name."""
    return wording().keys.get(key, key)


def table(caption: str, rows: Sequence[Mapping[str, JsonValue]], layout: Mapping[str, Sequence[str]]) -> Table:
    """Write a list of groups as a table. `layout` says which keys share a column; empty, every key has its own."""
    keys = layout or {name(key): (key,) for key in rows[0]}
    filled = {title: own for title, own in keys.items() if any(not is_empty(row.get(k)) for row in rows for k in own)}
    body = tuple(tuple(_cell(row, own) for own in filled.values()) for row in rows)
    columns = tuple(
        Column(title, _width(max(len(line) for row in body for line in row[at].text.split("\n"))))
        for at, title in enumerate(filled)
    )
    return Table(columns, body, caption)


def _width(longest: int) -> int:
    """A column of short words takes what it needs; of the rest, longer words take more, up to four times."""
    return 0 if longest <= _NARROW_CHARACTERS else min(4, 1 + longest // 12)


def _cell(row: Mapping[str, JsonValue], keys: Sequence[str]) -> Words:
    told = [measured(key, row[key]) for key in keys if not is_empty(row.get(key))]
    return Words("\n".join(told)) if told else Words("—", Tone.MUTED)
