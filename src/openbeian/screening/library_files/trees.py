"""Libraries as YAML: groups of words with their classes, words with options of their own, and allowed words.

YAML is read by a parser in Python at about 10,000 words a second, so the middle of a long list of plain words is taken
out before and put back after; when any of it does not come back where it belongs, the whole file goes through the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from openbeian.screening.library_files.rows import Notes, Row, unreadable
from openbeian.screening.library_files.tables import column, decoded

LARGEST: Final = 8 * 2**20  # characters left for the parser: under a minute
_PLAIN: Final = re.compile(r"( *)- (\w(?:[\w ]*\w)?)[ \t]*")  # nothing in it means anything to YAML
_OTHER_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
_SHAPE: Final = "写成 keywords: [{class1: …, class2: …, words: [词, …]}]"


@dataclass(frozen=True, slots=True)
class _Run:
    """The middle of a list of plain words: the column and word before it, and its words with their lines."""

    column: int
    before: str
    words: list[tuple[int, str]]


@dataclass(slots=True)
class _Shortened:
    """A text without the middles of its lists: `lines` are the numbers its lines had, `runs` go by line of the rest."""

    text: str
    lines: list[int]
    runs: dict[int, _Run]
    put_back: set[int] = field(default_factory=set)

    def line(self, node: Node) -> int:
        """Return the line a node stands in, from 1."""
        row = int(node.start_mark.line)
        return self.lines[row] if row < len(self.lines) else row + 1

    def after(self, node: ScalarNode) -> list[tuple[int, str]]:
        """Return the words that were taken out after this one."""
        row = node.start_mark.line
        run = self.runs.get(row)
        if run is None or (run.column, run.before) != (node.start_mark.column, node.value):
            return []
        self.put_back.add(row)
        return run.words


def tree_rows(path: Path, notes: Notes) -> Iterator[Row]:
    """Yield the words of a YAML library, each with its line."""
    text = decoded(path).replace("\r\n", "\n").replace("\r", "\n")
    short = _shorten(text)
    try:
        rows = list(_rows(_parsed(short.text, short, path), short, path, notes))
    except RecursionError as error:
        raise unreadable(path, "关键词库的 YAML 嵌套太深", _SHAPE) from error
    if short.put_back != set(short.runs):
        whole = _Shortened(text, [], {})
        rows = list(_rows(_parsed(text, whole, path), whole, path, notes))
    yield from rows


def _shorten(text: str) -> _Shortened:
    """Take the middles of lists out: what stands between the first and the last of plain words in alike lines."""
    lines = text.split("\n")
    if _OTHER_BREAKS.search(text):
        return _Shortened(text, [], {})
    plain = [_PLAIN.fullmatch(line) for line in lines]
    kept: list[int] = []
    runs: dict[int, _Run] = {}
    for column_before, group in groupby(range(len(lines)), lambda index: len(m[1]) if (m := plain[index]) else None):
        alike = list(group)
        first, middle = plain[alike[0]], alike[1:-1]
        if column_before is None or first is None or not middle:
            kept += alike
            continue
        words = [(index + 1, match[2]) for index in middle if (match := plain[index])]
        runs[len(kept)] = _Run(column_before + 2, first[2], words)
        kept += [alike[0], alike[-1]]
    return _Shortened("\n".join(lines[index] for index in kept), [index + 1 for index in kept], runs)


def _parsed(text: str, short: _Shortened, path: Path) -> Node | None:
    if len(text) > LARGEST:
        raise unreadable(
            path, "这样大的 YAML 读得太慢", "改用 csv 或 xlsx，或把每个词单独写一行", code="library-too-large"
        )
    try:
        reader = YAML(typ="safe", pure=True)
        reader.composer.warn_double_anchors = False
        root: Node | None = reader.compose(text)
    except (YAMLError, RecursionError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        row = mark.line if mark is not None else None
        line = None if row is None else short.lines[row] if row < len(short.lines) else row + 1
        raise unreadable(path, "关键词库不是可读的 YAML", "检查缩进、引号和编码", line) from error
    return root


def _rows(root: Node | None, short: _Shortened, path: Path, notes: Notes) -> Iterator[Row]:
    parts, twice = _parts(root) if isinstance(root, MappingNode) else ({}, None)
    if twice is not None:
        raise unreadable(path, f"“{twice.value}”写了两次", "合成一个", short.line(twice))
    groups = parts.pop("keywords", None)
    if not isinstance(groups, SequenceNode):
        raise unreadable(path, "关键词库缺少 keywords 列表", _SHAPE)
    for group in groups.value:
        yield from _group(group, None, short, notes)
    allowed = parts.pop("allowed", None)
    if allowed is not None and not _is_null(allowed):
        yield from _words(allowed, {"allow": "是"}, short, notes)
    for name in parts:
        notes.say(f"没有用到的项：{name[:40]}")


def _group(node: Node, given: dict[str, str] | None, short: _Shortened, notes: Notes) -> Iterator[Row]:
    """Yield the words of one entry: a word, a word with options or, outside of any group, a group of words."""
    own = given or {}
    if isinstance(node, ScalarNode):
        for line, word in [(short.line(node), str(node.value)), *short.after(node)]:
            yield Row(line, {**own, "word": word})
        return
    if not isinstance(node, MappingNode):
        yield Row(short.line(node), {}, defect="每一组要有 class1、class2 和 words")
        return
    parts, twice = _parts(node)
    words = parts.pop("words", None)
    values, wrong = _options(parts, notes)
    if twice is not None:
        yield Row(short.line(twice), {}, defect=f"“{twice.value}”写了两次")
    elif wrong:
        yield Row(short.line(node), {}, defect=f"“{wrong}”要写成文字")
    elif words is not None and "word" not in values and given is None:
        yield from _words(words, values, short, notes)
    elif words is None and "word" in values:
        yield Row(short.line(node), {**own, **values})
    else:
        yield Row(short.line(node), {}, defect="每一组要有 class1、class2 和 words")


def _words(node: Node, given: dict[str, str], short: _Shortened, notes: Notes) -> Iterator[Row]:
    if not isinstance(node, SequenceNode):
        yield Row(short.line(node), {}, defect="每一组要有 class1、class2 和 words")
        return
    for word in node.value:
        yield from _group(word, given, short, notes)


def _parts(node: MappingNode) -> tuple[dict[str, Node], Node | None]:
    """Return the parts of an entry by name, and the second of two names that are the same or mean the same column."""
    parts = {str(key.value): value for key, value in node.value}
    met: set[str] = set()
    for key, _ in node.value:
        meaning = column(str(key.value)) or str(key.value)
        if meaning in met:
            return parts, key
        met.add(meaning)
    return parts, None


def _options(parts: dict[str, Node], notes: Notes) -> tuple[dict[str, str], str]:
    """Return the options of an entry, and the name of the first that is no text."""
    values: dict[str, str] = {}
    for name, node in parts.items():
        known = column(name)
        if not known:
            notes.say(f"没有用到的项：{name[:40]}")
        elif isinstance(node, ScalarNode):
            values[known] = "" if _is_null(node) else str(node.value)
        elif known == "allowed_in" and isinstance(node, SequenceNode) and _are_texts(node):
            values[known] = "\n".join(str(one.value) for one in node.value)
        else:
            return {}, name
    return values, ""


def _are_texts(node: SequenceNode) -> bool:
    return all(isinstance(one, ScalarNode) for one in node.value)


def _is_null(node: Node) -> bool:
    return str(node.tag).endswith(":null")
