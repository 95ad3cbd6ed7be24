"""The plots of what was measured of texts: quality beside variety, both trainings by temperature, likelihood beside counts, copied runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from markupsafe import Markup

from openbeian.reports import (
    Axis,
    Counts,
    Level,
    Line,
    Mark,
    Series,
    decimal,
    histogram,
    histogram_keys,
    legend,
    level_chart,
    level_keys,
    line_chart,
    value_table,
)
from openbeian.studio.runs.figures import Figure, Json
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.panels import NONE, Panel, ends, said

NAMES: Final = {"likelihood": "按似然训练", "adversarial": "对抗训练"}
_SHORT: Final = {"likelihood": "似然", "adversarial": "对抗"}
_COUNTED: Final = {"nll_unigram": "单字计数", "nll_bigram": "双字计数", "nll_trigram": "三字计数"}
Curves = dict[str, list[Json]]
Reach = tuple[float, float]


def text_figures(measured: Measured) -> Iterator[Panel]:
    """Yield a plot for each kind of figure that was measured."""
    curves: Curves = {
        name: measured.results["curves"][name] for name in NAMES if name in (measured.results.get("curves") or {})
    }
    if curves:
        yield _qualities(curves, measured)
        yield _both(curves, measured)
    nll, copies = measured.get("nll"), measured.results.get("copies")
    if nll is not None:
        yield _likelihood(nll, measured)
    if copies:
        yield _copies(copies, measured)


def _qualities(curves: Curves, measured: Measured) -> Panel:
    """Plot quality against variety: a training is better where its curve lies above the other's."""
    series = [Series(NAMES[name], *_course(points, "self_bleu", "bleu")) for name, points in curves.items()]
    real: Json = measured.results.get("floor") or {}
    floor = Line(real["bleu"], f"真文本 {decimal(real['bleu'], 3)}") if "bleu" in real else None
    held = [value for points in curves.values() for value in _values(points, "bleu")]
    title = _qualities_title(measured)
    alike = f"，它们之间的 self-BLEU 是 {decimal(real['self_bleu'], 3)}" if "self_bleu" in real else ""
    rows = [
        (f"{_SHORT[name]} {point['temperature']:g}", *_cells(point, "bleu"), *_cells(point, "self_bleu"))
        for name, points in curves.items()
        for point in points
    ]
    return Panel(
        title,
        _curves(series, held, title, floor),
        "纵轴 BLEU，越高越像真文本；横轴 self-BLEU，越靠左越不雷同；每点是一个温度，竖线是 95% 区间。同一横坐标上谁高谁好。"
        f"点线是没见过的真文本{alike}。每点 {measured.results.get('curve_samples')} 条样本，对 {measured.basis.reference()}。",
        value_table(("训练、温度", "BLEU", "区间", "self-BLEU", "区间"), rows, "质量与多样"),
        legend([one.label for one in series]),
    )


def _curves(series: Sequence[Series], held: Sequence[float], title: str, floor: Line | None) -> Markup:
    """Draw curves over what stands across, both axes as narrow as what has to be seen."""
    upwards = Axis.around([*held, *([floor.value] if floor else [])])
    return line_chart(
        series, upwards, title, across=Axis.around([x for one in series for x, _ in one.points], steps=6), floor=floor
    )


def _qualities_title(measured: Measured) -> str:
    compared: Json | None = measured.results.get("comparison")
    if compared is None:
        return "质量与多样：温度越低越像真文本，也越雷同"
    if not compared["compared"]:
        return "质量与多样：两条曲线没有可比的一段"
    below = round(compared["dominated"] * compared["compared"])
    return f"同样雷同时，对抗训练的 {compared['compared']} 个点有 {below} 个低于似然曲线"


def _both(curves: Curves, measured: Measured) -> Panel:
    """Plot what sees quality and variety at once, by temperature."""
    series = [Series(NAMES[name], *_course(points, "temperature", "reverse_nll")) for name, points in curves.items()]
    real = (measured.results.get("floor") or {}).get("reverse_nll")
    floor = Line(real, f"真文本 {decimal(real, 2)}") if real is not None else None
    compared: Json | None = measured.results.get("comparison")
    figure = measured.get("reverse_nll")
    title = f"样本能解释真文本：每字 {figure.words if figure else '—'} 奈特"
    if compared is not None:
        low, high = compared["difference_spread"]
        title = f"对抗减似然：每字 {_signed(compared['difference'])} 奈特（{_signed(low)} 至 {_signed(high)}）"
    values = [value for points in curves.values() for value in _values(points, "reverse_nll")]
    rows = [
        (f"{_SHORT[name]} {point['temperature']:g}", *_cells(point, "reverse_nll"), decimal(point["distinct_2"], 3))
        for name, points in curves.items()
        for point in points
    ]
    return Panel(
        title,
        _curves(series, values, title, floor),
        "拿样本数出字频，去猜测试文本，每字差多少奈特：写得差、写得都一样，都猜不好，所以一个数同时看质量和多样，越小越好。"
        "横轴是温度，纵轴不从 0 起，竖线是 95% 区间；比的是各自在验证部分上最好的温度。",
        value_table(("训练、温度", "反向 NLL", "区间", "distinct-2"), rows, "反向 NLL"),
        legend([one.label for one in series]),
    )


def _likelihood(nll: Figure, measured: Measured) -> Panel:
    counted: Json = measured.results.get("baselines") or {}
    levels = [Level(Mark("这个模型", nll.value, nll.reach, said(nll)), limit=nll.target.most if nll.target else None)]
    levels += [
        Level(Mark(label, counted[name], None, decimal(counted[name], 3), "open"))
        for name, label in _COUNTED.items()
        if name in counted
    ]
    title = f"测试文本每字 {nll.words} 奈特"
    if counted:
        name, best = min(counted.items(), key=lambda item: item[1])
        title += (
            f"，比{_COUNTED.get(name, name)}{'少' if nll.value < best else '多'} {decimal(abs(best - nll.value), 3)}"
        )
    rows = [(one.mark.label, decimal(one.mark.value, 3), nll.kind.span(one.mark.reach) or NONE) for one in levels]
    return Panel(
        title,
        level_chart(levels, Axis.around(ends(levels)), title),
        f"越小越好，横轴不从 0 起。计数是在训练部分上数出来的最简单的模型。{measured.rests_on(nll.kind)}。",
        value_table(("看什么", "奈特", "95% 区间"), rows, "似然"),
        level_keys(limit=f"目标 {nll.goal}" if nll.target else None, floor=None),
    )


def _copies(found: dict[str, Any], measured: Measured) -> Panel:
    results, novelty = measured.results, measured.get("novelty")
    limit = int(results["copy_limit"])
    title = f"最长照抄 {results['longest_copy']} 字，一半的样本不超过 {results['longest_copy_median']:g} 字"
    over = f"{novelty.kind.write(1 - novelty.value)} 的样本超过 {limit} 字" if novelty else ""
    rows = [
        (f"{length} 字", str(ours), str(theirs))
        for length, (ours, theirs) in enumerate(zip(found["samples"], found["unseen"], strict=True))
        if ours or theirs
    ]
    edges = [length - 0.5 for length in range(len(found["samples"]) + 1)]
    return Panel(
        title,
        histogram(
            edges,
            Counts("样本", found["samples"]),
            Counts("真文本", found["unseen"]),
            Line(limit + 0.5, f"界限 {limit} 字"),
            title,
        ),
        f"横轴是与某一条训练文本连续相同的最长一段有多少字。{over}，真文本是验证和测试部分，训练时没有见过。"
        "这是筛选之前的样本；写给人看的超过界限就重写。",
        value_table(("最长一段", "样本", "真文本"), rows, "照抄的长度"),
        histogram_keys("样本", "没见过的真文本"),
    )


def _course(points: Sequence[Json], across: str, up: str) -> tuple[list[Reach], list[Reach | None]]:
    """Return the points of a curve in the order of x, and the interval of each."""
    ordered = sorted(points, key=lambda point: float(point[across]))
    return [(float(each[across]), float(each[up])) for each in ordered], [_reach(each, up) for each in ordered]


def _values(points: Sequence[Json], name: str) -> list[float]:
    return [value for point in points for value in (float(point[name]), *(_reach(point, name) or ()))]


def _reach(point: Json, name: str) -> Reach | None:
    found = (point.get("spread") or {}).get(name)
    return (float(found[0]), float(found[1])) if found else None


def _cells(point: Json, name: str) -> tuple[str, str]:
    found = _reach(point, name)
    return decimal(point[name], 3), f"{decimal(found[0], 3)}–{decimal(found[1], 3)}" if found else NONE


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + decimal(value, 3)
