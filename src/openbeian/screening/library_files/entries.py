"""What a keyword library says once it is read: words with their options, allowed words, and what is worth knowing.

All rows that cannot be used are told at once, the first in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from openbeian.manifest import Fault, reason_of
from openbeian.rules import risk_pack
from openbeian.screening.folding import fold
from openbeian.screening.keywords import Keyword
from openbeian.screening.library_files.rows import SHOWN, Notes, Row, note, unreadable
from openbeian.screening.library_files.tables import listed_words, separated_rows, workbook_rows
from openbeian.screening.library_files.trees import tree_rows

LARGEST_FILE: Final = 64 * 2**20
MOST_WORDS: Final = 1_000_000
LONGEST_WORD: Final = 1_000  # characters
SHORTEST_WORD: Final = 2  # characters, folded
_NAMED: Final = 20  # rows named in a fault
_SEPARATORS: Final = str.maketrans(dict.fromkeys("；;|、", "\n"))
_YES: Final = frozenset({"是", "yes", "true", "y", "1", "√", "✓"})
_NO: Final = frozenset({"否", "no", "false", "n", "0", "×", "✗"})

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Reader = Callable[[Path, Notes], Iterator[Row]]
_READERS: Final[dict[str, Reader]] = {
    ".xlsx": workbook_rows,
    ".xlsm": workbook_rows,  # refused with a word about its macros
    ".csv": separated_rows,
    ".tsv": separated_rows,
    ".yaml": tree_rows,
    ".yml": tree_rows,
    ".txt": listed_words,
}


@dataclass(frozen=True, slots=True)
class Entries:
    """The content of a library; `notes` are for who looks after it, in Chinese."""

    keywords: tuple[Keyword, ...]
    allowed: tuple[str, ...]
    notes: tuple[str, ...]


def read_entries(path: Path) -> Entries:
    """Read a library from xlsx, csv, tsv, yaml or txt. A formula is read as its text, never run.

    Raises:
        Fault: naming the file, the first row that cannot be used and up to 20 of the others: `keyword-*`; or why the file
            cannot be read at all: `library-*`, `sheet-*`.
    """
    notes = Notes()
    found = _Found()
    try:
        for row in _rows(path, notes):
            found.take(row)
    except OSError as reason:
        raise unreadable(path, f"读不了关键词库：{reason_of(reason)}", "检查路径和权限") from reason
    found.refuse(path)
    return Entries(tuple(found.keywords), tuple(found.allowed), (*notes.said, *_notes(found)))


def _rows(path: Path, notes: Notes) -> Iterator[Row]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        ending = path.suffix or "（无后缀）"
        raise unreadable(path, f"不认识的格式 {ending}", "用 xlsx、csv、yaml 或 txt", code="library-format")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise unreadable(path, f"关键词库有 {size} 字节，超过上限", "拆分文件", code="library-too-large")
    for count, row in enumerate(reader(path, notes)):
        if count >= MOST_WORDS:
            raise unreadable(path, f"关键词库超过 {MOST_WORDS} 行", "拆分文件", row.line, code="library-too-large")
        yield row


@dataclass(slots=True)
class _Found:
    """What the rows have given so far. `places` are those of each folded word, by class; `defects` what is wrong where."""

    keywords: list[Keyword] = field(default_factory=list)
    allowed: dict[str, str] = field(default_factory=dict)
    places: dict[str, dict[tuple[str, str], list[str]]] = field(default_factory=dict)
    defects: list[tuple[Row, str, str]] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def take(self, row: Row) -> None:
        """Take a row in, or note what is wrong with it."""
        if row.defect:
            self.defects.append((row, "library-row", row.defect))
            return
        try:
            if _said(row, "allow"):
                self._allow(_word(row.values.get("word", "")))
            else:
                self._deny(row)
        except _Unusable as defect:
            self.defects.append((row, defect.code, str(defect)))

    def _deny(self, row: Row) -> None:
        get = row.values.get
        word = _word(get("word", ""))
        longer = [_word(one) for one in get("allowed_in", "").translate(_SEPARATORS).split("\n") if one.strip()]
        keyword = Keyword(
            word,
            get("class1", "").strip(),
            get("class2", "").strip(),
            level=get("level", "").strip(),
            border=_said(row, "border"),
            sound=_said(row, "sound"),
        )
        form = fold(word)
        places = self.places.setdefault(form, {}).setdefault((keyword.class1, keyword.class2), [])
        places.append(row.place)
        if len(places) == 1:
            self.keywords.append(keyword)
        if word.startswith("="):
            self.formulas.append(row.place)
        for one in longer:
            self._allow(one)
            if form not in fold(one):
                self.strangers.append(f"“{one}”（{row.place}）")

    def _allow(self, word: str) -> None:
        self.allowed.setdefault(word, fold(word))

    def refuse(self, path: Path) -> None:
        """Raise the fault of rows that cannot be used, or of a library without any word."""
        if self.defects:
            row, code, what = self.defects[0]
            others = [f"{other.place}（{defect}）" for other, _, defect in self.defects[1:_NAMED]]
            more = f"；另有 {len(self.defects) - 1} 行不能用：{'，'.join(others)}" if others else ""
            rest = " 等" if len(self.defects) > _NAMED else ""
            sheet = f"表“{row.sheet}”：" if row.sheet else ""
            remedy = row.remedy or "改正这些行后再试"
            raise unreadable(path, f"{sheet}{what}{more}{rest}", remedy, row.line, code=code)
        if not self.keywords:
            raise Fault("library-empty", "关键词库是空的", "至少放入一个关键词", file=str(path))


class _Unusable(Exception):
    """Why a row cannot be used."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _word(raw: str) -> str:
    """Return a word without blanks around it; raises when it cannot be looked for."""
    word = raw.strip()
    if "\0" in word:
        raise _Unusable("keyword-nul", f"关键词“{_shown(word)}”里有空字符，请删去")
    if _CONTROL.search(word):
        raise _Unusable("keyword-control", f"关键词“{_shown(word)}”里有换行、制表符或坏字符")
    if len(word) > LONGEST_WORD:
        raise _Unusable("keyword-too-long", f"关键词“{_shown(word)}……”超过 {LONGEST_WORD} 字")
    if len(fold(word).strip()) < SHORTEST_WORD:
        hint = f"会命中几乎所有文字，至少 {SHORTEST_WORD} 个字"
        raise _Unusable("keyword-too-short", f"关键词“{_shown(word)}”太短，{hint}")
    return word


def _shown(word: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in word[:20])


def _said(row: Row, name: str) -> bool | None:
    """Return what a row says of a yes-or-no option; None when it says nothing."""
    raw = row.values.get(name, "").strip()
    word = raw.lower()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    label = {"border": "词边界", "sound": "读音", "allow": "白名单"}[name]
    hint = "；含有关键词的长词写在“放行”列" if name == "allow" else ""
    raise _Unusable("keyword-option", f"“{label}”只能填 是 或 否，不能填“{raw[:20]}”{hint}")


def _notes(found: _Found) -> Iterator[str]:
    twice = [
        f"“{form}”（{'、'.join(places[:SHOWN])}）"
        for form, classes in found.places.items()
        for places in classes.values()
        if len(places) > 1
    ]
    yield from note("{} 个词在同一类里重复，只留第一次出现的：{}", twice)
    in_classes = [
        f"“{form}”（{'、'.join('/'.join(filter(None, names)) or '无分类' for names in list(classes)[:SHOWN])}）"
        for form, classes in found.places.items()
        if len(classes) > 1
    ]
    yield from note("{} 个词同时在几个类里，每一类都计：{}", in_classes)
    shielded = [f"“{word}”" for word, form in found.allowed.items() if form in found.places]
    yield from note("{} 个词既是关键词又在白名单里，永远不会命中：{}", shielded)
    yield from note("{} 个放行词不含它那一行的关键词，放行不了：{}", found.strangers)
    yield from note("{} 个词以“=”开头，按文字读入，没有计算：{}", found.formulas)
    yield from _class_notes(found.keywords)


def _class_notes(keywords: Iterable[Keyword]) -> Iterator[str]:
    risks = frozenset(risk_pack().codes("all_31"))
    groups = frozenset(code.rpartition(".")[0] for code in risks)
    known = risks | groups | {""}
    classes = dict.fromkeys(name for one in keywords for name in (one.class1, one.class2))
    own = [f"“{name}”" for name in classes if name not in known]
    yield from note("{} 个分类不是附录 A 的代码，照原样计数，不计入 31 种风险的覆盖：{}", own)
    without = [f"“{one.word}”" for one in keywords if not one.class2]
    yield from note("{} 个词没有二级分类，不计入风险的覆盖：{}", without)
