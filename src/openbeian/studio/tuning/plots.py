"""The plots of a search: the metric trial after trial, and against each field of the space."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, Protocol

from markupsafe import Markup

from openbeian.reports import Axis, value_table
from openbeian.reports.drawing import WIDTH, dot, path, svg, text
from openbeian.studio.tuning.space import Choice, Dimension
from openbeian.studio.tuning.trials import Trial, Tuned

HEIGHT: Final = 250
LEFT, RIGHT, TOP, BOTTOM = 64, 540, 20, 214
_FAR: Final = 5.0  # times the range of the better three quarters
_MOST_TICKS: Final = 6
_MOST_LETTERS: Final = 14


@dataclass(frozen=True)
class Panel:
    """A plot: the title says the finding, the note how to read it, the table the values."""

    title: str
    chart: Markup
    note: str
    table: Markup


class Across(Protocol):
    """A horizontal axis."""

    def at(self, value: Any) -> float:
        """Return the place of a value on the page."""

    def ticks(self) -> list[tuple[float, str]]:
        """Return places and words of what is written under it."""


@dataclass(frozen=True)
class Even:
    """An axis in equal steps."""

    axis: Axis

    def at(self, value: Any) -> float:
        """See `Across`."""
        return self.axis.at(float(value), LEFT + 10, RIGHT - 10)

    def ticks(self) -> list[tuple[float, str]]:
        """See `Across`."""
        return [(self.at(value), self.axis.words(value)) for value in self.axis.ticks()]


@dataclass(frozen=True)
class Logarithmic:
    """An axis in equal factors."""

    low: float
    high: float

    def at(self, value: Any) -> float:
        """See `Across`."""
        share = math.log(float(value) / self.low) / math.log(self.high / self.low)
        return round(LEFT + 10 + min(1.0, max(0.0, share)) * (RIGHT - LEFT - 20), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """See `Across`."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for factors in ((1, 2, 5), (1,)):
            values = [factor * 10.0**power for power in powers for factor in factors]
            held = [value for value in values if self.low * 0.999 <= value <= self.high * 1.001]
            if 2 <= len(held) <= _MOST_TICKS:
                return [(self.at(value), f"{value:g}") for value in held]
        return [(self.at(value), f"{value:.3g}") for value in (self.low, self.high)]


@dataclass(frozen=True)
class Named:
    """An axis of a few names."""

    names: tuple[str, ...]

    def at(self, value: Any) -> float:
        """See `Across`."""
        return round(LEFT + (self.names.index(str(value)) + 0.5) / len(self.names) * (RIGHT - LEFT), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """See `Across`."""
        most = max(4, _MOST_LETTERS * 4 // len(self.names))
        return [(self.at(name), name if len(name) <= most else f"{name[: most - 1]}…") for name in self.names]


@dataclass(frozen=True)
class Mark:
    """A point: place across, value, whether it is drawn to be seen first."""

    across: Any
    value: float
    is_best: bool = False


def panels(found: Tuned) -> Iterator[Panel]:
    """Yield the metric trial after trial, then the metric against each field; nothing when no trial finished."""
    finished = [trial for trial in found.trials if trial.value is not None]
    if not finished:
        return
    yield _course(found, finished)
    for dimension in found.plan.space:
        yield _against(found, finished, dimension)


def _course(found: Tuned, finished: Sequence[Trial]) -> Panel:
    metric, best = found.plan.metric, found.best
    assert best is not None
    marks, line = [], []
    so_far: float | None = None
    for trial in finished:
        value = _value(trial)
        is_better = so_far is None or metric.is_better(value, so_far)
        so_far = value if is_better or so_far is None else so_far
        marks.append(Mark(trial.number + 1, value, is_better))
        line.append((trial.number + 1, so_far))
    title = f"{len(finished)} 次里最好的 {metric.name} 是 {_value(best):.4g}，在第 {best.number + 1} 次"
    last = max(trial.number for trial in found.trials) + 1
    axis, clipped = _axis(found, finished)
    rows = [
        (f"第 {number} 次", f"{mark.value:.4g}", f"{value:.4g}")
        for mark, (number, value) in zip(marks, line, strict=True)
    ]
    return Panel(
        title,
        _chart(marks, Even(Axis.around([0.0, float(last)], steps=_MOST_TICKS)), axis, title, line),
        f"横轴是第几次试验，线是到那时为止最好的，蓝点是刷新它的试验；{metric.words}。{clipped}",
        value_table(("试验", metric.name, "到此最好"), rows, "每次试验的指标"),
    )


def _against(found: Tuned, finished: Sequence[Trial], dimension: Dimension) -> Panel:
    metric, field, best = found.plan.metric, dimension.field, found.best
    marks = [
        Mark(_place(dimension, trial.values[field]), _value(trial), trial is best)
        for trial in finished
        if field in trial.values
    ]
    axis, clipped = _axis(found, finished)
    title = f"{field}：{_finding(found, dimension)}"
    rows = [
        (written(trial.values[field]), f"{trial.value:.4g}", f"第 {trial.number + 1} 次")
        for trial in found.ranked
        if trial.value is not None and field in trial.values
    ]
    return Panel(
        title,
        _chart(marks, _across(dimension), axis, title),
        f"每点一次训完的试验，蓝点是最好的一次。各项是同时变的，点少时只是线索。{clipped}",
        value_table((field, metric.name, "试验"), rows, f"{metric.name} 和 {field}"),
    )


def _finding(found: Tuned, dimension: Dimension) -> str:
    """Say where the better quarter of the finished trials lies, or which choice has the best median."""
    field, finished = dimension.field, [trial for trial in found.ranked if trial.value is not None]
    if isinstance(dimension, Choice):
        groups = {
            written(choice): [_value(trial) for trial in finished if trial.values.get(field) == choice]
            for choice in dimension.choices
        }
        medians = {name: median(values) for name, values in groups.items() if values}
        first = min(medians, key=lambda name: found.plan.metric.order(medians[name]))
        return f"中位数最好的是 {first}（{len(groups[first])} 次）"
    better = [
        trial.values[field] for trial in finished[: max(1, math.ceil(len(finished) / 4))] if field in trial.values
    ]
    if len(better) == 1:
        return f"最好的一次是 {better[0]:.3g}"
    return f"最好的 {len(better)} 次在 {min(better):.3g} 到 {max(better):.3g} 之间"


def _axis(found: Tuned, finished: Sequence[Trial]) -> tuple[Axis, str]:
    """Return an axis that a few very bad trials do not flatten, and what is to be said of them."""
    values = sorted((_value(trial) for trial in finished), key=found.plan.metric.order)
    kept = values[: max(1, math.ceil(len(values) * 0.75))]
    reach = abs(kept[-1] - kept[0])
    near = [value for value in values if not reach or abs(value - kept[0]) <= _FAR * reach]
    far = len(values) - len(near)
    return Axis.around(near), f"有 {far} 次太差，画在边上。" if far else ""


def _across(dimension: Dimension) -> Across:
    if isinstance(dimension, Choice):
        return Named(tuple(written(choice) for choice in dimension.choices))
    if dimension.is_log:
        return Logarithmic(dimension.low, dimension.high)
    return Even(Axis.around([dimension.low, dimension.high], steps=_MOST_TICKS - 1))


def _place(dimension: Dimension, value: Any) -> Any:
    return written(value) if isinstance(dimension, Choice) else value


def written(value: Any) -> str:
    """Write a value of a field."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(trial: Trial) -> float:
    assert trial.value is not None
    return trial.value


def _chart(
    marks: Sequence[Mark], across: Across, axis: Axis, words: str, line: Sequence[tuple[Any, float]] = ()
) -> Markup:
    """Return a chart of points; a line holds its value until the next point of it."""
    parts = [*_frame(across, axis)]
    if line:
        places = [(across.at(x), axis.at(value, BOTTOM, TOP)) for x, value in line]
        steps = "".join(f"H{x}V{y}" for x, y in places[1:])
        parts.append(path("line-0", f"M{places[0][0]} {places[0][1]}{steps}"))
    for mark in sorted(marks, key=lambda each: each.is_best):  # the best over the others
        tone, radius = ("ok", 5.5) if mark.is_best else ("second", 4)
        parts.append(dot(across.at(mark.across), axis.at(mark.value, BOTTOM, TOP), tone, radius))
    return svg(f"0 0 {WIDTH} {HEIGHT}", "chart", f"{words}；数值见下方表格", parts)


def _frame(across: Across, axis: Axis) -> Iterator[Markup]:
    for value in axis.ticks():
        y = axis.at(value, BOTTOM, TOP)
        yield path("grid", f"M{LEFT} {y}H{RIGHT}")
        yield text(LEFT - 8, y + 5, axis.words(value), anchor="end")
    yield path("axis", f"M{LEFT} {BOTTOM + 0.5}H{RIGHT}")
    for index, (x, words) in enumerate(across.ticks()):
        yield text(x, BOTTOM + 22, words, anchor="middle", kind="lo" if index % 2 else "")
