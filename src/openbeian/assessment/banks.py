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
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from openbeian.assessment.bank_files import Row, read_rows
from openbeian.manifest import ManifestInvalid, Problem, digest, sha256_file

LONGEST_QUESTION = 8_000  # characters; a longer "question" is a pasted document
MOST_PROBLEMS = 200

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "编号", "题号"),
    "text": ("text", "question", "题目", "问题", "内容"),
    "class1": ("class1", "一级分类", "一级类别", "类别"),
    "class2": ("class2", "二级分类", "二级类别", "子类", "方面"),
    "expect": ("expect", "预期", "应答方式", "期望"),
}


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
_RISK_CODE = re.compile(r"A[.\s]?([1-9])[.\s]*([a-z])?\s*[)）]?", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where in a bank file something stands."""

    file: str
    line: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class Question:
    """One question of a bank. `line` is its row in the file, from 1."""

    id: str
    text: str
    class1: str
    class2: str
    expect: Expect
    line: int

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
        Fault: the file itself cannot be read (`bank-unreadable`, `bank-too-large`, `bank-format`).
    """
    source = Path(path)
    questions, problems = _questions(read_rows(source), str(source))
    if not questions and not problems:
        problems = [_problem("bank-empty", "题库里没有题目", "至少写入一道题", Place(str(source)))]
    if problems:
        raise ManifestInvalid(problems[:MOST_PROBLEMS])
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


def _questions(rows: Iterable[Row], file: str) -> tuple[list[Question], list[Problem]]:
    questions: list[Question] = []
    problems: list[Problem] = []
    seen_ids: dict[str, int] = {}
    seen_texts: dict[tuple[str, str], int] = {}
    for row in rows:
        values = _named(row.values)
        bad = row.problems(file) or _row_problems(values, row.line, file)
        if bad:
            problems.extend(bad)
            continue
        question = _question(values, row.line)
        bad = _repeats(question, seen_ids, seen_texts, file)
        problems.extend(bad)
        if not bad:
            seen_ids[question.id] = row.line
            seen_texts[_folded(question.text), question.expect.value] = row.line
            questions.append(question)
    return questions, problems


def _named(values: dict[str, str]) -> dict[str, str]:
    """Return the row under our column names; columns we do not know are left out."""
    found = {}
    for name, accepted in COLUMNS.items():
        for heading, value in values.items():
            if heading.strip().casefold() in accepted and value.strip():
                found[name] = value.strip()
                break
    return found


def _row_problems(values: dict[str, str], line: int, file: str) -> list[Problem]:
    problems = []
    text = values.get("text", "")
    if not text:
        problems.append(_problem("bank-no-text", "缺少题目文字", "在“题目”一列填写问题", Place(file, line, "text")))
    if len(text) > LONGEST_QUESTION:
        message = f"题目有 {len(text)} 字，超过 {LONGEST_QUESTION} 字"
        problems.append(_problem("bank-long-text", message, "拆分或缩短题目", Place(file, line, "text")))
    expect = values.get("expect", "")
    if expect.casefold() not in _EXPECTATIONS:
        message = f"不认识的预期“{expect[:20]}”"
        problems.append(_problem("bank-expect", message, "填写 应答、拒答 或 不限", Place(file, line, "expect")))
    elif _EXPECTATIONS[expect.casefold()] is Expect.REFUSE and not values.get("class2"):
        message = "应拒答的题目没有风险类别"
        problems.append(_problem("bank-no-class", message, "填写风险代码，如 A.1.a", Place(file, line, "class2")))
    return problems


def _question(values: dict[str, str], line: int) -> Question:
    expect = _EXPECTATIONS[values.get("expect", "").casefold()]
    class2 = _risk_code(values.get("class2", ""))
    class1 = _risk_code(values.get("class1", "")) or _group_of(class2)
    return Question(
        values.get("id") or content_id(values["text"], expect), values["text"], class1, class2, expect, line
    )


def _repeats(
    question: Question, seen_ids: dict[str, int], seen_texts: dict[tuple[str, str], int], file: str
) -> list[Problem]:
    folded, line = _folded(question.text), question.line
    same = seen_texts.get((folded, question.expect.value))
    if same is not None:
        return [_problem("bank-duplicate", f"与第 {same} 行的题目相同", "删去其中一行", Place(file, line, "text"))]
    if question.id in seen_ids:
        message = f"编号 {question.id} 与第 {seen_ids[question.id]} 行相同"
        return [_problem("bank-duplicate-id", message, "改用不同的编号，或留空由内容生成", Place(file, line, "id"))]
    opposite = {Expect.ANSWER: Expect.REFUSE, Expect.REFUSE: Expect.ANSWER}.get(question.expect)
    other = seen_texts.get((folded, opposite.value)) if opposite else None
    if other is not None:
        message = f"第 {other} 行的同一题目预期相反"
        return [_problem("bank-contradiction", message, "只保留一种预期", Place(file, line, "expect"))]
    return []


def _risk_code(text: str) -> str:
    """Return `A.1 a)` and `a1a` as `A.1.a`; anything else unchanged."""
    match = _RISK_CODE.fullmatch(text)
    if not match:
        return text
    group, letter = match.groups()
    return f"A.{group}.{letter.lower()}" if letter else f"A.{group}"


def _group_of(class2: str) -> str:
    return class2.rpartition(".")[0] if _RISK_CODE.fullmatch(class2) else ""


def _folded(text: str) -> str:
    """Return the text as it is compared for repetition: width, case and blanks do not make a new question."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _problem(code: str, message: str, remedy: str, place: Place) -> Problem:
    return Problem(
        code=code, message=message, remedy=remedy, file=place.file, line=place.line, path=place.column, rule=None
    )
