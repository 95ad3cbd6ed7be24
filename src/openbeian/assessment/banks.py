"""Question banks: one file of questions with their risk class and what a right service does with them.

`expect` says which bank of the rule a question belongs to: `refuse` 应拒答题库, `answer` 非拒答题库, `any`
生成内容测试题库 (8.2, 8.3). `class1`/`class2` hold the risk group and risk code, for `answer` the aspect in `class2`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from openbeian.assessment.bank_files import Row, read_rows
from openbeian.manifest import ManifestInvalid, Problem, digest, sha256_file
from openbeian.rules import risk_pack

LONGEST_QUESTION = 8_000  # characters; a longer "question" is a pasted document
MOST_PROBLEMS = 200

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "编号", "题号"),
    "text": ("text", "question", "测试题", "测试题目", "题目", "问题", "内容"),
    "class1": ("class1", "一级分类", "一级类别", "类别"),
    "class2": ("class2", "二级分类", "二级类别", "子类", "方面"),
    "expect": ("expect", "预期", "应答方式", "期望"),
}


_HEADS = {"id": "编号", "text": "测试题", "class1": "一级分类", "class2": "二级分类", "expect": "预期"}


class Expect(StrEnum):
    """What a right service does with a question, and so which bank of the rule it belongs to."""

    ANSWER = "answer"
    REFUSE = "refuse"
    ANY = "any"


_EXPECTATIONS: dict[str, Expect] = {
    "answer": Expect.ANSWER,
    "应答": Expect.ANSWER,
    "应回答": Expect.ANSWER,
    "非拒答": Expect.ANSWER,
    "refuse": Expect.REFUSE,
    "拒答": Expect.REFUSE,
    "应拒答": Expect.REFUSE,
    "any": Expect.ANY,
    "": Expect.ANY,
    "不限": Expect.ANY,
    "生成内容": Expect.ANY,
}
_SHEETS: tuple[tuple[str, Expect], ...] = (("非拒答", Expect.ANSWER), ("拒答", Expect.REFUSE), ("生成内容", Expect.ANY))
"""What the title of a sheet says of its questions, unless a row says otherwise; the first that fits."""
_RISK_CODE = re.compile(r"A[.\s]?([1-9])[.\s]*([a-z])?\s*[)）]?(?:[^0-9A-Za-z].*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where in a bank file something stands."""

    file: str
    line: int | None = None
    column: str | None = None
    sheet: str | None = None

    def at(self, column: str) -> Place:
        """Return one column of this row."""
        return replace(self, column=column)


@dataclass(frozen=True)
class Question:
    """One question of a bank. `line` is its row in the file or in the sheet, from 1."""

    id: str
    text: str
    class1: str
    class2: str
    expect: Expect
    line: int
    sheet: str = ""

    @property
    def place(self) -> str:
        """Where the question stands in its file."""
        return f"表“{self.sheet}”第 {self.line} 行" if self.sheet else f"第 {self.line} 行"

    @property
    def sha256(self) -> str:
        """The digest of the question's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Bank:
    """A loaded bank. `digest` names its content and ignores the file's format and the order of the rows."""

    name: str
    items: tuple[Question, ...]
    digest: str
    file_sha256: str
    file_size: int

    def of(self, expect: Expect) -> tuple[Question, ...]:
        """Return the questions of one of the three banks of the rule."""
        return tuple(question for question in self.items if question.expect is expect)

    def counts(self, expect: Expect) -> Counter[str]:
        """Return how many questions of one bank carry each `class2`."""
        return Counter(question.class2 for question in self.of(expect) if question.class2)


def load_bank(path: Path | str) -> Bank:
    """Read a bank from xlsx, csv, jsonl or yaml; every bad row is named.

    Raises:
        ManifestInvalid: with one problem per bad row (file, row, column, remedy); an empty bank is one too.
        Fault: the file itself cannot be read (`bank-unreadable`, `bank-too-large`, `bank-format`, `sheet-*`).
    """
    source = Path(path)
    questions, problems = _questions(read_rows(source), str(source))
    if not questions and not problems:
        problems = [_problem("bank-empty", "题库里没有题目", "至少写入一道题", Place(str(source)))]
    if problems:
        raise ManifestInvalid(_shown(problems, str(source)))
    return Bank(
        name=source.name,
        items=tuple(questions),
        digest=bank_digest(questions),
        file_sha256=sha256_file(source),
        file_size=source.stat().st_size,
    )


def bank_digest(questions: Iterable[Question]) -> str:
    """Return the digest of a bank's content: the same questions in another order or file format give the same one."""
    rows = sorted([item.id, item.text, item.class1, item.class2, item.expect.value] for item in questions)
    return digest({"schema": "openbeian/bank/v1", "questions": rows})


def content_id(text: str, expect: Expect) -> str:
    """Return the stable id of a question that carries none: it follows from what the question says."""
    return "q-" + hashlib.sha256(f"{expect.value}\n{_folded(text)}".encode()).hexdigest()[:16]


def _shown(problems: list[Problem], file: str) -> list[Problem]:
    """Return the first problems; the last one says how many are not shown."""
    more = len(problems) - MOST_PROBLEMS
    rest = (
        [_problem("bank-more-problems", f"另有 {more} 处没有列出", "先改正以上各处", Place(file))] if more > 0 else []
    )
    return [*problems[:MOST_PROBLEMS], *rest]


def _questions(rows: Iterable[Row], file: str) -> tuple[list[Question], list[Problem]]:
    questions: list[Question] = []
    problems: list[Problem] = []
    seen = _Seen()
    headless: set[str] = set()
    for row in rows:
        if row.sheet is not None and not row.defect and not _has_head(row):
            if row.sheet not in headless:
                headless.add(row.sheet)
                problems.append(_no_head(row, file))
            continue
        values, place = _named(row), Place(file, row.line, sheet=row.sheet)
        bad = row.problems(file) or _row_problems(values, place)
        if not bad:
            question = _question(values, place)
            bad = seen.repeats(question, place)
        problems.extend(bad)
        if not bad:
            seen.add(question)
            questions.append(question)
    return questions, problems


def _has_head(row: Row) -> bool:
    return any(heading.strip().casefold() in COLUMNS["text"] for heading in row.values)


def _no_head(row: Row, file: str) -> Problem:
    remedy = "第一行写列名：测试题、一级分类、二级分类、预期；说明之类的表请隐藏或删去"
    return _problem("bank-no-head", "表头里没有“测试题”一列", remedy, Place(file, 1, sheet=row.sheet))


def _named(row: Row) -> dict[str, str]:
    """Return the row under our column names; columns we do not know are left out, a sheet's title says the rest."""
    found = {}
    for name, accepted in COLUMNS.items():
        for heading, value in row.values.items():
            if heading.strip().casefold() in accepted and value.strip():
                found[name] = value.strip()
                break
    titled = next((expect.value for word, expect in _SHEETS if word in (row.sheet or "")), "")
    return {"expect": titled} | found


def _row_problems(values: dict[str, str], place: Place) -> list[Problem]:
    problems = []
    text = values.get("text", "")
    if not text:
        problems.append(_problem("bank-no-text", "缺少题目文字", "在“测试题”一列填写问题", place.at("text")))
    if len(text) > LONGEST_QUESTION:
        message = f"题目有 {len(text)} 字，超过 {LONGEST_QUESTION} 字"
        problems.append(_problem("bank-long-text", message, "拆分或缩短题目", place.at("text")))
    for name, value in values.items():
        if not _is_encodable(value):
            message = "含有不成字的编码（单独的代理码）"
            problems.append(_problem("bank-bad-text", message, "重新输入这一格", place.at(name)))
    return problems or _expect_problems(values, place)


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _expect_problems(values: dict[str, str], place: Place) -> list[Problem]:
    said = values.get("expect", "")
    expect = _EXPECTATIONS.get(said.casefold())
    if expect is None:
        message = f"不认识的预期“{said[:20]}”"
        return [_problem("bank-expect", message, "填写 应答、拒答 或 不限", place.at("expect"))]
    if expect is Expect.REFUSE and not values.get("class2"):
        message = "应拒答的题目没有风险类别"
        return [_problem("bank-no-class", message, "填写风险代码，如 A.1.a", place.at("class2"))]
    return []


def _question(values: dict[str, str], place: Place) -> Question:
    expect = _EXPECTATIONS[values.get("expect", "").casefold()]
    class2 = _risk_code(values.get("class2", ""))
    class1 = _risk_code(values.get("class1", "")) or _group_of(class2)
    return Question(
        id=values.get("id") or content_id(values["text"], expect),
        text=values["text"],
        class1=class1,
        class2=class2,
        expect=expect,
        line=place.line or 0,
        sheet=place.sheet or "",
    )


@dataclass
class _Seen:
    """The rows read so far, by what must not come twice."""

    ids: dict[str, Question] = field(default_factory=dict)
    texts: dict[tuple[str, Expect], Question] = field(default_factory=dict)

    def add(self, question: Question) -> None:
        self.ids[question.id] = question
        self.texts[_folded(question.text), question.expect] = question

    def repeats(self, question: Question, place: Place) -> list[Problem]:
        folded = _folded(question.text)
        same = self.texts.get((folded, question.expect))
        if same is not None:
            return [_problem("bank-duplicate", f"与{same.place}的题目相同", "删去其中一行", place.at("text"))]
        if question.id in self.ids:
            message = f"编号 {question.id} 与{self.ids[question.id].place}相同"
            return [_problem("bank-duplicate-id", message, "改用不同的编号，或留空由内容生成", place.at("id"))]
        opposite = {Expect.ANSWER: Expect.REFUSE, Expect.REFUSE: Expect.ANSWER}.get(question.expect)
        other = self.texts.get((folded, opposite)) if opposite else None
        if other is not None:
            message = f"{other.place}的同一题目预期相反"
            return [_problem("bank-contradiction", message, "只保留一种预期", place.at("expect"))]
        return []


def _risk_code(text: str) -> str:
    """Return `A.1 a)`, `a1a` and the name of a risk or of its group as the code `A.1.a`; anything else unchanged."""
    match = _RISK_CODE.fullmatch(text)
    if not match:
        return _codes().get(text, text)
    group, letter = match.groups()
    return f"A.{group}.{letter.lower()}" if letter else f"A.{group}"


@cache
def _codes() -> dict[str, str]:
    pack = risk_pack()
    groups = {group.name_zh: group.code for group in pack.groups}
    return groups | {risk.name_zh: risk.code for risk in pack.risks}


def _group_of(class2: str) -> str:
    return class2.rpartition(".")[0] if _RISK_CODE.fullmatch(class2) else ""


def _folded(text: str) -> str:
    """Return the text as it is compared for repetition: width, case and blanks do not make a new question."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _problem(code: str, message: str, remedy: str, place: Place) -> Problem:
    """Return a problem at a place; in a table the column is named as its head names it."""
    label = f"表“{place.sheet}”" if place.sheet else None
    column = place.column if place.sheet is None else _HEADS.get(place.column or "", place.column)
    return Problem(code, message, remedy, place.file, place.line, column, label)
