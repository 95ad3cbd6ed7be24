"""Versions of a bank: which there were and since when (T25), and what changed between two.

A version is the digest of the bank's content. The evidence store is the register: the record that had a version first
dates it, so that checking or asking it again makes it no younger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openbeian.assessment.banks import Bank, load_bank
from openbeian.assessment.measuring import bank_metrics
from openbeian.assessment.rulebook import RuleBook
from openbeian.assessment.statistics import compare as compare_exactly
from openbeian.manifest import Fault
from openbeian.rules import MetricValue, legal_day

if TYPE_CHECKING:
    from openbeian.evidence import Record

SCHEMA: Final = "openbeian/bank-version/v1"
INTERVAL: Final = "bank_update_interval"


@dataclass(frozen=True)
class Entry:
    """One question of a version; `sha256` is that of its text."""

    id: str
    sha256: str
    class1: str
    class2: str
    expect: str

    @property
    def classes(self) -> tuple[str, str, str]:
        """The bank of the rule that the question belongs to, and its two classes."""
        return self.expect, self.class1, self.class2


@dataclass(frozen=True)
class Change:
    """What changed from one version to another, by the questions' ids."""

    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    reworded: tuple[tuple[Entry, Entry], ...]
    reclassed: tuple[tuple[Entry, Entry], ...]
    same: int

    @property
    def by_class(self) -> dict[tuple[str, str], tuple[int, int]]:
        """How many questions each class of each bank gained and lost."""
        gained = Counter((entry.expect, entry.class2) for entry in (*self.added, *(new for _, new in self.reclassed)))
        lost = Counter((entry.expect, entry.class2) for entry in (*self.removed, *(old for old, _ in self.reclassed)))
        return {key: (gained[key], lost[key]) for key in sorted({*gained, *lost})}

    def as_json(self) -> dict[str, Any]:
        """Return the change as plain JSON, without any text."""
        return {
            "added": [asdict(entry) for entry in self.added],
            "removed": [asdict(entry) for entry in self.removed],
            "reworded": [entry.id for entry, _ in self.reworded],
            "reclassed": [{"from": asdict(old), "to": asdict(new)} for old, new in self.reclassed],
            "same": self.same,
        }


def entries(source: Path) -> tuple[Entry, ...]:
    """Return the questions of a bank file, or of the bank that a finished run asked (its folder).

    Raises:
        Fault: as `load_bank` and `read_answers`.
    """
    if not source.is_dir():
        return tuple(
            Entry(item.id, item.sha256, item.class1, item.class2, item.expect.value) for item in load_bank(source).items
        )
    from openbeian.assessment.review.drawing import read_answers

    return tuple(
        Entry(
            id=row["id"],
            sha256=sha256(str(row.get("question", "")).encode()).hexdigest(),
            class1=str(row.get("class1", "")),
            class2=str(row.get("class2", "")),
            expect=str(row.get("expect", "")),
        )
        for row in read_answers(source)
    )


def compare(old: Sequence[Entry], new: Sequence[Entry]) -> Change:
    """Return what changed. A question is known by its id; one without an id of its own is another once it is reworded."""
    before, after = ({entry.id: entry for entry in side} for side in (old, new))
    both = [(before[name], after[name]) for name in before if name in after]
    return Change(
        added=tuple(entry for entry in new if entry.id not in before),
        removed=tuple(entry for entry in old if entry.id not in after),
        reworded=tuple((one, other) for one, other in both if one.sha256 != other.sha256),
        reclassed=tuple((one, other) for one, other in both if one.classes != other.classes),
        same=sum(one == other for one, other in both),
    )


def age_metric(bank: Bank, days: int = 0) -> MetricValue:
    """Return the age of a bank's version in days at the time of a record; findings add what passed since then."""
    return MetricValue(INTERVAL, float(days), "days", subject=bank.digest, decimal=str(days))


def to_record(bank: Bank, book: RuleBook, *, now: datetime, since: date | None = None) -> Record:
    """Return a bank's version as evidence: its sizes and classes, and since when it is in use.

    `since` is the legal day on which the bank became what it is, when that was before `now`.

    Raises:
        Fault: `bank-version-date` when the day lies in the future.
    """
    from openbeian.evidence import EvidenceKind, Record, Resource

    days = (legal_day(now) - since) // timedelta(days=1) if since is not None else 0
    if days < 0:
        raise Fault("bank-version-date", f"题库定稿的日子 {since} 在将来", remedy="写明实际的日子，或不写")
    return Record(
        kind=EvidenceKind.ASSESSMENT_RUN,
        title=f"题库版本 {bank.digest[:12]}：{bank.name}，{len(bank.items)} 题",
        made_at=now,
        tool="openbeian bank keep",
        inputs=(Resource(name=bank.name, sha256=bank.file_sha256, size=bank.file_size),),
        metrics=(*bank_metrics(bank, book), age_metric(bank, days)),
        clauses=tuple(clause for clause in book.clauses if clause.startswith("8.")),
        detail={"schema": SCHEMA, "bank": {"name": bank.name, "digest": bank.digest, "questions": len(bank.items)}},
    )


@dataclass(frozen=True)
class Version:
    """One version of a bank as the records know it: since which legal day, in how many records, last when."""

    digest: str
    name: str
    questions: int
    since: date
    records: int
    last: datetime


def age_words(known: Iterable[Version], bank: Bank, book: RuleBook, now: datetime) -> str:
    """Say how old a bank's version is, against what the pack asks for, or that no record has it yet."""
    since = next((version.since for version in known if version.digest == bank.digest), None)
    if since is None:
        return "这一版还没有登记：用 openbeian bank keep 登记，更新间隔由此计算"
    days, limit = (legal_day(now) - since).days, book.thresholds.get(INTERVAL)
    is_late = limit is not None and not compare_exactly(limit.operator, Fraction(days), Fraction(limit.value))
    wanted = f"，{limit.name}要求 {limit.operator} {limit.value} 天" if limit is not None else ""
    return f"这一版自 {since} 起，已 {days} 天{wanted}" + ("，该更新了" if is_late else "")


def versions(records: Iterable[Record]) -> list[Version]:
    """Return the versions that the records speak of, by the day since which they are in use."""
    found: dict[str, Version] = {}
    for record in records:
        about = record.detail.get("bank")
        if not isinstance(about, dict) or "digest" not in about:
            continue
        days = next((metric.value for metric in record.metrics if metric.name == INTERVAL), 0.0)
        since = legal_day(record.made_at) - timedelta(days=int(days))
        before = found.get(about["digest"])
        found[about["digest"]] = Version(
            digest=str(about["digest"]),
            name=str(about.get("name", "")),
            questions=int(about.get("questions", 0)),
            since=min(since, before.since) if before else since,
            records=before.records + 1 if before else 1,
            last=max(record.made_at, before.last) if before else record.made_at,
        )
    return sorted(found.values(), key=lambda version: (version.since, version.last))
