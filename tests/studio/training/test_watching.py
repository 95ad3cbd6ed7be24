"""The collapse alarm: silent until training had its chance, then it names what is low."""

from __future__ import annotations

import pytest

from openbeian.studio.recipes import Evaluation
from openbeian.studio.training.watching import Watch

pytestmark = [pytest.mark.studio, pytest.mark.req("M2", "M3")]


def test_few_pictures_read_often_do_not_raise_the_alarm_before_training_had_its_chance():
    watch = Watch(lambda _: (0.0, 0.0), Evaluation(alarm_after_steps=500))
    figures = {"recall": 0.6, "coverage": 0.02}
    assert watch.alarm(figures, 499) is None
    words = watch.alarm(figures, 500)
    assert "覆盖率 0.020" in words
    assert "召回" not in words
    assert watch.alarm({"recall": 0.6, "coverage": 0.2}, 500) is None
