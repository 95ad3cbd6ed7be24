"""Charts: everything lies on the page, every interval is drawn, nothing that is written can break out of the picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.reports import Mark, Scale, interval_chart, mini_interval, scale_of, share_bar

pytestmark = pytest.mark.req("T5")
SHARES = st.floats(0, 1)
ENDS = st.tuples(SHARES, SHARES).map(sorted).map(tuple)
MARKS = st.builds(
    Mark,
    label=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
    value=SHARES,
    reach=st.one_of(st.none(), ENDS),
    words=st.just("96.0%（93.1–97.7）"),
    tone=st.sampled_from(["ok", "bad", "open"]),
)


def numbers(svg: str, name: str) -> list[float]:
    return [float(value) for value in re.findall(rf'{name}="([-0-9.]+)"', svg)]


@given(st.lists(SHARES, min_size=1, max_size=8))
def test_a_scale_holds_all_values_in_four_round_steps(values):
    scale = Scale.around(values)
    assert scale.low - 1e-9 <= min(values) <= max(values) <= scale.high + 1e-9
    assert scale.low >= 0
    assert scale.high <= 1 + 1e-9
    assert (scale.high - scale.low) / 4 == pytest.approx(round((scale.high - scale.low) / 4, 4))


@given(st.lists(MARKS, min_size=1, max_size=5), SHARES, st.text(max_size=10))
def test_a_chart_is_well_formed_and_keeps_within_its_page(marks, limit, words):
    svg = str(interval_chart(marks, limit, words.translate(dict.fromkeys(range(32))), "<拒答率>"))
    tree = ET.fromstring(re.sub("[\ud800-\udfff\ufffe\uffff\x7f-\x9f]", "", svg))
    _, _, width, height = map(float, tree.attrib["viewBox"].split())
    assert all(0 <= x <= width for x in numbers(svg, "cx"))
    assert all(0 <= y <= height for y in numbers(svg, "cy"))
    assert len(tree.findall("circle")) == len(marks)
    assert svg.count('class="reach"') == sum(mark.reach is not None for mark in marks)
    assert scale_of(marks, limit).low <= limit + 1e-9


def test_a_point_without_a_valid_interval_is_drawn_without_one():
    svg = interval_chart([Mark("机器，校正", 0.98, None, "98.0%", "open")], 0.95, "门槛 ≥ 95%", "拒答率")
    assert "reach" not in svg
    assert 'class="dot open"' in svg


@given(SHARES, ENDS, SHARES)
def test_all_small_intervals_stand_on_the_same_axis(value, ends, limit):
    svg = str(mini_interval(value, *ends, limit))
    assert numbers(svg, "cx")[0] == pytest.approx(3 + max(0.0, (value - 0.5) * 2) * 126, abs=0.1)
    assert ("M7 5L3 9l4 4" in svg) == (ends[0] < 0.5)  # what lies below the axis is marked as such


@given(st.lists(st.tuples(st.sampled_from("甲乙丙丁戊"), st.integers(0, 10_000)), max_size=5))
def test_every_part_of_a_bar_that_counts_something_is_seen(parts):
    svg = str(share_bar(parts, "去向"))
    widths = numbers(svg, " width")
    assert [width > 0 for width in widths] == [count > 0 for _, count in parts]
