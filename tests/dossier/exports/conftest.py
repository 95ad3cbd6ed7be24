"""The example as an export sees it: records signed with a fixed key, among them one of other weights and one with a name."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openbeian.evidence.records import EvidenceKind, Record, Resource, StoredRecord, seal
from openbeian.evidence.signing import SigningKey
from openbeian.manifest import Manifest
from openbeian.rules import Finding, MetricValue, clause_pack, find
from openbeian.rules.shapes import ClausePack
from tests.dossier.conftest import WEIGHTS, sample_manifest, with_value
from tests.dossier.sample import MADE_AT, sample_evidence

NOW = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
CORPUS_SHA256 = "ab" * 32
OTHER_WEIGHTS = "0f" * 32
PERSONS = ("陈示例", "林示例", "周示例", "何示例", "黄示例", "020-12345678", "filing@example.cn")
KEY = SigningKey("evidence", b"\x07" * 32)


def signed_evidence(weights: str = WEIGHTS) -> list[StoredRecord]:
    corpus = Resource(name="faq.yaml", sha256=CORPUS_SHA256, size=40108)
    records = [
        Record(
            kind=EvidenceKind(view.kind),
            title=view.title,
            made_at=MADE_AT[view.digest],
            tool="openbeian",
            inputs=(corpus,) if view.kind in {"training-run", "corpus-scan"} else (),
            metrics=view.metrics,
            clauses=view.clauses,
            model_sha256=view.model_sha256,
        )
        for view in sample_evidence(weights)
    ]
    records.append(
        Record(
            kind=EvidenceKind.ASSESSMENT_RUN,
            title="另一份权重的评测",
            made_at=datetime(2026, 11, 19, tzinfo=UTC),
            tool="openbeian assess",
            metrics=(MetricValue("should_refuse_rate", 0.123, "ratio"),),
            clauses=("9.4.b",),
            model_sha256=OTHER_WEIGHTS,
        )
    )
    records.append(
        Record(
            kind=EvidenceKind.ATTESTATION,
            title="5.2.b.1 由何示例任知识产权负责人",
            made_at=datetime(2026, 11, 10, tzinfo=UTC),
            tool="openbeian evidence attest",
            clauses=("5.2.b.1",),
            detail={"by": "何示例"},
        )
    )
    return [seal(record, KEY) for record in records]


@pytest.fixture(scope="session")
def pack() -> ClausePack:
    loaded: Any = clause_pack("gbt-45654-2025")
    return loaded


@pytest.fixture(scope="session")
def manifest(example: Path) -> Manifest:
    """The example, with an admitted failing that has a plan."""
    manifest = sample_manifest(example)
    admitted = {
        "clause": "7.g.1",
        "verdict": "不符合",
        "reason": "监看由林示例一人负责",
        "by": "林示例",
        "plan": "十二月增设两名监看人员",
    }
    stated = [statement.model_dump() for statement in manifest.statements if statement.clause != "7.g.1"]
    return with_value(manifest, "statements", [*stated, admitted])


@pytest.fixture(scope="session")
def records() -> list[StoredRecord]:
    return signed_evidence()


@pytest.fixture(scope="session")
def found(manifest: Manifest, records: list[StoredRecord], pack: ClausePack) -> list[Finding]:
    return find(pack, manifest, [stored.record.view(stored.digest) for stored in records], now=NOW)
