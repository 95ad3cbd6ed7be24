"""A fault or a problem prints as one line: place, field, message, remedy, rule."""

import errno
import os
import re
from pathlib import Path

import pytest

import openbeian
from openbeian.manifest import Fault, ManifestInvalid, Problem, reason_of


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


@pytest.mark.parametrize(
    "code",
    ["ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "ENOSPC", "EROFS", "EMFILE", "ENAMETOOLONG", "ELOOP", "EIO"],
)
def test_what_the_system_says_is_said_in_chinese(code: str) -> None:
    number = getattr(errno, code)
    said = reason_of(OSError(number, os.strerror(number)))
    assert re.fullmatch(r"[\u4e00-\u9fff，]+", said)


def test_what_is_rare_keeps_the_words_of_the_system() -> None:
    assert reason_of(OSError(errno.ENOTTY, "Inappropriate ioctl for device")) == "Inappropriate ioctl for device"
    assert reason_of(OSError("odd")) == "odd"


def test_the_words_of_the_system_are_asked_for_in_one_place() -> None:
    asking = [path.name for path in Path(openbeian.__path__[0]).rglob("*.py") if ".strerror" in path.read_text("utf-8")]
    assert asking == ["faults.py"]
