"""Axes: every value lies on them, their steps are round, their numbers can be read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.reports import Axis, decimal

pytestmark = pytest.mark.req("T5", "M8")
NUMBERS = st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(st.lists(NUMBERS, min_size=1, max_size=8), st.integers(1, 8), st.booleans())
def test_an_axis_holds_all_values_in_few_round_steps(values, steps, is_from_zero):
    axis = Axis.around(values, steps=steps, is_from_zero=is_from_zero)
    slack = axis.step * 1e-6
    assert axis.low - slack <= min(values) <= max(values) <= axis.high + slack
    assert not is_from_zero or axis.low <= 0 <= axis.high
    assert 1 <= round((axis.high - axis.low) / axis.step) <= steps
    factor = axis.step / 10 ** math.floor(math.log10(axis.step) + 1e-9)
    assert any(factor == pytest.approx(each) for each in (1, 2, 2.5, 5))


@given(st.lists(NUMBERS, min_size=1, max_size=8), NUMBERS)
def test_every_value_has_its_place_between_the_ends(values, other):
    axis = Axis.around(values)
    places = [axis.at(value, 10, 90) for value in sorted([*values, other])]
    assert places == sorted(places)
    assert all(10 <= place <= 90 for place in places)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 1], ["0", "0.25", "0.50", "0.75", "1.00"]),
        ([-93.5, -88.1], ["−94", "−92", "−90", "−88"]),
        ([0, 9000], ["0", "2\u202f500", "5\u202f000", "7\u202f500", "10\u202f000"]),
        ([3, 3], ["1", "2", "3", "4", "5"]),
    ],
)
def test_ticks_are_written_with_the_decimals_they_need(values, words):
    axis = Axis.around(values)
    assert [axis.words(tick) for tick in axis.ticks()] == words


def test_a_rounded_nothing_has_no_sign():
    assert decimal(-0.0004, 3) == "0.000"
    assert decimal(-1234.5, 1) == "−1\u202f234.5"
