"""The second pass through its one door: what it finds, where, how sure, and what it leaves alone."""

import base64
import pickle

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.screening.disguises import TIERS, VIAS, Disguises
from openbeian.screening.folding import FIELD_BREAK
from openbeian.screening.keywords import Keyword

WORDS = ("云朵", "苹果树", "示例词语", "apple", "AI苹果", "node.js", "明湖好树")
ALLOWED = ("云朵朵",)


def column(*texts):
    return pa.array(texts, pa.large_string())


def rows(disguises, texts, words=WORDS):
    found = disguises.find(texts)
    return [
        (int(row), words[keyword], TIERS[tier], VIAS[via], int(start), int(end))
        for row, start, end, keyword, via, tier in zip(
            found.row, found.start, found.end, found.keyword, found.via, found.tier, strict=True
        )
    ]


@pytest.fixture(scope="module")
def disguises():
    return Disguises([Keyword(word) for word in WORDS], ALLOWED)


def one(disguises, text):
    """The only mention in a text: word, tier, way and the characters it covers."""
    ((_, word, tier, via, start, end),) = rows(disguises, column(text))
    return word, tier, via, text[start:end]


def test_a_word_in_plain_is_no_disguise(disguises):
    assert rows(disguises, column("云朵和苹果树", "APPLE", "雲朵", "云\u200b朵")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("看云*朵吗", ("云朵", "derived", "separators", "云*朵")),
        ("看云 \u200b朵吗", ("云朵", "derived", "separators", "云 \u200b朵")),
        ("种苹-果-树吧", ("苹果树", "derived", "separators", "苹-果-树")),
        ("an a p p l e a day", ("apple", "derived", "separators", "a p p l e")),
        ("nodejs 程序", ("node.js", "derived", "separators", "nodejs")),
        ("AI 苹果", ("AI苹果", "derived", "separators", "AI 苹果")),
        (f"看云{FIELD_BREAK}朵吗", ("云朵", "derived", "fields", f"云{FIELD_BREAK}朵")),
        ("看%E4%BA%91朵吗", ("云朵", "derived", "percent", "%E4%BA%91朵")),
        ("看云&shy;&nbsp;朵吗", ("云朵", "derived", "entities", "云&shy;&nbsp;朵")),
        ("看\\ud83d\\ude00云\\u6735吗", ("云朵", "derived", "escapes", "云\\u6735")),
        ("看<i>云</i>朵吗", ("云朵", "derived", "markup", "云</i>朵")),
        ("平果树开花", ("苹果树", "review", "sound", "平果树")),
        ("日月湖好树", ("明湖好树", "review", "parts", "日月湖好树")),
        ("看 yun-duo 吗", ("云朵", "review", "pinyin", "yun-duo")),
        ("树果苹", ("苹果树", "review", "reversed", "树果苹")),
        ("看\n苹\n果\n树", ("苹果树", "review", "vertical", "苹\n果\n树")),
        ("аpple", ("apple", "review", "letters", "аpple")),
    ],
)
@pytest.mark.req("T2a")
def test_a_disguise_is_undone_and_shown_as_it_stands(disguises, text, expected):
    assert one(disguises, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "看云，朵拉来了",
        "一片云。朵朵花",
        "看云\n朵拉来了",
        "看云" + " " * 4 + "朵拉",
        "云**** 朵",
        "app le and ap-ple",
        "xa p p l e",
        "云 朵 朵",
        "a change in yunnan",
        "杯果叔",
        "elppala",
    ],
)
@pytest.mark.req("T2a")
def test_ordinary_writing_stays_silent(disguises, text):
    assert rows(disguises, column(text)) == []


def test_a_separator_that_the_row_uses_everywhere_is_only_for_review(disguises):
    assert rows(disguises, column("青山多云 朵拉来访 天气很好"))[0][2] == "review"


def test_a_whole_text_written_apart_counts_though_every_gap_is_alike(disguises):
    assert rows(disguises, column("我 们 去 看 云 朵 吧"))[0][2:4] == ("derived", "separators")


@pytest.mark.req("T2a")
def test_the_span_of_an_encoded_word_is_the_encoded_stretch(disguises):
    hidden = base64.b64encode("今天说到云朵了".encode()).decode()
    assert one(disguises, f"看{hidden}吗") == ("云朵", "derived", "base64", hidden)


def test_an_encoding_in_an_encoding_is_undone_and_a_third_is_not(disguises):
    text = "说到云朵了。"
    for depth in range(1, 4):
        text = base64.b64encode(text.encode()).decode()
        assert bool(rows(disguises, column(text))) == (depth <= 2)


@pytest.mark.parametrize(
    "hidden",
    [
        "云&lt;/b&gt;朵",
        "%25E4%25BA%2591朵",
        "&amp;#20113;朵",
        "云<b>&nbsp;</b>朵",
        "云<i class='字'></i><i>朵",
        "\\u4e91&#26421;",
    ],
)
@pytest.mark.req("T2a")
def test_encodings_are_undone_together_and_twice(disguises, hidden):
    assert one(disguises, f"看{hidden}吗")[3] == hidden


def test_a_tag_belongs_to_one_row_and_ends_before_another_begins(disguises):
    texts = column("看云<b", ">朵", "看云<b <i>朵", "a < b云", "> 朵")
    assert rows(disguises, texts) == []


FILLER = st.text(st.sampled_from("的了aé😀 ，>&\n"), max_size=400)
HIDDEN = st.sampled_from(
    [
        "%E4%BA%91%E6%9C%B5",
        "云<b></b>朵",
        "&#20113;&#x6735;",
        "\\u4e91\\u6735",
        "U+4E91 U+6735",
        "云&nbsp;朵",
        "ä\xba‘æœµ",
        "xn--9kqq41d",
    ]
)


@pytest.mark.req("T2a")
@given(FILLER, HIDDEN, FILLER, st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_span_is_right_wherever_the_encoded_word_stands(disguises, before, hidden, after, again):
    text = f"{before}。{hidden}。{after}"
    found = rows(disguises, column("<p>云", text, text if again else ""))
    assert {row[0] for row in found} == ({1, 2} if again else {1})
    assert {text[start:end] for *_, start, end in found} == {hidden}


def test_keywords_decide_over_sound_and_borders():
    words = [Keyword("云朵", sound=True), Keyword("苹果树", sound=False), Keyword("apple", border=False)]
    found = rows(
        Disguises(words, ()), column("晕躲", "平果树", "pingguoshu", "xa*p*p*l*ey"), ("云朵", "苹果树", "apple")
    )
    assert [(word, via) for _, word, _, via, _, _ in found if word != "apple"] == [("云朵", "sound")]


def test_words_of_two_characters_are_not_compared_by_sound_unasked(disguises):
    assert rows(disguises, column("晕躲", "运舵")) == []


def test_a_number_is_found_in_other_numerals_but_a_short_word_is_not_doubted():
    found = rows(Disguises([Keyword("110"), Keyword("三天")], ()), column("拨打一一零", "玩3天"), ("110", "三天"))
    assert [(word, via) for _, word, _, via, _, _ in found] == [("110", "numerals")]


def test_a_long_row_is_judged_by_what_is_near(disguises):
    text = "平常的话。" * 2000 + "云*朵" + "平常的话。" * 2000
    assert one(disguises, text) == ("云朵", "derived", "separators", "云*朵")


def test_one_mention_of_the_same_word_is_told_once_at_its_surest(disguises):
    assert [row[2] for row in rows(disguises, column("云*朵 云*朵"))] == ["derived", "derived"]


def test_the_same_word_in_two_entries_is_told_for_both():
    found = Disguises([Keyword("云朵", "甲"), Keyword("云朵", "乙")], ()).find(column("云*朵"))
    assert found.keyword.tolist() == [0, 1]


def test_nulls_slices_and_empty_columns_are_columns(disguises):
    texts = column("云*朵", None, "", "苹-果-树")
    assert [row[0] for row in rows(disguises, texts)] == [0, 3]
    assert [row[0] for row in rows(disguises, texts.slice(2))] == [1]
    assert rows(disguises, texts.slice(0, 0)) == []


def test_words_of_signs_only_are_no_trouble():
    assert (
        rows(
            Disguises([Keyword("——"), Keyword("😀😀"), Keyword("C++")], ("。。",)),
            column("—— 😀 C++ 。。"),
            ("甲", "乙", "丙"),
        )
        == []
    )


def test_another_process_gets_the_same_pass(disguises):
    again = pickle.loads(pickle.dumps(disguises))
    texts = column("云*朵", "平果树", "%E4%BA%91朵")
    assert rows(again, texts) == rows(disguises, texts)


PIECES = st.sampled_from(
    [
        *"云朵苹果树apple日月",
        " ",
        "，",
        "*",
        "\n",
        FIELD_BREAK,
        "\u200b",
        "%E4%BA%91",
        "&nbsp;",
        "\\u6735",
        "yun",
        "duo",
        "<b>",
        "5LqR5py1",
        "\u202e",
    ]
)
TEXTS = st.lists(st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=20)), min_size=1, max_size=5)


@pytest.mark.req("T2a")
@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_rows_know_nothing_of_each_other(disguises, texts):
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    together = rows(disguises, column(*texts))
    assert together == [(i, *row[1:]) for i, text in enumerate(texts) for row in rows(disguises, column(text))]
    assert all(0 <= start < end <= len(texts[row]) for row, *_, start, end in together)


@pytest.mark.req("T2a")
@given(st.sampled_from(["云朵", "苹果树", "示例词语"]), st.lists(st.sampled_from("*_^=~"), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_any_odd_separators_are_seen_through(disguises, word, marks):
    text = "".join(marks).join(word)
    assert one(disguises, f"看{text}吗") == (word, "derived", "separators", text)
