"""Conditions on the manifest: filled, empty, among values, over the rows of lists."""

from typing import Any

import pytest

from openbeian.rules.conditions import Condition, is_blank, value_at, values_at

PLAIN: dict[str, Any] = {
    "a": {"text": " ", "none": None, "no": False, "zero": 0, "list": [], "rows": [{"kind": "甲"}, {"kind": "乙"}]},
    "words": ["甲", "丙"],
}


@pytest.mark.parametrize(
    ("path", "op", "values", "holds"),
    [
        ("a.text", "filled", (), False),
        ("a.none", "empty", (), True),
        ("a.missing.deeper", "empty", (), True),
        ("a.no", "filled", (), True),
        ("a.zero", "filled", (), True),
        ("a.list", "filled", (), False),
        ("a.rows[].kind", "any_in", ("乙",), True),
        ("a.rows[].kind", "none_in", ("丙",), True),
        ("a.rows[].kind", "none_in", ("甲",), False),
        ("words", "any_in", ("丙",), True),
        ("a.no", "any_in", (True,), False),
        ("a.no", "any_in", (False,), True),
        ("a.zero", "any_in", (False,), False),
    ],
)
def test_condition_holds_as_the_values_say(path: str, op: Any, values: tuple[str | bool, ...], *, holds: bool) -> None:
    assert Condition(path=path, op=op, values=values).holds(PLAIN) is holds


def test_values_at_a_path_open_lists_and_value_at_does_not() -> None:
    assert values_at(PLAIN, "a.rows[].kind") == ["甲", "乙"]
    assert values_at(PLAIN, "words") == ["甲", "丙"]
    assert value_at(PLAIN, "words") == ["甲", "丙"]
    assert value_at(PLAIN, "words.x") is None


@pytest.mark.parametrize(("value", "blank"), [("", True), ([{"a": ""}], True), ({"a": [0]}, False), (False, False)])
def test_is_blank_looks_inside_groups(value: Any, *, blank: bool) -> None:
    assert is_blank(value) is blank
