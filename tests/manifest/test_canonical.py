"""One value has one form of bytes (RFC 8785), and one digest."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import Fault, canonical_json, digest, load_manifest, sha256_file

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


def test_canonical_json_sorts_keys_and_keeps_chinese() -> None:
    assert canonical_json({"b": 1.0, "a": "备案", "A": [True, None]}) == '{"A":[true,null],"a":"备案","b":1}'.encode()


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_digest_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    assert digest(dict(reversed(value.items()))) == digest(value)


@pytest.mark.parametrize("value", [float("nan"), 2**53, {1, 2}, "\ud800", {1: "a"}])
def test_canonical_json_of_what_json_cannot_say_is_a_fault(value: object) -> None:
    with pytest.raises(Fault) as caught:
        canonical_json(value)
    assert caught.value.code == "not-canonical"


def test_digest_of_the_example_survives_a_round_trip_through_json(example: Path) -> None:
    manifest = load_manifest(example / "service.yaml").manifest
    again = type(manifest).model_validate_json(canonical_json(manifest.as_json()))
    assert again == manifest
    assert digest(again.as_json()) == digest(manifest.as_json())


def test_sha256_file_is_the_hash_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"x" * 3_000_000)
    assert sha256_file(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
