"""The two plots of a scan: each source against the limit, and the risks that were met most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from openbeian.reports import Bar, Mark, bar_chart, interval_chart, number, value_table
from openbeian.reports.bars import fitted
from openbeian.screening.reporting.figures import SURE, Figures, Source
from openbeian.screening.reporting.shares import Share, bound, exceeds
from openbeian.screening.reporting.summary import limit_words, percent
from openbeian.screening.reporting.words import class_word

MARKS: Final = 8  # rows of the chart of sources
BARS: Final = 8
FIRST: Final = 2
ROWS: Final = 50  # of the table of sources
PEOPLE, WORDS = "人工", "关键词"


@dataclass(frozen=True)
class Panel:
    """A plot: the title says the finding, the note how to read it, the table the values."""

    title: str
    chart: Markup
    note: str
    table: Markup


def panels(figures: Figures) -> Iterator[Panel]:
    """Yield the plots that there is something to draw for."""
    held = [source for source in figures.sources if source.deciding.total]
    if held:
        yield _sources(figures, sorted(held, key=lambda source: -(source.deciding.value or 0.0)))
    counts = figures.mentions(figures.total, *SURE)
    if counts:
        yield _risks(counts.most_common(), counts.total())


def _sources(figures: Figures, sources: Sequence[Source]) -> Panel:
    entries = [entry for source in sources for entry in _shares(source)]
    shown, limit = entries[:MARKS], limit_words(figures)
    title = _title(figures, sources)
    chart = interval_chart(
        [_mark(entry, figures) for entry in shown], bound(figures.limit), f"超过 {limit} 不用", title
    )
    rows = [
        (
            f"{entry.source.name}（{PEOPLE if entry.is_human else WORDS}）",
            f"{number(entry.share.count)} / {number(entry.share.total)}",
            percent(entry.share.value),
            _reach(entry.share),
        )
        for entry in entries[:ROWS]
    ]
    table = value_table(("来源", "违法不良 / 看过", "占比", "95% 区间"), rows, "各来源的违法不良占比")
    return Panel(title, chart, _note(limit, figures, sources, len({entry.source.name for entry in shown})), table)


def _note(limit: str, figures: Figures, sources: Sequence[Source], shown: int) -> str:
    rest = f"这里是占比最高的，另有 {len(sources) - shown} 个来源在表里。" if len(sources) > shown else ""
    is_open = any(source.human is None and not source.is_over for source in sources)
    open_words = "空心点还没有人工抽检，关键词找不到的不在其中，不作结论。" if is_open else ""
    counted = "违法不良：有关键词（精确、派生）落在这些类的行，或人工判为不合格的；横线是 95% 区间。"
    return f"{counted}依据 {figures.limit.clause}：超过 {limit} 的不采集、不用。{open_words}{rest}"


def _title(figures: Figures, sources: Sequence[Source]) -> str:
    over, limit = figures.over, limit_words(figures)
    if over:
        names = "、".join(source.name for source in over[:2])
        return f"{names}{f' 等 {len(over)} 个来源' if len(over) > 2 else ' '}超过 {limit}"
    highest = percent(sources[0].deciding.value)
    if len(sources) == 1:
        return f"{sources[0].name} 不超过 {limit}：{highest}"
    return f"{number(len(sources))} 个来源都不超过 {limit}，最高 {highest}"


@dataclass(frozen=True)
class _Entry:
    """What was found in a source, by people or by keywords."""

    source: Source
    share: Share
    is_human: bool


def _shares(source: Source) -> Iterator[_Entry]:
    if source.human is not None and source.human.total:
        yield _Entry(source, source.human, is_human=True)
    if source.hits is not None and source.hits.total:
        yield _Entry(source, source.hits, is_human=False)


def _mark(entry: _Entry, figures: Figures) -> Mark:
    share = entry.share
    low, high = share.interval or (0.0, 0.0)
    said = f"{percent(share.value)}（{low * 100:.2f}–{high * 100:.2f}）"
    by = f"（{PEOPLE}）" if entry.is_human else ""
    label = fitted(entry.source.name, round(1.2 * len(said)) + 2 * len(by)) + by
    tone = "bad" if exceeds(share, figures.limit) else "ok" if entry.source.human else "open"
    return Mark(label, share.value or 0.0, share.interval, said, tone, f"　{number(share.total)} 行")


def _reach(share: Share) -> str:
    low, high = share.interval or (0.0, 0.0)
    return f"{percent(low)}–{percent(high)}"


def _risks(counts: Sequence[tuple[str, int]], total: int) -> Panel:
    top = counts[:BARS]
    first = sum(count for _, count in top[:FIRST])
    names = " 和 ".join(name or "没有分类的" for name, _ in top[:FIRST])
    title = f"{names} 共占命中的 {first / total:.0%}" if len(counts) > FIRST else f"命中都在 {names}"
    bars = [Bar(class_word(name), count, number(count), index < FIRST) for index, (name, count) in enumerate(top)]
    share = sum(count for _, count in top) / total
    rest = f"这里是前 {len(top)} 类，占 {share:.0%}；" if len(counts) > len(top) else ""
    note = f"关键词命中 {number(total)} 处（精确、派生），按二级分类计。{rest}蓝色是最多的{'两类' if len(top) > 1 else '一类'}。"
    rows = [(class_word(name), number(count), f"{count / total:.1%}") for name, count in counts[:31]]
    return Panel(title, bar_chart(bars, title), note, value_table(("分类", "处", "占比"), rows, "命中最多的分类"))
