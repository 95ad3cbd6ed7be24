"""The plots of how training on pictures went: quick looks at recall and coverage, the bound of an autoencoder, losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from openbeian.reports import Axis, Line, Series, decimal, line_chart, number, value_table
from openbeian.studio.runs.courses import Points, at_the_end, averaged, later, looks_panel, losses_panel, thinned
from openbeian.studio.runs.figures import Json, finite
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.panels import Panel, Row

LOOKS: Final = {"recall": "召回率", "coverage": "覆盖率"}
_BOUND: Final = "bound"
_NOT_LOSSES: Final = frozenset({"step", "cpu_seconds", "rate", _BOUND, *LOOKS})
_LOSSES: Final = {
    "generator": "生成器",
    "discriminator": "判别器",
    "loss": "损失",
    "likelihood": "重构项 ln p(x|z)",
    "divergence": "KL",
}
_MOST_SERIES: Final = 4


def picture_course(run: Json, rows: Sequence[Row], measured: Measured) -> Iterator[Panel]:
    """Yield every plot that the rows have something for.

    Args:
        run: the record.
        rows: of `metrics.jsonl`, in order.
        measured: the figures of the record.
    """
    count = finite(((run.get("recipe") or {}).get("evaluation") or {}).get("check_samples"))
    few = f"{number(int(count))} 张" if count else "少量"
    words = f"每次只抽查 {few}样本，点少，和最后评估的数不能比；只用来发现模式坍塌。"
    looks = looks_panel(run, rows, LOOKS, words)
    if looks:
        yield looks
    bound = averaged(rows, _BOUND)
    if bound:
        yield _bound(bound, measured)
    known = dict.fromkeys(name for row in rows for name in row if name not in _NOT_LOSSES)
    names = [*(name for name in _LOSSES if name in known), *(name for name in known if name not in _LOSSES)]
    losses = losses_panel(run, rows, {name: _LOSSES.get(name, name) for name in names[:_MOST_SERIES]})
    if losses:
        yield losses


def _bound(points: Points, measured: Measured) -> Panel:
    figure = measured.get("elbo")
    title = f"训练末段的 ELBO 是 {decimal(at_the_end(points), 1)} nats"
    title += f"，测试图上是 {decimal(figure.value, 1)}" if figure else ""
    line = figure.target.least if figure and figure.target else None
    limit = Line(line, f"目标 {figure.goal}") if figure and line is not None else None
    axis = Axis.around([*later(points), *([line] if line is not None else [])])
    return Panel(
        title,
        line_chart([Series("ELBO，训练图", points)], axis, title, limit=limit),
        "横轴是 CPU 分钟，纵轴不从 0 起，开头超出纵轴的部分没有画；是训练图上的数，每点是若干步的平均。",
        value_table(
            ("CPU 分钟", "ELBO"), thinned([(decimal(x, 2), decimal(y, 2)) for x, y in points]), "训练中的 ELBO"
        ),
    )
