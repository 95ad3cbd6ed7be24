"""Charts as SVG drawn here: a point with its interval and a labelled limit, a bar of parts. No colour speaks alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from openbeian.reports.drawing import WIDTH, path, svg, text

_ROW, _TOP, _FOOT = 50, 30, 28
_LEFT, _RIGHT = 8, 552
_TICKS = 4
_STEPS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)  # of one tick; four of the last span 0 to 1
_MINI: Final = 132
_MINI_LOW: Final = 0.5  # where the small axis begins


@dataclass(frozen=True)
class Mark:
    """One point with its interval, None where there is no valid one.

    `more` follows the label where there is room for it. `tone` is `ok`, `bad` or `open` (not to be used as it stands).
    """

    label: str
    value: float
    reach: tuple[float, float] | None
    words: str
    tone: str = "ok"
    more: str = ""


@dataclass(frozen=True)
class Scale:
    """The part of the axis that is shown, from `low` to `high`."""

    low: float
    high: float

    def at(self, value: float, left: float = _LEFT, right: float = _RIGHT) -> float:
        """Return the place of a value on the page; one outside stands at the edge."""
        share = (value - self.low) / (self.high - self.low)
        return round(left + min(1.0, max(0.0, share)) * (right - left), 1)

    @staticmethod
    def around(values: Sequence[float]) -> Scale:
        """Return a scale of four round steps that holds all the values, within 0 to 1."""
        low, high = min(values), max(values)
        for step in _STEPS:
            floor = min(math.floor(low / step + 1e-9), round(1 / step) - _TICKS) * step
            if floor + _TICKS * step >= high - 1e-9:
                return Scale(max(0.0, floor), floor + _TICKS * step)
        return Scale(0.0, 1.0)


def scale_of(marks: Sequence[Mark], limit: float) -> Scale:
    """Return the scale that a chart of these points is drawn on."""
    ends = [value for mark in marks if mark.reach is not None for value in mark.reach]
    return Scale.around([limit, *ends, *(mark.value for mark in marks)])


def interval_chart(marks: Sequence[Mark], limit: float, limit_words: str, title: str) -> Markup:
    """Return a chart of points with intervals against one limit."""
    scale = scale_of(marks, limit)
    height = _TOP + _ROW * len(marks) + _FOOT
    rows = [(mark, _TOP + _ROW * index) for index, mark in enumerate(marks)]
    parts = [_axis(scale, height), path("limit", f"M{scale.at(limit)} {_TOP - 4}V{height - _FOOT}")]
    parts += [_words(mark, top) for mark, top in rows]  # their ground hides what lies under it
    parts += [_point(scale, mark, top + 36) for mark, top in rows]
    parts.append(_limit_words(scale.at(limit), limit_words))
    said = "；".join(f"{mark.label} {mark.words}" for mark in marks)
    return svg(f"0 0 {WIDTH} {height}", "chart", f"{title}：{said}；{limit_words}；数值见下方表格", parts)


def _axis(scale: Scale, height: int) -> Markup:
    lines = []
    for tick in range(_TICKS + 1):
        value = scale.low + (scale.high - scale.low) * tick / _TICKS
        x = scale.at(value)
        anchor = "start" if tick == 0 else "end" if tick == _TICKS else "middle"
        lines.append(
            Markup(
                '<path class="grid" d="M{x} {top}V{bottom}"/><text x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'
            ).format(x=x, top=_TOP, bottom=height - _FOOT, y=height - 8, anchor=anchor, words=_tick(value))
        )
    return Markup("").join(lines)


def _tick(value: float) -> str:
    return f"{round(value * 100, 3):g}%" if value else "0"


def _limit_words(x: float, words: str) -> Markup:
    is_left = x < WIDTH / 2
    return text(x + 6 if is_left else x - 6, 20, words, anchor="start" if is_left else "end", kind="limit-words")


def _words(mark: Mark, top: int) -> Markup:
    return Markup(
        '<text class="key" x="{left}" y="{text}">{label}<tspan class="lo">{more}</tspan></text>'
        '<text class="value" x="{right}" y="{text}" text-anchor="end">{words}</text>'
    ).format(left=_LEFT, right=_RIGHT, text=top + 20, label=mark.label, more=mark.more, words=mark.words)


def _point(scale: Scale, mark: Mark, y: int) -> Markup:
    dot = Markup('<circle class="dot {tone}" cx="{x}" cy="{y}" r="6"/>').format(
        tone=mark.tone, x=scale.at(mark.value), y=y
    )
    if mark.reach is None:
        return dot
    low, high = (scale.at(end) for end in mark.reach)
    return Markup('<path class="reach" d="M{low} {y}H{high}M{low} {up}v10M{high} {up}v10"/>{dot}').format(
        low=low, high=high, y=y, up=y - 5, dot=dot
    )


def mini_interval(value: float, low: float, high: float, limit: float, tone: str = "ok") -> Markup:
    """Return a small interval for a table row, on the same axis from 50 % to 100 % in every row.

    What lies below the axis is drawn at its edge, with an arrow.
    """
    scale = Scale(_MINI_LOW, 1.0)
    begin, end, at, line = (scale.at(each, 3, _MINI - 3) for each in (low, high, value, limit))
    arrow = Markup('<path class="reach" d="M7 5L3 9l4 4"/>') if low < _MINI_LOW else Markup("")
    body = Markup(
        '<rect class="track" x="0" y="8" width="{width}" height="2"/><path class="limit" d="M{line} 0v18"/>'
        '<path class="reach" d="M{begin} 9H{end}"/>{arrow}<circle class="dot {tone}" cx="{at}" cy="9" r="4.5"/>'
    ).format(width=_MINI, line=line, begin=begin, end=end, arrow=arrow, tone=tone, at=at)
    return svg(f"0 0 {_MINI} 18", "mini", f"合格率 {value:.1%}，95% 区间 {low:.1%} 到 {high:.1%}", [body])


def share_bar(parts: Sequence[tuple[str, int]], title: str) -> Markup:
    """Return one bar cut into parts, each at least a line wide, in the order given."""
    total = sum(count for _, count in parts) or 1
    x, drawn = 0.0, []
    for index, (_, count) in enumerate(parts):
        width = max(3.0 if count else 0.0, round(WIDTH * count / total, 1))
        drawn.append(
            Markup('<rect class="part-{index}" x="{x}" y="0" width="{width}" height="10"/>').format(
                index=index, x=round(x, 1), width=round(max(0.0, width - 1), 1)
            )
        )
        x += width
    return svg(f"0 0 {max(WIDTH, round(x))} 10", "share", title + "，".join(f"{n} {c}" for n, c in parts), drawn)
