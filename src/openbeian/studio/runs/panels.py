"""A plot in a report, and the pieces that the plots of every family share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markupsafe import Markup

from openbeian.reports import Level, Mark
from openbeian.studio.runs.figures import Figure

Row = Mapping[str, Any]
"""A row of `metrics.jsonl`: numbers, and what they are of."""

NONE: Final = "没有"


@dataclass(frozen=True)
class Panel:
    """A plot: the title says the finding, the note how to read it, the table the values."""

    title: str
    chart: Markup
    note: str
    table: Markup
    keys: Markup = field(default_factory=Markup)


def said(figure: Figure) -> str:
    """Write a figure with its interval."""
    return figure.words + (f"（{figure.interval}）" if figure.reach else "，没有区间")


def level(figure: Figure) -> Level:
    """Return the row of a figure whose target is a least value."""
    tone = "bad" if figure.verdict[0] == "bad" else "ok"
    limit = figure.target.least if figure.target else None
    return Level(Mark(figure.kind.label, figure.value, figure.reach, said(figure), tone), limit, figure.floor)


def ends(levels: Sequence[Level]) -> list[float]:
    """Return every value that a chart of these rows has to hold."""
    known = [value for one in levels for value in (one.mark.value, one.limit, one.floor, *(one.mark.reach or ()))]
    return [value for value in known if value is not None]
