"""Curves: nothing is drawn beyond the page, every interval is, and what is written stays words."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openbeian.reports import Axis, Line, Series, legend, line_chart

pytestmark = pytest.mark.req("T5", "M8")
VALUES = st.floats(-1e4, 1e4)
POINTS = st.lists(st.tuples(st.floats(0, 1e5), VALUES), min_size=1, max_size=15).map(sorted)
SVG = "{http://www.w3.org/2000/svg}"


def places(course: str) -> list[tuple[float, float]]:
    """Read the corners of a course of M and L."""
    return [tuple(map(float, pair.split())) for pair in re.split("[ML]", course) if pair]


@settings(max_examples=40, deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=4), st.tuples(VALUES, VALUES).filter(lambda ends: ends[0] != ends[1]))
@example([[(0.0, 0.0)]], (0.0, 5e-324))
def test_a_curve_is_cut_where_it_leaves_the_axis(curves, ends):
    axis = Axis.around(ends)
    series = [Series(f"第 {index} 条", points) for index, points in enumerate(curves)]
    tree = ET.fromstring(str(line_chart(series, axis, "损失")))
    _, _, width, height = map(float, tree.attrib["viewBox"].split())
    for index in range(len(series)):
        for path in tree.findall(f"path[@class='line-{index}']"):
            assert all(0 <= x <= width and 0 <= y <= height for x, y in places(path.attrib["d"]))
    assert all(0 <= float(dot.attrib["cy"]) <= height for dot in tree.findall("circle"))


def test_a_curve_that_leaves_and_comes_back_is_drawn_in_two_pieces():
    series = Series("损失", [(0, 0.5), (1, 3.0), (2, 0.5)])
    tree = ET.fromstring(str(line_chart([series], Axis(0, 1, 0.25), "损失")))
    course = tree.find("path[@class='line-0']").attrib["d"]
    pieces = [places(piece) for piece in course.split("M")[1:]]
    assert [len(piece) for piece in pieces] == [2, 2]
    assert [pieces[0][1][1], pieces[1][0][1]] == [16, 16]  # both ends at the top
    assert pieces[0][1][0] == pytest.approx(60 + 488 * 0.1, abs=0.1)  # a fifth of the way to 1, of 2 in all


def test_limit_floor_and_intervals_are_drawn_and_said():
    series = Series("召回率", [(1, 0.4), (2, 0.6)], [(0.35, 0.45), None])
    svg = str(
        line_chart([series], Axis(0, 1, 0.25), "召回率上升", limit=Line(0.1, "报警线 0.10"), floor=Line(0.9, "真图"))
    )
    assert svg.count('class="reach"') == 1
    assert 'class="limit"' in svg
    assert 'class="floor"' in svg
    assert "报警线 0.10" in svg
    assert 'role="img" aria-label="召回率上升；数值见下方表格"' in svg


@pytest.mark.parametrize(
    ("heights", "place"),
    [
        ((0.9, 0.9, 0.53, 0.53), "right below"),
        ((0.4, 0.4, 0.4, 0.4), "right above"),
        ((0.9, 0.9, 0.7, 0.3), "left above"),
    ],
)
def test_the_words_of_a_limit_stand_where_the_curve_does_not_run(heights, place):
    series = Series("证据下界", list(enumerate(heights)))
    tree = ET.fromstring(str(line_chart([series], Axis(0, 1, 0.25), "上升", limit=Line(0.48, "目标：至少 −93.5"))))
    words, line = (tree.find(f"{tag}[@class='{name}']") for tag, name in (("text", "limit-words"), ("path", "limit")))
    side = "right" if words.attrib["text-anchor"] == "end" else "left"
    height = "above" if float(words.attrib["y"]) < float(line.attrib["d"].split()[1].split("H")[0]) else "below"
    assert f"{side} {height}" == place


def test_the_words_of_two_lines_near_each_other_do_not_cover_each_other():
    series = Series("召回率", [(0, 0.1), (4, 0.2)])
    svg = line_chart([series], Axis(0, 1, 0.25), "召回率", limit=Line(0.5, "报警线 0.50"), floor=Line(0.5, "真图 0.50"))
    first, second = (ET.fromstring(str(svg)).find(f"text[@class='{kind}-words']").attrib for kind in ("limit", "floor"))
    assert (first["y"], first["text-anchor"]) != (second["y"], second["text-anchor"])


def test_curves_are_told_apart_without_colour_and_what_is_written_stays_words():
    hostile = '"><script>alert(1)</script>'
    series = [Series(hostile, [(0, 1), (1, 2)]), Series("乙", [(0, 2), (1, 1)])]
    drawn = str(line_chart(series, Axis(0, 2, 1), hostile)) + str(legend([hostile, "乙"]))
    assert "<script" not in drawn
    ET.fromstring(f"<div>{drawn}</div>")
    assert [name in drawn for name in ("line-0", "line-1", "line-2")] == [True, True, False]


def test_one_point_is_a_point():
    tree = ET.fromstring(str(line_chart([Series("甲", [(0, 1)])], Axis(0, 2, 1), "一点")))
    assert len(tree.findall("circle")) == 1
    assert tree.find("path[@class='line-0']") is None
