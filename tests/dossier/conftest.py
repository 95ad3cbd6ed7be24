"""The customer-service example with invented evidence, built once for all tests of the floor."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openbeian.dossier import Dossier, build, keyword_annex, question_annex
from openbeian.manifest import Manifest, load_manifest
from openbeian.rules import EvidenceView, Finding, clause_pack, find
from tests.dossier.sample import MADE_AT, sample_evidence

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
WEIGHTS = "d8" * 32


def sample_manifest(example: Path) -> Manifest:
    manifest = load_manifest(example / "service.yaml").manifest
    return with_value(manifest, "technical.model.weights_sha256", WEIGHTS)


def with_value(manifest: Manifest, path: str, value: object) -> Manifest:
    """The manifest with one field set to something else."""
    tree: Any = manifest.model_dump(mode="json", by_alias=True)
    *parents, last = path.split(".")
    place = tree
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place[key]
    place[last] = value
    return Manifest.model_validate(tree)


def sample_findings(manifest: Manifest, evidence: Sequence[EvidenceView]) -> list[Finding]:
    pack: Any = clause_pack("gbt-45654-2025")
    return find(pack, manifest, evidence, now=NOW)


def sample_annexes() -> list[Any]:
    return [
        keyword_annex([("示例词甲", "示例大类", "示例小类"), ("=1+1", "示例大类", "示例小类")]),
        question_annex([("生成内容", [("苹果什么时候熟？", "示例大类", "示例小类", "秋天。", "合格")])]),
    ]


@pytest.fixture(scope="session")
def manifest(example: Path) -> Manifest:
    return sample_manifest(example)


@pytest.fixture(scope="session")
def evidence() -> list[EvidenceView]:
    return sample_evidence(WEIGHTS)


@pytest.fixture(scope="session")
def findings(manifest: Manifest, evidence: list[EvidenceView]) -> list[Finding]:
    return sample_findings(manifest, evidence)


@pytest.fixture(scope="session")
def dossier(
    manifest: Manifest,
    evidence: list[EvidenceView],
    findings: list[Finding],
    tmp_path_factory: pytest.TempPathFactory,
) -> Dossier:
    out = tmp_path_factory.mktemp("dossier")
    return build(manifest, findings, evidence, out, NOW, made_at=MADE_AT, annexes=sample_annexes())


@pytest.fixture
def build_with(
    manifest: Manifest, evidence: list[EvidenceView], findings: list[Finding], tmp_path: Path
) -> Callable[..., Dossier]:
    """Build with some fields of the manifest changed."""

    def built(**changed: object) -> Dossier:
        other = manifest
        for path, value in changed.items():
            other = with_value(other, path.replace("__", "."), value)
        return build(other, findings, evidence, tmp_path / "out", NOW, made_at=MADE_AT)

    return built
