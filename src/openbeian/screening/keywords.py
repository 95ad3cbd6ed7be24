"""Keyword libraries: brought by the user, folded by the same table as the text, matched in one pass, allow beats deny."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from daachorse import CharwiseDoubleArrayAhoCorasick
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import YAMLError

from openbeian.manifest import Fault, digest
from openbeian.screening.folding import fold, fold_with_origin
from openbeian.screening.workbooks import read_sheets

COLUMNS = {
    "关键词": "word",
    "一级分类": "class1",
    "二级分类": "class2",
    "白名单": "allow",
    "word": "word",
    "class1": "class1",
    "class2": "class2",
    "allow": "allow",
}
MAX_BYTES = 64 << 20
MIN_CHARS = 2


@dataclass(frozen=True, slots=True)
class Keyword:
    """One word of the library with its classes (risk codes of annex A, or the user's own)."""

    word: str
    class1: str = ""
    class2: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One mention, by its span in the original text."""

    start: int
    end: int
    keyword: Keyword


class Library:
    """A compiled keyword library. Words are compared in folded form; a longer allowed word shields the words inside it."""

    def __init__(self, keywords: Iterable[Keyword], allowed: Iterable[str] = ()) -> None:
        self.keywords = tuple(keywords)
        self.allowed = tuple(allowed)
        by_form: dict[str, list[Keyword]] = {}
        for keyword in self.keywords:
            by_form.setdefault(fold(keyword.word), []).append(keyword)
        if not by_form:
            raise Fault("library-empty", "关键词库是空的", "至少放入一个关键词")
        self._deny = by_form
        forms = list(dict.fromkeys([*by_form, *(fold(word) for word in self.allowed)]))
        self._allowed_forms = frozenset(fold(word) for word in self.allowed)
        self._forms = forms
        self._automaton = CharwiseDoubleArrayAhoCorasick(forms)

    @property
    def digest(self) -> str:
        """The digest of the library's content, the same whatever the file format and order."""
        rows = sorted([keyword.word, keyword.class1, keyword.class2] for keyword in self.keywords)
        return digest({"keywords": rows, "allowed": sorted(self.allowed)})

    @property
    def counts(self) -> dict[str, int]:
        """How many different words each second class has."""
        words: dict[str, set[str]] = {}
        for keyword in self.keywords:
            words.setdefault(keyword.class2, set()).add(fold(keyword.word))
        return {name: len(forms) for name, forms in sorted(words.items())}

    @property
    def size(self) -> int:
        """How many different words the library has: one word in two spellings or two classes is one."""
        return len(self._deny)

    @property
    def longest(self) -> int:
        """The length of the longest folded word, in characters."""
        return max(map(len, self._forms))

    def scan(self, text: str) -> list[Hit]:
        """Return all mentions in reading order; a mention inside an allowed longer word does not count."""
        folded = fold_with_origin(text)
        spans = [(start, end, self._forms[index]) for index, start, end in self._matches(folded.text)]
        shields = [(start, end) for start, end, form in spans if form in self._allowed_forms]
        hits = [
            Hit(*folded.span(start, end), keyword)
            for start, end, form in spans
            if form in self._deny and not any(a <= start and end <= b for a, b in shields)
            for keyword in self._deny[form]
        ]
        return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.keyword.class2))

    def _matches(self, text: str) -> Iterator[tuple[int, int, int]]:
        for start, end, index in self._automaton.find_overlapping(text):
            yield index, start, end

    @staticmethod
    def load(path: Path) -> Library:
        """Read a library from yaml, csv or xlsx (columns 关键词, 一级分类, 二级分类; 白名单 for allowed words).

        Raises:
            Fault: naming file and row for a word that cannot be used; formulas are read as text, never run.
        """
        try:
            if path.stat().st_size > MAX_BYTES:
                raise Fault("library-too-large", f"关键词库超过 {MAX_BYTES} 字节", "拆分文件", file=str(path))
            rows = list(_rows(path))
        except OSError as reason:
            raise Fault(
                "library-unreadable", f"读不了关键词库：{reason.strerror}", "检查路径和权限", file=str(path)
            ) from reason
        keywords: list[Keyword] = []
        allowed: list[Keyword] = []
        for number, row in rows:
            word = _checked(row.get("word", ""), path, number)
            (allowed if row.get("allow") else keywords).append(
                Keyword(word, row.get("class1", ""), row.get("class2", ""))
            )
        if not keywords:
            raise Fault("library-empty", "关键词库是空的", "至少放入一个关键词", file=str(path))
        return Library(keywords, [keyword.word for keyword in allowed])


def _checked(word: str, path: Path, row: int) -> str:
    where = {"file": str(path), "line": row}
    if "\0" in word:
        raise Fault("keyword-nul", "关键词里有空字符", "删去它", **where)  # type: ignore[arg-type]
    if len(fold(word).strip()) < MIN_CHARS:
        raise Fault("keyword-too-short", f"关键词“{word}”太短，会命中几乎所有文字", f"至少 {MIN_CHARS} 个字", **where)  # type: ignore[arg-type]
    return word.strip()


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    readers = {".yaml": _yaml_rows, ".yml": _yaml_rows, ".csv": _csv_rows, ".xlsx": _xlsx_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Fault(
            "library-format", f"不认识的格式 {path.suffix or '（无后缀）'}", "用 xlsx、csv 或 yaml", file=str(path)
        )
    yield from reader(path)


def _yaml_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError) as reason:
        raise Fault(
            "library-unreadable", "关键词库不是可读的 YAML", "检查缩进和编码（UTF-8）", file=str(path)
        ) from reason
    groups = tree.get("keywords") if isinstance(tree, dict) else None
    if not isinstance(groups, CommentedSeq):
        raise Fault("library-unreadable", "关键词库缺少 keywords 列表", "对照样例改写", file=str(path))
    for index, group in enumerate(groups):
        line = groups.lc.item(index)[0] + 1
        if not isinstance(group, dict) or not isinstance(group.get("words"), list):
            raise Fault(
                "library-unreadable", "每一组要有 class1、class2 和 words", "对照样例改写", file=str(path), line=line
            )
        for word in group["words"]:
            yield (
                line,
                {"word": str(word), "class1": str(group.get("class1", "")), "class2": str(group.get("class2", ""))},
            )
    for word in tree.get("allowed") or []:
        yield 0, {"word": str(word), "allow": "1"}


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Fault("library-encoding", "文件不是 UTF-8，也不是 GB18030", "另存为 UTF-8", file=str(path))
    table = csv.reader(io.StringIO(text))
    yield from _table(enumerate(table, 1), path)


def _xlsx_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    for _, rows in read_sheets(path):
        yield from _table(rows, path)
        return  # a library is one sheet


def _table(rows: Iterable[tuple[int, list[str]]], path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    numbered = iter(rows)
    _, head = next(numbered, (1, []))
    names = [COLUMNS.get(cell.strip(), "") for cell in head]
    if "word" not in names:
        raise Fault(
            "library-columns", "第一行没有“关键词”列", "列名用 关键词、一级分类、二级分类", file=str(path), line=1
        )
    for number, row in numbered:
        values = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
        if any(values.values()):
            yield number, values
