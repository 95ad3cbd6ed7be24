"""The fold: per code point, stable, with the way back."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.screening.folding import FIELD_BREAK, FOLD, FOLD_SHA256, FoldTable, fold

pytestmark = pytest.mark.req("T2a")


@given(st.text(), st.text())
def test_folding_a_text_in_two_pieces_is_folding_it_whole(first, second):
    assert fold(first + second) == fold(first) + fold(second)


@given(st.text())
def test_what_is_folded_stays_as_it_is(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(min_size=1))
def test_folded_spans_lead_back_to_the_original(text):
    folded = FOLD.with_origin(text)
    assert folded.text == fold(text)
    for index, char in enumerate(folded.text):
        start, end = folded.span(index, index + 1)
        assert char in fold(text[start:end])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ＡＢｃ１２", "abc12"),
        ("①②Ⓐ", "12a"),
        ("𝐀𝟗", "a9"),
        ("臺灣蘋果", "台湾苹果"),
        ("⼈⼯", "人工"),
        ("云\u200b\u00ad\u2060\ufe0f朵", "云朵"),
        ("e\u0301É", "ee"),
        ("㎏…", "kg..."),
        ("٣४", "34"),
        ("\u202e云\u202c", "云"),
        ("a\0b", "ab"),
    ],
)
def test_disguises_of_one_character_fold_to_it(written, meant):
    assert fold(written) == meant


def test_the_border_between_fields_is_kept():
    assert fold(f"云{FIELD_BREAK}朵") == f"云{FIELD_BREAK}朵"


def test_the_table_says_what_unicode_says():
    """The shipped table agrees with this Python's Unicode where that knows the character; later versions may know more."""
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char) in {"Mn", "Me", "Cf"} and char.casefold() == char:
            assert FOLD.mapping.get(code) == "", hex(code)
        elif unicodedata.decimal(char, None) is not None:
            assert FOLD.fold(char) == str(unicodedata.decimal(char))
    assert len(FOLD_SHA256) == 64


def test_a_table_extended_folds_first_and_maps_then():
    table = FOLD.extended({"果": "菓", "-": ""})
    assert table.fold("蘋-Ａ果") == "苹a菓"


def test_a_table_of_nothing_changes_nothing():
    assert FoldTable({}).with_origin("Ａ臺").text == "Ａ臺"
