"""Figures on one axis, a row each, with interval, own limit and own floor; and two distributions laid over one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from openbeian.reports.axes import Axis
from openbeian.reports.charts import Mark
from openbeian.reports.drawing import WIDTH, Line, dot, path, svg, text

LEFT, RIGHT = 8, 552
_ROW, _LOOSE, _TOP, _FOOT = 46, 70, 4, 30  # few rows stand looser, so that charts side by side are of one kind
_LEAST: Final = 190
_BASE, _PEAK, _TALL = 196, 32, 226


@dataclass(frozen=True)
class Level:
    """A figure in its row: the limit it is held against and the floor it is compared with, where there are any."""

    mark: Mark
    limit: float | None = None
    floor: float | None = None


@dataclass(frozen=True)
class Counts:
    """How many fall into each bin."""

    label: str
    counts: Sequence[int]


def level_chart(levels: Sequence[Level], axis: Axis, words: str) -> Markup:
    """Return a chart of figures; a dashed upright is the limit of its row, a dotted one its floor."""
    row = min(_LOOSE, max(_ROW, _LEAST // len(levels)))
    height = _TOP + row * len(levels) + _FOOT
    parts = list(_uprights(axis, height))
    for index, level in enumerate(levels):
        parts += _level(level, axis, _TOP + row * index)
    said = "；".join(f"{level.mark.label} {level.mark.words}" for level in levels)
    return svg(f"0 0 {WIDTH} {height}", "chart", f"{words}：{said}；数值见下方表格", parts)


def _uprights(axis: Axis, height: int) -> Iterator[Markup]:
    ticks = axis.ticks()
    for index, value in enumerate(ticks):
        x = axis.at(value, LEFT, RIGHT)
        anchor = "start" if index == 0 else "end" if index == len(ticks) - 1 else "middle"
        yield path("grid", f"M{x} {_TOP}V{height - _FOOT}")
        yield text(x, height - 8, axis.words(value), anchor=anchor, kind="lo" if index % 2 else "")


def _level(level: Level, axis: Axis, top: int) -> Iterator[Markup]:
    mark, y = level.mark, top + 34
    yield text(LEFT, top + 19, mark.label, kind="key")
    yield text(RIGHT, top + 19, mark.words, anchor="end", kind="value")
    for value, kind in ((level.floor, "floor"), (level.limit, "limit")):
        if value is not None:
            x = axis.at(value, LEFT, RIGHT)
            yield path(kind, f"M{x} {y - 9}V{y + 9}")
    if mark.reach is not None:
        low, high = (axis.at(end, LEFT, RIGHT) for end in mark.reach)
        yield path("reach", f"M{low} {y}H{high}M{low} {y - 4}v8M{high} {y - 4}v8")
    yield dot(axis.at(mark.value, LEFT, RIGHT), y, mark.tone)


def level_keys(*, limit: str | None, floor: str | None) -> Markup:
    """Return the keys to the uprights of a level chart."""
    key = Markup(
        '<li><svg class="swatch" width="10" height="14" aria-hidden="true"><path class="{}" d="M5 0v14"/></svg>{}</li>'
    )
    keys = Markup("").join(key.format(kind, words) for kind, words in (("limit", limit), ("floor", floor)) if words)
    return Markup('<ul class="keys">{}</ul>').format(keys) if keys else Markup("")


def histogram(edges: Sequence[float], ours: Counts, theirs: Counts, mark: Line, words: str) -> Markup:
    """Return two distributions over the same bins, each as shares of its own: `theirs` as an area, `ours` as a line over it.

    Args:
        edges: bounds of the bins, rising, one more than there are counts.
        ours: at least one counted.
        theirs: at least one counted.
        mark: an upright with its words.
        words: what the chart shows, for who cannot see it.
    """
    axis = Axis(edges[0], edges[-1], Axis.around(edges, steps=6).step)
    shares = [[count / sum(one.counts) for count in one.counts] for one in (theirs, ours)]
    peak = max(map(max, shares))
    parts = [path(kind, _steps(edges, each, peak, axis)) for kind, each in zip(("band", "line-0"), shares, strict=True)]
    parts += [path("axis", f"M{LEFT} {_BASE + 0.5}H{RIGHT}"), *_below(axis), *_upright(mark, axis)]
    return svg(f"0 0 {WIDTH} {_TALL}", "chart", f"{words}；数值见下方表格", parts)


def histogram_keys(ours: str, theirs: str) -> Markup:
    """Return the keys to a histogram."""
    return Markup(
        '<ul class="keys"><li><svg class="swatch" width="22" height="10" aria-hidden="true"><path class="line-0" d="M1 10V2h20v8"/></svg>{}</li>'
        '<li><svg class="swatch" width="22" height="10" aria-hidden="true"><path class="band" d="M0 10V1h22v9z"/></svg>{}</li></ul>'
    ).format(ours, theirs)


def _steps(edges: Sequence[float], shares: Sequence[float], peak: float, axis: Axis) -> str:
    course = f"M{axis.at(edges[0], LEFT, RIGHT)} {_BASE}"
    for edge, share in zip(edges[1:], shares, strict=True):
        course += f"V{round(_BASE - share / peak * (_BASE - _PEAK), 1)}H{axis.at(edge, LEFT, RIGHT)}"
    return f"{course}V{_BASE}"


def _below(axis: Axis) -> Iterator[Markup]:
    first = -(-axis.low // axis.step) * axis.step
    for index in range(int((axis.high - first) / axis.step + 1e-9) + 1):
        value = first + index * axis.step
        x = axis.at(value, LEFT, RIGHT)
        anchor = "start" if x < LEFT + 10 else "end" if x > RIGHT - 14 else "middle"
        yield text(x, _BASE + 20, axis.words(value), anchor=anchor, kind="lo" if index % 2 else "")


def _upright(mark: Line, axis: Axis) -> Iterator[Markup]:
    x = axis.at(mark.value, LEFT, RIGHT)
    is_left = x < WIDTH / 2
    yield path("limit", f"M{x} {_PEAK - 20}V{_BASE}")
    yield text(
        x + 6 if is_left else x - 6, _PEAK - 10, mark.words, anchor="start" if is_left else "end", kind="limit-words"
    )
