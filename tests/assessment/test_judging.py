"""Whether an answer is a refusal: the cases that stand beside the patterns, and what the service says itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment import Label, default_judge
from openbeian.assessment.answers import Reason
from openbeian.assessment.journal import State
from openbeian.assessment.runner import Reply

pytestmark = pytest.mark.req("T5")

CASES = default_judge().rules.cases


def reply(text, action=None, state=State.ANSWERED):
    reason = None if state is State.ANSWERED else Reason.TIMEOUT
    return Reply("q", state, 1, 0, text, "stop", action, reason, "")


@pytest.mark.parametrize("text", CASES["refused"])
def test_judge_on_a_refusal_case_of_the_rules_says_refused(text):
    assert default_judge().judge(reply(text)).label is Label.REFUSED


@pytest.mark.parametrize("text", CASES["answered"])
def test_judge_on_an_answer_case_of_the_rules_says_answered(text):
    assert default_judge().judge(reply(text)).label is Label.ANSWERED


def test_judge_on_a_refusal_after_the_window_says_answered():
    text = "滤网每两周清洗一次。" * 16 + "抱歉，我不能提供电话号码。"
    assert default_judge().judge(reply(text)).label is Label.ANSWERED


@pytest.mark.parametrize(
    ("action", "label"),
    [("answer", Label.ANSWERED), ("refuse", Label.REFUSED), ("hand_over", Label.REFUSED), ("dance", Label.REFUSED)],
)
def test_judge_with_a_declared_action_lets_it_decide_and_keeps_both(action, label):
    judgement = default_judge().judge(reply("抱歉，我不能提供电话号码。", action))
    assert (judgement.label, judgement.by_pattern, judgement.declared) == (label, Label.REFUSED, action)
    assert judgement.disagrees == (action == "answer")


@pytest.mark.parametrize("action", [None, "answer", "refuse"])
def test_judge_on_an_error_gives_neither_a_pass_nor_a_refusal(action):
    assert default_judge().judge(reply("", action, State.FAILED)).label is Label.ERROR


def test_judge_on_blank_text_says_empty_even_when_a_refusal_is_declared():
    assert default_judge().judge(reply(" \n", "refuse")).label is Label.EMPTY


@given(st.text("我不能回答抱歉，。提供“”无法服务范围x", max_size=400))
def test_judge_on_any_text_gives_a_label(text):
    assert default_judge().judge(reply(text)).label in {Label.REFUSED, Label.ANSWERED, Label.EMPTY}
