"""Figures in rows, two distributions, and the table under a plot."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.reports import Axis, Counts, Level, Line, Mark, histogram, level_chart, value_table

pytestmark = pytest.mark.req("T5", "M8")
SHARES = st.floats(0, 1)
MAYBE = st.none() | SHARES
LEVELS = st.builds(
    Level,
    st.builds(
        Mark, st.just("召回率"), SHARES, st.none() | st.tuples(SHARES, SHARES).map(sorted).map(tuple), st.just("0.831")
    ),
    MAYBE,
    MAYBE,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(LEVELS, min_size=1, max_size=6))
def test_each_row_has_its_point_interval_limit_and_floor(levels):
    tree = ET.fromstring(str(level_chart(levels, Axis(0, 1, 0.25), "质量")))
    _, _, width, height = map(float, tree.attrib["viewBox"].split())
    dots = tree.findall("circle")
    assert len(dots) == len(levels)
    assert all(0 <= float(dot.attrib["cx"]) <= width and 0 <= float(dot.attrib["cy"]) <= height for dot in dots)
    for kind, count in (
        ("reach", sum(level.mark.reach is not None for level in levels)),
        ("limit", sum(level.limit is not None for level in levels)),
        ("floor", sum(level.floor is not None for level in levels)),
    ):
        assert len(tree.findall(f"path[@class='{kind}']")) == count


COUNTS = st.lists(st.integers(0, 1000), min_size=5, max_size=5).filter(any)


@settings(max_examples=40, deadline=None)
@given(COUNTS, COUNTS)
def test_two_distributions_are_compared_by_their_shares(ours, theirs):
    chart = histogram(range(6), Counts("样本", ours), Counts("测试图", theirs), Line(2, "第 1 百分位"), "距离")
    tree = ET.fromstring(str(chart))
    heights = {}
    for kind, counts in (("line-0", ours), ("band", theirs)):
        course = tree.find(f"path[@class='{kind}']").attrib["d"]
        tops = [float(y) for y in re.findall(r"V([\d.]+)H", course)]
        assert len(tops) == 5
        heights[kind] = [(196 - top) for top in tops]
        drawn, shares = sum(heights[kind]), [count / sum(counts) for count in counts]
        assert heights[kind] == pytest.approx([share * drawn for share in shares], abs=0.6)
    assert sum(heights["line-0"]) == pytest.approx(sum(heights["band"]), abs=1)  # both areas are one whole
    assert max(*heights["line-0"], *heights["band"]) == pytest.approx(164, abs=0.1)


def test_a_table_keeps_words_as_words():
    table = str(value_table(("<b>", "值"), [("<i>甲", "1"), ("乙", "2")], "<u>"))
    assert not re.search("<[biu]>", table)
    tree = ET.fromstring(table)
    assert [each.text for each in tree.iter("td")] == ["1", "2"]
    assert tree.tag == "details"
