"""The plots of a reply model: accuracy against the share answered, ranking beside BM25, the gates, and how its losses fell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from openbeian.reports import (
    Axis,
    Line,
    Series,
    decimal,
    legend,
    level_chart,
    level_keys,
    line_chart,
    value_table,
)
from openbeian.studio.runs.courses import at_the_end, thinned
from openbeian.studio.runs.figures import Figure, Json
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.panels import NONE, Panel, Row, ends, level

_RANKING: Final = ("recall_at_1", "recall_at_10", "mrr")
_GATES: Final = ("gate_auc_domain", "gate_auc_unseen", "gate_auc_right")
_PHASES: Final = {"head": "似然头", "gate": "判别器", "adversarial": "对抗轮的判别器"}


def reply_panels(run: Json, rows: Sequence[Row], measured: Measured) -> Iterator[Panel]:
    """Yield every plot that there are figures for; arguments as of `picture_course`."""
    if run["risk_coverage"]:
        yield _risk_coverage(run, measured)
    for names, title in ((_RANKING, _ranking_title), (_GATES, _gates_title)):
        figures = [figure for name in names if (figure := measured.get(name)) is not None]
        if figures:
            yield _levels(figures, title(figures), measured)
    if rows:
        yield _losses(rows)


def _risk_coverage(run: Json, measured: Measured) -> Panel:
    points = [(float(x), float(y)) for x, y in run["risk_coverage"]]
    share, right = measured.get("answered_share"), measured.get("answered_right")
    series, title = [Series("按把握从高到低回答", points)], "按备案阈值，一个问题也不回答"
    if share and right:
        series.append(Series("备案阈值", [(share.value, right.value)], [right.reach]))
        title = f"按备案阈值回答 {share.words} 的问题，答对 {right.words}"
    target = right.target.least if right and right.target else None
    limit = Line(target, f"目标 {target:g}") if target is not None else None
    held = [y for one in series for _, y in one.points] + ([target] if target is not None else [])
    held += [end for one in series for reach in one.reaches if reach for end in reach]
    told = thinned([(decimal(x, 3), decimal(y, 3)) for x, y in points])
    return Panel(
        title,
        line_chart(series, Axis.around(held), title, across=Axis(0.0, 1.0, 0.2), limit=limit),
        "横轴是回答的比例，纵轴是其中答对的比例：把握门槛越低，答得越多，错得也越多。单独的一点是备案阈值所在，竖线是 95% 区间；"
        f"不肯定属于本领域的排在最后。{measured.basis.reference()}，阈值在验证部分上选。",
        value_table(("回答的比例", "答对的比例"), told, "风险与覆盖"),
        legend([one.label for one in series]),
    )


def _ranking_title(figures: Sequence[Figure]) -> str:
    first = figures[0]
    beside = f"，BM25 {first.kind.write(first.floor)}" if first.floor is not None else ""
    return f"{first.kind.label} {first.words}{beside}"


def _gates_title(figures: Sequence[Figure]) -> str:
    return "，".join(f"{figure.kind.label} {figure.words}" for figure in figures[:1])


def _levels(figures: Sequence[Figure], title: str, measured: Measured) -> Panel:
    levels = [level(figure) for figure in figures]
    floors = any(figure.floor is not None for figure in figures)
    rows = [
        (one.kind.label, one.words, one.interval or NONE, "—" if one.floor is None else one.kind.write(one.floor))
        for one in figures
    ]
    basis = "；".join(
        f"{'、'.join(one.kind.label for one in each)}：{words}" for words, each in measured.groups(figures)
    )
    return Panel(
        title,
        level_chart(levels, Axis.around([1.0, *ends(levels)]), title),
        f"横线是 95% 区间，横轴不从 0 起。{basis}。",
        value_table(("指标", "数值", "95% 区间", measured.basis.floor_name), rows, title),
        level_keys(limit=None, floor=f"{measured.basis.floor_name}，同一个库" if floors else None),
    )


def _losses(rows: Sequence[Row]) -> Panel:
    phases: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        course = phases.setdefault(str(row["phase"]), [])
        course.append((float(len(course) + 1), float(row["loss"])))
    series = [Series(_PHASES.get(name, name), course) for name, course in phases.items()]
    title = f"训练末段：{'，'.join(f'{one.label} {decimal(at_the_end(one.points), 2)}' for one in series)}"
    values = [value for one in series for _, value in one.points]
    told = [
        row
        for one in series
        for row in thinned([(one.label, f"{step:g}", decimal(value, 3)) for step, value in one.points])
    ]
    return Panel(
        title,
        line_chart(series, Axis.around(values, is_from_zero=True), title),
        "横轴是各自的步数。损失只看稳不稳，不说明质量；几条曲线不是同一种损失，不能互相比。",
        value_table(("看什么", "步", "损失"), told, "训练中的损失"),
        legend([one.label for one in series]),
    )
