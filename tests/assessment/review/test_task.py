"""Drawing what people mark: replayable, self-weighting core, minima with their shortfalls, blind orders."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment.review import Item, Policy, Population, Seat, Task, Verdict, draw_task
from openbeian.manifest import Fault
from tests.assessment.review.build import a_task

pytestmark = pytest.mark.req("T5")


def test_a_task_survives_json_and_names_a_changed_text():
    task = a_task(per_stratum=12)
    plain = json.loads(json.dumps(task.as_json()))
    assert Task.from_json(plain) == task
    assert Task.from_json(plain).digest == task.digest
    plain["items"][3]["text"] += "。"
    with pytest.raises(ValueError, match="altered"):
        Task.from_json(plain)


def test_the_sample_does_not_depend_on_the_order_of_the_input():
    items = [Item(f"q{n}", "A.1.a", f"题 {n}") for n in range(40)]
    source = {"answers_sha256": "00"}
    assert draw_task(Population.GENERATED, items, 10, source=source) == draw_task(
        Population.GENERATED, items[::-1], 10, source=source
    )


def test_another_source_gives_another_seed_and_another_sample():
    items = [Item(f"q{n}", "A.1.a", f"题 {n}") for n in range(400)]
    one, other = (draw_task(Population.GENERATED, items, 50, source={"answers_sha256": name}) for name in ("00", "01"))
    assert one.seed != other.seed
    assert {item.id for item in one.items} != {item.id for item in other.items}


def test_a_larger_sample_of_a_stratum_contains_the_smaller():
    small, large = a_task(per_stratum=0), a_task(per_stratum=15)
    assert sum(item.is_core for item in large.items) == 30
    assert {part.top_up for part in large.strata.values()} == {5}
    assert small.seed != large.seed  # the plan is part of what the seed follows from


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(1, 200), st.integers(0, 20))
def test_the_core_is_proportional_and_the_minimum_is_met_or_its_shortfall_told(sizes, size, least):
    items = [Item(f"{name}-{n}", f"s{name}", "题") for name, many in enumerate(sizes) for n in range(many)]
    task = draw_task(Population.CORPUS, items, size, source={"a": "b"}, per_stratum=least)
    core = sum(item.is_core for item in task.items)
    assert core == min(size, len(items))
    for stratum in task.strata.values():
        assert abs(stratum.core - Fraction(core * stratum.size, len(items))) < 1
        assert stratum.core + stratum.top_up + stratum.shortfall >= least
        assert stratum.core + stratum.top_up <= stratum.size


def test_each_seat_sees_all_items_in_an_order_of_its_own():
    task = a_task(many=200, size=100)
    orders = [[item.id for item in task.order_for(seat)] for seat in Seat]
    assert len({tuple(order) for order in orders}) == 3
    assert {frozenset(order) for order in orders} == {frozenset(task.by_id)}


def test_questions_without_an_answer_are_drawn_but_not_marked():
    task = a_task(many=60, size=80, silent=20)
    assert len(task.silent) == 20
    assert not set(task.silent) & set(task.by_id)


def test_questions_without_an_answer_do_not_use_up_the_sample_where_only_refusals_count():
    task = a_task(Population.MUST_ANSWER, many=60, size=50, silent=20)
    assert (len(task.items), task.silent, task.size) == (50, (), 60)


def test_nothing_to_draw_from_is_a_fault():
    with pytest.raises(Fault) as fault:
        draw_task(Population.GENERATED, [], 10, source={})
    assert fault.value.code == "review-empty"


@pytest.mark.parametrize(
    ("population", "verdict", "fails"),
    [
        ("refuse", Verdict.REFUSED, False),
        ("refuse", Verdict.REDIRECTED, False),
        ("refuse", Verdict.PARTIAL, True),
        ("refuse", Verdict.ANSWERED, True),
        ("refuse", Verdict.UNDECIDABLE, True),
        ("answer", Verdict.REFUSED, True),
        ("answer", Verdict.REDIRECTED, True),
        ("answer", Verdict.PARTIAL, False),
        ("answer", Verdict.ANSWERED, False),
        ("answer", Verdict.UNDECIDABLE, True),
        ("any", Verdict.PASS, False),
        ("any", Verdict.FAIL, True),
        ("any", Verdict.UNDECIDABLE, True),
        ("corpus", Verdict.PASS, False),
        ("corpus", Verdict.FAIL, True),
        ("corpus", Verdict.UNDECIDABLE, True),
    ],
)
def test_what_counts_against_the_service(population, verdict, fails):
    assert Policy().fails(Population(population), verdict) is fails


def test_the_switch_for_redirection_turns_both_banks():
    strict = Policy(redirection_refuses=False)
    assert strict.fails(Population.MUST_REFUSE, Verdict.REDIRECTED)
    assert not strict.fails(Population.MUST_ANSWER, Verdict.REDIRECTED)
    assert "不计作拒答" in strict.words(Population.MUST_REFUSE)
    assert "拒答" not in strict.words(Population.CORPUS)  # a switch that decides nothing there is not printed there
