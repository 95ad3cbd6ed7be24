"""The report: every clause, every figure with its evidence, and no silence about a small bank."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import docx
import pytest

from openbeian.dossier import Dossier, build
from openbeian.manifest import Manifest
from openbeian.rules import EvidenceView, Finding, MetricValue, Verdict
from tests.dossier.conftest import NOW, sample_findings
from tests.dossier.sample import MADE_AT

pytestmark = pytest.mark.req("F1")


def _tables(dossier: Dossier) -> list[list[list[str]]]:
    document = docx.Document(str(dossier.path("report-docx")))
    return [
        [[cell.text for cell in row.cells] for row in table.rows] for table in document.tables if len(table.columns) > 1
    ]


def _cited(words: str) -> list[str]:
    """Return the reference numbers in a cell: E1–E4 are four of them."""
    ends = [[int(end.removeprefix("E")) for end in part.split("–")] for part in words.split() if part != "—"]
    return [f"E{number}" for end in ends for number in range(end[0], end[-1] + 1)]


def _body(dossier: Dossier) -> str:
    return "\n".join(paragraph.text for paragraph in docx.Document(str(dossier.path("report-docx"))).paragraphs)


def test_report_gives_every_clause_its_verdict_reason_and_evidence(dossier: Dossier, findings: list[Finding]) -> None:
    rows = [row for table in _tables(dossier) if table[0][1] == "要求（概括）" for row in table[1:]]
    assert [row[0].split("\n")[0] for row in rows] == [finding.clause for finding in findings]
    for row, finding in zip(rows, findings, strict=True):
        assert row[2] == ("提示" if finding.is_warning else finding.verdict.value)
        assert ("待核对" in row[0]) is finding.to_check
        assert ("宜" in row[0]) is (finding.level == "should")
        assert len(_cited(row[4])) == len(finding.evidence)
        assert row[3]


def test_every_conforming_clause_cites_evidence_in_the_annex(dossier: Dossier) -> None:
    tables = _tables(dossier)
    known = {row[0] for table in tables if table[0][0] == "编号" for row in table[1:]}
    rows = [row for table in tables if table[0][1] == "要求（概括）" for row in table[1:]]
    assert all(set(_cited(row[4])) <= known for row in rows if row[2] == Verdict.CONFORMS.value)


def test_every_measured_figure_in_the_conclusion_carries_its_evidence(dossier: Dossier) -> None:
    sentences = [line for line in _body(dossier).split("\n") if "门槛" in line and "置信区间" in line]
    assert len(sentences) == 4
    assert all(re.search(r"〔E\d+〕[；。]$", line) for line in sentences)


def test_annex_gives_number_kind_title_digest_moment_and_figures(
    dossier: Dossier, evidence: list[EvidenceView]
) -> None:
    tables = _tables(dossier)
    listed = {row[4].replace("\n", ""): row for table in tables if table[0][0] == "编号" for row in table[1:]}
    assert listed.keys() == {view.digest for view in evidence}
    scan = next(row for row in listed.values() if row[2] == "语料扫描")
    assert scan[1] == "语料扫描：家电客服问答"
    assert scan[3] == "2026-11-11 11:20"  # Beijing time
    figures = next(table for table in tables if table[0][1] == "指标" and table[0][0] == "证据")
    assert ["E4", "应拒答题的拒答率", "97.06%", "33/34", "85.09%–99.48%"] in figures


def test_small_bank_is_stated(dossier: Dossier) -> None:
    assert "规模说明：题库、词库或样本有 7 项小于规定规模" in _body(dossier)


def test_large_bank_needs_no_statement(
    manifest: Manifest, findings: list[Finding], evidence: list[EvidenceView], tmp_path: Path
) -> None:
    large = [
        replace(view, metrics=tuple(replace(m, value=99999.0, decimal="99999") for m in view.metrics if not m.total))
        for view in evidence
    ]
    assert "规模说明" not in _body(build(manifest, findings, large, tmp_path, NOW))


def test_counts_add_up(dossier: Dossier, findings: list[Finding]) -> None:
    chapters = next(table for table in _tables(dossier) if table[0][0] == "章")
    sums = [sum(int(row[column]) for row in chapters[1:]) for column in range(1, 6)]
    assert sums[0] == len(findings) == sum(sums[1:])


def test_open_points_name_every_failed_clause(dossier: Dossier, findings: list[Finding]) -> None:
    tables = _tables(dossier)
    told = {row[0] for table in tables if table[0][:3] == ["条款", "结论", "原因"] for row in table[1:]}
    grouped = {name for table in tables if table[0][0] == "所缺" for row in table[1:] for name in row[2].split("、")}
    assert told | grouped == {f.clause for f in findings if f.verdict is Verdict.FAILS or f.missing}


def test_three_people_sign(dossier: Dossier) -> None:
    signatures = next(table for table in _tables(dossier) if "单位法定代表人" in table[0][0])
    assert [cell.split("\n")[2] for cell in signatures[0]] == ["陈示例", "林示例", "何示例"]


def test_report_without_evidence_says_so(manifest: Manifest, findings: list[Finding], tmp_path: Path) -> None:
    bare = [replace(finding, evidence=()) for finding in findings]
    words = _body(build(manifest, bare, [], tmp_path, NOW))
    assert "没有证据。" in words
    assert "没有可引用的测量数据" in words


@pytest.mark.req("T1d")
def test_a_library_is_as_old_on_paper_as_in_its_finding(
    manifest: Manifest, evidence: list[EvidenceView], tmp_path: Path
) -> None:
    version = MetricValue("keyword_update_interval", 0.0, "days", subject="ab" * 32, decimal="0")
    scans = [
        EvidenceView(letter * 64, "corpus-scan", "语料扫描", metrics=(version,), made_at=NOW - timedelta(days=days))
        for letter, days in (("1", 40), ("2", 3))
    ]
    known = [*evidence, *scans]
    findings = sample_findings(manifest, known)
    moments = {**MADE_AT, **{scan.digest: scan.made_at for scan in scans}}
    dossier = build(manifest, findings, known, tmp_path, NOW, made_at=moments)
    (row,) = [row for table in _tables(dossier) for row in table if row[0].startswith("词库更新间隔")]
    assert row[1] == "40 天"
    assert "未达到门槛" in row[5]
    assert "40 天" in next(finding.reason for finding in findings if finding.clause == "8.1")
    assert "ab" * 32 not in _body(dossier)
