"""Phrases: those that stand together often, and a cut that loses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.studio.data.phrases import cut_up, learn_phrases

pytestmark = [pytest.mark.studio, pytest.mark.req("M1")]


def test_what_often_stands_together_is_learnt_and_nothing_across_a_stop():
    texts = ["祝您平安，万事如意。"] * 6 + ["平安到家。", "万一"]
    found = learn_phrases(texts, 10)
    assert {"平安", "祝您"} <= set(found)
    assert all(2 <= len(phrase) <= 4 and not set(phrase) & set("，。") for phrase in found)
    assert "到家" not in found  # too rare
    assert found == learn_phrases(list(reversed(texts)), 10)
    assert len(learn_phrases(texts, 2)) == 2


@given(st.text("甲乙丙丁，", max_size=12), st.sets(st.text("甲乙丙丁", min_size=2, max_size=4), max_size=6))
def test_a_cut_text_put_together_is_the_text(text, phrases):
    units = cut_up(text, phrases)
    assert "".join(units) == text
    assert all(len(unit) == 1 or unit in phrases for unit in units)


def test_the_longest_phrase_comes_first():
    assert cut_up("甲乙丙丁", {"甲乙", "甲乙丙"}) == ["甲乙丙", "丁"]
