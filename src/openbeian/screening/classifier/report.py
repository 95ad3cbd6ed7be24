"""The report of a training as one HTML file: figures, both curves, calibration, flags by group, risks without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from markupsafe import Markup

from openbeian.reports import (
    Axis,
    Counts,
    Line,
    Series,
    decimal,
    histogram,
    histogram_keys,
    legend,
    line_chart,
    render,
    value_table,
)
from openbeian.rules import risk_pack
from openbeian.screening.classifier.model import Classifier
from openbeian.screening.classifier.quality import BINS, Point, Quality

PACKAGE: Final = "openbeian.screening.classifier"
TEMPLATE: Final = "training_report.html"
_SHARE: Final = Axis(0.0, 1.0, 0.2)
_ROWS: Final = 11
_EVEN: Final = ((0.0, 0.0), (1.0, 1.0))


@dataclass(frozen=True)
class Panel:
    """A plot: the title says the finding, the note how to read it, the table the values."""

    title: str
    chart: Markup
    note: str
    table: Markup
    keys: Markup = field(default_factory=Markup)


@dataclass(frozen=True)
class RiskRow:
    """What a report says of one risk: its code, its name, how many training texts, and its model's figures or why none."""

    code: str
    name: str
    texts: int
    quality: Quality | None
    why: str


def training_report(trained: Classifier, data: str, *, now: datetime) -> str:
    """Return the report as HTML; `data` names the labelled file."""
    return render(
        PACKAGE,
        TEMPLATE,
        trained=trained,
        quality=trained.quality,
        panels=list(panels(trained.quality)),
        risks=list(_risks(trained)),
        own=[code for code in trained.risks if code not in _names()],
        spoken=[code for code in trained.covered if code in _names()],
        data=data,
        made=f"{now:%Y-%m-%d %H:%M} UTC",
    )


def panels(quality: Quality) -> Iterator[Panel]:
    """Yield the plots of a model on its held-out texts: ROC, precision and recall, reliability, the spread of both."""
    yield _roc(quality)
    yield _precision_recall(quality)
    yield _reliability(quality)
    yield _spread(quality)


def _roc(quality: Quality) -> Panel:
    title = f"ROC：AUC {quality.auc:.3f}"
    chart = line_chart(
        (Series("这个模型", quality.roc), Series("随便猜", _EVEN)),
        _SHARE,
        f"{title}。横轴误标率，纵轴查全率",
        across=_SHARE,
    )
    rows = [(f"{across:.1%}", f"{value:.1%}") for across, value in _some(quality.roc)]
    note = "横轴是合格文本里被标出的比例，纵轴是不合格文本里被标出的比例；越靠左上越好。"
    table = value_table(("误标率", "查全率"), rows, "ROC")
    return Panel(title, chart, note, table, legend(("这个模型", "随便猜")))


def _precision_recall(quality: Quality) -> Panel:
    share = quality.positives / quality.held_out
    title = f"查准与查全：平均查准 {quality.average_precision:.3f}"
    chart = line_chart(
        (Series("查准率", quality.precision_recall),),
        _SHARE,
        f"{title}。横轴查全率，纵轴查准率",
        across=_SHARE,
        floor=Line(share, f"不合格占 {share:.0%}"),
    )
    rows = [(f"{across:.1%}", f"{value:.1%}") for across, value in _some(quality.precision_recall)]
    note = f"横轴查全率，纵轴查准率。现在的界线 {quality.threshold:.2f}：查全 {quality.recall:.1%}，查准 {quality.precision:.1%}。"
    return Panel(title, chart, note, value_table(("查全率", "查准率"), rows, "查准与查全"))


def _reliability(quality: Quality) -> Panel:
    title = f"说的概率准不准：平均差 {quality.ece:.1%}"
    points = [(said, true) for said, true, _ in quality.reliability]
    chart = line_chart(
        (Series("实际", points), Series("完全准", _EVEN)), _SHARE, f"{title}。横轴说的概率，纵轴实际比例", across=_SHARE
    )
    rows = [(f"{said:.1%}", f"{true:.1%}", str(count)) for said, true, count in quality.reliability]
    note = (
        f"横轴是模型说的概率，纵轴是其中真不合格的比例，十等分，点越贴近对角线越准。Brier {decimal(quality.brier, 3)}。"
    )
    table = value_table(("说的概率", "实际", "条数"), rows, "校准")
    return Panel(title, chart, note, table, legend(("实际", "完全准")))


def _spread(quality: Quality) -> Panel:
    counts = [[0] * BINS, [0] * BINS]
    for said, true, count in quality.reliability:
        number = min(BINS - 1, int(said * BINS))
        marked = round(true * count)
        counts[0][number], counts[1][number] = marked, count - marked
    marked_counts, clean_counts = counts
    title = f"界线 {quality.threshold:.2f} 标出 {_flagged_share(quality):.1%} 的文本"
    edges = [index / BINS for index in range(BINS + 1)]
    chart = histogram(
        edges,
        Counts("不合格", marked_counts),
        Counts("合格", clean_counts),
        Line(quality.threshold, f"界线 {quality.threshold:.2f}"),
        f"{title}。横轴说的概率，两类各占自己的比例",
    )
    rows = [
        (f"{edges[index]:.1f}–{edges[index + 1]:.1f}", str(marked), str(clean))
        for index, (marked, clean) in enumerate(zip(marked_counts, clean_counts, strict=True))
    ]
    note = "横轴是模型说的概率，两类各按自己的总数画。界线左边的不合格会漏掉，右边的合格会误标。"
    table = value_table(("概率", "不合格", "合格"), rows, "概率的分布")
    return Panel(title, chart, note, table, histogram_keys("不合格", "合格"))


def _flagged_share(quality: Quality) -> float:
    """Return the share of held-out texts that is flagged at the threshold."""
    hits = quality.recall * quality.positives
    return hits / quality.precision / quality.held_out if quality.precision else 0.0


def _some(points: Sequence[Point]) -> Iterator[Point]:
    """Yield a few of a curve's points, evenly spread, the ends among them."""
    count = min(_ROWS, len(points))
    for index in range(count):
        yield points[round(index * (len(points) - 1) / max(1, count - 1))]


def _names() -> dict[str, str]:
    return {risk.code: risk.name_zh for risk in risk_pack().risks}


def _risks(trained: Classifier) -> Iterator[RiskRow]:
    """Yield the 31 risks, and the user's own classes after them."""
    measured = {head.risk: head.quality for head in trained.heads[1:]}
    names = _names()
    for code in [*names, *(code for code in trained.risks if code not in names)]:
        texts = trained.risks.get(code, 0)
        alone = trained.quality if len(trained.heads) == 1 and code in trained.covered else None
        why = trained.left_out.get(code, "没有标注" if not texts else "")
        yield RiskRow(code, names.get(code, "自定分类"), texts, measured.get(code, alone), why)
