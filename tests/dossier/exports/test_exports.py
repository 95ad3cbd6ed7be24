"""What holds for every format: the same bytes from the same inputs, nobody named, nothing of other weights, no raw data."""

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeian.dossier.exports import FORMATS
from openbeian.manifest import Fault
from tests.dossier.conftest import WEIGHTS, with_value
from tests.dossier.exports.conftest import CORPUS_SHA256, NOW, OTHER_WEIGHTS, PERSONS, signed_evidence

every_format = pytest.mark.parametrize(
    "export", [pytest.param(export, id=name) for name, (_, export) in FORMATS.items()]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@every_format
def test_same_inputs_give_the_same_bytes(export, manifest, found, records, pack):
    again = signed_evidence()
    there = NOW.astimezone(timezone(timedelta(hours=8)))
    assert export(manifest, found, records, NOW, pack) == export(manifest, list(found), again, there, pack)


@every_format
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip), now=MOMENTS
)
def test_any_name_and_moment_give_the_same_bytes_twice(export, name, now, manifest, found, records, pack):
    renamed = with_value(manifest, "data_sources.sources.0.name", name)
    first = export(renamed, found, records, now, pack)
    assert first == export(renamed, found, records, now, pack)
    first.decode("utf-8")


@every_format
def test_another_moment_gives_other_bytes(export, manifest, found, records, pack):
    assert export(manifest, found, records, NOW, pack) != export(
        manifest, found, records, NOW + timedelta(days=1), pack
    )


@every_format
@pytest.mark.req("T2")
def test_no_person_is_named(export, manifest, found, records, pack):
    assert any("何示例" in one.reason for one in found), "the findings name a person, or this test shows nothing"
    text = export(manifest, found, records, NOW, pack).decode()
    assert [person for person in PERSONS if person in text] == []


@every_format
def test_evidence_of_other_weights_is_not_told(export, manifest, found, records, pack):
    text = export(manifest, found, records, NOW, pack).decode()
    assert OTHER_WEIGHTS not in text
    assert "0.123" not in text
    assert "另一份权重的评测" not in text


@every_format
def test_no_entry_of_the_corpus_is_told(export, manifest, found, records, pack, example):
    text = export(manifest, found, records, NOW, pack).decode()
    entries = re.findall(
        r"(?:question|answer|q|a|text): *\"?([^\"\n]{8,})", (example / "faq.yaml").read_text(encoding="utf-8")
    )
    assert len(entries) > 50
    assert [entry for entry in entries if entry in text] == []


@pytest.mark.parametrize("name", ["cyclonedx", "croissant", "model-card"])
def test_hash_of_the_corpus_is_carried(name, manifest, found, records, pack):
    assert CORPUS_SHA256.encode() in FORMATS[name][1](manifest, found, records, NOW, pack)


@pytest.mark.parametrize("name", ["cyclonedx", "model-card", "oscal"])
def test_hashes_of_weights_and_evidence_are_carried(name, manifest, found, records, pack):
    text = FORMATS[name][1](manifest, found, records, NOW, pack).decode()
    assert WEIGHTS in text
    assert all(stored.digest in text for stored in records if stored.record.model_sha256 != OTHER_WEIGHTS)


@pytest.mark.parametrize("name", ["cyclonedx", "croissant", "model-card"])
def test_a_file_two_sources_could_mean_has_no_hash(name, manifest, found, records, pack):
    twice = [source.model_dump() | {"id": f"faq-{n}"} for n, source in enumerate(manifest.data_sources.sources * 2)]
    text = FORMATS[name][1](with_value(manifest, "data_sources.sources", twice), found, records, NOW, pack).decode()
    front, _, _ = text.partition("# shili")
    assert f'"sha256": "{CORPUS_SHA256}"' not in text
    assert f"| {CORPUS_SHA256} |" not in text
    assert name == "model-card" or CORPUS_SHA256 not in front


@every_format
def test_nothing_but_the_manifest_is_enough(export, manifest, pack):
    assert export(with_value(manifest, "technical.model.weights_sha256", None), [], [], NOW, pack)


@every_format
def test_a_text_that_is_no_unicode_is_a_fault(export, manifest, found, pack):
    broken = [dataclasses.replace(found[0], reason="\ud800")]
    with pytest.raises(Fault, match="规范"):
        export(manifest, broken, [], NOW, pack)


def test_uuids_of_two_formats_differ(manifest, found, records, pack):
    bom = json.loads(FORMATS["cyclonedx"][1](manifest, found, records, NOW, pack))
    card = json.loads(FORMATS["croissant"][1](manifest, found, records, NOW, pack))
    assert bom["serialNumber"] != card["@id"]
