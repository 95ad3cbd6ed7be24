"""The ML-BOM: the strict schema of CycloneDX 1.6 takes it and refuses broken ones; its figures are the evidence's own."""

import json

import pytest

from openbeian.dossier.exports import to_cyclonedx
from openbeian.dossier.exports.licences import SPDX
from tests.dossier.conftest import WEIGHTS, with_value
from tests.dossier.exports.conftest import CORPUS_SHA256, NOW


@pytest.fixture(scope="module")
def validator():
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6)


def is_valid(validator, document) -> bool:
    return validator.validate_str(json.dumps(document)) is None


@pytest.fixture
def bom(manifest, found, records, pack):
    return json.loads(to_cyclonedx(manifest, found, records, NOW, pack))


def component(bom, ref):
    return next(part for part in bom["components"] if part["bom-ref"] == ref)


def test_strict_schema_takes_it(validator, bom):
    assert is_valid(validator, bom)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (
            ("technical", "base_model"),
            {"name": "某基座", "version": "2", "licence": "自定义许可", "filing_number": "示例-1"},
        ),
        (("data_sources", "sources"), []),
        (("data_sources", "sources", "0", "licence"), ""),
        (("technical", "framework"), ""),
        (("service", "modalities", "input"), ["文本", "图片"]),
    ],
)
def test_strict_schema_takes_other_manifests(validator, manifest, found, records, pack, path, value):
    other = with_value(manifest, ".".join(path), value)
    assert is_valid(validator, json.loads(to_cyclonedx(other, found, records, NOW, pack)))


@pytest.mark.parametrize(
    "breaking",
    [
        lambda bom: bom.update(bomFormat="SPDX"),
        lambda bom: bom["components"][0].update(type="model"),
        lambda bom: bom["components"][0]["hashes"][0].update(content="not a hash"),
        lambda bom: bom["components"][0]["modelCard"].update(invented=True),
        lambda bom: bom["components"][0]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0].update(
            value=0.5
        ),
        lambda bom: bom["components"].append(bom["components"][0]),
        lambda bom: bom.update(serialNumber="urn:uuid:1"),
    ],
)
def test_strict_schema_refuses_a_broken_one(validator, bom, breaking):
    breaking(bom)
    assert not is_valid(validator, bom)


def test_figures_are_those_of_the_evidence_with_their_intervals(bom):
    figures = component(bom, "model")["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    recall = next(figure for figure in figures if figure["type"] == "recall_at_1")
    assert recall == {
        "type": "recall_at_1",
        "value": "0.8125",
        "confidenceInterval": {"lowerBound": "0.758", "upperBound": "0.857"},
    }
    assert {figure["slice"] for figure in figures if figure["type"] == "refusal_sample"} == {"应拒答", "非拒答"}


def test_hashes_licence_and_scan_figures_stand_where_they_belong(bom):
    assert component(bom, "model")["hashes"] == [{"alg": "SHA-256", "content": WEIGHTS}]
    data = component(bom, "data:faq")
    assert data["hashes"] == [{"alg": "SHA-256", "content": CORPUS_SHA256}]
    assert data["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert {"name": "openbeian:metric:source_illegal_harmful_ratio", "value": "0"} in data["properties"]


def test_plan_stands_beside_what_is_not_met(bom):
    risks = component(bom, "model")["modelCard"]["considerations"]["ethicalConsiderations"]
    assert [risk["mitigationStrategy"] for risk in risks] == ["十二月增设两名监看人员"]


def test_everything_depended_on_is_listed(bom):
    refs = {part["bom-ref"] for part in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
    assert {ref for node in bom["dependencies"] for ref in [node["ref"], *node.get("dependsOn", [])]} == refs


@pytest.mark.parametrize("licence", sorted(SPDX))
def test_every_known_licence_is_on_the_spdx_list(validator, licence):
    part = {"type": "data", "name": "x", "licenses": [{"license": {"id": licence}}]}
    assert is_valid(validator, {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [part]})
