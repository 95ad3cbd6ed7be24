"""The words: every message has its English, what is compiled is what is written, and numbers of days read well."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils.translation import override

from openbeian.office.pages.templatetags.look import clock
from openbeian.office.presenting import difference, facts, short, words
from openbeian.rules import Calendar, Term, due
from tools.messages import problems

HAN = re.compile(r"[\u4e00-\u9fff]")
HEADINGS = re.compile(r"<h[12][^>]*>(.*?)</h[12]>", re.DOTALL)
TODAY = date(2026, 11, 24)


def test_every_message_has_its_english_words_and_the_compiled_ones_are_fresh() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    "address",
    ["/", "/about/", "/complain/", "/receipts/", "/verify/", "/ledger/", "/notices/", "/register/", "/accounts/login/"],
)
def test_a_public_page_in_english_has_english_headings(enter: Callable[[str], Client], address: str) -> None:
    client = enter("")
    client.cookies["django_language"] = "en"
    page = client.get(address).content.decode()
    assert '<html lang="en"' in page
    assert [text for text in HEADINGS.findall(page) if HAN.search(text)] == []


@pytest.mark.parametrize(
    ("days", "chinese", "english", "kind"),
    [
        (-1, "已超 1 天", "1 day overdue", "bad"),
        (0, "今日到期", "due today", "warn"),
        (1, "剩 1 天", "1 day left", "warn"),
        (2, "剩 2 天", "2 days left", "warn"),
        (9, "剩 9 天", "9 days left", ""),
    ],
)
def test_a_clock_says_words_first(days: int, chinese: str, english: str, kind: str) -> None:
    deadline = due(Term(30, "day", "project_policy", ""), TODAY + timedelta(days=days - 30), Calendar.china())
    with override("zh-hans"):
        shown = clock(deadline, TODAY)
        assert (shown["words"], shown["kind"]) == (chinese, kind)
    with override("en"):
        assert clock(deadline, TODAY)["words"] == english


def test_a_difference_marks_only_the_words_that_changed() -> None:
    old, new = difference("法律咨询、代写诉状、法规检索", "法律知识咨询、法规检索")
    assert [piece.text for piece in old if piece.mark == "del"] == ["、代写诉状"]
    assert [piece.text for piece in new if piece.mark == "ins"] == ["知识"]


def test_a_difference_of_unlike_values_marks_them_whole() -> None:
    old, new = difference(5, 3)
    assert [(piece.mark, piece.text) for piece in (*old, *new)] == [("del", "5"), ("ins", "3")]


def test_filed_values_are_written_in_words() -> None:
    with override("zh-hans"):
        assert words({"is_used": False, "authorisation": None}) == "用于训练：否"
        assert words([1234567, 2.5, True]) == "1\u00a0234\u00a0567、2.5、是"
        rows = facts("scope", {"channels": [{"kind": "网页", "name": "窗口"}], "minors": ""})
    assert rows[0].table is not None
    assert rows[1].is_empty
    assert short("ab" * 32) == "abababab…abab"
    assert short("短文字") == "短文字"
