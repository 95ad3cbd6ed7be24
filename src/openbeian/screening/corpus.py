"""Scanning a corpus once, every row accounted for, into a folder: report, page and mentions (5.1 a, 5.2 a, 9.2 b; T2a)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openbeian.evidence import Record, Resource
from openbeian.files import write_whole
from openbeian.manifest import sha256_file
from openbeian.rules import risk_pack
from openbeian.screening.columns import Screen
from openbeian.screening.reading import ReadOptions
from openbeian.screening.reporting import (
    Beside,
    Figures,
    likeliest,
    page_html,
    queue_csv,
    record_of,
    report_json,
    report_text,
    summary_lines,
)
from openbeian.screening.reporting.shares import source_limit
from openbeian.screening.running import ScanOptions, ScanResult, Settings, run_scan

if TYPE_CHECKING:
    from openbeian.screening.columns import Flagger
    from openbeian.screening.keywords import Library

REPORT: Final = "report.json"
PAGE: Final = "report.html"
QUEUE: Final = "queue.csv"

__all__ = ["Beside", "Scan", "ScanOptions", "scan_corpus", "to_record"]


@dataclass(frozen=True)
class Scan:
    """A finished scan: its figures and the files that hold them."""

    figures: Figures
    report: Resource
    page: Resource
    queue: Resource | None

    @property
    def result(self) -> ScanResult:
        """The account of every file, and how it ran."""
        return self.figures.result

    @property
    def is_whole(self) -> bool:
        """Whether every file was read to its end and none came late."""
        return self.result.is_whole

    @property
    def subjects(self) -> tuple[Resource, ...]:
        """What the scan made."""
        return self.report, self.page, self.result.mentions, *([self.queue] if self.queue else [])

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return report_json(self.figures)

    def summary_text(self) -> str:
        """Return the result in a few Chinese lines."""
        return "\n".join(summary_lines(self.figures))


def scan_corpus(  # noqa: PLR0913 - one argument a choice of the user
    paths: Sequence[Path],
    library: Library,
    out: Path,
    *,
    column: str | None = None,
    classifier: Flagger | None = None,
    personal: bool = True,
    disguises: bool = True,
    options: ScanOptions | None = None,
    beside: Beside | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Scan:
    """Scan files and folders, and write `report.json`, `report.html` and `hits.parquet` to `out`, with a classifier `queue.csv`.

    A scan that was stopped goes on when it is called again in the same way. A file that cannot be read is named in the
    result; the rest goes on.

    Args:
        paths: files, folders or patterns.
        library: the keywords.
        out: the folder of the results.
        column: the field that holds the text; None: by the format.
        classifier: flags rows for people to look at, the likeliest first; its flags count in the technical sampling (9.2 b), and not in the share
            of a source (T01), because they name no risk.
        personal: whether personal information is looked for.
        disguises: whether the second pass looks for keywords in disguise.
        options: how it runs; none of it changes what is found.
        beside: what the report says beside it.
        progress: is called with bytes done, bytes in all and a word on shards.

    Raises:
        Fault: `no-such-pack` for the edition; `no-corpus`, `corpus-format`, `corpus-unreadable` for the paths; `scan-busy`,
            `disk-full`, `scan-unwritable` for the folder; `scan-unbalanced` when rows were lost.
    """
    beside = beside or Beside()
    source_limit(beside.edition)  # a wrong edition is told before the work, not after it
    screen = Screen(library, personal=personal, disguises=disguises, classifier=classifier)
    harmful = frozenset(risk.code for risk in risk_pack().risks if risk.counts_as_illegal_or_harmful)
    settings = Settings(screen, ReadOptions(column=column), harmful)
    made: list[Scan] = []

    def finish(result: ScanResult) -> None:
        first = None if classifier is None else likeliest(out / result.mentions.name)
        figures = Figures(result, library, beside, first or ())
        report = _written(out / REPORT, report_text(figures))
        (out / QUEUE).unlink(missing_ok=True)  # that of another scan
        queue = None if first is None else _written(out / QUEUE, queue_csv(first))
        made.append(Scan(figures, report, _written(out / PAGE, page_html(figures, report)), queue))

    run_scan(paths, settings, out, options, progress, finish)
    return made[0]


def _written(path: Path, text: str) -> Resource:
    write_whole(path, text)
    return Resource(name=path.name, sha256=sha256_file(path), size=path.stat().st_size)


def to_record(scan: Scan, *, now: datetime) -> Record:
    """Return the evidence record of a scan, with the metric names of the packs."""
    return record_of(scan.figures, scan.subjects, now)
