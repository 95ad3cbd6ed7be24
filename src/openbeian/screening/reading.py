"""Reading a corpus file as texts; every row is kept or rejected with its reason, none is lost."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openbeian.manifest import Fault

TEXT_KEYS = ("text", "question", "answer", "user", "reply", "content", "问题", "答复", "文本")
ENCODINGS = ("utf-8-sig", "gb18030")
FORMATS = (".yaml", ".yml", ".jsonl", ".csv", ".txt", ".parquet")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a corpus: its number in the file, its text, or why it was rejected."""

    number: int
    text: str
    rejected: str | None = None


def corpus_files(paths: list[Path]) -> list[Path]:
    """Return the corpus files under the given files and folders, in order.

    Raises:
        Fault: `no-corpus` when a path does not exist or holds no file of a known format.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in FORMATS) if path.is_dir() else [path]
        if not path.exists() or not inside:
            raise Fault("no-corpus", "没有可读的语料", f"给出 {'、'.join(FORMATS)} 文件或文件夹", file=str(path))
        found += inside
    return found


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of one file; what cannot be read comes as a rejected row."""
    readers = {".yaml": _yaml, ".yml": _yaml, ".jsonl": _jsonl, ".csv": _csv, ".txt": _lines, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Fault(
            "corpus-format", f"不认识的格式 {path.suffix or '（无后缀）'}", f"用 {'、'.join(FORMATS)}", file=str(path)
        )
    try:
        yield from reader(path)
    except OSError as reason:
        raise Fault(
            "corpus-unreadable", f"读不了语料：{reason.strerror or reason}", "检查路径和权限", file=str(path)
        ) from reason


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="replace")


def _texts(value: Any) -> list[str]:
    """Return the texts of one record: the known columns, or all strings when none is known."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        known = [value[key] for key in (*TEXT_KEYS, "variants") if key in value]
        return [text for part in (known or list(value.values())) for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []


def _yaml(path: Path) -> Iterator[Row]:
    try:
        tree = YAML(typ="safe", pure=True).load(_decoded(path))
    except (YAMLError, ValueError) as reason:
        raise Fault("corpus-unreadable", "语料不是可读的 YAML", "检查缩进", file=str(path)) from reason
    records = (
        [r for value in tree.values() if isinstance(value, list) for r in value]
        if isinstance(tree, dict)
        else tree or []
    )
    for number, record in enumerate(records, 1):
        yield Row(number, "\n".join(_texts(record)))


def _jsonl(path: Path) -> Iterator[Row]:
    for number, line in enumerate(_decoded(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield Row(number, "\n".join(_texts(json.loads(line))))
        except (ValueError, RecursionError):
            yield Row(number, "", rejected="不是 JSON")


def _csv(path: Path) -> Iterator[Row]:
    table = csv.reader(io.StringIO(_decoded(path)))
    next(table, None)
    try:
        for number, row in enumerate(table, 2):
            yield Row(number, "\n".join(row))
    except csv.Error as reason:
        raise Fault("corpus-unreadable", f"CSV 第 {table.line_num} 行读不懂", "检查引号", file=str(path)) from reason


def _lines(path: Path) -> Iterator[Row]:
    for number, line in enumerate(_decoded(path).splitlines(), 1):
        if line.strip():
            yield Row(number, line)


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        number = 0
        for batch in file.iter_batches():
            for record in batch.to_pylist():
                number += 1
                yield Row(number, "\n".join(_texts(record)))
    except pa.ArrowInvalid as reason:
        raise Fault("corpus-unreadable", "Parquet 文件不完整", "重新导出", file=str(path)) from reason
