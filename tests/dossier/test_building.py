"""The dossier is a function of its inputs, byte for byte, and says what it holds."""

import json
import os
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
import time_machine
time_machine.travel("2027-03-04T23:59:00Z").start()
manifest = sample_manifest(Path("examples/customer-service"))
evidence = sample_evidence(WEIGHTS)
findings = sample_findings(manifest, evidence)
build(manifest, findings, evidence, Path(sys.argv[1]), NOW, made_at=MADE_AT, annexes=sample_annexes())
"""

pytestmark = pytest.mark.req("F1")


def test_build_in_two_processes_gives_the_same_bytes(dossier: Dossier, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    # Another hash seed, time zone, locale, working folder and day.
    environment = {"PYTHONHASHSEED": "7", "TZ": "America/New_York", "LC_ALL": "C", "PATH": ""}
    environment["PYTHONPATH"] = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    script = ANOTHER_PROCESS.replace("examples/", f"{ROOT}/examples/")
    subprocess.run([sys.executable, "-c", script, str(out)], cwd=tmp_path, env=environment, check=True)
    here = {file.path.name: file.path.read_bytes() for file in dossier.files}
    there = {path.name: path.read_bytes() for path in out.iterdir()}
    assert here.keys() == there.keys()
    assert [name for name, data in here.items() if data != there[name]] == []


def test_build_writes_form_report_and_every_annex_of_the_pack(dossier: Dossier) -> None:
    papers = ["备案表", "自评估报告", "附件2-服务协议", "附件2-隐私政策", "附件3-语料标注规则"]
    papers += ["附件6-算力供应风险与模型持续迭代说明", "附件7-其他佐证目录"]
    assert {file.path.name for file in dossier.files} == {
        *(f"{name}{ending}" for name in papers for ending in (".pdf", ".docx")),
        "附件4-拦截关键词列表.xlsx",
        "附件5-评估测试题集.xlsx",
        *("contents.json", "inputs.json", "manifest.json", "dossier.zip"),
    }


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


def test_inputs_say_moment_packs_and_programs(dossier: Dossier) -> None:
    inputs = json.loads(dossier.path("inputs").read_text())
    assert inputs["made_at"] == "2026-11-20T08:30:00Z"
    assert set(inputs["packs"]) == {"filing-form", "gbt-45654-2025", "risks"}
    assert {"openbeian", "typst", "python-docx", "drawing_sha256"} == set(inputs["made_with"])
    assert set(inputs["annexes"]) == {"附件4-拦截关键词列表.xlsx", "附件5-评估测试题集.xlsx"}


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
