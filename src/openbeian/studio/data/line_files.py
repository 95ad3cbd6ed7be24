"""Files of short texts: jsonl, csv or txt, in UTF-8 or GB18030; a mistake names file and line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from openbeian.manifest import Fault, reason_of

LARGEST: Final = 64_000_000  # bytes
NAMES: Final = {
    "occasion": "condition", "场合": "condition", "title": "condition", "题目": "condition", "condition": "condition", "条件": "condition",
    "text": "text", "文本": "text", "祝福": "text", "lines": "text", "正文": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One text, what it is for, and its line in the file (from 1)."""

    condition: str
    text: str
    line: int


def read_rows(path: Path, built_in: tuple[str, ...] = ()) -> list[Row]:
    """Read a file of texts: jsonl or csv with `occasion` or `title` and `text` (or `lines`), or txt with a tab between both.

    Raises:
        Fault: `lines-missing`, `lines-format`, `lines-unreadable`, `lines-encoding`, `lines-columns`, `lines-row`.
    """
    if not path.exists():
        near = get_close_matches(str(path), built_in, 1)
        known = f"写 {'、'.join(built_in)}，或一个存在的文件"
        raise Fault("lines-missing", f"没有这套文本：{path}", f"是不是 {near[0]}？" if near else known, file=str(path))
    try:
        if path.stat().st_size > LARGEST:
            raise Fault("lines-format", "文件超过 64 MB", "取一部分文本", file=str(path))
        content = path.read_bytes()
    except OSError as reason:
        raise Fault(
            "lines-unreadable", f"读不了文本：{reason_of(reason)}", "检查路径和权限", file=str(path)
        ) from reason
    return list(rows_of(_decoded(content, path), path.suffix.lower(), str(path)))


def rows_of(text: str, suffix: str, file: str) -> Iterator[Row]:
    """Yield the rows of a file's text. Raises as `read_rows`."""
    reader = READERS.get(suffix)
    if reader is None:
        raise Fault("lines-format", f"不认识的格式 {suffix or '（无后缀）'}", "用 jsonl、csv 或 txt", file=file)
    yield from reader(text, file)


def _decoded(content: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Fault("lines-encoding", "文件不是 UTF-8，也不是 GB18030", "另存为 UTF-8", file=str(path))


def _row(values: Mapping[str | None, Any], line: int, file: str) -> Row:
    known = {NAMES[name]: value for name, value in values.items() if name in NAMES}
    text = known.get("text")
    known["text"] = "".join(text) if isinstance(text, list) and all(isinstance(part, str) for part in text) else text
    for key, name in (("condition", "场合或题目"), ("text", "文本")):
        if not isinstance(known.get(key), str) or not known[key].strip():
            raise Fault("lines-row", f"缺少{name}", "每条都要有 occasion（或 title）和 text", file=file, line=line)
    return Row(known["condition"].strip(), known["text"].strip(), line)


def _jsonl(text: str, file: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as reason:
            raise Fault("lines-row", "不是 JSON", "改正这一行", file=file, line=number) from reason
        if not isinstance(values, dict):
            raise Fault("lines-row", "不是一组字段", "改正这一行", file=file, line=number)
        yield _row(values, number, file)


def _csv(text: str, file: str) -> Iterator[Row]:
    table = csv.DictReader(io.StringIO(text))
    try:
        if not {"condition", "text"} <= {NAMES.get(name or "") for name in table.fieldnames or []}:
            raise Fault("lines-columns", "第一行没有 occasion（或 title）和 text 两列", "补上列名", file=file, line=1)
        for values in table:
            yield _row(values, table.line_num, file)
    except csv.Error as reason:
        raise Fault("lines-row", "这一行不是 CSV", "检查引号", file=file, line=table.line_num) from reason


def _txt(text: str, file: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        condition, tab, said = line.partition("\t")
        if not tab:
            raise Fault("lines-row", "场合（或题目）和文本之间没有制表符", "改正这一行", file=file, line=number)
        yield _row({"condition": condition, "text": said}, number, file)


READERS: Final[Mapping[str, Callable[[str, str], Iterator[Row]]]] = {".jsonl": _jsonl, ".csv": _csv, ".txt": _txt}
