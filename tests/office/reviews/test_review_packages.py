"""What may be handed in as a review package: the very JSON that was written, and nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment.review import Task
from openbeian.assessment.sampling import seed_from
from openbeian.office.accounts.errors import Incomplete
from openbeian.office.reviews import packages
from openbeian.office.reviews.packages import read_package
from tests.office.reviewing import sample

TASK = sample("package", 12)
BODY = TASK.as_json()


def coded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


@pytest.mark.parametrize("population", ["refuse", "answer", "any", "corpus"])
def test_a_package_is_read_as_it_was_written(population: str) -> None:
    task = sample("each", 8, population=population)
    assert read_package(coded(task.as_json())) == task
    assert read_package(b"\xef\xbb\xbf" + json.dumps(task.as_json()).encode()).digest == task.digest


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    """Return the package with one thing altered, added, or (None) taken away."""
    body = copy.deepcopy(BODY)
    place: Any = body
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return body


STRATUM = next(iter(BODY["strata"]))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["schema"], "openbeian/review/v2", "不是复核包"),
        (["schema"], None, "不是复核包"),
        (["algorithm"], "mine", "algorithm：写法不合规定"),
        (["population"], "all", "population：写法不合规定"),
        (["items"], [], "items：写法不合规定"),
        (["items"], None, "items：缺这一项"),
        (["items", 0, "text"], "改过的题目", "校验码对不上"),
        (["items", 0, "answer"], 5, "items › 1 › answer：写法不合规定"),
        (["items", 2, "label"], "machine", "items › 3 › label：多出这一项"),
        (["items", 0, "is_core"], "yes", "items › 1 › is_core"),
        (["items", 0, "is_core"], False, "条目数与抽样计划不符"),
        (["items", 0, "stratum"], "nowhere", "不在抽样计划里"),
        (["items", 1], BODY["items"][0], "出现了两次"),
        (["items"], BODY["items"][:-1], "条目数与抽样计划不符"),
        (["silent"], ["x"], "条目数与抽样计划不符"),
        (["silent"], [BODY["items"][0]["id"]], "出现了两次"),
        (["seed"], "0" * 64, "种子不是由所列事实得出"),
        (["seed_facts", "name"], "another", "种子不是由所列事实得出"),
        (["strata", STRATUM, "core"], -1, "strata"),
        (["policy", "mine"], True, "policy › mine：多出这一项"),
        (["labels"], {"a": "b"}, "labels：多出这一项"),
        (["source", "name"], "a\0b", "不能保存的字符"),
    ],
)
def test_an_altered_package_is_refused_in_words_that_say_where(path: list[Any], value: Any, said: str) -> None:
    with pytest.raises(Incomplete) as refused:
        read_package(coded(changed(path, value)))
    assert refused.value.code == "review-package"
    assert said in refused.value.reason


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "不是合格的 JSON"),
        (b"[" * 100_000, "不是合格的 JSON"),
        (b"[]", "不是复核包"),
        (b'{"schema": NaN}', "不是合格的 JSON"),
        (b'{"schema": "openbeian/review/v1", "schema": "openbeian/review/v1"}', "不是合格的 JSON"),
        ("复核".encode("gb18030"), "不是 UTF-8"),
        (b'{"schema": "openbeian/review/v1", "seed": "\\ud800"}', "不能保存的字符"),
    ],
)
def test_what_is_no_package_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(Incomplete, match=said):
        read_package(data)


def test_a_package_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_PACKAGE_BYTES", 1000)
    with pytest.raises(Incomplete, match="超过"):
        read_package(coded(BODY))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(key=st.sampled_from([*BODY, "new"]), value=JSON)
def test_whatever_stands_under_a_key_is_read_or_refused(key: str, value: Any) -> None:
    body = {**BODY, key: value}
    try:
        read = read_package(json.dumps(body).encode())
    except Incomplete:
        return
    assert read == Task.from_json(body)
    assert read.seed == seed_from(read.seed_facts)
