"""Keyword libraries: folded matches, borders, allowed words."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.screening import Keyword, Library

pytestmark = pytest.mark.req("T2a", "F1")


@pytest.mark.parametrize("disguise", ["云朵苹果", "云\u200b朵苹果", "云朵\u00ad苹果", "云朵苹\u0301果", "雲朵蘋果"])
def test_a_keyword_is_found_through_invisible_and_traditional_characters(disguise):
    library = Library([Keyword("云朵苹果", "A.1", "A.1.a")])
    text = f"今天买了{disguise}和梨"
    (hit,) = library.scan(text)
    assert text[hit.start : hit.end] == disguise


def test_width_and_case_do_not_hide_a_keyword():
    library = Library([Keyword("Sample词", "A.1", "A.1.a")])
    assert len(library.scan("ＳＡＭＰＬＥ词 sample词")) == 2


def test_a_longer_allowed_word_shields_only_what_is_inside_it():
    library = Library([Keyword("云朵苹果")], ["云朵苹果汁"])
    assert [hit.start for hit in library.scan("云朵苹果汁和云朵苹果")] == [6]


@pytest.mark.parametrize(
    ("border", "text", "count"),
    [
        (None, "Smoking", 0),
        (None, "an SM here", 1),
        (None, "用SM的人", 1),
        (None, "SM123", 1),
        (False, "Smoking", 1),
        (True, "xsm", 0),
    ],
)
def test_a_latin_word_has_borders_unless_the_library_says_otherwise(border, text, count):
    assert len(Library([Keyword("SM", border=border)]).scan(text)) == count


@pytest.mark.parametrize("text", ["1100", "2110", "110px", "0x110", "3.110", "110.5"])
def test_a_number_inside_a_longer_number_or_name_is_none(text):
    assert Library([Keyword("110")]).scan(text) == []


@pytest.mark.parametrize("text", ["拨打110，", "110.", "第1，110", "(110)", "110-119"])
def test_a_number_alone_is_found(text):
    assert len(Library([Keyword("110")]).scan(text)) == 1


def test_one_word_in_two_classes_counts_for_both():
    library = Library([Keyword("云朵", "A.1", "A.1.a"), Keyword("雲朵", "A.2", "A.2.a")])
    assert {hit.keyword.class2 for hit in library.scan("云朵")} == {"A.1.a", "A.2.a"}
    assert library.size == 1
    assert library.counts == {"A.1.a": 1, "A.2.a": 1}


@given(st.lists(st.text(alphabet="云朵苹果树", min_size=2, max_size=4), min_size=1, max_size=6), st.data())
def test_shields_are_what_a_comparison_of_all_spans_says(words, data):
    allowed = data.draw(st.lists(st.text(alphabet="云朵苹果树", min_size=2, max_size=5), max_size=4))
    text = data.draw(st.text(alphabet="云朵苹果树，", max_size=40))
    shields = [(i, i + len(a)) for a in allowed for i in range(len(text)) if text.startswith(a, i)]
    wanted = sorted(
        (i, i + len(word))
        for word in words
        for i in range(len(text))
        if text.startswith(word, i) and not any(a <= i and i + len(word) <= b for a, b in shields)
    )
    found = Library([Keyword(word) for word in words], allowed).scan(text)
    assert sorted((hit.start, hit.end) for hit in found) == wanted


def test_options_count_in_the_digest_and_order_does_not():
    one, two = Keyword("云朵", "A.1", "A.1.a"), Keyword("苹果", "A.1", "A.1.b")
    assert Library([one, two]).digest == Library([two, one]).digest
    assert Library([Keyword("云朵", border=False)]).digest != Library([Keyword("云朵")]).digest
    assert Library([Keyword("云朵", sound=False)]).digest != Library([Keyword("云朵", border=False)]).digest
    assert Library([Keyword("云朵", level="高")]).digest != Library([Keyword("云朵")]).digest


def test_a_library_goes_to_another_process_as_it_is():
    library = pickle.loads(pickle.dumps(Library([Keyword("云朵")], ["云朵糖"])))
    assert [hit.start for hit in library.scan("云朵糖云朵")] == [3]


@pytest.mark.parametrize(
    ("words", "code"),
    [([], "library-empty"), ([Keyword("云")], "keyword-too-short"), ([Keyword(" \u200b云 ")], "keyword-too-short")],
)
def test_a_library_of_nothing_or_of_single_characters_is_refused(words, code):
    with pytest.raises(Fault) as fault:
        Library(words)
    assert fault.value.code == code
