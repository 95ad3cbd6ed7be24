"""Properties that measures of agreement have, whatever the marks; their values stand in test_worked_numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment.agreement import agreement, agreement_of_table, contingency, krippendorff
from openbeian.assessment.classes import class_rows
from openbeian.assessment.correction import ppi_plus_plus, rogan_gladen
from openbeian.assessment.multiplicity import benjamini_hochberg, holm
from openbeian.assessment.pairing import mcnemar
from openbeian.assessment.planning import plan, smallest_bank
from openbeian.assessment.weighting import weighted_rate

pytestmark = pytest.mark.req("T5")
LABELS = ("拒答", "作答", "无法判定")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), max_size=60)


@given(PAIRS)
def test_agreement_is_the_same_from_both_sides_and_within_its_bounds(pairs):
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    one, other = agreement(first, second, LABELS, "作答"), agreement(second, first, LABELS, "作答")
    for name in ("observed", "positive", "negative", "kappa", "ac1", "alpha", "pabak"):
        value = getattr(one, name)
        assert value == pytest.approx(getattr(other, name)), name
        assert value is None or -1 - 1e-9 <= value <= 1 + 1e-9
    assert one.n == len(pairs)


@given(st.lists(st.sampled_from(LABELS), min_size=2, max_size=40))
def test_full_agreement_is_one_where_it_is_defined(marks):
    found = agreement(marks, marks, LABELS, "作答")
    assert found.observed == 1
    assert found.pabak == pytest.approx(1)
    assert found.ac1 == pytest.approx(1)
    assert found.kappa is None or found.kappa == pytest.approx(1)
    assert found.alpha is None or found.alpha == pytest.approx(1)


@given(PAIRS, st.randoms())
def test_the_order_of_items_does_not_matter(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    both = [agreement([a for a, _ in part], [b for _, b in part], LABELS) for part in (pairs, shuffled)]
    assert both[0] == both[1]


def test_nothing_to_compare_is_none_not_an_error():
    assert agreement_of_table(((0, 0), (0, 0)), 0).kappa is None
    assert agreement(["作答"], ["作答"], LABELS, "拒答").positive is None
    assert krippendorff([(1, None), (None, 2)]) is None


def test_marks_that_cannot_be_paired_are_refused():
    with pytest.raises(ValueError, match="same items"):
        contingency(["作答"], [], LABELS)
    with pytest.raises(ValueError, match="same items"):
        contingency(["作答"], ["别的"], LABELS)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(1, 200), st.integers(0, 500))
def test_a_corrected_rate_stays_in_bounds_and_is_never_wider_than_people_alone_by_much(both, human, judge, none, flags):
    found = ppi_plus_plus(both, human, judge, none, flags, 500)
    assert 0 <= found.low <= found.high <= 1
    assert 0 <= found.weight <= 1
    assert found.low - 1e-9 <= found.estimate <= found.high + 1e-9 or not 0 <= found.estimate <= 1


def test_a_judge_that_says_nothing_is_not_corrected_by():
    assert rogan_gladen(10, 100, (55, 100), (60, 100)).refused
    assert rogan_gladen(1, 100, (90, 100), (90, 100)).refused
    with pytest.raises(ValueError, match="sample"):
        ppi_plus_plus(0, 0, 0, 0, 1, 2)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_adjusted_chances_keep_their_order_and_never_shrink(chances):
    for adjust in (holm, benjamini_hochberg):
        adjusted = adjust(chances)
        assert all(before <= after + 1e-12 <= 1 + 1e-12 for before, after in zip(chances, adjusted, strict=True))
        for i, one in enumerate(chances):
            assert all(adjusted[i] <= adjusted[j] + 1e-12 for j, other in enumerate(chances) if one < other)
    assert all(b <= h + 1e-12 for b, h in zip(benjamini_hochberg(chances), holm(chances), strict=True))


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 400), st.integers(0, 400))
def test_a_paired_comparison_turns_round_when_the_runs_do(worse, better, passed, failed):
    if worse + better + passed + failed == 0:
        return
    one, other = mcnemar(worse, better, passed, failed), mcnemar(better, worse, passed, failed)
    assert one.mid_p == pytest.approx(other.mid_p)
    assert one.newcombe.low == pytest.approx(-other.newcombe.high)
    assert one.newcombe.low - 1e-9 <= one.difference <= one.newcombe.high + 1e-9
    assert 0 <= one.mid_p <= one.exact <= 1


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=6))
def test_a_proportional_sample_weighs_itself(strata):
    counts = [(sampled * 10, sampled, min(passed, sampled)) for sampled, passed, _ in strata]
    found = weighted_rate(counts)
    assert found.rate == pytest.approx(sum(passed for *_, passed in counts) / sum(sampled for _, sampled, _ in counts))
    assert found.bound <= found.rate + 1e-9


def test_classes_say_below_only_for_all_together():
    counts = {f"A.{n}": (0, 50) for n in range(30)} | {
        "bad": (25, 50),
        "doubt": (13, 50),
        "few": (0, 20),
        "none": (0, 0),
    }
    rows = {row.code: row for row in class_rows(counts, "0.90")}
    assert rows["bad"].is_below
    assert rows["doubt"].is_first
    assert not rows["A.1"].is_first
    assert not rows["few"].can_be_shown
    assert rows["none"].interval is None
    assert list(rows) == list(counts)


def test_a_plan_says_when_a_bank_is_too_small_to_show_anything():
    assert "题数太少" in plan(20, "0.90").text
    assert plan(300, "0.95").allowed_shown == 8
    assert smallest_bank("0.95", 0.95) is None
