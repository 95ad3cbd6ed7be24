"""Filed values as rows, tables and marked differences: what a page shows of a manifest, without any markup of its own."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from openbeian.manifest import ABSENT
from openbeian.office.wording import field_name

MAX_COLUMNS = 5
LONG_CELL = 24
SHARED = 0.3
HASH = re.compile(r"^[0-9a-f]{64}$")
TOKENS = re.compile(r"[A-Za-z0-9_.%-]+|\s+|[^\sA-Za-z0-9_.%-]")


@dataclass(frozen=True, slots=True)
class Table:
    """A list of groups as a table; cells in the order of the titles."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_number: tuple[bool, ...]

    @property
    def is_wide(self) -> bool:
        """Whether it is better shown row by row: many columns, or sentences in the cells."""
        return len(self.titles) > MAX_COLUMNS or any(len(text) > LONG_CELL for row in self.rows for text in row)

    def cells(self) -> list[list[tuple[str, str, bool]]]:
        """Return the rows as cells of title, text and whether it is a figure."""
        return [list(zip(self.titles, row, self.is_number, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Fact:
    """One label with its value: text, a hash, or a table."""

    label: str
    text: str = ""
    is_empty: bool = False
    is_hash: bool = False
    table: Table | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words in a difference; `mark` is `same`, `ins` or `del`."""

    mark: str
    text: str


def facts(part: str, value: Mapping[str, Any]) -> list[Fact]:
    """Return the rows of one part; nested groups become one row each with their keys in the text."""
    return [_fact(f"{part}.{key}", item) for key, item in value.items()]


def _fact(path: str, value: Any) -> Fact:
    label = field_name(path)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return Fact(label, table=_table(path, value), path=path)
    text = words(value, path)
    is_hash = isinstance(value, str) and bool(HASH.match(value))
    return Fact(label, text, is_empty=text == "", is_hash=is_hash, path=path)


def _table(path: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    keys = [
        key
        for key in dict.fromkeys(key for row in rows for key in row)
        if any(row.get(key) not in (None, "") for row in rows)
    ]
    keys = [key for key in keys if key != "id" or len(keys) == 1]
    return Table(
        titles=tuple(field_name(f"{path}.{key}") for key in keys),
        rows=tuple(tuple(words(row.get(key), f"{path}.{key}") or "—" for key in keys) for row in rows),
        is_number=tuple(
            all(isinstance(row.get(key), int | float) and not isinstance(row.get(key), bool) for row in rows)
            for key in keys
        ),
    )


def words(value: Any, path: str = "") -> str:
    """Return a filed value in words; nothing for an empty one."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, dict):
        pairs = [(field_name(f"{path}.{key}"), words(item, f"{path}.{key}")) for key, item in value.items()]
        return "；".join(f"{name}：{text}" for name, text in pairs if text)
    if isinstance(value, list):
        return ("；" if _has_groups(value) else "、").join(words(item, path) for item in value)
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, int):
        return number(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _has_groups(values: Iterable[Any]) -> bool:
    return any(isinstance(value, dict) for value in values)


def number(value: int) -> str:
    """Return a whole number with a no-break space every three digits, from five digits on."""
    return f"{value:,}".replace(",", "\u00a0") if abs(value) >= 10_000 else str(value)


def short(digest: str) -> str:
    """Return the first and last characters of a hash; other words stay whole."""
    return f"{digest[:8]}…{digest[-4:]}" if HASH.match(digest) else digest


def difference(old: Any, new: Any, path: str = "") -> tuple[list[Piece], list[Piece]]:
    """Return both sides of a change as pieces, so that only the words that differ are marked.

    A side without the field is empty; values that share little are marked as a whole.
    """
    before, after = _side(old, path), _side(new, path)
    if not before or not after:
        return _whole("del", before), _whole("ins", after)
    old_tokens, new_tokens = TOKENS.findall(before), TOKENS.findall(after)
    matcher = difflib.SequenceMatcher(a=old_tokens, b=new_tokens, autojunk=False)
    if matcher.ratio() < SHARED:
        return _whole("del", before), _whole("ins", after)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        mark_old, mark_new = ("same", "same") if tag == "equal" else ("del", "ins")
        left += _whole(mark_old, "".join(old_tokens[a0:a1]))
        right += _whole(mark_new, "".join(new_tokens[b0:b1]))
    return left, right


def _side(value: Any, path: str) -> str:
    return "" if value is ABSENT else words(value, path)


def _whole(mark: str, text: str) -> list[Piece]:
    return [Piece(mark, text)] if text else []
