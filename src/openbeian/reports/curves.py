"""Curves over time: up to four series on one axis, their intervals, a labelled limit, a labelled floor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from openbeian.reports.axes import Axis
from openbeian.reports.drawing import WIDTH, Line, Point, dot, path, reach, svg, text
from openbeian.reports.placing import Spot, best, spots

HEIGHT: Final = 250
LEFT, RIGHT, TOP, BOTTOM = 60, 548, 16, 216
_FEW: Final = 12  # points that are drawn one by one
_TICKS: Final = 6
_HALF: Final = 0.5


@dataclass(frozen=True)
class Series:
    """A curve: its points in the order of x, and the interval of each point where it has one."""

    label: str
    points: Sequence[Point]
    reaches: Sequence[tuple[float, float] | None] = ()


def line_chart(
    series: Sequence[Series],
    axis: Axis,
    words: str,
    *,
    across: Axis | None = None,
    limit: Line | None = None,
    floor: Line | None = None,
) -> Markup:
    """Return a chart of one to four curves, told apart by their dashes.

    Args:
        series: with at least one point in all; x from 0 unless `across` says otherwise.
        axis: of the values; what lies outside is cut off.
        words: what the chart shows, for who cannot see it.
        across: the axis of x; from 0 to the last point when None.
        limit: a line the values are held against.
        floor: a line for comparison.
    """
    if across is None:
        last = max(x for one in series for x, _ in one.points) or 1.0
        across = Axis(0.0, last, Axis.around([0.0, last], steps=_TICKS).step)
    courses = [
        [(across.at(x, LEFT, RIGHT), axis.at(y, BOTTOM, TOP)) for x, y in piece]
        for one in series
        for piece in _pieces(one.points, axis)
    ]
    lines = [*_lines(axis, courses, limit, floor)]
    parts = [*_frame(axis, across), *(line for line, _ in lines)]
    for index, one in enumerate(series):
        parts += _curve(one, index, axis, across)
    if len(series) == 1:
        parts.append(_last_value(series[0], axis))
    parts += [words_of_line for _, words_of_line in lines]  # last, so that no curve runs through them
    return svg(f"0 0 {WIDTH} {HEIGHT}", "chart", f"{words}；数值见下方表格", parts)


def legend(labels: Sequence[str]) -> Markup:
    """Return the keys to the curves of a chart, in their order."""
    key = Markup(
        '<li><svg class="swatch" width="22" height="8" aria-hidden="true"><path class="line-{index}" d="M0 4h22"/></svg>{label}</li>'
    )
    keys = Markup("").join(key.format(index=index, label=label) for index, label in enumerate(labels))
    return Markup('<ul class="keys">{}</ul>').format(keys)


def _frame(axis: Axis, across: Axis) -> Iterator[Markup]:
    for value in axis.ticks():
        y = axis.at(value, BOTTOM, TOP)
        yield path("grid", f"M{LEFT} {y}H{RIGHT}")
        yield text(LEFT - 8, y + 5, axis.words(value), anchor="end")
    yield path("axis", f"M{LEFT} {BOTTOM + 0.5}H{RIGHT}")
    for index in range(math.floor((across.high - across.low) / across.step + 1e-9) + 1):
        value = across.low + index * across.step
        x, anchor = across.at(value, LEFT, RIGHT), "middle" if index else "start"
        yield text(min(x, RIGHT - 10), BOTTOM + 20, across.words(value), anchor=anchor, kind="lo" if index % 2 else "")


def _lines(
    axis: Axis, courses: Sequence[Sequence[Point]], limit: Line | None, floor: Line | None
) -> Iterator[tuple[Markup, Markup]]:
    """Yield lines and their words, which keep off the curves and each other."""
    taken: list[Spot] = []
    for line, kind in ((floor, "floor"), (limit, "limit")):
        if line is None:
            continue
        y = axis.at(line.value, BOTTOM, TOP)
        spot = best(spots(line.words, y, (LEFT, RIGHT), (TOP, BOTTOM)), courses, taken)
        taken.append(spot)
        words = text(spot.x, spot.y, line.words, anchor=spot.anchor, kind=f"{kind}-words")
        yield path(kind, f"M{LEFT} {y}H{RIGHT}"), words


def _curve(series: Series, index: int, axis: Axis, across: Axis) -> Iterator[Markup]:
    course = "".join(
        "M" + "L".join(f"{across.at(x, LEFT, RIGHT)} {axis.at(y, BOTTOM, TOP)}" for x, y in piece)
        for piece in _pieces(series.points, axis)
    )
    if course:
        yield path(f"line-{index}", course)
    for (x, _), span in zip(series.points, series.reaches, strict=False):
        if span is not None:
            yield reach(across.at(x, LEFT, RIGHT), *(axis.at(end, BOTTOM, TOP) for end in span))
    shown = series.points if len(series.points) <= _FEW else series.points[-1:]
    for x, y in shown:
        if axis.low <= y <= axis.high:
            yield dot(across.at(x, LEFT, RIGHT), axis.at(y, BOTTOM, TOP), "ok" if not index else "second", 4)


def _last_value(series: Series, axis: Axis) -> Markup:
    x, value = series.points[-1]
    y = axis.at(value, BOTTOM, TOP)
    words = f"{value:.3g}".replace("-", "−")
    return (
        text(RIGHT - 6, y + 22 if y < (TOP + BOTTOM) * _HALF else y - 12, words, anchor="end", kind="value")
        if x
        else Markup("")
    )


def _pieces(points: Sequence[Point], axis: Axis) -> Iterator[list[Point]]:
    """Yield the parts of a curve that lie on the axis, cut where they leave it."""
    piece: list[Point] = []
    for before, after in pairwise(points):
        cut = _cut(before, after, axis)
        if piece and (cut is None or piece[-1] != cut[0]):
            yield piece
            piece = []
        if cut is not None:
            piece = [*(piece or [cut[0]]), cut[1]]
    if piece:
        yield piece


def _cut(before: Point, after: Point, axis: Axis) -> tuple[Point, Point] | None:
    """Return the part of a straight line that lies on the axis, None when there is none."""
    (x, y), (end_x, end_y) = before, after
    if y == end_y:
        return (before, after) if axis.low <= y <= axis.high else None
    ends = sorted(((axis.low - y) / (end_y - y), (axis.high - y) / (end_y - y)))
    begin, end = max(0.0, ends[0]), min(1.0, ends[1])
    if begin >= end:
        return None
    at_begin = before if begin == 0.0 else (x + begin * (end_x - x), y + begin * (end_y - y))
    at_end = after if end == 1.0 else (x + end * (end_x - x), y + end * (end_y - y))
    return at_begin, at_end
