"""Counts as a language model: probabilities that sum to one, and the values of the formula by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.studio.models.ngrams import NgramModel

pytestmark = [pytest.mark.studio, pytest.mark.req("M5")]

texts = st.lists(st.text("甲乙丙", min_size=0, max_size=6), min_size=1, max_size=6)


@settings(max_examples=30)
@given(texts, st.text("甲乙丙", max_size=3), st.integers(1, 4))
def test_what_may_come_has_probability_one_in_all(seen, history, order):
    model = NgramModel(seen, "甲乙丙", order, has_end=True)
    begun = [""] * (order - 1) + list(history)
    total = sum(
        model._chance(tuple(begun[len(begun) - order + 1 :]), character) for character in ["甲", "乙", "丙", ""]
    )
    assert total == pytest.approx(1)


def test_the_values_are_those_of_witten_and_bell_by_hand():
    model = NgramModel(["甲乙", "甲甲"], "甲乙", 2, has_end=False)
    single = {"甲": (3 + 2 * 0.5) / (4 + 2), "乙": (1 + 2 * 0.5) / (4 + 2)}
    first = (2 + 1 * single["甲"]) / (2 + 1)  # 甲 begins both texts
    then = (1 + 2 * single["乙"]) / (2 + 2)  # after 甲 came 乙 once and 甲 once
    nats, count = model.nats("甲乙")
    assert count == 2
    assert nats == pytest.approx(-math.log(first) - math.log(then))
    assert model.per_character(["甲乙", "甲乙"]) == pytest.approx(nats / 2)


def test_a_character_outside_the_alphabet_is_not_counted():
    model = NgramModel(["甲乙龘"], "甲乙", 1, has_end=True)
    assert model.nats("龘甲龘")[1] == 2  # 甲 and the end
