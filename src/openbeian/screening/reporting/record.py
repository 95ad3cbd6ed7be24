"""A scan as evidence, with the metric names of the packs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.rules import MetricValue, risk_pack
from openbeian.screening.reporting.shares import METRIC, Share

if TYPE_CHECKING:
    from openbeian.screening.reporting.figures import Figures

TOOL: Final = "openbeian scan"
CLAUSES: Final = ("5.2.a", "9.2.b")
_NAMED: Final = 5


def record_of(figures: Figures, subjects: tuple[Resource, ...], now: datetime) -> Record:
    """Return the record of a scan; a file that was not read has no digest and is named by the report alone."""
    return Record(
        kind=EvidenceKind.CORPUS_SCAN,
        title="语料扫描：" + _title(figures),
        made_at=now,
        tool=TOOL,
        subjects=subjects,
        inputs=tuple(
            Resource(name=file.name, sha256=file.sha256, size=file.size) for file in figures.result.files if file.sha256
        ),
        metrics=tuple(_metrics(figures)),
        clauses=CLAUSES,
        detail=_detail(figures),
    )


def _title(figures: Figures) -> str:
    names = [source.name for source in figures.sources]
    return "、".join(names[:_NAMED]) + (f" 等 {len(names)} 个来源" if len(names) > _NAMED else "")


def _detail(figures: Figures) -> dict[str, Any]:
    result = figures.result
    classifier = result.settings.screen.classifier
    return {
        "library_sha256": figures.library.digest,
        "settings_sha256": result.settings_sha256,
        "rows_read": figures.rows.read,
        "is_whole": result.is_whole,
        "run": result.run,
        **({"classifier_sha256": getattr(classifier, "digest", "")} if classifier is not None else {}),
        **({"human_sample": figures.beside.human_from} if figures.beside.human else {}),
    }


def _metrics(figures: Figures) -> Iterator[MetricValue]:
    pack, counts = risk_pack(), figures.library.counts
    yield MetricValue("keyword_total", figures.library.size, "items")
    # Which version this is; how old it is, the findings engine counts from the first record that has it.
    yield MetricValue("keyword_update_interval", 0, "days", subject=figures.library.digest)
    for group, name in (("A.1", "keyword_per_risk_A1"), ("A.2", "keyword_per_risk_A2")):
        for risk in pack.risks:
            if risk.group == group:
                yield MetricValue(name, counts.get(risk.code, 0), "items", subject=risk.code)
    yield from _technical(figures)
    for source in figures.sources:
        if source.deciding.total:
            yield source.deciding.metric(METRIC, source.name)
        yield MetricValue("rows_with_personal_information", source.tally.rows["personal"], "items", subject=source.name)


def _technical(figures: Figures) -> Iterator[MetricValue]:
    """Yield the technical sampling (9.2 b): every row that could be read was looked at, by keywords and the classifier."""
    rows = figures.rows
    if rows.kept:
        qualified = Share(rows.kept - figures.total.rows["unqualified"], rows.kept)
        yield MetricValue("corpus_technical_sample", rows.kept / rows.read, "ratio", qualified.count, qualified.total)
