"""A scan in a few Chinese lines, for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from openbeian.reports import number
from openbeian.screening.disguises import TIERS
from openbeian.screening.reporting.report import faults_json
from openbeian.screening.reporting.shares import bound
from openbeian.screening.reporting.words import SUBJECT_WORDS, TIER_WORDS, class_word, kind_word, size_words

if TYPE_CHECKING:
    from openbeian.screening.reporting.figures import Figures, Source

_LISTED: Final = 8
_NO_SHARE: Final = "违法不良占比算不出：词库没有词的二级分类是风险代码（如 A.1.a）"
REVIEW_COMMAND: Final = "openbeian review export --corpus <语料>"


def summary_lines(figures: Figures) -> Iterator[str]:
    """Yield what a scan came to: the sum of the rows, sources, keywords, personal information, what was not read."""
    result = figures.result
    size = size_words(sum(file.bytes_in for file in result.files))
    yield f"{len(figures.sources)} 个来源，{len(result.files)} 个文件，{size}"
    yield row_sum(figures)
    yield from _source_lines(figures)
    yield _keyword_line(figures)
    yield _personal_line(figures)
    yield from _technical_line(figures)
    yield from _unread_lines(figures)


def row_sum(figures: Figures) -> str:
    """Return the sum that comes out even."""
    rows = figures.rows
    parts = [f"保留 {number(rows.kept)}", *([f"空行 {number(rows.blank)}"] if rows.blank else [])]
    parts += [f"剔除 {number(count)}（{reason}）" for reason, count in rows.rejected.most_common()]
    parts += [] if rows.rejected else ["剔除 0"]
    return f"读入 {number(rows.read)} 行 = " + " + ".join(parts)


def limit_words(figures: Figures) -> str:
    """Return the limit as a percentage."""
    return f"{bound(figures.limit):.0%}"


def none_over(figures: Figures, limit: str) -> str:
    """Say that no source is beyond the limit, as far as that can be told."""
    if not figures.has_share:
        return _NO_SHARE
    sources = "没有来源" if figures.has_harmful_words else "人工抽检过的来源，没有一个"
    return f"{sources}的违法不良占比超过 {limit}"


def percent(value: float | None) -> str:
    """Write a share with two decimals; one that is not 0 is never written as 0."""
    if value is None:
        return "—"
    return "<0.01%" if 0 < value < 0.00005 else f"{value:.2%}"


def _source_lines(figures: Figures) -> Iterator[str]:
    limit = f"{limit_words(figures)}（{figures.limit.id}）"
    for source in figures.over[:_LISTED]:
        yield f"超过 {limit}：{source.name}，违法不良 {_basis(source)}"
    if len(figures.over) > _LISTED:
        yield f"另有 {len(figures.over) - _LISTED} 个来源超过 {limit}，见报告"
    if not figures.over and figures.rows.kept:
        yield none_over(figures, limit)
    if not any(source.human for source in figures.sources):
        yield f"来源评估（{figures.limit.clause}）和 9.2.a 还要人工抽检：{REVIEW_COMMAND}"


def _basis(source: Source) -> str:
    share = source.deciding
    by = "人工抽检" if share == source.human else "关键词"
    return f"{percent(share.value)}（{by} {number(share.count)} / {number(share.total)}）"


def _keyword_line(figures: Figures) -> str:
    by_tier = {tier: figures.tiers[tier]["keyword"] for tier in TIERS}
    words = f"关键词（{number(figures.library.size)} 个）："
    if not any(by_tier.values()):
        return words + "没有命中"
    top = figures.mentions(figures.total, *TIERS[:2]).most_common(3)
    most = "；最多的是 " + "、".join(f"{class_word(name)} {number(count)}" for name, count in top) if top else ""
    return words + "、".join(f"{TIER_WORDS[tier]} {number(count)}" for tier, count in by_tier.items()) + " 处" + most


def _personal_line(figures: Figures) -> str:
    if not figures.result.settings.screen.personal:
        return "个人信息：没有查（--no-personal）"
    found = figures.personal.items()
    sure = [(kind, counts.total() - counts[TIERS[2]]) for kind, counts in found]
    review = [(kind, counts[TIERS[2]]) for kind, counts in found if counts[TIERS[2]]]
    line = "、".join(f"{kind_word(kind)} {number(count)}" for kind, count in sure if count) or "没有确定的"
    later = "；待复核：" + "、".join(f"{kind_word(kind)} {number(count)}" for kind, count in review) if review else ""
    return f"个人信息：{line}{later}" if found else "个人信息：没有发现"


def _technical_line(figures: Figures) -> Iterator[str]:
    kept, flagged = figures.rows.kept, figures.total.rows["flagged"]
    if kept:
        good = kept - figures.total.rows["unqualified"]
        uses_model = figures.result.settings.screen.classifier is not None
        by = f"，{SUBJECT_WORDS['classifier']}标出 {number(flagged)} 行（先看哪些，见 queue.csv）" if flagged else ""
        by = by or ("，分类模型一行也没有标出" if uses_model else "，没有用分类模型")
        yield f"技术抽检：全部 {number(kept)} 行，合格 {number(good)} 行（{percent(good / kept)}）{by}"


def _unread_lines(figures: Figures) -> Iterator[str]:
    result = figures.result
    for file in figures.faulty[:_LISTED]:
        fault = faults_json((file,))[0]
        place = f"{fault['place']}：" if fault.get("place") else ""
        yield f"没有读完 {file.name}：{place}{fault['message']}。{fault['remedy']}"
    if len(figures.faulty) > _LISTED:
        yield f"另有 {len(figures.faulty) - _LISTED} 个文件没有读完，见报告"
    if result.came_late:
        late = "、".join(result.came_late[:_LISTED]) + (" 等" if len(result.came_late) > _LISTED else "")
        yield f"扫描期间新来了 {len(result.came_late)} 个文件，没有读：{late}。再扫描一次"
    if result.left_out:
        reasons = "、".join(f"{reason} {count}" for reason, count in result.left_out.items())
        yield f"文件夹里另有不读的：{reasons}"
