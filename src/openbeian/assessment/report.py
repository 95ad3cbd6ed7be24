"""The report of one run as a single HTML file: the sum of states, rates against their limits, risks, review, runs.

Everything is read from the run's folder, so anyone who has the folder can write the same report again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from openbeian.assessment.classes import ClassRow, class_rows
from openbeian.assessment.machines import machine_flags
from openbeian.assessment.planning import chance_of_passing
from openbeian.assessment.review import Policy, Population, ReviewFolder
from openbeian.assessment.review.drawing import Answer, read_answers
from openbeian.assessment.review.folder import TASK
from openbeian.assessment.review.results import ReviewResult, Share, summarise
from openbeian.assessment.rulebook import CONTENT, RuleBook, Threshold
from openbeian.assessment.runs import ANSWERS, JOURNAL, PLAN, RESULT, STOPPED, run_numbers
from openbeian.assessment.statistics import lower_bound
from openbeian.manifest import Fault, sha256_file
from openbeian.reports import Mark, interval_chart, mini_interval, render, share_bar

PACKAGE: Final = "openbeian.assessment"
TEMPLATE: Final = "report_page.html"
_HERE = ZoneInfo("Asia/Shanghai")
_BANKS: Final = (Population.MUST_REFUSE, Population.MUST_ANSWER, Population.GENERATED)
_METRICS: Final = {
    Population.MUST_REFUSE: "should_refuse_rate",
    Population.MUST_ANSWER: "over_refusal_rate",
    Population.GENERATED: CONTENT,
}
_TITLES: Final = {
    Population.MUST_REFUSE: "应拒答题的拒答率",
    Population.MUST_ANSWER: "非拒答题的误拒率",
    Population.GENERATED: "生成内容的合格率",
}
_STATES: Final = {"answered": "已答", "failed": "出错", "planned": "未问", "sent": "在途", "uncertain": "待重问"}


@dataclass(frozen=True)
class Figure:
    """One way of looking at a bank: by people, by a machine, by a machine corrected. Rates of passes."""

    label: str
    words: str
    rate: float
    low: float
    high: float
    total: int
    bound: float | None
    is_usable: bool


@dataclass(frozen=True)
class Panel:
    """One bank: its figures against its limit, as chart and as table, and what may be said."""

    title: str
    finding: str
    is_met: bool
    chart: Markup
    figures: tuple[Figure, ...]
    limit_words: str
    note: str


def report_html(run: Path, book: RuleBook, *, is_simulated: bool = False) -> str:
    """Return the report of a finished run.

    `is_simulated` marks the figures as those of a demonstration.

    Raises:
        Fault: `run-unfinished`, `run-damaged`, `review-damaged`.
    """
    rows, result = read_answers(run), _json(run / RESULT)
    reviews = dict(_reviews(run))
    panels = [panel for population in _BANKS if (panel := _panel(population, rows, run, reviews, book))]
    classes, looked_at = _classes(rows, run, reviews, book)
    return render(
        PACKAGE,
        TEMPLATE,
        result=result,
        is_simulated=is_simulated,
        states=[(_STATES[name], count) for name, count in result["states"].items() if count or name == "answered"],
        bar=share_bar([(_STATES[name], count) for name, count in result["states"].items()], "每题的去向"),
        panels=panels,
        is_met=bool(panels) and all(panel.is_met for panel in panels),
        groups=list(_grouped(classes, book)),
        looked_at=looked_at,
        class_limit=book.thresholds[CONTENT],
        minis={row.code: _mini(row, book.thresholds[CONTENT]) for row in classes if row.interval is not None},
        names=book.names,
        reviews=list(reviews.values()),
        pending=list(_pending(run, reviews)),
        runs=list(_history(run)),
        repeated=_repeated(panels, result, book),
        records=[(name, sha256_file(run / name)) for name in (JOURNAL, ANSWERS, PLAN, RESULT) if (run / name).exists()],
        finished=_day(result["run"]["finished_at"]),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Fault("run-damaged", "评估的结果文件读不懂", "从备份恢复这个文件", file=str(path)) from error


def _reviews(run: Path) -> Iterator[tuple[Population, ReviewResult]]:
    """Yield the reviews of this run that are complete."""
    for population in _BANKS:
        folder = ReviewFolder(run / "review" / population.value)
        if (folder.path / TASK).exists() and (review := folder.load()).is_complete:
            flags = machine_flags(run, population, review.task.policy)
            yield population, summarise(review, flags, folder.marks_sha256)


def _pending(run: Path, reviews: Mapping[Population, ReviewResult]) -> Iterator[str]:
    """Yield the banks whose answers people have not (yet) reviewed."""
    asked = {row["expect"] for row in read_answers(run)}
    for population in _BANKS:
        if population.value in asked and population not in reviews:
            begun = (run / "review" / population.value / TASK).exists()
            yield f"{population.word}：{'复核还没有完成' if begun else '没有人工复核'}，机器判定的误差未知"


def _panel(
    population: Population,
    rows: Sequence[Answer],
    run: Path,
    reviews: Mapping[Population, ReviewResult],
    book: RuleBook,
) -> Panel | None:
    """Return the panel of one bank, people first; None when nothing of it was asked or judged."""
    if not any(row["expect"] == population.value for row in rows):
        return None
    review = reviews.get(population)
    policy = review.task.policy if review else Policy()
    raw = {
        name: Share(sum(not flag for flag in flags.values()), len(flags))
        for name, flags in machine_flags(run, population, policy).items()
    }
    figures = tuple(_figures(review, raw))
    if not figures:
        return None
    limit = book.thresholds[_METRICS[population]]
    wanted = _pass_limit(limit)
    best = next((figure for figure in figures if figure.is_usable), figures[0])
    is_met = best.rate >= float(wanted) and (limit.sample is None or best.total >= limit.sample)
    words = f"合格线 {float(wanted):.0%}"
    return Panel(
        title=_TITLES[population],
        finding=_finding(population, best, float(wanted), is_met=is_met),
        is_met=is_met,
        chart=interval_chart(
            [_mark(figure, float(wanted)) for figure in figures], float(wanted), words, _TITLES[population]
        ),
        figures=figures,
        limit_words=f"{limit.id}，{limit.clause}",
        note=_note(review, best, limit),
    )


def _pass_limit(limit: Threshold) -> Fraction:
    """Return the least share of passes: a limit on failures turned round."""
    return 1 - Fraction(limit.value) if limit.operator in {"<=", "<"} else Fraction(limit.value)


def _figures(review: ReviewResult | None, raw: Mapping[str, Share]) -> Iterator[Figure]:
    if review is not None and review.core.interval is not None and review.core.rate is not None:
        core = review.core
        yield _figure(f"双人复核 {core.total} 条", core, is_usable=True)
    corrected = {one.name: one.correction for one in review.machines} if review else {}
    for name, share in raw.items():
        if share.interval is None:
            continue
        found = corrected.get(name)
        if found is not None and found.estimate is not None:
            low, high = 1 - found.high, 1 - found.low
            rate = 1 - found.estimate
            yield Figure(
                f"{name}，经复核校正", _words(rate, low, high), rate, low, high, share.total, None, is_usable=True
            )
        yield _figure(f"{name} {share.total} 条，未校正", share, is_usable=False)


def _figure(label: str, share: Share, *, is_usable: bool) -> Figure:
    interval, rate = share.interval, share.rate
    assert interval is not None, "asked for only where there is something"
    assert rate is not None, "as above"
    bound = lower_bound(share.passed, share.total)
    words = f"{share.passed}/{share.total}　{_words(rate, interval.low, interval.high)}"
    return Figure(label, words, rate, interval.low, interval.high, share.total, bound, is_usable=is_usable)


def _words(rate: float, low: float, high: float) -> str:
    return f"{rate:.1%}（{low * 100:.1f}–{high * 100:.1f}）"


def _mark(figure: Figure, limit: float) -> Mark:
    tone = "open" if not figure.is_usable else "ok" if figure.rate >= limit else "bad"
    return Mark(figure.label, figure.rate, figure.low, figure.high, figure.words, tone)


def _finding(population: Population, best: Figure, limit: float, *, is_met: bool) -> str:
    name = {"refuse": "应拒答题该拒的", "answer": "非拒答题没有误拒的", "any": "生成内容合格的"}[population.value]
    side = "达到" if is_met else "未达到"
    sure = best.low >= limit
    span = "区间整个在线上" if sure else "区间整个在线下" if best.high < limit else "区间跨过合格线"
    return f"{name}占 {best.rate:.1%}，{side}合格线，{span}"


def _note(review: ReviewResult | None, best: Figure, limit: Threshold) -> str:
    parts = []
    if not best.is_usable:
        parts.append("这是机器自己的判定，没有人工复核，误差未知，不宜直接引用")
    elif best.bound is not None:
        shown = best.bound >= float(_pass_limit(limit))
        parts.append(f"单侧 95% 下界 {best.bound:.1%}，{'有' if shown else '没有'}95%把握达到")
    if limit.sample is not None and best.total < limit.sample:
        parts.append(f"抽样少于规定的 {limit.sample}")
    if review is not None:
        parts.append(review.task.policy.words)
    return "；".join(parts) + "。"


def _classes(
    rows: Sequence[Answer], run: Path, reviews: Mapping[Population, ReviewResult], book: RuleBook
) -> tuple[tuple[ClassRow, ...], str]:
    """Return a row for each risk of the content bank, by people where they reviewed it, else by the strictest machine."""
    limit = book.thresholds[CONTENT].value
    review = reviews.get(Population.GENERATED)
    if review is not None:
        counts = {code: review.strata.get(code, Share(0, 0)) for code in book.risks}
        found = {code: (share.total - share.passed, share.total) for code, share in counts.items()}
        return class_rows(found, limit), "双人复核"
    machines = machine_flags(run, Population.GENERATED, Policy())
    if not machines:
        return (), ""
    name, flags = max(machines.items(), key=lambda pair: sum(pair[1].values()))
    of = {row["id"]: row["class2"] for row in rows}
    by_code: dict[str, list[bool]] = {code: [] for code in book.risks}
    for item, flag in flags.items():
        by_code.setdefault(of[item], []).append(flag)
    return class_rows({code: (sum(marks), len(marks)) for code, marks in by_code.items()}, limit), f"{name}，未校正"


def _grouped(rows: Sequence[ClassRow], book: RuleBook) -> Iterator[tuple[str, list[ClassRow]]]:
    groups: dict[str, list[ClassRow]] = {}
    for row in rows:
        groups.setdefault(row.code.rpartition(".")[0] if row.code in book.names else "其他", []).append(row)
    yield from groups.items()


def _mini(row: ClassRow, limit: Threshold) -> Markup:
    assert row.interval is not None, "asked for only where there is something"
    assert row.rate is not None, "as above"
    tone = "bad" if row.is_below else "ok"
    return mini_interval(row.rate, row.interval.low, row.interval.high, float(limit.value), tone)


def _history(run: Path) -> Iterator[dict[str, Any]]:
    """Yield every run kept beside this one, the newest first."""
    out = run.parent.parent
    for number in reversed(run_numbers(out)):
        folder = out / "runs" / str(number)
        row: dict[str, Any] = {"number": number, "is_this": folder.resolve() == run.resolve(), "rates": {}}
        if (folder / RESULT).exists():
            result = _json(folder / RESULT)
            rates = {metric["name"]: metric["value"] for metric in result["metrics"] if metric["subject"] is None}
            yield row | {
                "day": _day(result["run"]["finished_at"]),
                "model": result["model"]["weights_sha256"] or result["model"]["name"],
                "bank": result["bank"]["digest"],
                "rates": rates,
                "words": "完成",
            }
        else:
            plan = _json(folder / PLAN) if (folder / PLAN).exists() else {"planned_at": None, "model": "", "bank": ""}
            words = "停止：" + _json(folder / STOPPED)["why"] if (folder / STOPPED).exists() else "中断"
            yield row | {"day": _day(plan["planned_at"]), "model": plan["model"], "bank": plan["bank"], "words": words}


def _day(moment: str | None) -> str:
    return datetime.fromisoformat(moment).astimezone(_HERE).strftime("%Y-%m-%d %H:%M") if moment else "—"


def _repeated(panels: Sequence[Panel], result: Mapping[str, Any], book: RuleBook) -> str:
    """Say why the number of runs stands here, with the chance that repeating lifts a service over the line."""
    limit = book.thresholds["should_refuse_rate"]
    total = result["bank"]["questions"]
    if not panels or not total:
        return ""
    true_rate = float(Fraction(limit.value)) - 0.01  # one point below the line: who just misses it
    once = chance_of_passing(total, limit.value, true_rate)
    thrice = 1 - (1 - once) ** 3
    return (
        f"为什么写次数：真实比率只有 {true_rate:.0%}、合格线 {limit.value} 的服务，问 {total} 题，"
        f"一次达标的可能是 {once:.0%}，三次挑最好的是 {thrice:.0%}。"
    )
