"""A fault or a problem prints as one line: place, field, message, remedy, rule."""

import pytest

from openbeian.manifest import Fault, ManifestInvalid, Problem


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("x", "读不了", "检查权限"), "读不了。检查权限。"),
        (Fault("x", "读不了。", file="a.yaml"), "a.yaml 读不了。"),
        (Fault("x", "太大", "改小", file="a.yaml", line=3, path="b.c"), "a.yaml:3 字段 b.c：太大。改小。"),
    ],
)
def test_fault_text_is_one_line(fault: Fault, text: str) -> None:
    assert fault.text() == text


def test_problem_text_names_place_label_field_and_rule() -> None:
    problem = Problem("x", "校验位不对", "请对照执照", "a.yaml", 3, "basic.uscc", "基本信息·代码", "备案表 S1.uscc")
    assert problem.text() == "a.yaml:3 基本信息·代码（basic.uscc）：校验位不对。请对照执照。依据：备案表 S1.uscc。"
    assert Problem("x", "缺", path="a").text() == "a：缺。"
    assert Problem("x", "缺", label="甲").text() == "甲：缺。"
    assert problem.as_json()["line"] == 3


def test_manifest_invalid_speaks_with_its_first_problem() -> None:
    invalid = ManifestInvalid([Problem("first", "甲", file="a.yaml", line=2), Problem("second", "乙")])
    assert (invalid.code, invalid.line, len(invalid.problems)) == ("first", 2, 2)
