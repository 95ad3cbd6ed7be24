"""Scanning a corpus once, every row accounted for: read = kept + rejected, or the run fails (5.2 a, T2a)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.files import write_whole
from openbeian.manifest import sha256_file
from openbeian.rules import MetricValue, risk_pack
from openbeian.screening.columns import CLASSIFIER, KEYWORD, scan_batch
from openbeian.screening.keywords import Library
from openbeian.screening.reading import Row, corpus_files, read_rows

if TYPE_CHECKING:
    from openbeian.screening.classifier import Classifier

BATCH_ROWS = 512
_PERSONAL: Final = "personal"
TOOL = "openbeian scan"
CLAUSES = ("5.2.a", "9.2.b")


@dataclass
class FileResult:
    """The account of one file: rows, hits, kinds. A row with a keyword, or flagged by the classifier, does not qualify."""

    name: str
    sha256: str
    size: int
    read: int = 0
    kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    rows_with_keyword: int = 0
    rows_with_personal: int = 0
    rows_flagged: int = 0
    rows_unqualified: int = 0
    keywords: Counter[str] = field(default_factory=Counter)
    personal: Counter[str] = field(default_factory=Counter)
    hits: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the account as plain JSON; hits name row and span, never the text."""
        return {
            "file": self.name,
            "sha256": self.sha256,
            "size_bytes": self.size,
            "rows": {"read": self.read, "kept": self.kept, "rejected": dict(self.rejected)},
            "rows_with_keyword": self.rows_with_keyword,
            "rows_with_personal": self.rows_with_personal,
            "rows_flagged": self.rows_flagged,
            "rows_unqualified": self.rows_unqualified,
            "keywords": dict(self.keywords),
            "personal": dict(self.personal),
            "hits": self.hits,
        }


@dataclass(frozen=True)
class ScanResult:
    """What a scan found, file by file, and the library and the classifier it was made with."""

    files: tuple[FileResult, ...]
    library: Library
    report: Resource
    classifier: Classifier | None = None

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(file.read for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain JSON."""
        return _report(self.files, self.library, self.classifier)

    def summary_text(self) -> str:
        """Return the result in a few Chinese lines."""
        kept = sum(file.kept for file in self.files)
        personal = sum((file.personal for file in self.files), Counter[str]())
        keywords = sum((file.keywords for file in self.files), Counter[str]())
        lines = [f"读入 {self.read} 行 = 保留 {kept} + 剔除 {self.read - kept}"]
        lines.append("个人信息：" + ("、".join(f"{kind} {n}" for kind, n in personal.items()) or "没有发现"))
        lines.append(
            f"关键词（{len(self.library.keywords)} 个）："
            + ("、".join(f"{c} {n}" for c, n in keywords.items()) or "没有命中")
        )
        if kept:
            bad = sum(file.rows_unqualified for file in self.files)
            flagged = sum(file.rows_flagged for file in self.files)
            by = f"，分类模型标出 {flagged} 行" if self.classifier is not None else "，没有用分类模型"
            lines.append(f"技术抽检：全部 {kept} 行，合格 {kept - bad} 行（{(kept - bad) / kept:.2%}）{by}")
        return "\n".join(lines)


def scan_corpus(
    paths: list[Path],
    library: Library,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    classifier: Classifier | None = None,
) -> ScanResult:
    """Scan files and folders and write `report.json` to `out`.

    With a classifier the technical sampling (9.2 b) goes by keywords and by what it flags; its flags name no risk, so the
    share of illegal and harmful rows of a source (T01) goes by keywords alone.

    `progress` is called with files done and files in all. Raises `AssertionError` only if rows were lost, which ends the
    run.
    """
    files = corpus_files(paths)
    results = []
    for done, path in enumerate(files, 1):
        results.append(_scan_file(path, library, classifier))
        if progress:
            progress(done, len(files))
    report = _write(out, _report(results, library, classifier))
    return ScanResult(tuple(results), library, report, classifier)


def _scan_file(path: Path, library: Library, classifier: Classifier | None) -> FileResult:
    result = FileResult(path.name, sha256_file(path), path.stat().st_size)
    batch: list[Row] = []
    for row in read_rows(path):
        result.read += 1
        if row.rejected is not None:
            result.rejected[row.rejected] += 1
            continue
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            _count(batch, library, classifier, result)
            batch = []
    _count(batch, library, classifier, result)
    assert result.read == result.kept + sum(result.rejected.values()), f"rows lost in {path}"
    return result


def _count(batch: list[Row], library: Library, classifier: Classifier | None, result: FileResult) -> None:
    if not batch:
        return
    texts = pa.RecordBatch.from_pydict({"text": [row.text for row in batch]})
    found = scan_batch(texts, library, classifier=classifier).to_pylist()
    rows: dict[str, set[int]] = {KEYWORD: set(), CLASSIFIER: set(), _PERSONAL: set()}
    for hit in found:
        kind = hit["kind"] if hit["kind"] in rows else _PERSONAL
        rows[kind].add(hit["row"])
        if kind == KEYWORD:
            result.keywords[hit["class2"]] += 1
        elif kind == _PERSONAL:
            result.personal[hit["kind"]] += 1
        result.hits.append({**hit, "row": batch[hit["row"]].number})
    result.kept += len(batch)
    result.rows_with_keyword += len(rows[KEYWORD])
    result.rows_with_personal += len(rows[_PERSONAL])
    result.rows_flagged += len(rows[CLASSIFIER])
    result.rows_unqualified += len(rows[KEYWORD] | rows[CLASSIFIER])


def _report(
    files: tuple[FileResult, ...] | list[FileResult], library: Library, classifier: Classifier | None
) -> dict[str, Any]:
    return {
        "schema": "openbeian/scan/v1",
        "library": {"sha256": library.digest, "words": len(library.keywords), "classes": library.counts},
        "classifier": None if classifier is None else {"sha256": classifier.digest, "risks": list(classifier.covered)},
        "files": [file.as_json() for file in files],
    }


def _write(out: Path, report: dict[str, Any]) -> Resource:
    out.mkdir(parents=True, exist_ok=True)
    path = out / "report.json"
    write_whole(path, json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True))
    return Resource(name="report.json", sha256=sha256_file(path), size=path.stat().st_size)


def to_record(result: ScanResult, *, now: datetime) -> Record:
    """Return the evidence record of a scan, with the metric names of the packs."""
    return Record(
        kind=EvidenceKind.CORPUS_SCAN,
        title="语料扫描：" + "、".join(file.name for file in result.files),
        made_at=now,
        tool=TOOL,
        subjects=(result.report,),
        inputs=tuple(Resource(name=f.name, sha256=f.sha256, size=f.size) for f in result.files),
        metrics=tuple(_metrics(result)),
        clauses=CLAUSES,
        detail={
            "library_sha256": result.library.digest,
            "rows_read": result.read,
            **({"classifier_sha256": result.classifier.digest} if result.classifier is not None else {}),
        },
    )


def _metrics(result: ScanResult) -> list[MetricValue]:
    pack = risk_pack()
    harmful = {risk.code for risk in pack.risks if risk.counts_as_illegal_or_harmful}
    counts = result.library.counts
    metrics = [
        MetricValue("keyword_total", result.library.size, "items"),
        # Which version this is; how old it is, the findings engine counts from the first record that has it.
        MetricValue("keyword_update_interval", 0, "days", subject=result.library.digest),
    ]
    for group, name in (("A.1", "keyword_per_risk_A1"), ("A.2", "keyword_per_risk_A2")):
        metrics += [
            MetricValue(name, counts.get(risk.code, 0), "items", subject=risk.code)
            for risk in pack.risks
            if risk.group == group
        ]
    metrics += _technical(result)
    for file in result.files:
        rows = {hit["row"] for hit in file.hits if hit["kind"] == "keyword" and hit["class2"] in harmful}
        share = len(rows) / file.kept if file.kept else 0.0
        metrics.append(
            MetricValue("source_illegal_harmful_ratio", share, "ratio", len(rows), file.kept, subject=file.name)
        )
        metrics.append(
            MetricValue("rows_with_personal_information", file.rows_with_personal, "items", subject=file.name)
        )
    return metrics


def _technical(result: ScanResult) -> list[MetricValue]:
    """Return the technical sampling of the corpus (9.2 b): every row was looked at, by keywords and by the classifier."""
    kept = sum(file.kept for file in result.files)
    if not kept:
        return []
    qualified = kept - sum(file.rows_unqualified for file in result.files)
    return [MetricValue("corpus_technical_sample", kept / result.read, "ratio", qualified, kept)]
