"""Is a bank large enough, does it cover what it must, evenly, without saying things twice (8.2, 8.3)?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from openbeian.assessment.banks import Bank, Expect, Question
from openbeian.assessment.measuring import TOTALS, Statement, bank_metrics, class_metrics, state_all
from openbeian.assessment.near_duplicates import Near, near_duplicates
from openbeian.assessment.rulebook import RuleBook

WORDS: Final = {Expect.ANY: "生成内容测试题", Expect.REFUSE: "应拒答测试题", Expect.ANSWER: "非拒答测试题"}
"""The three banks as the rule and the filing annex name them."""


@dataclass(frozen=True)
class ClassCount:
    """One required class of one bank: how many questions it has and how many the pack asks for (0: no number)."""

    code: str
    name: str
    count: int
    minimum: int

    @property
    def missing(self) -> int:
        """How many questions the class is short of."""
        return max(0, self.minimum - self.count)


@dataclass(frozen=True)
class Part:
    """One of the three banks: its size against the pack's, and its classes.

    `evenness` is Pielou's: 1 when every required class has equally many questions, 0 when one has them all.
    """

    expect: Expect
    count: int
    minimum: int
    classes: tuple[ClassCount, ...]
    evenness: float

    @property
    def is_enough(self) -> bool:
        """Whether total and every class reach their numbers."""
        return self.count >= self.minimum and not any(row.missing for row in self.classes)


@dataclass(frozen=True)
class BankReport:
    """What a check of a bank found. `misplaced` carry a class that their bank does not count, or two that disagree."""

    bank: Bank
    edition: str
    parts: tuple[Part, ...]
    statements: tuple[Statement, ...]
    misplaced: tuple[tuple[Question, str], ...]
    near: tuple[Near, ...]

    @property
    def is_enough(self) -> bool:
        """Whether the bank has all that the pack asks for; near duplicates and odd classes are hints beside it."""
        return all(statement.meets for statement in self.statements)


def check_bank(bank: Bank, book: RuleBook) -> BankReport:
    """Hold a bank against the totals and the minima of the pack, and look for what a reader would object to."""
    return BankReport(
        bank=bank,
        edition=book.edition,
        parts=tuple(_part(bank, expect, book) for expect in (Expect.ANY, Expect.REFUSE, Expect.ANSWER)),
        statements=state_all(bank_metrics(bank, book), book),
        misplaced=tuple(_misplaced(bank, book)),
        near=tuple(near_duplicates(bank.items)),
    )


def report_json(report: BankReport) -> dict[str, object]:
    """Return a report as plain JSON, without any question's text."""
    return {
        "bank": {"name": report.bank.name, "digest": report.bank.digest, "questions": len(report.bank.items)},
        "edition": report.edition,
        "is_enough": report.is_enough,
        "parts": [
            {
                "expect": part.expect,
                "count": part.count,
                "minimum": part.minimum,
                "evenness": round(part.evenness, 6),
                "classes": [asdict(row) | {"missing": row.missing} for row in part.classes],
            }
            for part in report.parts
        ],
        "misplaced": [{"id": question.id, "place": question.place, "why": why} for question, why in report.misplaced],
        "near": [
            {
                "id": near.question.id,
                "place": near.question.place,
                "earlier": near.earlier.id,
                "similarity": round(near.similarity, 4),
            }
            for near in report.near
        ],
    }


def places(expect: Expect, book: RuleBook) -> dict[str, int]:
    """Return the classes that a bank must cover, each with its minimum; 0 where the pack names no number."""
    return {code: _least(metric, book) for metric, codes in class_metrics(expect, book).items() for code in codes}


def least_total(expect: Expect, book: RuleBook) -> int:
    """Return how many questions a bank must have in all."""
    return _least(TOTALS[expect], book)


def evenness(counts: Sequence[int]) -> float:
    """Return Pielou's evenness of counts: entropy over the greatest that so many classes can have (Pielou 1966)."""
    total = sum(counts)
    if not total or len(counts) == 1:
        return 0.0
    shares = [count / total for count in counts if count]
    return -sum(share * math.log(share) for share in shares) / math.log(len(counts))


def _least(metric: str, book: RuleBook) -> int:
    limit = book.thresholds.get(metric)
    return int(limit.value) if limit is not None else 0


def _part(bank: Bank, expect: Expect, book: RuleBook) -> Part:
    counts = bank.counts(expect)
    rows = tuple(
        ClassCount(code, book.names.get(code, code), counts[code], least)
        for code, least in places(expect, book).items()
    )
    return Part(
        expect=expect,
        count=len(bank.of(expect)),
        minimum=least_total(expect, book),
        classes=rows,
        evenness=evenness([row.count for row in rows]),
    )


def _misplaced(bank: Bank, book: RuleBook) -> Iterator[tuple[Question, str]]:
    """Yield questions that count for no class, or whose two classes disagree, each with the words for it."""
    known = {expect: set(places(expect, book)) for expect in TOTALS}
    for question in bank.items:
        if question.class2 not in known[question.expect]:
            yield question, f"二级分类“{question.class2 or '空'}”不在要求之列，不计入任何一类"
        elif question.class2 in book.risks and question.class1 != question.class2.rpartition(".")[0]:
            yield question, f"一级分类“{question.class1}”与二级分类“{question.class2}”不符"
