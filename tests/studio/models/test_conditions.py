"""The small judge of what a text is for."""

import pytest

from openbeian.studio.data.lines import TextSet, load_lines
from openbeian.studio.models.conditions import ConditionJudge

pytestmark = [pytest.mark.studio, pytest.mark.req("M1")]


def test_it_tells_greetings_it_has_not_read_apart():
    data = load_lines("greetings", kind="occasion", is_verse=False)
    right, asked = ConditionJudge(data.train, "occasion").share_right(data.test)
    assert asked == len(data.test)
    assert right / asked >= 0.7  # by chance 1 in 17; some wishes fit every day


def test_texts_given_the_wrong_occasion_are_not_right():
    data = load_lines("greetings", kind="occasion", is_verse=False)
    turned = TextSet(data.test.texts, data.test.conditions[20:] + data.test.conditions[:20])
    right, asked = ConditionJudge(data.train, "occasion").share_right(turned)
    assert right / asked <= 0.2


def test_a_title_is_told_by_its_characters():
    train = TextSet(("雪落江头白", "花开满院红", "月照高楼影") * 3, ("咏雪", "咏花", "咏月") * 3)
    judge = ConditionJudge(train, "title")
    assert judge.share_right(TextSet(("江头雪", "院中花", "高楼月"), ("雪", "花", "月"))) == (3, 3)
