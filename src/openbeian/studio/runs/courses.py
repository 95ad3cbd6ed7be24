"""The plots of how training went: quick looks at recall and coverage, the bound of an autoencoder, losses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from openbeian.reports import Axis, Line, Series, decimal, legend, line_chart, number, value_table
from openbeian.studio.runs.figures import Json, finite
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.plots import Panel

Row = Mapping[str, float]
Points = list[tuple[float, float]]

_LOOKS: Final = {"recall": "召回率", "coverage": "覆盖率"}
_BOUND: Final = "bound"
_NOT_LOSSES: Final = frozenset({"step", "cpu_seconds", "rate", _BOUND, *_LOOKS})
_LOSSES: Final = {
    "generator": "生成器",
    "discriminator": "判别器",
    "loss": "损失",
    "likelihood": "重构项 ln p(x|z)",
    "divergence": "KL",
}
_BALANCED: Final = ("relativistic", "non-saturating")
"""Games in which the generator's loss is ln 2 when the discriminator can tell nothing."""
_POINTS: Final = 100  # of a curve
_MOST_SERIES: Final = 4
_TABLE_ROWS: Final = 12
_OPENING: Final = 0.05  # the part of a run whose values do not set the axis
_END: Final = 10  # the last tenth


def course_panels(run: Json, rows: Sequence[Row], measured: Measured) -> Iterator[Panel]:
    """Yield every plot that the rows have something for.

    Args:
        run: the record.
        rows: of `metrics.jsonl`, in order.
        measured: the figures of the record.
    """
    looks = _checks(rows)
    if looks:
        yield _looks(run, looks)
    bound = _averaged(rows, _BOUND)
    if bound:
        yield _bound(bound, measured)
    known = dict.fromkeys(name for row in rows for name in row if name not in _NOT_LOSSES)
    names = [*(name for name in _LOSSES if name in known), *(name for name in known if name not in _LOSSES)]
    series = [Series(_LOSSES.get(name, name), _averaged(rows, name)) for name in names[:_MOST_SERIES]]
    series = [one for one in series if one.points]
    if series:
        yield _losses(run, series, rows)


def last_look(rows: Sequence[Row], name: str) -> float | None:
    """Return the last value of a quick figure, None when nothing was looked at."""
    return next((found for row in reversed(rows) if (found := finite(row.get(name))) is not None), None)


def _looks(run: Json, looks: Sequence[Row]) -> Panel:
    asked: Json = (run.get("recipe") or {}).get("evaluation") or {}
    line, count = finite(asked.get("alarm_below")), asked.get("check_samples")
    named = [(label, [(_minutes(row), row[name]) for row in looks if name in row]) for name, label in _LOOKS.items()]
    series = [Series(label, points) for label, points in named if points]
    last = [(one.label, one.points[-1][1]) for one in series]
    is_low = line is not None and any(value < line for _, value in last)
    ending = "，低于报警线" if is_low else "，没有报警" if line is not None and run.get("outcome") == "finished" else ""
    title = f"训练中最后一次抽查：{'，'.join(f'{label} {value:.2f}' for label, value in last)}{ending}"
    rows = [(decimal(_minutes(row), 1), *(_cell(row.get(name)) for name in _LOOKS)) for row in looks]
    return Panel(
        title,
        line_chart(series, Axis(0.0, 1.0, 0.25), title, limit=Line(line, f"报警线 {line:.2f}") if line else None),
        f"横轴是 CPU 分钟。每次只抽查 {number(count) if count else '少量'} 张样本，点少，和最后评估的数不能比；只用来发现模式坍塌。",
        value_table(("CPU 分钟", *_LOOKS.values()), _thinned(rows), "训练中的召回率和覆盖率"),
        legend([f"{label} {value:.3f}" for label, value in last]),
    )


def _bound(points: Points, measured: Measured) -> Panel:
    figure = measured.get("elbo")
    title = f"训练末段的 ELBO 是 {decimal(_at_the_end(points), 1)} nats"
    title += f"，测试图上是 {decimal(figure.value, 1)}" if figure else ""
    line = figure.target.least if figure and figure.target else None
    limit = Line(line, f"目标 {figure.goal}") if figure and line is not None else None
    axis = Axis.around([*_later(points), *([line] if line is not None else [])])
    return Panel(
        title,
        line_chart([Series("ELBO，训练图", points)], axis, title, limit=limit),
        "横轴是 CPU 分钟，纵轴不从 0 起，开头超出纵轴的部分没有画；是训练图上的数，每点是若干步的平均。",
        value_table(
            ("CPU 分钟", "ELBO"), _thinned([(decimal(x, 2), decimal(y, 2)) for x, y in points]), "训练中的 ELBO"
        ),
    )


def _losses(run: Json, series: Sequence[Series], rows: Sequence[Row]) -> Panel:
    objective: Json = (run.get("recipe") or {}).get("objective") or {}
    floor = Line(math.log(2), "ln 2") if objective.get("game") in _BALANCED else None
    values = [value for one in series for value in _later(one.points)]
    axis = Axis.around([*values, *([floor.value] if floor else [])], is_from_zero=True)
    title = f"训练末段：{'，'.join(f'{one.label} {decimal(_at_the_end(one.points), 2)}' for one in series)}"
    each = number(max(1, round(rows[-1]["step"] / len(series[0].points))))
    balance = "ln 2 = 0.693 是判别器分不出真假时生成器的值。" if floor else ""
    told = [
        (decimal(points[0][0], 2), *(decimal(value, 3) for _, value in points))
        for points in zip(*(one.points for one in series), strict=False)
    ]
    return Panel(
        title,
        line_chart(series, axis, title, floor=floor),
        f"横轴是 CPU 分钟，每点约是 {each} 步的平均。{balance}损失只看稳不稳，不说明质量。",
        value_table(("CPU 分钟", *(one.label for one in series)), _thinned(told), "训练中的损失"),
        legend([one.label for one in series]),
    )


def _minutes(row: Row) -> float:
    return row["cpu_seconds"] / 60


def _checks(rows: Sequence[Row]) -> list[Row]:
    """Return the rows at which something new was seen; the rows between repeat it."""
    found: list[Row] = []
    before: tuple[Any, ...] = tuple(None for _ in _LOOKS)
    for row in rows:
        seen = tuple(finite(row.get(name)) for name in _LOOKS)
        if seen != before:
            found.append(row)
            before = seen
    return found


def _averaged(rows: Sequence[Row], name: str) -> Points:
    """Return a curve of means over equal stretches; what is no number is left out."""
    known = [(_minutes(row), value) for row in rows if (value := finite(row.get(name))) is not None]
    bins = min(_POINTS, len(known))
    chunks = [known[at * len(known) // bins : (at + 1) * len(known) // bins] for at in range(bins)]
    return [(chunk[-1][0], sum(value for _, value in chunk) / len(chunk)) for chunk in chunks]


def _at_the_end(points: Sequence[tuple[float, float]]) -> float:
    last = points[-max(1, len(points) // _END) :]
    return sum(value for _, value in last) / len(last)


def _later(points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the values after the opening, whose wild ones would flatten the rest."""
    skipped = min(math.ceil(len(points) * _OPENING), len(points) - 1)
    return [value for _, value in points[skipped:]]


def _thinned(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return at most a dozen rows, evenly spread, the last one among them."""
    if len(rows) <= _TABLE_ROWS:
        return list(rows)
    return [rows[round((index + 1) * len(rows) / _TABLE_ROWS) - 1] for index in range(_TABLE_ROWS)]


def _cell(value: Any) -> str:
    known = finite(value)
    return "—" if known is None else decimal(known, 3)
