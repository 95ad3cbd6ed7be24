"""The plots of what was measured of pictures: figures beside their targets and real pictures, and how near samples lie to training pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from openbeian.reports import (
    Axis,
    Counts,
    Level,
    Line,
    Mark,
    decimal,
    histogram,
    histogram_keys,
    level_chart,
    level_keys,
    value_table,
)
from openbeian.studio.runs.figures import Figure
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.panels import NONE, Panel, ends, level, said

_SHARES: Final = ("recall", "coverage", "precision", "density", "right_class")
_WAYS: Final = {"pixels": "像素", "features": "特征"}
_UNITS: Final = {"grey levels": "灰度级", "feature units": "特征单位"}


def figure_panels(measured: Measured) -> Iterator[Panel]:
    """Yield a plot for each kind of figure that was measured."""
    fid, elbo = measured.get("fid_c"), measured.get("elbo")
    shares = [figure for key in _SHARES if (figure := measured.get(key)) is not None]
    if fid is not None:
        yield _distance(fid, measured)
    if elbo is not None:
        yield _bounds(elbo, measured.get("nll"), measured)
    if shares:
        yield _shares(shares, measured)


def copy_panels(measured: Measured) -> Iterator[Panel]:
    """Yield a plot for each distance in which copies of training pictures were looked for."""
    for way, found in (measured.results.get("memorisation") or {}).items():
        yield _copies(way, found, measured.get(f"memorised_{way}"))


def copied_words(figure: Figure, chance: float) -> str:
    """Say whether more samples than chance lie very near to a training picture; without an interval only the share."""
    if figure.reach is None:
        return f"{figure.words} 的样本离训练图过近"
    if figure.reach[0] > chance:
        return f"{figure.words} 的样本离训练图过近，超过碰巧的 {chance:.0%}"
    return "没有记住训练图的迹象"


def _distance(figure: Figure, measured: Measured) -> Panel:
    kind, target = figure.kind, figure.target
    title = f"FID-c {figure.words}"
    levels = [Level(Mark("这个模型", figure.value, figure.reach, said(figure)), limit=target.most if target else None)]
    if figure.floor is not None:
        title += f"，离真图之间还差 {decimal(figure.value - figure.floor, 2)}"
        reach = _reach(measured, "floor_fid_c")
        levels.append(Level(Mark(measured.basis.floor_name, figure.floor, reach, kind.write(figure.floor), "open")))
    if target is not None:
        title += "，在目标以内" if figure.is_met else "，没有到目标"
    rows = [(each.mark.label, kind.write(each.mark.value), kind.span(each.mark.reach) or NONE) for each in levels]
    return Panel(
        title,
        level_chart(levels, Axis.around(ends(levels), is_from_zero=True), title),
        "横线是 95% 区间。“真图之间”是拿训练图当样本算出来的，画得再好也难低于它。"
        f"{measured.rests_on(kind)}；样本数不同的 FID-c 不能比。",
        value_table(("看什么", "FID-c", "95% 区间"), rows, "FID-c"),
        level_keys(limit=f"目标 {figure.goal}" if target else None, floor=None),
    )


def _bounds(elbo: Figure, nll: Figure | None, measured: Measured) -> Panel:
    title = f"每张图 −ELBO {decimal(-elbo.value, 1)} nats"
    levels = [_negated(elbo, "−ELBO，上界")]
    if nll is not None:
        title += f"，NLL 低 {decimal(-elbo.value - nll.value, 1)}"
        mark = Mark("NLL，更紧的上界", nll.value, nll.reach, said(nll))
        levels.append(Level(mark, limit=nll.target.most if nll.target else None))
    rows = [(each.mark.label, decimal(each.mark.value, 2), elbo.kind.span(each.mark.reach) or NONE) for each in levels]
    return Panel(
        title,
        level_chart(levels, Axis.around(ends(levels)), title),
        f"单位 nats，越小越好，横轴不从 0 起；两个都是真值的上界。{measured.rests_on((nll or elbo).kind)}。",
        value_table(("看什么", "nats", "95% 区间"), rows, "似然"),
        level_keys(limit="目标" if any(level.limit is not None for level in levels) else None, floor=None),
    )


def _negated(figure: Figure, label: str) -> Level:
    reach = (-figure.reach[1], -figure.reach[0]) if figure.reach else None
    limit = -figure.target.least if figure.target and figure.target.least is not None else None
    words = figure.kind.write(-figure.value) + (f"（{figure.kind.span(reach)}）" if reach else "")
    return Level(Mark(label, -figure.value, reach, words), limit=limit)


def _shares(figures: Sequence[Figure], measured: Measured) -> Panel:
    levels = [level(figure) for figure in figures]
    title = _shares_title(figures)
    rows = [
        (one.kind.label, one.words, one.interval or NONE, "—" if one.floor is None else one.kind.write(one.floor))
        for one in figures
    ]
    note = "精确率要和召回率一起看：只会画一种好图，精确率也高。" if measured.get("precision") else ""
    return Panel(
        title,
        level_chart(levels, Axis.around([1.0, *ends(levels)], is_from_zero=True), title),
        f"{note}{measured.rests_on(figures[0].kind)}。",
        value_table(("指标", "数值", "95% 区间", measured.basis.floor_name), rows, "质量与多样"),
        level_keys(
            limit="目标" if any(level.limit is not None for level in levels) else None,
            floor=measured.basis.floor_name if any(level.floor is not None for level in levels) else None,
        ),
    )


def _shares_title(figures: Sequence[Figure]) -> str:
    gaps = [(figure.floor - figure.value, figure.kind.label) for figure in figures if figure.floor is not None]
    if not gaps:
        return "质量与多样：" + "，".join(f"{figure.kind.label} {figure.words}" for figure in figures[:2])
    gap, label = max(gaps)
    return f"离真图之间最远的是{label}，差 {decimal(gap, 2)}" if gap > 0 else "几项都不低于真图之间的数"


def _copies(way: str, found: dict[str, Any], figure: Figure | None) -> Panel:
    counts, levels = found["histogram"], found["percentiles"]
    lowest, chance = levels["levels"][0], levels["levels"][0] / 100
    how, unit = _WAYS.get(way, way), _UNITS.get(found["unit"], found["unit"])
    title = f"按{how}：{copied_words(figure, chance)}" if figure else f"按{how}到最近训练图的距离"
    line = Line(found["threshold"], f"真图第 {lowest} 百分位 {found['threshold']:.3g}")
    note = f"每张图到最近一张训练图的距离，单位是{unit}；测试图训练时没有见过。最近的一张样本离训练图 {found['smallest']:.3g}。"
    if figure is not None:
        note += f"虚线左边有样本的 {figure.words}，真图按定义 {chance:.0%}。"
    rows = [
        (f"第 {level}", f"{ours:.3g}", f"{theirs:.3g}")
        for level, ours, theirs in zip(levels["levels"], levels["samples"], levels["unseen"], strict=True)
    ]
    return Panel(
        title,
        histogram(counts["edges"], Counts("样本", counts["samples"]), Counts("测试图", counts["unseen"]), line, title),
        note,
        value_table(("百分位", "样本", "测试图"), rows, f"按{how}到最近训练图的距离"),
        histogram_keys("样本", "测试图（没见过的真图）"),
    )


def _reach(measured: Measured, name: str) -> tuple[float, float] | None:
    ends = (measured.results.get("spread") or {}).get(name)
    return (float(ends[0]), float(ends[1])) if ends else None
