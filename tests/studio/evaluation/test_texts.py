"""Variety, quality and copies of texts: against figures of sacreBLEU, by hand, and against the slow way."""

import sys
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.studio.evaluation.texts import Run, TrainingTexts, bleu, distinct, self_bleu

pytestmark = [pytest.mark.studio, pytest.mark.req("M1", "M5")]

TEXTS = [
    "新年快乐，万事如意", "新年好，祝您万事如意", "生日快乐", "祝您生日快乐，心想事成", "快乐快乐快乐", "好", "窗前明月光",
]  # fmt: skip
# sacrebleu 2.6.0, BLEU(tokenize="char", smooth_method="exp", effective_order=True).sentence_score(text, all_others).score / 100
SELF = {
    2: [
        0.7749535806663559,
        0.7453559924999305,
        0.7788007830714052,
        0.603022689155527,
        0.2581988897471612,
        0.049787068367863965,
        0,
    ],
    4: [
        0.4305051632268922,
        0.3753119268751699,
        0.7788007830714052,
        0.3508439695638686,
        0.16233395773754952,
        0.049787068367863965,
        0,
    ],
}
REAL = ["祝您新年快乐", "万事如意", "生日快乐，身体健康"]
AGAINST_REAL = [0.8549879733383483, 0.5, 1.0, 0.4948976031599527, 0.20274006651911342, 0, 0]

small = st.lists(st.text("甲乙丙", max_size=8), min_size=1, max_size=6)


@pytest.mark.parametrize("order", [2, 4])
def test_self_bleu_is_sacrebleus(order):
    found = self_bleu(TEXTS, order)
    assert found.value == pytest.approx(sum(SELF[order]) / len(TEXTS), abs=1e-12)
    assert found.low < found.value < found.high
    assert found == self_bleu(TEXTS, order)


def test_bleu_against_real_texts_is_sacrebleus():
    for text, expected in zip(TEXTS, AGAINST_REAL, strict=True):
        assert bleu([text], REAL, 3).value == pytest.approx(expected, abs=1e-12)


def test_texts_that_are_all_the_same_have_self_bleu_one_and_strangers_nothing():
    assert self_bleu(["福如东海，寿比南山"] * 4).value == pytest.approx(1)
    assert self_bleu(["一二三", "四五六", "七八九"]).value == 0


def test_distinct_is_counted_by_hand():
    assert distinct(["快乐快乐", "快乐"], 1) == 2 / 6
    assert distinct(["快乐快乐", "快乐"], 2) == 2 / 4  # 快乐 乐快 快乐 快乐
    assert distinct(["好"], 2) == 0
    assert distinct([], 1) == 0


def slow_longest(sample: str, training: list[str]) -> int:
    parts = [sample[first:last] for first, last in combinations(range(len(sample) + 1), 2)]
    return max((len(part) for part in parts if any(part in text for text in training)), default=0)


@settings(max_examples=150)
@given(training=small, sample=st.text("甲乙丙丁", max_size=10))
def test_the_longest_run_is_that_of_the_slow_way(training, sample):
    found = TrainingTexts(training).longest_run(sample)
    assert len(found.text) == slow_longest(sample, training)
    assert found.text in sample
    assert (found.source is None) == (found.text == "")
    if found.text:
        assert found.text in training[found.source]


def test_a_run_never_goes_from_one_text_into_the_next():
    training = TrainingTexts(["春眠不觉", "晓处处闻啼鸟"])
    assert training.longest_run("眠不觉晓处") == Run("眠不觉", 0)
    assert training.longest_run("晓处处") == Run("晓处处", 1)
    assert training.longest_run("") == Run("", None)
    assert training.longest_run("春眠不觉\0晓处处闻啼鸟").text == "晓处处闻啼鸟"


def test_many_copies_of_one_text_and_characters_beyond_the_basic_plane_do_no_harm():
    training = TrainingTexts(["𠀀𠀁好" * 3] * 50 + [""])
    assert training.longest_run("好𠀀𠀁好x").text == "好𠀀𠀁好"
    assert len(training.longest_run(chr(sys.maxunicode) + "𠀁").text) == 1


def test_copied_is_the_share_with_a_longer_run():
    found = TrainingTexts(["床前明月光，疑是地上霜"]).copied(["明月光下", "明月几时有", "大江东去"], longest=2)
    assert found.value == pytest.approx(1 / 3)
    assert found.method == "wilson"


@pytest.mark.parametrize(
    "call", [lambda: self_bleu(["一"]), lambda: bleu([], ["一"]), lambda: bleu(["一"], []), lambda: TrainingTexts([])]
)
def test_too_few_texts_are_a_fault(call):
    with pytest.raises(Fault) as caught:
        call()
    assert caught.value.code == "texts-too-few"
