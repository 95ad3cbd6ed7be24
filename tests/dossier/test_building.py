"""The dossier is a function of its inputs, byte for byte, and says what it holds."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from openbeian.dossier import Dossier, build, to_record
from openbeian.evidence.records import Record, StoredRecord
from openbeian.manifest import Fault, Manifest, canonical_json, digest
from openbeian.rules import EvidenceView, Finding
from tests.dossier.conftest import NOW, sample_annexes
from tests.dossier.sample import MADE_AT

ROOT = Path(__file__).resolve().parents[2]
ANOTHER_PROCESS = """
import sys
from pathlib import Path
from openbeian.dossier import build
from tests.dossier.conftest import NOW, WEIGHTS, sample_annexes, sample_findings, sample_manifest
from tests.dossier.sample import MADE_AT, sample_evidence
manifest = sample_manifest(Path("examples/customer-service"))
evidence = sample_evidence(WEIGHTS)
findings = sample_findings(manifest, evidence)
build(manifest, findings, evidence, Path(sys.argv[1]), NOW, made_at=MADE_AT, annexes=sample_annexes())
"""

pytestmark = pytest.mark.req("F1")


def test_build_in_two_processes_gives_the_same_bytes(dossier: Dossier, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    environment = {"PYTHONHASHSEED": "7", "TZ": "America/New_York", "PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    subprocess.run([sys.executable, "-c", ANOTHER_PROCESS, str(out)], cwd=ROOT, env=environment, check=True)
    here = {file.path.name: file.path.read_bytes() for file in dossier.files}
    there = {path.name: path.read_bytes() for path in out.iterdir()}
    assert here.keys() == there.keys()
    assert [name for name, data in here.items() if data != there[name]] == []


def test_build_writes_form_and_report_in_both_formats_with_annexes(dossier: Dossier) -> None:
    assert sorted(file.path.name for file in dossier.files) == [
        "contents.json",
        "dossier.zip",
        "inputs.json",
        "manifest.json",
        "备案表.docx",
        "备案表.pdf",
        "自评估报告.docx",
        "自评估报告.pdf",
        "附件4-拦截关键词列表.xlsx",
        "附件5-评估测试题集.xlsx",
    ]


def test_digest_is_that_of_the_inputs_and_holds_the_manifest(dossier: Dossier, manifest: Manifest) -> None:
    inputs = json.loads(dossier.path("inputs").read_text())
    assert digest(inputs) == dossier.digest
    assert canonical_json(inputs["manifest"]) == dossier.path("manifest").read_bytes()
    assert inputs["manifest"] == manifest.as_json()


def test_digest_changes_with_every_kind_of_input(
    dossier: Dossier,
    manifest: Manifest,
    evidence: list[EvidenceView],
    findings: list[Finding],
    tmp_path: Path,
) -> None:
    others = [
        build(manifest, findings, evidence, tmp_path / "1", NOW, made_at=MADE_AT),
        build(manifest, findings, evidence, tmp_path / "2", NOW + timedelta(seconds=1), made_at=MADE_AT),
        build(manifest, findings[:-1], evidence, tmp_path / "3", NOW, made_at=MADE_AT, annexes=sample_annexes()),
    ]
    assert len({dossier.digest, *(other.digest for other in others)}) == 4


def test_build_twice_into_one_folder_replaces_and_leaves_nothing_half_written(
    build_with: Callable[..., Dossier],
) -> None:
    build_with()
    again = build_with(service__name="示例改名助手")
    assert not [path for path in again.path("zip").parent.iterdir() if path.name.endswith(".part")]


def test_build_takes_records_of_the_store_with_their_moments(
    manifest: Manifest, findings: list[Finding], evidence: list[EvidenceView], tmp_path: Path
) -> None:
    stored = [
        StoredRecord(
            digest=view.digest,
            record=Record(
                kind=view.kind,
                title=view.title,
                made_at=MADE_AT[view.digest],
                tool="test",
                metrics=view.metrics,
                clauses=view.clauses,
                model_sha256=view.model_sha256,
            ),
            envelope={},
        )
        for view in evidence
    ]
    from_records = build(manifest, findings, stored, tmp_path / "records", NOW)
    from_views = build(manifest, findings, evidence, tmp_path / "views", NOW, made_at=MADE_AT)
    assert from_records.path("zip").read_bytes() == from_views.path("zip").read_bytes()


def test_build_with_a_finding_that_cites_unknown_evidence_is_refused(
    manifest: Manifest, findings: list[Finding], evidence: list[EvidenceView], tmp_path: Path
) -> None:
    with pytest.raises(Fault, match="不在给出的证据中"):
        build(manifest, findings, evidence[1:], tmp_path, NOW)


def test_build_into_a_place_that_is_no_folder_is_refused(
    manifest: Manifest, findings: list[Finding], evidence: list[EvidenceView], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Fault) as caught:
        build(manifest, findings, evidence, tmp_path / "taken", NOW)
    assert caught.value.code == "dossier-not-written"


def test_record_names_every_file_with_its_hash(dossier: Dossier, manifest: Manifest) -> None:
    record = to_record(dossier, manifest, NOW, "test")
    assert {item.sha256 for item in record.subjects} == {file.sha256 for file in dossier.files}
    assert record.detail["code"] == dossier.code
