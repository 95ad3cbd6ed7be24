"""The plots of how training went that every family shares: quick looks in between, and losses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from openbeian.reports import Axis, Line, Series, decimal, legend, line_chart, number, value_table
from openbeian.studio.runs.figures import Json, finite
from openbeian.studio.runs.panels import Panel, Row

Points = list[tuple[float, float]]
Names = Mapping[str, str]
"""Names in a row, and what they are called for people."""

_BALANCED: Final = ("relativistic", "non-saturating")
"""Games in which the generator's loss is ln 2 when the discriminator can tell nothing."""
_POINTS: Final = 100  # of a curve
_TABLE_ROWS: Final = 12
_OPENING: Final = 0.05  # the part of a run whose values do not set the axis
_END: Final = 10  # the last tenth


def last_look(rows: Sequence[Row], name: str) -> float | None:
    """Return the last value of a quick figure, None when nothing was looked at."""
    return next((found for row in reversed(rows) if (found := finite(row.get(name))) is not None), None)


def looks_panel(run: Json, rows: Sequence[Row], names: Names, words: str) -> Panel | None:
    """Return the plot of shares that were looked at in training, None when there are none.

    Args:
        run: the record.
        rows: of `metrics.jsonl`, in order.
        names: of the shares.
        words: how few samples a look has and what it is good for.
    """
    looks = _checks(rows, names)
    if not looks:
        return None
    line = finite(((run.get("recipe") or {}).get("evaluation") or {}).get("alarm_below"))
    named = [(label, [(minutes(row), row[name]) for row in looks if name in row]) for name, label in names.items()]
    series = [Series(label, points) for label, points in named if points]
    last = [(one.label, one.points[-1][1]) for one in series]
    is_low = line is not None and any(value < line for _, value in last)
    ending = "，低于报警线" if is_low else "，没有报警" if line is not None and run.get("outcome") == "finished" else ""
    title = f"训练中最后一次抽查：{'，'.join(f'{label} {value:.2f}' for label, value in last)}{ending}"
    told = [(decimal(minutes(row), 1), *(_cell(row.get(name)) for name in names)) for row in looks]
    return Panel(
        title,
        line_chart(series, Axis(0.0, 1.0, 0.25), title, limit=Line(line, f"报警线 {line:.2f}") if line else None),
        f"横轴是 CPU 分钟。{words}",
        value_table(("CPU 分钟", *names.values()), thinned(told), "训练中的" + "和".join(names.values())),
        legend([f"{label} {value:.3f}" for label, value in last]),
    )


def losses_panel(run: Json, rows: Sequence[Row], names: Names) -> Panel | None:
    """Return the plot of losses, None when no row has one.

    Args:
        run: the record.
        rows: of `metrics.jsonl`, in order.
        names: of the losses, at most four.
    """
    series = [one for one in (Series(label, averaged(rows, name)) for name, label in names.items()) if one.points]
    if not series:
        return None
    objective: Json = (run.get("recipe") or {}).get("objective") or {}
    floor = Line(math.log(2), "ln 2") if objective.get("game") in _BALANCED else None
    values = [value for one in series for value in later(one.points)]
    axis = Axis.around([*values, *([floor.value] if floor else [])], is_from_zero=True)
    title = f"训练末段：{'，'.join(f'{one.label} {decimal(at_the_end(one.points), 2)}' for one in series)}"
    known = [row["step"] for row in rows if finite(row.get(next(iter(names)))) is not None] or [rows[-1]["step"]]
    each = number(max(1, round((known[-1] - known[0]) / len(series[0].points))))
    balance = "ln 2 = 0.693 是判别器分不出真假时生成器的值。" if floor else ""
    told = [
        (decimal(points[0][0], 2), *(decimal(value, 3) for _, value in points))
        for points in zip(*(one.points for one in series), strict=False)
    ]
    return Panel(
        title,
        line_chart(series, axis, title, floor=floor),
        f"横轴是 CPU 分钟，每点约是 {each} 步的平均。{balance}损失只看稳不稳，不说明质量。",
        value_table(("CPU 分钟", *(one.label for one in series)), thinned(told), "训练中的损失"),
        legend([one.label for one in series]),
    )


def minutes(row: Row) -> float:
    """Return the CPU minutes of training up to a row."""
    return float(row["cpu_seconds"]) / 60


def _checks(rows: Sequence[Row], names: Names) -> list[Row]:
    """Return the rows at which something new was seen; the rows between repeat it."""
    found: list[Row] = []
    before: tuple[Any, ...] = tuple(None for _ in names)
    for row in rows:
        seen = tuple(finite(row.get(name)) for name in names)
        if seen != before:
            found.append(row)
            before = seen
    return found


def averaged(rows: Sequence[Row], name: str) -> Points:
    """Return a curve of means over equal stretches; what is no number is left out."""
    known = [(minutes(row), value) for row in rows if (value := finite(row.get(name))) is not None]
    bins = min(_POINTS, len(known))
    chunks = [known[at * len(known) // bins : (at + 1) * len(known) // bins] for at in range(bins)]
    return [(chunk[-1][0], sum(value for _, value in chunk) / len(chunk)) for chunk in chunks]


def at_the_end(points: Sequence[tuple[float, float]]) -> float:
    """Return the mean of the last tenth."""
    last = points[-max(1, len(points) // _END) :]
    return sum(value for _, value in last) / len(last)


def later(points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the values after the opening, whose wild ones would flatten the rest."""
    skipped = min(math.ceil(len(points) * _OPENING), len(points) - 1)
    return [value for _, value in points[skipped:]]


def thinned(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return at most a dozen rows, evenly spread, the last one among them."""
    if len(rows) <= _TABLE_ROWS:
        return list(rows)
    return [rows[round((index + 1) * len(rows) / _TABLE_ROWS) - 1] for index in range(_TABLE_ROWS)]


def _cell(value: Any) -> str:
    known = finite(value)
    return "—" if known is None else decimal(known, 3)
