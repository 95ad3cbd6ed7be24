"""The assessment results: the schema of OSCAL 1.1.3 takes them and refuses broken ones; every reference leads somewhere."""

import json
from pathlib import Path

import pytest

from openbeian.dossier.exports import oscal, to_oscal
from openbeian.rules import Verdict
from tests.dossier.conftest import with_value
from tests.dossier.exports.conftest import NOW, OTHER_WEIGHTS

SCHEMA = Path(__file__).parent / "schemas" / "oscal-1.1.3-assessment-results.json"


@pytest.fixture(scope="module")
def problems():
    """What the schema says against a document."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    from jsonschema import Draft7Validator, FormatChecker

    validator = Draft7Validator(schema, format_checker=FormatChecker())
    return lambda document: [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@pytest.fixture
def document(manifest, found, records, pack):
    return json.loads(to_oscal(manifest, found, records, NOW, pack))


@pytest.fixture
def result(document):
    return document["assessment-results"]["results"][0]


def test_schema_takes_it(problems, document):
    assert problems(document) == []


def test_schema_takes_it_without_evidence(problems, manifest, found, pack):
    assert problems(json.loads(to_oscal(manifest, found, [], NOW, pack))) == []


def test_schema_takes_it_without_findings(problems, manifest, pack):
    assert problems(json.loads(to_oscal(with_value(manifest, "statements", []), [], [], NOW, pack))) == []


@pytest.mark.parametrize(
    "breaking",
    [
        lambda body: body.pop("import-ap"),
        lambda body: body.update(uuid="no uuid"),
        lambda body: body["metadata"].pop("title"),
        lambda body: body["results"][0]["findings"][0]["target"]["status"].update(state="perhaps"),
        lambda body: body["results"][0]["findings"][0]["target"].pop("target-id"),
        lambda body: body["results"][0]["observations"][0].update(collected="yesterday"),
        lambda body: body["results"][0]["reviewed-controls"]["control-selections"][0]["include-controls"][0].update(
            {"control-id": "5 1 a"}
        ),
        lambda body: body.update(invented="x"),
        lambda body: body["results"][0]["findings"][0].update(invented="x"),
        lambda body: body["back-matter"]["resources"][1]["rlinks"][0]["hashes"][0].pop("algorithm"),
        lambda body: body["results"][0]["risks"][0].pop("statement"),
        lambda body: body["metadata"]["props"][0].update(value=" "),
    ],
)
def test_schema_refuses_a_broken_one(problems, document, breaking):
    breaking(document["assessment-results"])
    assert problems(document) != []


def test_every_clause_is_reviewed_and_found_on(result, found):
    selected = [one["control-id"] for one in result["reviewed-controls"]["control-selections"][0]["include-controls"]]
    assert selected == [oscal.token(one.clause) for one in found]
    assert len(set(selected)) == len(found) == len(result["findings"])


def test_verdicts_are_told_as_states(result, found):
    told = {
        Verdict.CONFORMS: ("satisfied", "pass", None),
        Verdict.FAILS: ("not-satisfied", "fail", None),
        Verdict.NOT_APPLICABLE: ("satisfied", "other", "not-applicable"),
    }
    assert {one.verdict for one in found} == set(Verdict)
    for one, finding in zip(found, result["findings"], strict=True):
        target = finding["target"]
        state = target.get("implementation-status", {}).get("state")
        assert (target["status"]["state"], target["status"]["reason"], state) == told[one.verdict]
        verdict = next(prop["value"] for prop in finding["props"] if prop["name"] == "verdict")
        assert verdict == one.verdict.name.lower().replace("_", "-")


def test_findings_lead_to_observations_and_these_to_hashes(document, result, found, records):
    kept = {resource["uuid"]: resource for resource in document["assessment-results"]["back-matter"]["resources"]}
    observed = {one["uuid"]: one for one in result["observations"]}
    for one, finding in zip(found, result["findings"], strict=True):
        digests = []
        for related in finding.get("related-observations", []):
            (evidence,) = observed[related["observation-uuid"]]["relevant-evidence"]
            digests.append(kept[evidence["href"][1:]]["rlinks"][0]["hashes"][0]["value"])
        assert digests == list(dict.fromkeys(one.evidence))
    assert len(observed) == sum(stored.record.model_sha256 != OTHER_WEIGHTS for stored in records)


def test_every_open_clause_is_a_risk_and_a_plan_its_remediation(result, found):
    risks = {risk["uuid"]: risk for risk in result["risks"]}
    assert len(risks) == sum(one.verdict is Verdict.FAILS for one in found)
    (planned,) = [risk for risk in risks.values() if "remediations" in risk]
    assert planned["remediations"][0]["description"] == "十二月增设两名监看人员"


def test_every_reference_leads_somewhere(document):
    body = document["assessment-results"]
    text = json.dumps(body)
    uuids = {resource["uuid"] for resource in body["back-matter"]["resources"]}
    assert body["import-ap"]["href"][1:] in uuids
    objectives = {part["id"] for one in body["local-definitions"]["objectives-and-methods"] for part in one["parts"]}
    assert {finding["target"]["target-id"] for finding in body["results"][0]["findings"]} <= objectives
    assert text.count('"uuid"') == len(set(_uuids(body)))


def _uuids(value):
    if isinstance(value, dict):
        if "uuid" in value:
            yield value["uuid"]
        for item in value.values():
            yield from _uuids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _uuids(item)
