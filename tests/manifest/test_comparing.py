"""What changed can be told path by path, and made again."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example as case
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import ABSENT, PARTS, apply, canonical_json, changes, flatten, load_manifest, part_of

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.0, 0.5, "", "甲", "a.b"])
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["a", "b", "c", "d.e"]), inner, max_size=4)
    ),
    max_leaves=14,
)


@given(JSON, JSON)
@case([1, 2, 3], [1, 3])
@case([1, 3], [1, 2, 3])
@case([1], [True])
@case({"a": [1, 1, 1]}, {"a": [1]})
@case(None, {})
def test_apply_of_the_changes_gives_the_new_value(old: Any, new: Any) -> None:
    before = canonical_json(old)
    made = changes(old, new)
    assert canonical_json(apply(old, made)) == canonical_json(new)
    assert type(apply(old, made)) is type(new)
    assert canonical_json(old) == before
    assert bool(made) is (made != [])


@given(JSON)
def test_changes_between_equal_values_are_none(value: Any) -> None:
    assert changes(value, value) == []


def test_one_row_added_in_the_middle_of_a_list_reads_as_one_change() -> None:
    rows = [{"clause": name} for name in "abcd"]
    made = changes({"statements": rows}, {"statements": [*rows[:2], {"clause": "x"}, *rows[2:]]})
    assert [(change.path, change.old, change.new) for change in made] == [("statements.2", ABSENT, {"clause": "x"})]


@pytest.mark.req("F2")
def test_changes_between_two_rounds_name_the_field_with_old_and_new(example: Path) -> None:
    old = load_manifest(example / "service.yaml").manifest.as_json()
    new = apply(old, [])
    new["scope"]["scenarios"] = "只做保修咨询"
    new["data_sources"]["sources"][0]["items"] = 300
    made = changes(old, new)
    assert [(change.path, change.new) for change in made] == [
        ("data_sources.sources.0.items", 300),
        ("scope.scenarios", "只做保修咨询"),
    ]
    assert [part_of(change.path) for change in made] == ["data_sources", "scope"]


def test_part_of_a_path_is_one_of_the_six_or_none() -> None:
    assert [part_of(f"{part}.x") for part in PARTS] == list(PARTS)
    assert part_of("service.name") is None
    assert part_of("statements.0.clause") is None


def test_flatten_gives_every_leaf_by_its_dotted_path() -> None:
    assert flatten({"a": {"b": [1, {"c": None}], "d": []}}) == {"a.b.0": 1, "a.b.1.c": None, "a.d": []}
    assert flatten(3) == {"": 3}
