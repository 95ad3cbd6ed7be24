"""Properties of the rules on rates, for any count; the values of the tables stand in test_worked_numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment import statistics

pytestmark = pytest.mark.req("T5")


def test_full_pass_over_a_population_has_no_sampling_error():
    assert statistics.finite_lower(480, 500, 500) == 480


@given(st.integers(1, 3000), st.data(), st.sampled_from(["0.90", "0.95", "0.96", "0.98"]))
def test_point_rule_on_any_count_agrees_with_counting_failures(total, data, threshold):
    passed = data.draw(st.integers(0, total))
    assert statistics.share_meets(">=", passed, total, threshold) == (
        total - passed <= statistics.most_failures(total, threshold)
    )


def test_point_rule_at_the_exact_threshold_passes_where_floats_fail():
    for total in range(20, 5001, 20):
        assert statistics.share_meets(">=", total - total // 20, total, "0.95")
        assert not statistics.share_meets(">=", total - total // 20 - 1, total, "0.95")
        assert statistics.share_meets("<=", total // 20, total, "0.05")


@given(st.integers(1, 400), st.data())
def test_bounds_for_any_count_enclose_the_rate_and_wilson_stays_in_the_unit_interval(total, data):
    passed = data.draw(st.integers(0, total))
    exact, wilson = statistics.clopper_pearson(passed, total), statistics.wilson(passed, total)
    assert 0 <= exact.low <= passed / total <= exact.high <= 1
    assert 0 <= wilson.low <= passed / total <= wilson.high <= 1
    assert exact.low <= statistics.lower_bound(passed, total)


def test_least_sample_of_a_ratio_rounds_up():
    assert statistics.least_sample(1001, "0.1") == 101
    assert statistics.least_sample(1000, "0.1") == 100


def test_rate_of_nothing_meets_nothing():
    assert not statistics.share_meets("<=", 0, 0, "0.05")


def test_operator_unknown_is_refused():
    with pytest.raises(ValueError, match="operator"):
        statistics.share_meets("!=", 1, 2, "0.5")
