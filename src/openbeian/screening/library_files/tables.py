"""Libraries as tables: workbooks, separated values in any usual encoding, and plain lists of words.

A cell is the text that stands in it: a formula is read as its text and never run.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from openbeian.screening.library_files.rows import Notes, Row, note, unreadable
from openbeian.screening.workbooks import read_cells

COLUMNS: Final = {
    "关键词": "word",
    "一级分类": "class1",
    "二级分类": "class2",
    "级别": "level",
    "词边界": "border",
    "读音": "sound",
    "白名单": "allow",
    "放行": "allowed_in",
}
NAMES: Final = frozenset(COLUMNS.values())
_TEXTS: Final = NAMES - {"border", "sound", "allow"}  # the others hold yes or no, a spreadsheet's own too
_AS_TEXT: Final = "先把这一列设为“文本”格式，再重新填写"
_REWRITTEN: Final = re.compile(  # what spreadsheets write into separated values for 5-1 and 1e5
    r"\d{1,2}月\d{1,2}日|\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}|\d(\.\d+)?E\+\d{2,3}"
)
_SEPARATORS: Final = (",", "\t", ";", "|", "，", "；")
_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEADS: Final = ("关键词", "word")


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a table; `kinds` says, by column, what a cell of a workbook holds in place of the text that was typed."""

    number: int
    cells: list[str]
    kinds: dict[int, str] = field(default_factory=dict)


def column(name: str) -> str:
    """Return what a heading stands for, empty when it is none of a library's."""
    plain = name.strip()
    return COLUMNS.get(plain, plain.lower() if plain.lower() in NAMES else "")


def workbook_rows(path: Path, notes: Notes) -> Iterator[Row]:
    """Yield the rows of all visible sheets that have a column of words."""
    found = 0
    for title, rows in read_cells(path):
        lines = (_Line(*row) for row in rows)
        head = next(lines, None)
        if head is None:
            continue
        if "word" not in map(column, head.cells):
            notes.say(f"表“{title}”第一行没有“关键词”列，没有读")
            continue
        found += 1
        yield from _table(chain([head], lines), notes, title)
    if not found:
        raise _without_words(path)


def separated_rows(path: Path, notes: Notes) -> Iterator[Row]:
    """Yield the rows of a table of separated values; the separator is the one that makes a column of words."""
    text = decoded(path)
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    separator = next((mark for mark in _SEPARATORS if "word" in map(column, _cells(first, mark))), None)
    if separator is None:
        raise _without_words(path)
    rewritten = []
    for row in _table(_records(text, separator, path), notes):
        if _REWRITTEN.fullmatch(row.values.get("word", "").strip()):
            rewritten.append(f"“{row.values['word'].strip()}”（{row.place}）")
        yield row
    notes.said += note("{} 个词像是表格软件存盘时改写的日期或数，请与原词核对：{}", rewritten)


def listed_words(path: Path, notes: Notes) -> Iterator[Row]:
    """Yield the lines of a plain list of words."""
    notes.say("纯文本词库没有分类；要按风险统计，用带“二级分类”列的表格")
    for number, line in enumerate(io.StringIO(decoded(path), newline=None), 1):
        if line.rstrip("\n"):
            yield Row(number, {"word": line.rstrip("\n")})


def decoded(path: Path) -> str:
    """Return a file's text: UTF-8, UTF-16 or, as Chinese spreadsheets write it, GB18030.

    Raises:
        Fault: `library-encoding`.
    """
    data = path.read_bytes()
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not encoding.startswith("utf-16-") or text.lstrip().lower().startswith(_HEADS):
            return text
    raise unreadable(path, "文件不是 UTF-8、UTF-16，也不是 GB18030", "另存为 UTF-8", code="library-encoding")


def _encodings(data: bytes) -> Iterator[str]:
    if data.startswith(_MARKS):
        yield "utf-16"
        return
    if b"\0" in data:  # UTF-16 without a mark has one in every line break
        yield from ("utf-16-le", "utf-16-be")
    yield from ("utf-8-sig", "gb18030")


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _records(text: str, separator: str, path: Path) -> Iterator[_Line]:
    """Yield the records, each with the number of the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip(" \t\r\n") for cell in cells):
                yield _Line(begin, cells)
            begin = reader.line_num + 1
    except csv.Error as error:
        is_long = "field larger than" in str(error)
        what = f"有一格超过 {csv.field_size_limit()} 字" if is_long else "引号没有配对"
        raise unreadable(path, f"表格里{what}", "改正这一行，或另存为 xlsx", begin) from error


def _table(rows: Iterable[_Line], notes: Notes, sheet: str = "") -> Iterator[Row]:
    """Yield the rows under a head, as long as they hold anything."""
    lines = iter(rows)
    head = next(lines).cells
    names = [column(cell) for cell in head]
    if unused := [cell.strip() for cell, name in zip(head, names, strict=True) if cell.strip() and not name]:
        notes.say(f"没有用到的列：{'、'.join(unused[:8])}")
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        yield Row(1, {}, sheet, f"列“{head[names.index(min(twice))].strip()}”出现了两次")
        return
    for line in lines:
        values = {name: cell for name, cell in zip(names, line.cells, strict=False) if name}
        if any(cell.strip(" \t\r\n") for cell in values.values()):
            defect = _altered(line, head)
            yield Row(line.number, values, sheet, defect, _AS_TEXT if defect else "")


def _altered(line: _Line, head: list[str]) -> str:
    """Say which cell under a heading of text is no text, and what it has become; empty when none is."""
    for index, kind in line.kinds.items():
        if index < len(head) and column(head[index]) in _TEXTS:
            return f"“{head[index].strip()}”存成了{kind}，不是写下的字"
    return ""


def _without_words(path: Path) -> Exception:
    return unreadable(path, "第一行没有“关键词”列", "列名用 关键词、一级分类、二级分类", line=1, code="library-columns")
