"""The fast way around triggers says what the rules say of whole texts."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.screening.folding import FOLD
from openbeian.screening.matching import Matcher
from openbeian.screening.personal import KINDS, TIERS, TRIGGERS, find_personal, spans_in
from tests.screening.personal.strategies import texts

MATCHER = Matcher(TRIGGERS, FOLD, numbers=True)


def around_triggers(column, *, with_forms=True):
    found = MATCHER.find(column)
    spans = spans_in(column, found.row, found.start, found.end, *([found.form] if with_forms else []))
    columns = zip(spans.row, spans.start, spans.end, spans.kind, spans.tier, strict=True)
    return [(int(row), int(start), int(end), KINDS[kind], TIERS[tier]) for row, start, end, kind, tier in columns]


def in_whole(rows):
    return [
        (number, span.start, span.end, span.kind, span.tier)
        for number, text in enumerate(rows)
        for span in find_personal(text or "", review=True)
    ]


@pytest.mark.req("T2a")
@given(st.lists(st.one_of(texts, st.none()), max_size=6), st.booleans())
def test_windows_say_what_the_whole_text_says(rows, with_forms):
    assert around_triggers(pa.array(rows, pa.large_string()), with_forms=with_forms) == in_whole(rows)


def test_a_slice_of_a_column_is_read_from_its_own_start():
    rows = ["13800138000", "云朵苹果电话13800138000", "收件人徐明。", ""]
    column = pa.array(rows, pa.large_string())
    assert around_triggers(column.slice(1, 2)) == in_whole(rows[1:3])


def test_a_batch_without_a_trigger_has_nothing():
    assert around_triggers(pa.array(["云朵苹果"], pa.large_string())) == []
    assert around_triggers(pa.array([], pa.large_string())) == []
