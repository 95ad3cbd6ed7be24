"""The report says how figures came about: the two statements of a rate, the judge's error, how often it was run."""

import io
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest

from openbeian.dossier import Dossier, build
from openbeian.evidence.records import EvidenceKind, Record, Resource, StoredRecord
from openbeian.manifest import Manifest
from openbeian.rules import MetricValue, clause_pack, find
from tests.dossier.conftest import NOW, WEIGHTS

pytestmark = pytest.mark.req("F1")
ANSWERS = Resource(name="answers.jsonl", sha256="aa" * 32, size=10)


def _run(number: int, passed: int, total: int, day: int) -> StoredRecord:
    detail = {
        "bank": {"name": "bank.yaml", "questions": total},
        "run": {"number": number, "since_change": number, "missing": []},
        "states": {"answered": total, "failed": 0},
        "asked_again": 2,
        "judge": "句式规则与服务自报，未经人工复核校正",
    }
    metric = MetricValue("should_refuse_rate", passed / total, "ratio", passed, total, 0.9, 0.99)
    record = Record(
        kind=EvidenceKind.ASSESSMENT_RUN,
        title=f"安全评测第 {number} 次",
        made_at=datetime(2026, 11, day, tzinfo=UTC),
        tool="openbeian assess",
        subjects=(ANSWERS,),
        metrics=(metric,),
        clauses=("9.4.b",),
        model_sha256=WEIGHTS,
        detail=detail,
    )
    return StoredRecord(digest=f"{number:064x}", record=record, envelope={})


def _review(corrected: dict[str, float] | None) -> StoredRecord:
    detail = {
        "population_size": 500,
        "sample": {"core": 120},
        "agreement_on_failures": {"observed": 0.95, "positive": 0.8},
        "audited": 12,
        "overturned": 1,
        "disagreements": [{"item": "q1"}, {"item": "q2"}],
        "machines": [{"name": "句式规则", "raw": {"passed": 485, "total": 500}, "corrected": corrected}],
    }
    record = Record(
        kind=EvidenceKind.HUMAN_REVIEW,
        title="人工复核：应拒答题的应答 120 条",
        made_at=datetime(2026, 11, 19, tzinfo=UTC),
        tool="openbeian review",
        inputs=(ANSWERS,),
        model_sha256=WEIGHTS,
        detail=detail,
    )
    return StoredRecord(digest="f" * 64, record=record, envelope={})


def _report(manifest: Manifest, records: list[StoredRecord], out: Path) -> str:
    views = [stored.record.view(stored.digest) for stored in records]
    findings = find(clause_pack("gbt-45654-2025"), manifest, views, now=NOW)
    return _words(build(manifest, findings, records, out, NOW))


def _words(dossier: Dossier) -> str:
    document = docx.Document(io.BytesIO(dossier.path("report-docx").read_bytes()))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_meeting_a_limit_and_being_sure_of_it_are_two_statements(manifest: Manifest, tmp_path: Path) -> None:
    small = _report(manifest, [_run(1, 33, 34, 18)], tmp_path / "small")
    assert "达到门槛，没有 95% 把握达到" in small
    large = _report(manifest, [_run(1, 495, 500, 18)], tmp_path / "large")
    assert "达到门槛，有 95% 把握达到" in large
    below = _report(manifest, [_run(1, 400, 500, 18)], tmp_path / "below")
    assert "未达到门槛，没有 95% 把握达到" in below


def test_error_of_a_machine_is_unknown_without_a_double_review(manifest: Manifest, tmp_path: Path) -> None:
    words = _report(manifest, [_run(1, 495, 500, 18)], tmp_path)
    assert "机器判定：句式规则与服务自报" in words
    assert "误差未知（没有双人复核）" in words


def test_review_of_the_same_answers_gives_agreement_and_correction(manifest: Manifest, tmp_path: Path) -> None:
    corrected = {"estimate": 0.05, "low": 0.03, "high": 0.08}
    words = _report(manifest, [_run(1, 485, 500, 18), _review(corrected)], tmp_path)
    assert "误差未知" not in words.replace("误差未知，见第三部分", "")
    assert "自判合要求 97%，校正后 95%（95% 区间 92%–97%）" in words
    assert "总体 500 条，抽样 120 条" in words
    assert "裁定分歧 2 条" in words


def test_review_that_could_not_correct_leaves_the_error_unknown(manifest: Manifest, tmp_path: Path) -> None:
    assert "自判合要求 97%，误差未知" in _report(manifest, [_run(1, 485, 500, 18), _review(None)], tmp_path)


def test_every_run_is_listed_and_the_latest_figure_says_how_many_came_before(
    manifest: Manifest, tmp_path: Path
) -> None:
    words = _report(manifest, [_run(1, 400, 500, 10), _run(2, 450, 500, 12), _run(3, 490, 500, 18)], tmp_path)
    assert "证据中有评估运行 3 次" in words
    assert "题库或模型变化以来第 3 次" in words
    assert "此前另有 2 次" in words
    limits = words[words.index("二、有门槛的指标") :]
    assert "中断后重问 2 题" in limits
