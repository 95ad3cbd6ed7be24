"""The figures of the rule's thresholds: point rule, exact bounds, Wilson for display, finite populations."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment import statistics

pytestmark = pytest.mark.req("T5")


@pytest.mark.parametrize(
    ("total", "threshold", "point", "exact"),
    [
        (4000, "0.96", 160, 139),
        (1000, "0.98", 20, 12),
        (10_000, "0.98", 200, 176),
        (100_000, "0.98", 2000, 1926),
        (1000, "0.90", 100, 84),
        (2000, "0.90", 200, 177),
        (300, "0.95", 15, 8),
        (500, "0.95", 25, 16),
        (1000, "0.95", 50, 38),
        (20, "0.90", 2, None),
        (50, "0.90", 5, 1),
    ],
)
def test_most_failures_at_each_threshold_are_those_of_the_tables(total, threshold, point, exact):
    assert statistics.most_failures(total, threshold) == point
    assert statistics.most_failures_shown(total, threshold) == exact


@pytest.mark.parametrize(
    ("total", "failures", "wilson", "exact", "one_sided"),
    [
        (1000, 0, (0.996173, 1), (0.996318, 1), 0.997009),
        (1000, 1, (0.994357, 0.999823), (0.994441, 0.999975), 0.995265),
        (1000, 50, (0.934686, 0.961870), (0.934610, 0.962665), 0.937137),
        (1000, 82, (0.899353, 0.933448), (0.899237, 0.934254), 0.902295),
        (1000, 100, (0.879848, 0.917091), (0.879712, 0.917895), 0.883008),
        (2000, 200, (0.886076, 0.912391), (0.886010, 0.912804), 0.888277),
        (4000, 160, (0.953473, 0.965644), (0.953457, 0.965860), 0.954523),
        (500, 25, (0.927232, 0.965906), (0.927072, 0.967385), 0.930864),
        (300, 15, (0.919153, 0.969468), (0.918873, 0.971749), 0.924051),
        (300, 8, (0.948271, 0.986427), (0.948134, 0.988418), 0.952400),
        (50, 5, (0.786398, 0.956524), (0.781865, 0.966725), 0.801167),
        (20, 0, (0.838875, 1), (0.831567, 1), 0.860892),
    ],
)
def test_intervals_of_a_pass_rate_are_those_of_the_tables(total, failures, wilson, exact, one_sided):
    passed = total - failures
    shown = statistics.wilson(passed, total)
    bounds = statistics.clopper_pearson(passed, total)
    assert (shown.low, shown.high) == pytest.approx(wilson, abs=1e-6)
    assert (bounds.low, bounds.high) == pytest.approx(exact, abs=1e-6)
    assert statistics.lower_bound(passed, total) == pytest.approx(one_sided, abs=1e-6)


@pytest.mark.parametrize(("total", "upper"), [(300, 0.009936), (500, 0.005974), (1000, 0.002991)])
def test_upper_bound_without_a_failure_is_that_of_the_table(total, upper):
    assert statistics.upper_bound(0, total) == pytest.approx(upper, abs=1e-6)


@pytest.mark.parametrize(
    ("population", "sample", "failures", "good"),
    [
        (2000, 1000, 100, 1776),
        (2000, 1000, 80, 1818),
        (500, 300, 8, 480),
        (500, 300, 15, 467),
        (5000, 4000, 160, 4788),
        (40_000, 4000, 145, 38_351),
    ],
)
def test_finite_lower_bound_is_that_of_the_table(population, sample, failures, good):
    assert statistics.finite_lower(sample - failures, sample, population) == good


@pytest.mark.parametrize(
    ("population", "sample", "threshold", "most"),
    [
        (2000, 1000, "0.90", 88),
        (500, 300, "0.95", 11),
        (600, 300, "0.95", 10),
        (1000, 300, "0.95", 9),
        (5000, 4000, "0.96", 151),
        (40_000, 4000, "0.96", 140),
        (10_000, 1000, "0.98", 12),
    ],
)
def test_most_failures_in_a_finite_population_are_those_of_the_table(population, sample, threshold, most):
    assert statistics.most_failures_finite(sample, population, threshold) == most


def test_full_pass_over_a_population_has_no_sampling_error():
    assert statistics.finite_lower(480, 500, 500) == 480


@pytest.mark.parametrize(
    ("passed", "total", "rate"),
    [(3840, 4000, 0.0468), (980, 1000, 0.0376), (900, 1000, 0.0485), (285, 300, 0.0341), (475, 500, 0.0343)],
)
def test_exact_rule_passes_a_service_on_the_threshold_at_most_one_time_in_twenty(passed, total, rate):
    threshold = str(Fraction(passed, total).limit_denominator(100))
    allowed = statistics.most_failures_shown(total, threshold)
    assert statistics.binomial_at_least(total - allowed, total, passed / total) == pytest.approx(rate, abs=6e-5)


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
