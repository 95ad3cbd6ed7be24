"""Charts as SVG drawn here: a point with its interval and a labelled limit, a bar of parts. No colour speaks alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH = 560
_ROW, _TOP, _FOOT = 52, 34, 30
_LEFT, _RIGHT = 8, 552
_LABEL_ROOM = 8
_TICKS = 4


@dataclass(frozen=True)
class Mark:
    """One point with its interval. `tone` is `ok`, `bad` or `open` (a figure not to be used as it stands)."""

    label: str
    value: float
    low: float
    high: float
    words: str
    tone: str = "ok"


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
        """Return a scale of whole steps that holds all the values, within 0 to 1."""
        low, high = min(values), max(values)
        step = 1 / 50 if high - low < 0.12 else 1 / 20 if high - low < 0.35 else 1 / 5
        floor, ceiling = int(low / step) * step, -int(-high / step // 1) * step
        return Scale(max(0.0, floor), min(1.0, max(ceiling, floor + step)))


def interval_chart(marks: Sequence[Mark], limit: float, limit_words: str, title: str) -> Markup:
    """Return a chart of points with intervals against one limit."""
    scale = Scale.around([limit, *(value for mark in marks for value in (mark.low, mark.high))])
    height = _TOP + _ROW * len(marks) + _FOOT
    parts = [_axis(scale, height), _limit(scale, limit, limit_words, height)]
    parts += [_row(scale, mark, _TOP + _ROW * index) for index, mark in enumerate(marks)]
    said = "；".join(f"{mark.label} {mark.words}" for mark in marks)
    return _svg(f"0 0 {WIDTH} {height}", "chart", f"{title}：{said}；{limit_words}", parts)


def _axis(scale: Scale, height: int) -> Markup:
    lines = []
    for tick in range(_TICKS + 1):
        value = scale.low + (scale.high - scale.low) * tick / _TICKS
        x = scale.at(value)
        anchor = "start" if tick == 0 else "end" if tick == _TICKS else "middle"
        lines.append(
            Markup('<path class="grid" d="M{x} {top}V{bottom}"/>').format(x=x, top=_TOP, bottom=height - _FOOT)
        )
        lines.append(
            Markup('<text class="tick" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>').format(
                x=x, y=height - 8, anchor=anchor, words=f"{value * 100:.3g}%"
            )
        )
    return Markup("").join(lines)


def _limit(scale: Scale, limit: float, words: str, height: int) -> Markup:
    x = scale.at(limit)
    middle = WIDTH / 2
    anchor = "start" if x < middle / 2 else "end" if x > middle * 1.5 else "middle"
    return Markup(
        '<path class="limit" d="M{x} {top}V{bottom}"/><text class="limit-words" x="{x}" y="22" text-anchor="{anchor}">{words}</text>'
    ).format(x=x, top=_TOP, bottom=height - _FOOT, anchor=anchor, words=words)


def _row(scale: Scale, mark: Mark, top: int) -> Markup:
    y = top + 36
    return Markup(
        '<text class="key" x="{left}" y="{text}">{label}</text><text class="value" x="{right}" y="{text}" text-anchor="end">{words}</text>{bar}'
    ).format(
        left=_LEFT + _LABEL_ROOM,
        right=_RIGHT,
        text=top + 20,
        label=mark.label,
        words=mark.words,
        bar=_interval(scale.at(mark.low), scale.at(mark.high), scale.at(mark.value), y, mark.tone),
    )


def _interval(low: float, high: float, value: float, y: float, tone: str) -> Markup:
    return Markup(
        '<path class="reach" d="M{low} {y}H{high}M{low} {up}V{down}M{high} {up}V{down}"/><circle class="dot {tone}" cx="{value}" cy="{y}" r="{r}"/>'
    ).format(low=low, high=high, value=value, y=y, up=y - 4, down=y + 4, tone=tone, r=5)


def mini_interval(value: float, low: float, high: float, limit: float, tone: str = "ok") -> Markup:
    """Return a small interval for a table row, from 0.5 to 1, or from 0 where it begins lower."""
    scale = Scale(0.5 if low >= 0.5 else 0.0, 1.0)
    left, right, y = 2, 118, 9
    at = [scale.at(each, left, right) for each in (low, high, value, limit)]
    limited = Markup('<path class="limit" d="M{x} 1V17"/>').format(x=at[3])
    words = f"{value:.1%}，95% 区间 {low:.1%} 到 {high:.1%}"
    return _svg("0 0 120 18", "mini", words, [limited, _interval(at[0], at[1], at[2], y, tone)])


def share_bar(parts: Sequence[tuple[str, int]], title: str) -> Markup:
    """Return one bar cut into parts, each at least a line wide, in the order given."""
    total = sum(count for _, count in parts) or 1
    x, drawn = 0.0, []
    for index, (_, count) in enumerate(parts):
        width = max(2.0 if count else 0.0, round(WIDTH * count / total, 1))
        drawn.append(
            Markup('<rect class="part-{index}" x="{x}" y="0" width="{width}" height="10"/>').format(
                index=index, x=x, width=max(0.0, width - 1)
            )
        )
        x += width
    return _svg(f"0 0 {max(WIDTH, round(x))} 10", "share", title + "，".join(f"{n} {c}" for n, c in parts), drawn)


def _svg(box: str, kind: str, words: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="{kind}" viewBox="{box}" role="img" aria-label="{words}" preserveAspectRatio="{fit}">{parts}</svg>'
    ).format(
        kind=kind,
        box=box,
        words=escape(words),
        fit="none" if kind == "share" else "xMidYMid meet",
        parts=Markup("").join(parts),
    )
