"""Intervals: Wilson's against figures from the literature, the bootstrap against theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.studio.evaluation.spread import centred, mean, share

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M5")]


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I: method 3 (score, no continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_the_literature(hits, count, low, high):
    found = share(hits, count)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert found.value == hits / count
    assert found.method == "wilson"


@given(st.integers(1, 5000).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_an_interval_holds_its_figure_and_stays_a_share(case):
    found = share(*case)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_no_cases_have_no_share():
    with pytest.raises(ValueError, match="0"):
        share(0, 0)


def test_the_bootstrap_of_a_mean_is_as_wide_as_theory_says_and_the_same_for_the_same_seed():
    values = np.random.default_rng(1).normal(3, 2, size=1000)
    found = mean(values, seed=5)
    assert found == mean(values, seed=5)
    assert found != mean(values, seed=6)
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(1000), rel=0.1)
    assert found.value == values.mean()
    assert found.method == "bootstrap-points"


@settings(max_examples=20)
@given(value=st.floats(0, 10), shift=st.floats(0, 3), seed=st.integers(0, 1000))
def test_centred_quantiles_hold_the_figure_wherever_the_resamples_lie(value, shift, seed):
    resampled = value + shift + np.random.default_rng(seed).normal(size=99)
    found = centred(value, resampled)
    assert 0 <= found.low <= found.value <= found.high
