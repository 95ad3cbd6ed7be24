"""Shares with their intervals, and the limit on a source as the rules have it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment.statistics import wilson
from openbeian.screening.reporting import Share
from openbeian.screening.reporting.shares import bound, exceeds, source_limit

pytestmark = pytest.mark.req("T2a", "F1")


@given(st.integers(1, 10**9).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_is_wilsons(counts):
    count, total = counts
    theirs = wilson(count, total)
    assert Share(count, total).interval == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_a_share_of_nothing_is_none_and_exceeds_nothing():
    nothing = Share(0, 0)
    assert (nothing.value, nothing.interval) == (None, None)
    assert not exceeds(nothing, source_limit("gbt-45654-2025"))


@pytest.mark.parametrize("edition", ["gbt-45654-2025", "tc260-003"])
def test_the_limit_itself_is_not_exceeded_and_the_next_row_is(edition):
    limit = source_limit(edition)
    total = 10**12
    at_limit = round(bound(limit) * total)
    assert not exceeds(Share(at_limit, total), limit)
    assert exceeds(Share(at_limit + 1, total), limit)
