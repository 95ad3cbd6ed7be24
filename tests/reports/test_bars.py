"""Lying bars: the longest fills the width, a label never runs into its count."""

from openbeian.reports import Bar, bar_chart
from openbeian.reports.bars import ROOM, fitted


def test_bars_are_in_proportion_and_say_their_counts():
    chart = bar_chart([Bar("甲", 200, "200", is_first=True), Bar("乙", 50, "50"), Bar("丙", 0, "0")], "各类")
    assert 'width="544.0"' in chart
    assert 'width="136.0"' in chart
    assert "各类：甲 200；乙 50；丙 0" in chart
    assert chart.count('class="bar first"') == 1


def test_a_long_label_is_cut_and_a_short_one_is_not():
    assert fitted("短的", 5) == "短的"
    cut = fitted("很长的名称" * 10, 5)
    assert cut.endswith("…")
    assert len(cut) < ROOM
    assert fitted("narrow letters fit more", 5) == "narrow letters fit more"
