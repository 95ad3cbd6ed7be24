"""The compiled core, the one of numpy and a search by hand find the same."""

import re
import shutil

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openbeian.screening.core.alphabet import LEFT_EDGE, NUMBERS, RIGHT_EDGE, Pattern
from openbeian.screening.core.compiled import CompiledCore, load
from openbeian.screening.core.pure import PureCore
from openbeian.screening.folding import FOLD
from openbeian.screening.matching import columns_of

pytestmark = pytest.mark.req("T2a", "F1")
CHARACTERS = "云朵蘋苹果臺台湾aAbＢ①1２0 -.,()·\u200b\u00ad\u0301…㎏\x1e\n\0é𠮷𝐚😀é"
TEXTS = st.lists(st.text(alphabet=CHARACTERS, max_size=24), max_size=6)
FORMS = st.lists(
    st.text(alphabet="云朵苹果台湾ab10kg., 𠮷e", min_size=2, max_size=4).filter(lambda f: FOLD.fold(f) == f), max_size=8
)
EDGES = st.lists(st.integers(0, 3), min_size=8, max_size=8)


def by_hand(pattern, texts):
    """Look at every place of every text."""
    found, numbers = [], []
    for row, text in enumerate(texts):
        folded = FOLD.with_origin(text)
        for start in range(len(folded.text)):
            ends = sorted(
                (start + len(form), index)
                for index, form in enumerate(pattern.forms)
                if folded.text.startswith(form, start)
            )
            found += [
                (row, *folded.span(start, end), index)
                for end, index in ends
                if not _is_inside(folded.text, start, end, pattern.edges[index])
            ]
        numbers += [
            (row, *folded.span(*match.span()), NUMBERS)
            for match in re.finditer(r"[0-9](?:[ \-.·()]?[0-9]){5,}", folded.text)
            if pattern.numbers
        ]
    return found + numbers


def _is_inside(text, start, end, edges):
    return (edges & LEFT_EDGE and _goes_on(text[start::-1])) or (edges & RIGHT_EDGE and _goes_on(text[end - 1 :]))


def _goes_on(way):
    """Look from the edge outwards."""
    return re.match(r"[a-z][a-z]|[0-9](?:[a-z0-9]|[.][0-9])", way) is not None


def found_by(core, texts):
    found = core.find(*columns_of(pa.array(texts, pa.large_string())))
    return list(zip(found.row.tolist(), found.start.tolist(), found.end.tolist(), found.form.tolist(), strict=True))


def cores(pattern):
    return [PureCore(pattern), *([CompiledCore(load(), pattern)] if load() else [])]


def test_the_compiled_core_was_built_where_there_is_a_compiler():
    assert load() is not None or not shutil.which("cc")


@given(FORMS, EDGES, TEXTS, st.booleans())
@example(["云朵"], [0] * 8, ["云朵😀云朵𠮷云朵云朵云朵云朵"], False)
@example(["𠮷a", "kg"], [3] * 8, ["x𠮷ａb㎏", "㎏a"], True)
@example(["ab", "ab"], [3, 0] * 4, ["xab ab"], True)
@example(["云ab"], [0] * 8, ["云a\u00adb", "云a\u200bb"], False)
@example([], [0] * 8, ["1-2-3-4-5-6 123456", "1" * 40], True)
def test_all_cores_find_what_a_search_by_hand_finds(forms, edges, texts, numbers):
    pattern = Pattern(tuple(forms), FOLD, tuple(edges[: len(forms)]), numbers)
    wanted = by_hand(pattern, texts)
    for core in cores(pattern):
        assert found_by(core, texts) == wanted


@given(st.integers(1, 30), st.integers(0, 12_000), st.data())
def test_a_word_is_found_wherever_the_edges_of_blocks_fall(length, place, data):
    word = "云朵苹果台湾"[: data.draw(st.integers(2, 6))] * length
    text = "好" * place + word + "好" * 9_000 + word
    pattern = Pattern((FOLD.fold(word),), FOLD, (3,), True)
    for core in cores(pattern):
        spans = [(start, end) for _, start, end, _ in found_by(core, [text])]
        assert (place, place + len(word)) in spans
        assert (len(text) - len(word), len(text)) in spans


@pytest.mark.parametrize("digits", [5, 6, 20_000])
def test_a_run_of_digits_is_reported_whole_from_six_on(digits):
    text = "好" * 8_180 + "1" * digits + "好"
    for core in cores(Pattern((), FOLD, (), True)):
        expected = [(0, 8_180, 8_180 + digits, NUMBERS)] if digits >= 6 else []
        assert found_by(core, [text]) == expected


def test_slices_nulls_and_empty_columns():
    texts = pa.array(["云朵", None, "", "云朵云朵"], pa.large_string())
    for core in cores(Pattern(("云朵",), FOLD, (0,), True)):
        assert core.find(*columns_of(texts.slice(2))).row.tolist() == [1, 1]
        assert core.find(*columns_of(texts)).row.tolist() == [0, 3, 3]
        assert len(core.find(*columns_of(texts.slice(0, 0)))) == 0
        assert len(core.find(*columns_of(pa.array([], pa.large_string())))) == 0


def test_a_batch_too_large_for_the_compiled_core_is_refused_not_misread():
    if load() is None:
        pytest.skip("no compiled core")
    core = CompiledCore(load(), Pattern(("云朵",), FOLD, (0,), False))
    with pytest.raises(ValueError, match="4 GiB"):
        core.find(np.empty(1, np.uint8), np.array([0, 2**32], np.int64))
