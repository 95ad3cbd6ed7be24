"""The data card: the reference implementation of Croissant reads it, gives its rows back and refuses broken ones."""

import json
import logging

import mlcroissant
import pytest

from openbeian.dossier.exports import to_croissant
from tests.dossier.conftest import with_value
from tests.dossier.exports.conftest import CORPUS_SHA256, NOW

# The JSON-LD reader of rdflib uses a class that rdflib itself has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")


@pytest.fixture
def card(manifest, found, records, pack):
    return json.loads(to_croissant(manifest, found, records, NOW, pack))


def test_reference_implementation_takes_it_without_a_warning(card, caplog):
    with caplog.at_level(logging.WARNING):
        dataset = mlcroissant.Dataset(card)
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert {issue for issue in issues.warnings if "citeAs" not in issue and "datePublished" not in issue} == set()


def test_file_source_licence_and_hash_are_read_back(card):
    metadata = mlcroissant.Dataset(card).metadata
    (file,) = metadata.file_objects
    assert (file.sha256, file.content_url, file.encoding_formats) == (CORPUS_SHA256, "faq.yaml", ["application/yaml"])
    assert metadata.license == ["https://spdx.org/licenses/Apache-2.0.html"]


def test_rows_are_the_filed_sources(card, manifest):
    rows = list(mlcroissant.Dataset(card).records("sources"))
    (source,) = manifest.data_sources.sources
    assert len(rows) == 1
    assert rows[0]["sources/items"] == source.items
    assert rows[0]["sources/origin"] == source.origin
    assert rows[0]["sources/is_domestic"] is True


def test_several_sources_without_files_are_taken(manifest, found, pack):
    (source,) = manifest.data_sources.sources
    many = [
        source.model_dump() | {"id": f"s{n}", "path": path}
        for n, path in enumerate([None, "甲 乙/语料 1.jsonl", "../x.bin"])
    ]
    card = json.loads(to_croissant(with_value(manifest, "data_sources.sources", many), found, [], NOW, pack))
    assert "distribution" not in card
    assert len(list(mlcroissant.Dataset(card).records("sources"))) == 3


def _without_hash(card):
    del card["distribution"][0]["sha256"]


def _without_type(card):
    del card["recordSet"][0]["field"][0]["dataType"]


def _row_without_a_field(card):
    del card["recordSet"][0]["data"][0]["sources/origin"]


def _without_address(card):
    del card["distribution"][0]["contentUrl"]


def _wrong_type(card):
    card["@type"] = "sc:Thing"


@pytest.mark.parametrize(
    "breaking", [_without_hash, _without_type, _row_without_a_field, _without_address, _wrong_type]
)
def test_reference_implementation_refuses_a_broken_one(card, breaking):
    breaking(card)
    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(card)
