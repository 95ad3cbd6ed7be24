"""The manifest is frozen and closed; what is public of it names no person."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from openbeian.manifest import PARTS, PUBLIC_PARTS, Manifest, load_manifest, public_view


@pytest.fixture(scope="module")
def manifest(example: Path) -> Manifest:
    return load_manifest(example / "service.yaml").manifest


def test_manifest_is_frozen_and_refuses_unknown_fields(manifest: Manifest) -> None:
    with pytest.raises(ValidationError):
        manifest.basic.org_name = "别的单位"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Manifest.model_validate({**manifest.as_json(), "more": 1})


@pytest.mark.req("F1")
def test_manifest_holds_the_six_filed_parts(manifest: Manifest) -> None:
    assert set(PARTS) < set(manifest.as_json())
    assert len(PARTS) == 6


@pytest.mark.req("F3", "T3a", "T2b")
def test_public_view_shows_five_parts_without_any_person(manifest: Manifest) -> None:
    view = public_view(manifest)
    shown = json.dumps(view, ensure_ascii=False)
    basic = manifest.basic
    persons = [basic.legal_representative, basic.overall_lead, basic.assessment_lead, basic.legality_lead]
    assert tuple(view) == PUBLIC_PARTS
    assert len(PUBLIC_PARTS) == 5
    assert all(name not in shown for name in [*persons, basic.contact.name, basic.contact.email])
    assert basic.org_name in shown


def test_credit_code_with_separators_and_small_letters_is_written_plainly(manifest: Manifest) -> None:
    tree = manifest.as_json()
    tree["basic"] = {**manifest.basic.model_dump(), "uscc": "9144 0101-ma5exam0p0"}
    assert Manifest.model_validate(tree).basic.uscc == "91440101MA5EXAM0P0"
