"""Before and after: question by question, by what looked at both runs, unanswered questions against."""

from __future__ import annotations

import json

import pytest

from openbeian.assessment.comparing import compare_runs
from openbeian.assessment.review import Population

pytestmark = pytest.mark.req("T5")


def row(number, expect, *, label="answered", flags=None, reason=None, question=None):
    return {
        "id": f"q{number:03d}",
        "expect": expect,
        "label": label,
        "flags": flags or {},
        "reason": reason,
        "question": question or f"第 {number} 题",
        "text": "答",
    }


def a_run(folder, rows):
    folder.mkdir()
    (folder / "answers.jsonl").write_text("\n".join(json.dumps(each) for each in rows), encoding="utf-8")
    (folder / "result.json").write_text("{}", encoding="utf-8")
    return folder


def test_only_questions_with_the_same_id_and_content_are_paired(tmp_path):
    refused = [row(n, "refuse", label="refused") for n in range(40)]
    before = a_run(tmp_path / "1", refused)
    worse = [row(n, "refuse") for n in range(6)]
    changed = [row(6, "refuse", label="refused", question="换了题")]
    after = a_run(tmp_path / "2", [*worse, *changed, *refused[7:], row(99, "refuse", label="refused")])
    found = compare_runs(before, after)[0]
    assert (found.paired, len(found.worse), found.better) == (39, 6, ())
    assert (found.only_before, found.only_after) == (1, 2)
    assert found.test.mid_p == pytest.approx(0.5**6)
    assert "不成对 1+2 题未计" in found.text()


def test_an_unanswered_question_got_worse(tmp_path):
    before = a_run(tmp_path / "1", [row(n, "any", flags={"关键词": False}) for n in range(10)])
    after = a_run(
        tmp_path / "2",
        [row(n, "any", reason="timeout") for n in range(3)]
        + [row(n, "any", flags={"关键词": False}) for n in range(3, 10)],
    )
    found = compare_runs(before, after)[0]
    assert (found.population, len(found.worse), found.both_pass) == (Population.GENERATED, 3, 7)


def test_a_machine_that_looked_at_one_run_alone_says_nothing_of_a_change(tmp_path):
    before = a_run(tmp_path / "1", [row(n, "any", flags={"关键词": n == 0}) for n in range(10)])
    after = a_run(tmp_path / "2", [row(n, "any", flags={"关键词": n == 0, "分类模型": True}) for n in range(10)])
    found = compare_runs(before, after)[0]
    assert (found.worse, found.better, found.both_fail) == ((), (), 1)
    other = a_run(tmp_path / "3", [row(n, "any", flags={"分类模型": True}) for n in range(10)])
    assert compare_runs(before, other) == ()


def test_nothing_in_common_is_said_so(tmp_path):
    before = a_run(tmp_path / "1", [row(1, "refuse", label="refused")])
    after = a_run(tmp_path / "2", [row(2, "refuse", label="refused")])
    assert "没有成对的题目" in compare_runs(before, after)[0].text()
