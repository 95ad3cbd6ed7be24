"""Question/answer pairs from yaml, csv or jsonl; a mistake names file and line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import YAMLError

from openbeian.manifest import Fault, reason_of, sha256_file

MIN_PAIRS = 20
MAX_CHARS = 400
NAMES = {"question": "question", "问题": "question", "user": "question", "q": "question",
         "answer": "answer", "答复": "answer", "reply": "answer", "a": "answer"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """One filed reply with the question it answers, other wordings of that question, and the dialogue it was taken from."""

    id: str
    question: str
    answer: str
    variants: tuple[str, ...] = ()
    dialogue: str = ""


@dataclass(frozen=True)
class Pairs:
    """A set of pairs, the questions the service must not answer, and the digest of the file."""

    items: tuple[Pair, ...]
    refuse: tuple[str, ...]
    name: str
    sha256: str
    size: int


def load_questions(path: Path) -> tuple[str, ...]:
    """Read questions alone: one a line of a `.txt`, or those of a file of pairs.

    Raises:
        Fault: `pairs-*` naming file and line.
    """
    if path.suffix.lower() != ".txt":
        return tuple(pair.question for pair in load_pairs(path).items)
    try:
        lines = [line.strip()[:MAX_CHARS] for line in _decoded(path).splitlines()]
    except OSError as reason:
        raise _unreadable(path, reason) from reason
    return tuple(dict.fromkeys(line for line in lines if line))


def project_pairs() -> Path:
    """Return the project's own questions and answers: in a checkout beside the sources, in an installed package inside it.

    Raises:
        Fault: `no-example`.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "examples", package.parents[1] / "examples"):
        if (path := folder / "customer-service" / "faq.yaml").is_file():
            return path
    raise Fault("no-example", "找不到自带的问答样例", "用 --data 给出自己的问答表", file=str(package))


def load_pairs(path: Path) -> Pairs:
    """Read pairs.

    Raises:
        Fault: `pairs-*` naming file and line; fewer than 20 pairs cannot be trained on.
    """
    readers = {".yaml": _yaml, ".yml": _yaml, ".jsonl": _jsonl, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Fault(
            "pairs-format", f"不认识的格式 {path.suffix or '（无后缀）'}", "用 yaml、csv 或 jsonl", file=str(path)
        )
    try:
        rows, refuse = reader(path)
    except OSError as reason:
        raise _unreadable(path, reason) from reason
    if len(rows) < MIN_PAIRS:
        raise Fault("pairs-too-few", f"只有 {len(rows)} 组问答，不足以训练", f"至少 {MIN_PAIRS} 组", file=str(path))
    return Pairs(tuple(rows), tuple(refuse), path.name, sha256_file(path), path.stat().st_size)


def _unreadable(path: Path, reason: OSError) -> Fault:
    return Fault("pairs-unreadable", f"读不了数据：{reason_of(reason)}", "检查路径和权限", file=str(path))


def _pair(number: int, values: dict[str, Any], path: Path) -> Pair:
    known = {NAMES[key]: value for key, value in values.items() if key in NAMES}
    for key, name in (("question", "问题"), ("answer", "答复")):
        if not isinstance(known.get(key), str) or not known[key].strip():
            raise Fault("pairs-row", f"缺少{name}", "每组都要有 question 和 answer", file=str(path), line=number)
    variants = values.get("variants") or []
    return Pair(
        id=str(values.get("id") or f"r{number}"),
        question=known["question"].strip()[:MAX_CHARS],
        answer=known["answer"].strip()[:MAX_CHARS],
        variants=tuple(str(text) for text in variants if str(text).strip()) if isinstance(variants, list) else (),
        dialogue=str(values.get("dialogue") or ""),
    )


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Fault("pairs-encoding", "文件不是 UTF-8，也不是 GB18030", "另存为 UTF-8", file=str(path))


def _yaml(path: Path) -> tuple[list[Pair], list[str]]:
    try:
        tree = YAML(typ="rt").load(_decoded(path))
    except (YAMLError, ValueError) as reason:
        raise Fault("pairs-unreadable", "不是可读的 YAML", "检查缩进", file=str(path)) from reason
    rows = tree.get("pairs") if isinstance(tree, dict) else None
    if not isinstance(rows, CommentedSeq) or not all(isinstance(row, dict) for row in rows):
        raise Fault("pairs-unreadable", "缺少 pairs 列表", "对照样例改写", file=str(path))
    pairs = [_pair(rows.lc.item(index)[0] + 1, dict(row), path) for index, row in enumerate(rows)]
    return pairs, [str(text) for text in tree.get("refuse") or []]


def _jsonl(path: Path) -> tuple[list[Pair], list[str]]:
    return [_pair(number, row, path) for number, row in _json_rows(path)], []


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_decoded(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as reason:
            raise Fault("pairs-row", "不是 JSON", "改正这一行", file=str(path), line=number) from reason
        if not isinstance(row, dict):
            raise Fault("pairs-row", "不是一组字段", "改正这一行", file=str(path), line=number)
        yield number, row


def _csv(path: Path) -> tuple[list[Pair], list[str]]:
    table = csv.DictReader(io.StringIO(_decoded(path)))
    names = {NAMES.get(name or "") for name in table.fieldnames or []}
    if not {"question", "answer"} <= names:
        raise Fault("pairs-columns", "第一行没有 question、answer 两列", "补上列名", file=str(path), line=1)
    return [_pair(table.line_num, dict(row), path) for row in table], []
