"""Which class a prompt asks for."""

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openbeian.serving.prompts import ClassWords
from openbeian.wire import BadRequest

DIGITS = ClassWords("0123456789")
TOPS = ClassWords(["光头", "短发", "长发", "帽子", "红帽子"])
ANIMALS = ClassWords(["cat", "Dog", "polar bear"])


@pytest.mark.parametrize(
    ("words", "prompt", "index"),
    [
        (DIGITS, "7", 7),
        (DIGITS, " ７ ", 7),
        (DIGITS, "数字 7", 7),
        (DIGITS, "数字7", 7),
        (DIGITS, "a handwritten 3, please", 3),
        (DIGITS, "零", 0),
        (DIGITS, "〇", 0),
        (DIGITS, "一", 1),
        (DIGITS, "九", 9),
        (DIGITS, "柒", 7),
        (DIGITS, "画一个七", 7),
        (DIGITS, "画3张数字8", 8),
        (DIGITS, "请画一下 5", 5),
        (DIGITS, "7 7 七", 7),
        (TOPS, "长发", 2),
        (TOPS, "一位长发女士", 2),
        (TOPS, "0", 0),
        (TOPS, "3", 3),
        (TOPS, "戴红帽子的人", 4),
        (ANIMALS, "CAT", 0),
        (ANIMALS, "a dog in the snow", 1),
        (ANIMALS, "Polar Bear", 2),
    ],
)
def test_a_prompt_that_names_one_class_finds_it(words, prompt, index):
    assert words.find(prompt) == index


@pytest.mark.parametrize(
    ("words", "prompt", "code"),
    [
        (DIGITS, "17", "unknown-class"),
        (DIGITS, "十七", "unknown-class"),
        (DIGITS, "10", "unknown-class"),
        (DIGITS, "猫", "unknown-class"),
        (DIGITS, "3 和 4", "several-classes"),
        (DIGITS, "三或 4", "several-classes"),
        (TOPS, "5", "unknown-class"),
        (TOPS, "-1", "unknown-class"),
        (TOPS, "短发和长发", "several-classes"),
        (ANIMALS, "category", "unknown-class"),
        (ANIMALS, "cat and dog", "several-classes"),
        (ANIMALS, "9" * 1000, "unknown-class"),
    ],
)
def test_a_prompt_that_names_none_or_several_is_refused(words, prompt, code):
    with pytest.raises(BadRequest) as refused:
        words.find(prompt)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_names_that_are_numbers_are_no_indices():
    words = ClassWords(["3", "5", "8"])
    assert words.find("5") == 1
    assert words.find("五") == 1
    with pytest.raises(BadRequest):
        words.find("1")


def test_names_that_differ_only_in_case_are_told_apart():
    assert [ClassWords(["a", "A"]).find(prompt) for prompt in ("a", "A")] == [0, 1]


def test_many_classes_are_not_all_told():
    with pytest.raises(BadRequest, match=r"c0、c1、.*c29 等 500 类"):
        ClassWords([f"c{number}" for number in range(500)]).find("x")


def test_a_model_without_classes_takes_any_prompt():
    assert ClassWords([]).find("猫") is None


@settings(max_examples=50)
@example([" "], "")
@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=6, unique=True), st.text(max_size=40))
def test_any_names_and_any_prompt_give_a_class_or_a_reason(classes, prompt):
    with contextlib.suppress(BadRequest):
        assert ClassWords(classes).find(prompt) in range(len(classes))
