"""Charts drawn on the server: positions only, the template writes the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openbeian.office.pages.queries import Month

WIDTH, BASE, TOP = 560, 138, 30
BAR = 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: left edge, top edge, height, centre of its figure, and the figure."""

    x: int
    y: float
    height: float
    centre: int
    value: int

    @property
    def label_y(self) -> float:
        """Where the figure stands, above the bar."""
        return self.y - 6


@dataclass(frozen=True, slots=True)
class MonthBars:
    """The two bars of a month and where its name stands."""

    month: Month
    filed: Bar
    registered: Bar
    centre: int


def bars(months: Sequence[Month]) -> list[MonthBars]:
    """Return the bars of months, from zero, the highest bar filling the chart; nothing when every month is empty."""
    top = max((max(month.filed, month.registered) for month in months), default=0)
    if top == 0:
        return []
    step = WIDTH // len(months)
    rows = []
    for at, month in enumerate(months):
        x = at * step + (step - 2 * BAR - 4) // 2
        rows.append(MonthBars(month, _bar(x, month.filed, top), _bar(x + BAR + 4, month.registered, top), x + BAR + 2))
    return rows


def _bar(x: int, value: int, top: int) -> Bar:
    height = round((BASE - TOP) * value / top, 1)
    return Bar(x, BASE - height, height, x + BAR // 2, value)
