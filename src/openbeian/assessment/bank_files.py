"""Rows of a bank file as plain text, with the row they stand in: xlsx, csv, jsonl and yaml.

Every cell is text. A formula is the text that stands in the cell, never its result, and nothing is evaluated.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from openbeian.manifest import Fault, Problem, reason_of

if TYPE_CHECKING:
    from ruamel.yaml.nodes import ScalarNode

LARGEST_FILE = 64 * 2**20
LARGEST_YAML = 8 * 2**20  # YAML costs about fifty times the time of the other formats
MOST_ROWS = 500_000


@dataclass(frozen=True)
class Row:
    """One row: heading → text. `defect` says why a row could not be read at all.

    `sheet` is the title of the sheet it stands in, empty for a CSV file, None where there is no table with a head.
    """

    line: int
    values: dict[str, str]
    defect: str | None = None
    sheet: str | None = None

    def problems(self, file: str) -> list[Problem]:
        """Return the row's own defect as a problem, if it has one."""
        if self.defect is None:
            return []
        return [
            Problem(
                code="bank-row",
                message=self.defect,
                remedy="改正这一行",
                file=file,
                line=self.line,
                label=f"表“{self.sheet}”" if self.sheet else None,
            )
        ]


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a bank file.

    Raises:
        Fault: `bank-format` for an unknown ending, `bank-too-large`, `bank-unreadable`; for a workbook as `read_sheets`.
    """
    readers: dict[str, Callable[[Path], Iterator[Row]]] = {
        ".xlsx": _xlsx_rows,
        ".csv": _csv_rows,
        ".jsonl": _jsonl_rows,
        ".yaml": _yaml_rows,
        ".yml": _yaml_rows,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise _fault("bank-format", path, f"不认识的题库格式 {path.suffix}", "使用 xlsx、csv、jsonl 或 yaml")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _fault("bank-unreadable", path, f"打不开题库文件：{reason_of(error)}", "检查路径和权限") from error
    if size > (LARGEST_YAML if path.suffix.lower() in {".yaml", ".yml"} else LARGEST_FILE):
        raise _fault("bank-too-large", path, f"题库文件有 {size} 字节，超过上限", "改用 jsonl 或拆分题库")
    for count, row in enumerate(reader(path)):
        if count >= MOST_ROWS:
            raise _fault("bank-too-large", path, f"题库超过 {MOST_ROWS} 行", "拆分题库")
        yield row


def _csv_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file in UTF-8 or, as Chinese spreadsheets write it, in GB18030."""
    reader = csv.reader(io.StringIO(_text(path, "gb18030"), newline=""), strict=True)
    headings: list[str] | None = None
    try:
        for cells in reader:
            if headings is None:
                headings = cells
            elif any(cell.strip() for cell in cells):
                yield _cells_row(headings, cells, reader.line_num, "")
    except csv.Error as error:
        is_long = "larger than field limit" in str(error)
        what = f"有一格超过 {csv.field_size_limit()} 字" if is_long else "引号没有配对，或分隔符不对"
        raise _fault("bank-unreadable", path, f"CSV {what}", "改正这一行，或另存为 xlsx", reader.line_num) from error


def _cells_row(headings: list[str], cells: list[str], line: int, sheet: str) -> Row:
    """Return a row under its headings; cells that spreadsheets keep empty to the right of a table are no columns."""
    while len(cells) > len(headings) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > len(headings):
        return Row(line, {}, f"这一行有 {len(cells)} 列，表头只有 {len(headings)} 列", sheet)
    return Row(line, dict(zip_longest(headings, cells, fillvalue="")), None, sheet)


def _xlsx_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of all visible sheets, each under its own head."""
    from openbeian.screening.workbooks import read_sheets  # a bank in another format does without its memory

    for title, rows in read_sheets(path):
        headings: list[str] | None = None
        for line, texts in rows:
            if headings is None:
                headings = texts
            else:
                yield _cells_row(headings, texts, line, title)


def _jsonl_rows(path: Path) -> Iterator[Row]:
    for line, text in enumerate(_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            yield Row(line, {}, "不是一行完整的 JSON")
            continue
        yield _mapping_row(value, line)


def _mapping_row(value: object, line: int) -> Row:
    if not isinstance(value, dict):
        return Row(line, {}, "每一行应是一个对象 {…}")
    nested = [str(key) for key, item in value.items() if isinstance(item, dict | list)]
    if nested:
        return Row(line, {}, f"字段 {nested[0]} 不是文字")
    return Row(line, {str(key): "" if item is None else str(item) for key, item in value.items()})


def _yaml_rows(path: Path) -> Iterator[Row]:
    """Yield the entries of `questions:` from the parsed nodes: nothing is converted and every row has a line."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    try:
        root = YAML(typ="safe", pure=True).compose(_text(path))
    except (YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise _fault("bank-unreadable", path, "YAML 写法有误", "检查缩进、引号和冒号", line) from error
    entries = None
    if isinstance(root, MappingNode):
        entries = next((value for key, value in root.value if key.value == "questions"), None)
    if not isinstance(entries, SequenceNode):
        raise _fault("bank-unreadable", path, "没有 questions 列表", "在 questions: 下逐条写题目")
    for entry in entries.value:
        line = entry.start_mark.line + 1
        if not isinstance(entry, MappingNode):
            yield Row(line, {}, "每一条应是 {text: …, expect: …}")
        elif any(isinstance(value, MappingNode | SequenceNode) for _, value in entry.value):
            yield Row(line, {}, "条目里只能写文字")
        else:
            yield Row(line, {str(key.value): _scalar_text(value) for key, value in entry.value})


def _scalar_text(node: ScalarNode) -> str:
    return "" if str(node.tag).endswith(":null") else str(node.value)


def _text(path: Path, other: str | None = None) -> str:
    """Return a file's text; what is not UTF-8 is read in the other encoding, where one is given and fits."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if other is not None:
            with suppress(UnicodeDecodeError):
                return data.decode(other)
        line = error.object[: error.start].count(b"\n") + 1
        raise _fault("bank-unreadable", path, "不是 UTF-8 编码", "另存为 UTF-8（或 xlsx）", line) from error


def _fault(code: str, path: Path, message: str, remedy: str, line: int | None = None) -> Fault:
    return Fault(code, message, remedy=remedy, file=str(path), line=line)
