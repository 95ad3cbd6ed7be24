"""What a service sends back: any bytes cut anywhere end in a whole answer or in a reason, never in anything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.assessment.answers import AskError, Reason, StreamReader, read_body
from openbeian.assessment.client import wait_asked
from tests.assessment import fake_service as fake

pytestmark = pytest.mark.req("T5")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "delta", "content", "text", "error", "usage", "model", "openbeian", "action"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
TOKENS = st.sampled_from(
    [
        b"data:",
        b"data: [DONE]",
        b"\n",
        b"\n\n",
        b"\r\n",
        b"{",
        b"}",
        b'"',
        b": ping",
        b"event: x\n",
        b"\xff",
        b"\\ud83d",
        fake.chunk("\u679c"),
        fake.chunk("", "stop"),
    ]
)
STREAMS = st.lists(TOKENS | st.binary(max_size=6), max_size=20).map(b"".join)


def cut(data, places):
    """Return the bytes in pieces, cut at the given places."""
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


def read_stream(pieces):
    """Return the answer in the pieces, or the reason why there is none."""
    reader = StreamReader()
    try:
        for piece in pieces:
            reader.feed(piece)
        return reader.answer()
    except AskError as error:
        return error.reason


@settings(max_examples=400, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 2000), max_size=6))
def test_stream_of_any_bytes_reads_the_same_wherever_it_is_cut(data, places):
    assert read_stream(cut(data, places)) == read_stream([data])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(max_size=6), min_size=1, max_size=6),
    st.lists(st.integers(0, 2000), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
)
def test_stream_of_pieces_of_text_is_the_text_wherever_it_is_cut(texts, places, ending):
    events = [fake.chunk(text) for text in texts] + [fake.chunk("", "stop"), b": a comment\n\n", b"data: [DONE]\n\n"]
    data = b"".join(events).replace(b"\n", ending.encode())
    answer = read_stream(cut(data, places))
    assert (answer.text, answer.finish, answer.fingerprint) == ("".join(texts), "stop", fake.FINGERPRINT)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5), st.integers(0, 2000))
def test_stream_that_breaks_off_before_its_end_is_no_answer(texts, place):
    whole = b"".join(fake.chunk(text) for text in texts) + fake.chunk("", "stop")
    data = whole[: place % (len(whole) - len(b'"stop"}]}\n\n'))]
    assert read_stream([data]) in {Reason.HALF_STREAM, Reason.NOT_JSON}


def test_surrogate_pair_cut_between_two_chunks_is_one_character():
    escaped = json.dumps("😀")[1:-1]
    halves = [
        fake.chunk("").replace(b'"content": ""', f'"content": "{half}"'.encode()) for half in (escaped[:6], escaped[6:])
    ]
    assert read_stream([*halves, fake.chunk("", "stop")]).text == "😀"


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=120) | JSON.map(lambda value: json.dumps(value).encode()))
def test_body_of_any_bytes_is_an_answer_or_a_reason(data):
    found = outcome_of(data)
    if isinstance(found, AskError):
        assert (found.is_final, found.reason in {Reason.NOT_JSON, Reason.WRONG_SHAPE}) == (True, True)
        assert len(found.detail.encode()) <= 800
    else:
        assert found.text == found.text.encode().decode()  # can be written down


def outcome_of(data):
    try:
        return read_body(data)
    except AskError as error:
        return error


@pytest.mark.parametrize("depth", [500, 5_000, 100_000])
@pytest.mark.parametrize("place", ['{"error": %s}', '{"choices": [{"message": {"content": %s}}]}', "%s"])
def test_body_nested_without_end_is_a_reason(depth, place):
    with pytest.raises(AskError):
        read_body((place % ("[" * depth + "]" * depth)).encode())


def test_refusal_field_of_a_message_is_its_text_and_its_action():
    answer = read_body(json.dumps(fake.body("", refusal="不能回答")).encode())
    assert (answer.text, answer.action) == ("不能回答", "refuse")


@settings(max_examples=400, deadline=None)
@given(
    st.text(max_size=30)
    | st.from_regex(r"Mon, \d{1,2} (Jan|Foo) \d{0,6} \d{1,3}(:\d{1,3}){0,3} ?(GMT|[+-]\d{0,6})?", fullmatch=True)
)
def test_wait_asked_for_by_any_words_is_a_time_or_nothing(said):
    wait = wait_asked(said, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("Mon, 23 Nov 2026 08:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 07:00:00 GMT", 0),
        ("soon", None),
        (None, None),
        ("", None),
        ("-1", None),
    ],
)
def test_wait_asked_for_in_seconds_or_until_a_date(said, wait):
    assert wait_asked(said, NOW) == wait


@given(st.integers(-10_000_000, 1_000_000_000))
def test_wait_until_any_date_is_the_time_left(seconds):
    moment = NOW + timedelta(seconds=seconds)
    assert wait_asked(f"{moment:%a, %d %b %Y %H:%M:%S} GMT", NOW) == max(timedelta(0), moment - NOW).total_seconds()
