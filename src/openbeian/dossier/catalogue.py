"""The catalogue of evidence: number, title, kind, moment and digest of each record, its files, and every figure in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from openbeian.dossier import figures
from openbeian.dossier.case import Case
from openbeian.dossier.clauses import NONE
from openbeian.dossier.papers import Block, Column, Heading, Paragraph, Table, Tone, Words
from openbeian.evidence.records import EvidenceKind
from openbeian.rules import EvidenceView

_HERE = ZoneInfo("Asia/Shanghai")
_NOTE = "证据原件存于提供者的证据库，不随材料提交；可凭摘要逐件核对（openbeian evidence verify）。时间为北京时间。"


def blocks(case: Case, title: str) -> list[Block]:
    """Return the catalogue of all the evidence under a heading."""
    heading = Heading(title)
    if not case.numbered:
        return [heading, Paragraph("没有证据。")]
    return [heading, Paragraph(_NOTE), records(case, case.numbered), *_measured(case)]


def records(case: Case, views: Sequence[EvidenceView]) -> Table:
    """Return one row a record."""
    columns = (Column("编号"), Column("证据", 5), Column("类型"), Column("形成时间"), Column("SHA-256"))
    rows = tuple(
        (
            Words(case.numbers[view.digest]),
            Words(view.title),
            Words(_kind(view)),
            Words(_moment(view.made_at)) if view.made_at else NONE,
            _hash(view.digest),
        )
        for view in views
    )
    return Table(columns, rows)


def files(case: Case, views: Sequence[EvidenceView]) -> list[Block]:
    """Return one row a file that the records speak of; records without files have none."""
    rows = tuple(
        (Words(case.numbers[view.digest]), Words(subject.name), _hash(subject.sha256))
        for view in views
        for subject in view.subjects
    )
    columns = (Column("证据"), Column("文件", 5), Column("SHA-256"))
    return [Table(columns, rows, "证据所指的文件")] if rows else []


def _hash(digest: str) -> Words:
    return Words(f"{digest[:32]}\n{digest[32:]}", Tone.CODE)


def _kind(view: EvidenceView) -> str:
    known = {kind.value: kind.word for kind in EvidenceKind}
    return known.get(view.kind, view.kind)


def _measured(case: Case) -> list[Block]:
    rows = tuple(row for view in case.numbered for row in _measured_rows(case, view))
    if not rows:
        return []
    columns = (Column("证据"), Column("指标", 5), Column("结果", 8), Column("样本"), Column("95% 置信区间"))
    return [Table(columns, rows, "证据中的指标")]


def _measured_rows(case: Case, view: EvidenceView) -> list[tuple[Words, ...]]:
    """One row a figure; the figures of single classes share the row of their name."""
    number = Words(case.numbers[view.digest])
    whole = [metric for metric in view.metrics if metric.subject is None]
    rows: list[tuple[Words, ...]] = [
        (
            number,
            Words(figures.label(metric)),
            Words(figures.value(metric)),
            Words(figures.sample(metric)),
            Words(figures.interval(metric)),
        )
        for metric in whole
    ]
    parts = [metric for metric in view.metrics if metric.subject is not None]
    for name in dict.fromkeys(metric.name for metric in parts):
        same = [metric for metric in parts if metric.name == name]
        told = "、".join(f"{figures.subject(metric)} {figures.value(metric)}" for metric in same)
        rows.append((number, Words(figures.label(same[0])), Words(told), NONE, NONE))
    return rows


def _moment(instant: datetime) -> str:
    return instant.astimezone(_HERE).strftime("%Y-%m-%d %H:%M")
