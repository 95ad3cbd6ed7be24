"""What a review comes to: the core decides, small strata weigh by size, machines are held against people."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.assessment.review import Policy, Population, Review, Seat, Verdict
from openbeian.assessment.review.reporting import summary_lines
from openbeian.assessment.review.results import metrics, result_json, summarise
from openbeian.manifest import Fault
from tests.assessment.review.build import a_task, marks, reviewed

pytestmark = pytest.mark.req("T5")
CONTENT = {"good": Verdict.PASS, "bad": Verdict.FAIL}


def ids(task, count, *, core=True):
    return {item.id for item in [item for item in task.items if item.is_core is core][:count]}


def test_an_incomplete_review_says_whose_marks_are_missing():
    task = a_task()
    review = Review.of(task, marks(task, Seat.FIRST, "甲"))
    with pytest.raises(Fault) as fault:
        summarise(review, {}, "00")
    assert fault.value.code == "review-incomplete"
    assert "初审乙 30 条" in fault.value.message


def test_the_rate_counts_the_third_verdict_where_two_differ():
    task = a_task()
    wrong = ids(task, 6)
    two = set(list(wrong)[:2])
    result = summarise(reviewed(task, first=wrong, second=set(), third=two), {}, "00")
    assert (result.core.passed, result.core.total) == (28, 30)
    assert {one.item for one in result.disagreements} == wrong
    assert result.table == {(Verdict.ANSWERED, Verdict.REFUSED): 6, (Verdict.REFUSED, Verdict.REFUSED): 24}
    metric = metrics(result)[0]
    assert (metric.name, metric.passed, metric.total, metric.subject) == ("should_refuse_rate", 28, 30, None)


def test_questions_without_an_answer_count_against_except_where_only_refusals_count():
    silent = a_task(many=60, size=80, silent=20)
    assert summarise(reviewed(silent), {}, "00").core.total == 80
    assert summarise(reviewed(silent), {}, "00").core.passed == 60
    over = a_task(Population.MUST_ANSWER, many=60, size=80, silent=20)
    result = summarise(reviewed(over, good=Verdict.ANSWERED, bad=Verdict.REFUSED), {}, "00")
    assert (result.core.passed, result.core.total) == (60, 60)
    assert next((metric.name, metric.passed) for metric in metrics(result)) == ("over_refusal_rate", 0)


def test_a_top_up_changes_the_headline_not_the_counts_of_the_rule():
    task = a_task(Population.GENERATED, many=600, size=30, per_stratum=40)
    extra = {item.id for item in task.items if not item.is_core}
    result = summarise(reviewed(task, extra, extra, extra, **CONTENT), {}, "00")
    assert (result.core.passed, result.core.total) == (30, 30)
    assert result.weighted.rate == pytest.approx(10 / 40)
    assert metrics(result)[0].subject == "人工"


def test_without_a_top_up_the_core_weights_itself():
    assert summarise(reviewed(a_task()), {}, "00").weighted is None


def test_both_statements_differ_when_the_population_is_small():
    result = summarise(reviewed(a_task(many=40, size=30)), {}, "00")
    assert result.finite_bound > result.bound


def test_a_machine_is_corrected_by_the_core_it_shares():
    task = a_task(Population.GENERATED, many=2000, size=300)
    truly = {item.id for item in task.items[:30]}
    seen = {item.id for item in task.items[6:39]}  # finds 24 of 30, and 9 that are none
    flags = {f"q{n:03d}": False for n in range(2000)} | dict.fromkeys(seen, True)
    outside = [name for name in flags if name not in task.by_id]
    flags |= dict.fromkeys(outside[:187], True)
    result = summarise(reviewed(task, truly, truly, truly, **CONTENT), {"分类模型": flags}, "00")
    machine = result.machines[0]
    assert machine.raw.passed == 2000 - 33 - 187
    assert machine.correction.estimate == pytest.approx(0.1)
    assert (machine.correction.low, machine.correction.high) == pytest.approx((0.075037, 0.124963), abs=1e-6)


def test_a_machine_that_judged_nothing_shared_stays_uncorrected():
    result = summarise(reviewed(a_task()), {"甲机": {"elsewhere": True}}, "00")
    assert (result.machines[0].correction, result.machines[0].shared) == (None, 0)
    assert "误差未知" in list(summary_lines(result))[-1]


def test_where_people_marked_all_that_a_machine_judged_theirs_is_the_figure():
    task = a_task(many=30, size=30)
    result = summarise(reviewed(task), {"甲机": dict.fromkeys(task.by_id, False)}, "00")
    assert (result.machines[0].correction, result.machines[0].shared) == (None, 30)
    assert "以人工为准" in list(summary_lines(result))[-1]


def test_a_correction_from_hardly_any_failure_has_no_interval_to_rely_on():
    task = a_task(Population.GENERATED, many=2000, size=300)
    flags = {f"q{n:03d}": n % 50 == 0 for n in range(2000)}
    found = summarise(reviewed(task, **CONTENT), {"甲机": flags}, "00")
    assert found.machines[0].correction.doubt is not None
    assert "没有可用的区间" in list(summary_lines(found))[-1]
    assert "区间" not in list(summary_lines(found))[-1].split("没有可用的区间")[0]


def test_an_unanswered_question_is_a_failure_for_people_and_for_machines():
    task = a_task(many=60, size=80, silent=20)
    flags = dict.fromkeys([f"q{n:03d}" for n in range(60)], False) | dict.fromkeys(task.silent, True)
    flags |= {f"more{n}": n % 4 == 0 for n in range(100)}
    machine = summarise(reviewed(task), {"甲机": flags}, "00").machines[0]
    assert machine.shared == 80
    assert machine.correction.people == pytest.approx(20 / 80)
    strata = summarise(reviewed(task), {}, "00").strata
    assert sum(share.total for share in strata.values()) == 80
    assert sum(share.passed for share in strata.values()) == 60


def test_the_json_holds_neither_names_nor_texts():
    task = a_task()
    plain = json.dumps(result_json(summarise(reviewed(task, first={task.items[0].id}), {}, "00")), ensure_ascii=False)
    assert not any(word in plain for word in ("甲", "乙", "丙", "个应答", "第 1 题"))
    assert task.digest in plain


@settings(max_examples=50)
@given(
    st.sampled_from(list(Population)),
    st.sets(st.integers(0, 59)),
    st.sets(st.integers(0, 59)),
    st.sets(st.integers(0, 59)),
    st.booleans(),
)
def test_counts_always_add_up(population, first, second, third, redirection):
    words = CONTENT if population in {Population.GENERATED, Population.CORPUS} else {}
    task = a_task(population, many=60, size=45, per_stratum=18)
    named = [{f"q{n:03d}" for n in part} & set(task.by_id) for part in (first, second, third)]
    result = summarise(reviewed(task, *named, **words), {}, "00")
    assert sum(result.table.values()) == sum(result.verdicts.values()) == len(task.items)
    assert sum(share.total for share in result.strata.values()) == len(task.items)
    assert sum(count for _, row in result.square for count in row) == len(task.items)
    assert result.core.total == 45
    assert 0 <= result.core.passed <= 45
    assert len(result.disagreements) == len(task.items) - sum(
        count for (one, other), count in result.table.items() if one is other
    )
    assert Policy(redirection_refuses=redirection).words(population)
