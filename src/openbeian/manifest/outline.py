"""The text of a YAML file as plain values with the place of each: bounded, without references, tags or surprises.

Built from parser events instead of a ready-made loader, because hostile files come in here (uploads), every mistake has
to name its line, and one value has to be replaceable without touching another character of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from openbeian.manifest.faults import ManifestInvalid, Problem

MAX_DEPTH = 20
MAX_VALUES = 50_000

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,19}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}\.[0-9]{0,40})([eE][-+]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Span:
    """Where a scalar stands in the text: from one character index up to another."""

    start: int
    end: int


@dataclass
class Outline:
    """Plain values; the line (from 1) of every field and list row; the span of every scalar."""

    value: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)


def outline(text: str, name: str) -> Outline:
    """Read YAML text.

    Raises:
        ManifestInvalid: naming the line of what is unfinished, written twice, a reference, a tag, or too deep.
    """
    reading = _Reading(text, name)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reading.take(event)
    except MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        line = mark.line + 1 if mark else None
        _stop("manifest-yaml", "YAML 没有写完或缩进不对", "检查这一行和上一行的缩进、引号、冒号", name, line, reason)
    except ReaderError as reason:
        line = text.count("\n", 0, reason.position) + 1
        _stop("manifest-characters", "含有不可见的控制字符", "删去这一行的控制字符", name, line, reason)
    except ManifestInvalid:
        raise
    except Exception as reason:  # noqa: BLE001 - the parser raises many kinds on broken text; each means: unreadable
        _stop("manifest-yaml", "不是可读的 YAML", "检查文件内容", name, None, reason)
    return reading.outline


@dataclass
class _Open:
    """A mapping or list that is being filled."""

    value: dict[str, Any] | list[Any]
    path: str
    key: str | None = None
    key_end: int = 0


class _Reading:
    """Takes parser events one by one and fills an outline."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.outline = Outline()
        self._open: list[_Open] = []
        self._documents = 0
        self._values = 0

    def take(self, event: Event) -> None:
        """Take the next event of the parser."""
        if isinstance(event, CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(event, "一个文件里写了两份清单", "删去 --- 之后的内容")
        elif isinstance(event, NodeEvent):
            self._take_node(event)

    def _take_node(self, event: NodeEvent) -> None:
        self._guard(event)
        here = self._open[-1] if self._open else None
        if here is not None and isinstance(here.value, dict) and here.key is None:
            self._take_key(event, here)
            return
        path = self._path(here, event)
        value: Any
        if isinstance(event, ScalarEvent):
            value = _plain(event)
            self._note_span(here, path, event)
        else:
            value = {} if isinstance(event, MappingStartEvent) else []
        self._place(here, value)
        if not isinstance(event, ScalarEvent):
            self._open.append(_Open(value, path))

    def _guard(self, event: NodeEvent) -> None:
        """Refuse what a manifest has no use for and an attacker has."""
        self._values += 1
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "用了 YAML 引用（& 或 *）", "把内容写全，不用引用")
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
            self._refuse(event, f"用了 YAML 标签 {event.tag}", "删去标签")
        if len(self._open) >= MAX_DEPTH or self._values > MAX_VALUES:
            self._refuse(event, "层次太深或内容太多", "长内容放进附件")
        if isinstance(event, ScalarEvent) and _CONTROL.search(event.value):
            self._refuse(event, "含有不可见的控制字符", "删去控制字符", "manifest-characters")

    def _take_key(self, event: NodeEvent, here: _Open) -> None:
        if not isinstance(event, ScalarEvent):
            self._refuse(event, "字段名应为一个词", "检查这一行的括号和冒号")
        if event.value in here.value:
            first = self.outline.lines[_join(here.path, event.value)]
            self._refuse(event, f"同一字段 {event.value} 写了两次，第一次在第 {first} 行", "删去其中一处")
        here.key, here.key_end = event.value, event.end_mark.index
        self.outline.lines[_join(here.path, event.value)] = event.start_mark.line + 1

    def _note_span(self, here: _Open | None, path: str, event: ScalarEvent) -> None:
        """Note where a value stands; an empty one stands after its colon, wherever the parser looked next."""
        start, end = event.start_mark.index, event.end_mark.index
        if start == end and here is not None and here.key is not None:
            start = end = self.text.index(":", here.key_end) + 1
        if start < end or here is None or here.key is not None:
            self.outline.spans[path] = Span(start, end)

    def _path(self, here: _Open | None, event: NodeEvent) -> str:
        if here is None:
            return ""
        if here.key is not None:
            return _join(here.path, here.key)
        path = _join(here.path, str(len(here.value)))
        self.outline.lines[path] = event.start_mark.line + 1
        return path

    def _place(self, here: _Open | None, value: Any) -> None:
        if here is None:
            self.outline.value = value
        elif isinstance(here.value, list):
            here.value.append(value)
        elif here.key is not None:
            here.value[here.key] = value
            here.key = None

    def _refuse(self, event: Event, message: str, remedy: str, code: str = "manifest-yaml") -> NoReturn:
        _stop(code, message, remedy, self.name, event.start_mark.line + 1, None)


def _plain(event: ScalarEvent) -> Any:
    """Return the value of a scalar by the YAML 1.2 core schema, plus calendar days; quoted text stays text."""
    text = str(event.value)
    if event.style is not None:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    return _number_or_day(text)


def _number_or_day(text: str) -> Any:
    try:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        return text
    return text


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _stop(code: str, message: str, remedy: str, name: str, line: int | None, reason: BaseException | None) -> NoReturn:
    raise ManifestInvalid([Problem(code, message, remedy, file=name, line=line)]) from reason
