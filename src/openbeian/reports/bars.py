"""Counts as lying bars, the longest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from openbeian.reports.drawing import WIDTH, svg, text

LEFT, RIGHT = 8, 552
_ROW, _TEXT, _TOP, _THICK = 48, 19, 27, 12


@dataclass(frozen=True)
class Bar:
    """A bar with its count in words; one that is `first` is what the title speaks of."""

    label: str
    count: int
    words: str
    is_first: bool = False


def bar_chart(bars: Sequence[Bar], title: str) -> Markup:
    """Return a chart of at least one bar, each from 0, the largest across the whole width."""
    most = max(bar.count for bar in bars) or 1
    parts = [part for index, bar in enumerate(bars) for part in _bar(bar, most, _ROW * index)]
    said = "；".join(f"{bar.label} {bar.words}" for bar in bars)
    return svg(f"0 0 {WIDTH} {_ROW * len(bars)}", "chart", f"{title}：{said}；数值见下方表格", parts)


def _bar(bar: Bar, most: int, top: int) -> tuple[Markup, ...]:
    width = max(2.0 if bar.count else 0.0, round((RIGHT - LEFT) * bar.count / most, 1))
    shape = Markup('<rect class="bar{kind}" x="{x}" y="{y}" width="{width}" height="{height}"/>').format(
        kind=Markup(" first") if bar.is_first else "", x=LEFT, y=top + _TOP, width=width, height=_THICK
    )
    key = text(LEFT, top + _TEXT, fitted(bar.label, len(bar.words)), kind="key")
    return shape, key, text(RIGHT, top + _TEXT, bar.words, anchor="end", kind="value")


ROOM: Final = 25.0  # full-width characters across a chart in the size of words on a phone
_NARROW: Final = 0.6  # of a full-width character
_LAST_OF_ASCII: Final = 0x7F


def fitted(label: str, beside: int) -> str:
    """Return a label cut so that it and `beside` narrow characters fit into one line of a chart, also on a phone."""
    room = ROOM - beside * _NARROW - 1
    for index, char in enumerate(label):
        room -= _NARROW if ord(char) <= _LAST_OF_ASCII else 1.0
        if room < 0:
            return f"{label[:index].rstrip()}…"
    return label
