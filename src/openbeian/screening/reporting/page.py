"""The report of a scan as one HTML file: where each row went, sources and risks, tiers, personal information, samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from openbeian.evidence import Resource
from openbeian.reports import number, render, share_bar
from openbeian.screening.columns import KEYWORD
from openbeian.screening.disguises import TIERS
from openbeian.screening.folding import FOLD_SHA256
from openbeian.screening.reporting import plots, tables, words
from openbeian.screening.reporting.choosing import chosen
from openbeian.screening.reporting.figures import REVIEW, SURE, Figures
from openbeian.screening.reporting.summary import REVIEW_COMMAND, limit_words, none_over, percent

PACKAGE: Final = "openbeian.screening.reporting"
TEMPLATE: Final = "report_page.html"
QUEUED: Final = 6  # places of the queue that are shown
AGAIN: Final = "openbeian scan <语料> --library <词库> --out <结果文件夹>"


@dataclass(frozen=True)
class Verdict:
    """What a scan comes to: tone, a few words for the pill, a sentence."""

    tone: str
    pill: str
    sentence: str


def page_html(figures: Figures, report: Resource) -> str:
    """Return the page of a scan whose `report.json` is given."""
    result, limit = figures.result, limit_words(figures)
    return render(
        PACKAGE,
        TEMPLATE,
        figures=figures,
        result=result,
        run=result.run,
        rows=figures.rows,
        limit=limit,
        verdict=verdict(figures),
        facts=list(_facts(figures)),
        bar=share_bar(list(_parts(figures)), "读入的行"),
        sources=tables.source_table(figures),
        panels=list(plots.panels(figures)),
        risks=tables.risk_table(figures),
        tiers=list(tables.tier_rows(figures)),
        tier_bar=share_bar([(words.TIER_WORDS[tier], figures.tiers[tier].total()) for tier in TIERS], "命中"),
        vias=list(tables.via_rows(figures)),
        personal=list(tables.personal_rows(figures)),
        personal_title=_personal_title(figures),
        classifier=_classifier(figures),
        samples=[tables.sample_row(sample) for sample in chosen(result.samples, result.settings_sha256)],
        faults=tables.cut(list(tables.fault_rows(figures))),
        late=tables.cut(list(result.came_late)),
        readings=tables.cut(list(tables.reading_rows(figures))),
        settings=[*_settings(figures), *_how(figures)],
        digests=list(_digests(figures, report)),
        review_command=REVIEW_COMMAND,
        command=figures.beside.command or AGAIN,
        made="" if figures.beside.made_at is None else f"{figures.beside.made_at:%Y-%m-%d %H:%M} UTC",
        percent_of=percent,
    )


def verdict(figures: Figures) -> Verdict:
    """Say what is most important: what was not read, a source beyond the limit, what a person must look at."""
    result, limit = figures.result, limit_words(figures)
    review = figures.tiers[REVIEW].total()
    if not figures.rows.kept:
        unread = f"{len(figures.faulty)} 个文件，一个也没有读完" if figures.faulty else "没有一行文字"
        return Verdict("bad", "没有扫到文字", f"{unread}，这次扫描什么也说明不了。")
    said = f"{_over(figures)}{_found(figures)}"
    if not result.is_whole:
        count = len(figures.faulty) + len(result.came_late) + result.missed
        return Verdict("bad", f"{number(count)} 个文件没有读完", f"以下只是读到的部分。{said}")
    if figures.over:
        return Verdict("bad", f"{number(len(figures.over))} 个来源超过 {limit}", said)
    if review:
        return Verdict("warn", f"还有 {number(review)} 处待复核", f"每一行都扫过了。{said}")
    return Verdict("ok", "每一行都扫过", f"没有要人看的命中。{said}")


def _over(figures: Figures) -> str:
    limit = limit_words(figures)
    if not figures.over:
        return f"{none_over(figures, limit)}。"
    worst = figures.over[0]
    others = f" 等 {len(figures.over)} 个来源" if len(figures.over) > 1 else " "
    share = percent(worst.deciding.value)
    return f"{worst.name}{others}的违法不良占比超过 {limit}（最高 {share}），不采集、不用于训练。"


def _found(figures: Figures) -> str:
    keywords, personal = sum(figures.tiers[tier][KEYWORD] for tier in SURE), figures.personal_sure
    looked = figures.result.settings.screen.personal
    return f"关键词 {number(keywords)} 处，" + (f"个人信息 {number(personal)} 处。" if looked else "没有查个人信息。")


def _facts(figures: Figures) -> Iterator[str]:
    files = figures.result.files
    yield f"{number(len(figures.sources))} 个来源，{number(len(files))} 个文件"
    yield f"{number(figures.rows.read)} 行，{words.size_words(sum(file.bytes_in for file in files))}"
    yield f"词库 {number(figures.library.size)} 个词"


def _parts(figures: Figures) -> Iterator[tuple[str, int]]:
    """Yield the parts of the bar; all reasons after the second together, so that each has a shade of its own."""
    yield "保留", figures.rows.kept
    reasons = figures.rows.rejected.most_common()
    yield "剔除", reasons[0][1] if reasons else 0
    yield "空行", figures.rows.blank
    yield "剔除：其他", sum(count for _, count in reasons[1:])


def _personal_title(figures: Figures) -> str:
    if not figures.result.settings.screen.personal:
        return "没有查个人信息"
    return f"个人信息 {number(figures.personal_sure)} 处" if figures.personal else "没有发现个人信息"


def _classifier(figures: Figures) -> dict[str, Any] | None:
    model = figures.result.settings.screen.classifier
    if model is None:
        return None
    names = words.risk_words()
    return {
        "digest": getattr(model, "digest", ""),
        "covered": list(getattr(model, "covered", ())),
        "without": [f"{code} {names.get(code, '')}" for code in getattr(model, "without_model", ())],
        "flagged": figures.total.rows["flagged"],
        "texts": figures.flagged.total(),
        "queue": figures.queue[:QUEUED],
        "listed": len(figures.queue),
    }


def _settings(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """Yield what was looked for: label, words, digest."""
    settings, library = figures.result.settings, figures.library
    allowed = f"，放行 {number(len(library.allowed))} 个" if library.allowed else ""
    yield "词库", f"{number(library.size)} 个词，{number(len(library.counts))} 类{allowed}", library.digest
    yield "归一", "全半角、大小写、繁简、不可见字符、组合符号", FOLD_SHA256
    yield "第二遍", "找改写的关键词" if settings.screen.disguises is not None else "没有做（--no-disguises）", ""
    yield "文本列", settings.options.column or "按格式自动识别", ""
    yield (
        "规则包",
        f"{figures.beside.edition}，{figures.limit.id}：{figures.limit.name_zh}超过 {limit_words(figures)}",
        "",
    )


def _how(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """Yield how it ran: label, words, no digest."""
    run = figures.result.run
    done = f"其中 {number(run['resumed'])} 片是上次做完的" if run["resumed"] else "各做一次"
    where = "本机" if run["runner"] == "local" else str(run["runner"])
    core = {"compiled": "编译的核心（C）", "pure": "纯 Python 核心"}.get(run["core"], str(run["core"]))
    yield "分片", f"{number(run['shards'])} 片，{done}", ""
    yield "怎样跑的", f"{where}，{number(run['jobs'])} 个进程，{core}", ""
    yield "用时", _time(run["seconds"]) + _speed(run), ""


def _time(seconds: float) -> str:
    minutes = seconds / 60
    if not seconds:
        return "不到 0.1 秒"
    return (
        f"{seconds:.1f} 秒" if minutes < 2 else f"{minutes:.0f} 分钟" if minutes < 120 else f"{minutes / 60:.1f} 小时"
    )


def _speed(run: dict[str, Any]) -> str:
    """Return the speed; none where some of the work was done by an earlier run."""
    if not run["seconds"] or run["resumed"]:
        return ""
    return f"，{words.size_words(int(run['bytes'] / run['seconds']))}/秒"


def _digests(figures: Figures, report: Resource) -> Iterator[tuple[str, str]]:
    yield "报告 report.json", report.sha256
    yield f"命中 {figures.result.mentions.name}", figures.result.mentions.sha256
    yield "设置", figures.result.settings_sha256
    yield "词库", figures.library.digest
    yield "归一表", FOLD_SHA256
    if (model := figures.result.settings.screen.classifier) is not None:
        yield "分类模型", str(getattr(model, "digest", ""))
    if figures.beside.human:
        yield "人工抽检", figures.beside.human_from
