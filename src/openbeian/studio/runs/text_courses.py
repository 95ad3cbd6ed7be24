"""The plots of how training on texts went: by likelihood, then against a discriminator, with looks at held-out texts in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from openbeian.reports import Axis, Line, Series, decimal, legend, line_chart, value_table
from openbeian.studio.runs.courses import (
    Points,
    at_the_end,
    averaged,
    later,
    looks_panel,
    losses_panel,
    minutes,
    thinned,
)
from openbeian.studio.runs.figures import Json, finite
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.panels import Panel, Row

LOOKS: Final = {"distinct_texts": "不重样的样本"}
_PLAYERS: Final = {"generator": "生成器", "discriminator": "判别器"}
_FEW: Final = "每次只看 60 条样本，只用来发现翻来覆去写同一句。"


def text_course(run: Json, rows: Sequence[Row], measured: Measured) -> Iterator[Panel]:
    """Yield every plot that the rows have something for; arguments as of `picture_course`."""
    taught = averaged(rows, "likelihood")
    if taught:
        yield _taught(taught, _held_out(rows), measured)
    losses = losses_panel(run, rows, _PLAYERS)
    if losses:
        yield losses
    if (
        len({finite(row.get(name)) for row in rows for name in LOOKS if name in row}) > 1
    ):  # one that never changed says nothing
        looks = looks_panel(run, rows, LOOKS, _FEW)
        if looks:
            yield looks


def _held_out(rows: Sequence[Row]) -> Points:
    """Return the looks at the validation part; the rows between two looks repeat the first."""
    found: Points = []
    for row in rows:
        value = finite(row.get("nll"))
        if value is not None and (not found or found[-1][1] != value):
            found.append((minutes(row), value))
    return found


def _taught(taught: Points, held: Points, measured: Measured) -> Panel:
    title = f"按似然训练：训练文本末段每字 {decimal(at_the_end(taught), 2)} 奈特"
    title += f"，验证文本 {decimal(held[-1][1], 2)}" if held else ""
    counted = (measured.results.get("baselines") or {}).get("nll_trigram")
    floor = Line(counted, f"三字计数 {decimal(counted, 2)}") if counted is not None else None
    axis = Axis.around([*later(taught), *(value for _, value in held), *([floor.value] if floor else [])])
    series = [Series("训练文本，遮去一部分再猜", taught)] + ([Series("验证文本", held)] if held else [])
    parts = (("训练", taught), ("验证", held))
    told = [row for name, part in parts for row in thinned([(name, decimal(x, 2), decimal(y, 3)) for x, y in part])]
    return Panel(
        title,
        line_chart(series, axis, title, floor=floor),
        "每字的负对数似然，越小越好；横轴是 CPU 分钟，纵轴不从 0 起。训练文本遮去一部分再读，验证文本用平均权重，高低不能直接比；"
        "点线是三字计数在测试部分上的数。",
        value_table(("看什么", "CPU 分钟", "奈特"), told, "按似然训练"),
        legend([one.label for one in series]),
    )
