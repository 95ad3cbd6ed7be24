"""The report of one run as a single HTML file: the sum of states, rates against their limits, risks, review, runs.

Everything is read from the run's folder, so anyone who has the folder can write the same report again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from openbeian.assessment.borrowing import Borrowed, borrow
from openbeian.assessment.classes import ClassRow, class_rows
from openbeian.assessment.history import day, history
from openbeian.assessment.machines import machine_flags
from openbeian.assessment.panels import METRICS, SAMPLE, SIGNS, Looked, Panel, panel
from openbeian.assessment.planning import chance_of_best, chance_of_passing
from openbeian.assessment.review import Policy, Population, ReviewFolder
from openbeian.assessment.review.drawing import Answer, read_answers
from openbeian.assessment.review.folder import TASK
from openbeian.assessment.review.results import ReviewResult, Share, summarise
from openbeian.assessment.rulebook import CONTENT, RuleBook
from openbeian.assessment.runs import ANSWERS, JOURNAL, PLAN, RESULT
from openbeian.manifest import Fault, sha256_file
from openbeian.reports import mini_interval, render, share_bar

PACKAGE: Final = "openbeian.assessment"
TEMPLATE: Final = "report_page.html"
_BANKS: Final = (Population.MUST_REFUSE, Population.MUST_ANSWER, Population.GENERATED)
_BANK_WORDS: Final = {
    Population.MUST_REFUSE: "应拒答题",
    Population.MUST_ANSWER: "非拒答题",
    Population.GENERATED: "生成内容题",
}
Group = tuple[str, list[ClassRow]]
_STATES: Final = {"answered": "已答", "failed": "出错", "planned": "未问", "sent": "在途", "uncertain": "待重问"}


def report_html(run: Path, book: RuleBook, *, lent_by: Sequence[ReviewFolder] = (), is_simulated: bool = False) -> str:
    """Return the report of a finished run.

    Args:
        run: the run's folder.
        book: thresholds and names.
        lent_by: complete reviews of other runs, by which machines are corrected where this run has no review of its own.
        is_simulated: mark the figures as those of a demonstration.

    Raises:
        Fault: `run-unfinished`, `run-damaged`, `review-damaged`; as `borrow`.
    """
    rows, result = read_answers(run), _json(run / RESULT)
    reviews = dict(_reviews(run))
    lent = {folder.task.population: borrow(run, folder) for folder in lent_by}
    looked = [_looked(population, rows, run, reviews, lent) for population in _BANKS]
    panels = [found for each in looked if (found := panel(each, book)) is not None]
    classes, looked_at = _classes(rows, run, reviews, book)
    by_people = Population.GENERATED in reviews
    return render(
        PACKAGE,
        TEMPLATE,
        result=result,
        is_simulated=is_simulated,
        states=[(_STATES[name], count) for name, count in result["states"].items() if count or name == "answered"],
        bar=share_bar([(_STATES[name], count) for name, count in result["states"].items()], "每题的去向"),
        banks=[(_BANK_WORDS[each.population], each.asked) for each in looked if each.asked],
        panels=panels,
        short=list(_short(result, book)),
        sides=_sides(list(_grouped(classes))),
        risks_title=_risks_title(classes, by_people=by_people),
        by_people=by_people,
        looked_at=looked_at,
        class_limit=f"{float(Fraction(book.thresholds[CONTENT].value)):.0%}",
        too_few=sum(bool(row.total) and not row.can_be_shown for row in classes),
        minis={row.code: _mini(row, book, by_people=by_people) for row in classes if row.interval is not None},
        names=book.names,
        reviews=list(reviews.values()),
        pending=list(_pending(looked)),
        runs=list(history(run)),
        repeated=_repeated(panels, book),
        records=list(_records(run, reviews)),
        finished=day(result["run"]["finished_at"]),
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


def _looked(
    population: Population,
    rows: Sequence[Answer],
    run: Path,
    reviews: Mapping[Population, ReviewResult],
    lent: Mapping[Population, tuple[Borrowed, ...]],
) -> Looked:
    review = reviews.get(population)
    policy = review.task.policy if review is not None else Policy()
    machines = {
        name: Share(sum(not flag for flag in flags.values()), len(flags))
        for name, flags in machine_flags(run, population, policy).items()
        if flags
    }
    asked = sum(row["expect"] == population.value for row in rows)
    return Looked(population, asked, machines, review, () if review is not None else lent.get(population, ()))


def _pending(looked: Sequence[Looked]) -> Iterator[str]:
    """Yield the banks whose answers people have not (yet) reviewed."""
    for each in looked:
        if each.asked and each.review is None:
            yield f"{each.population.word}没有完成的双人复核，机器判定的误差未知"


def _short(result: Mapping[str, Any], book: RuleBook) -> Iterator[str]:
    """Yield what the bank falls short of: each total, and how many classes of each kind."""
    others = {*METRICS.values(), SAMPLE}  # rates and their samples have panels of their own
    missed = [one for one in result["statements"] if not one["meets"] and one["threshold"]["metric"] not in others]
    for one in missed:
        if one["subject"] is None:
            yield f"{_asked_for(one, book)}，现有 {one['value']}"
    for words, count in Counter(_asked_for(one, book) for one in missed if one["subject"] is not None).items():
        yield f"{words}，{count} 类不足"


def _asked_for(statement: Mapping[str, Any], book: RuleBook) -> str:
    limit = book.thresholds[statement["threshold"]["metric"]]
    return f"{limit.name} {SIGNS[limit.operator]} {limit.value}"


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


def _grouped(rows: Sequence[ClassRow]) -> Iterator[Group]:
    groups: dict[str, list[ClassRow]] = {}
    for row in rows:
        head, _, tail = row.code.rpartition(".")
        groups.setdefault(head if head and len(tail) == 1 else "其他", []).append(row)
    yield from groups.items()


def _sides(groups: Sequence[Group]) -> list[list[Group]]:
    """Divide the groups into two columns of about the same length, in their order."""
    whole, before = sum(len(rows) for _, rows in groups), 0
    sides: list[list[Group]] = [[], []]
    for group in groups:
        sides[before * 2 >= whole].append(group)
        before += len(group[1])
    return [side for side in sides if side]


def _risks_title(rows: Sequence[ClassRow], *, by_people: bool) -> str:
    """Say the finding: how many risks are below for sure (said by people alone), how many to look at first."""
    below = sum(row.is_below for row in rows) if by_people else 0
    first = sum(row.is_first or row.is_below for row in rows) - below
    empty = sum(not row.total for row in rows)
    found = f"{below} 种低于门槛" if below else "没有一种确定低于门槛"
    parts = [found if by_people else "机器初判，不作结论"]
    parts += [f"{first} 种先看"] if first else []
    parts += [f"{empty} 种没有题"] if empty else []
    return f"{len(rows)} 种风险：{'，'.join(parts)}"


def _mini(row: ClassRow, book: RuleBook, *, by_people: bool) -> Markup:
    assert row.interval is not None, "asked for only where there is something"
    assert row.rate is not None, "as above"
    tone = "open" if not by_people else "bad" if row.is_below else "ok"
    limit = float(Fraction(book.thresholds[CONTENT].value))
    return mini_interval(row.rate, row.interval.low, row.interval.high, limit, tone)


def _records(run: Path, reviews: Mapping[Population, ReviewResult]) -> Iterator[tuple[str, str]]:
    """Yield every record that a figure rests on, with its digest."""
    for name in (JOURNAL, ANSWERS, PLAN, RESULT):
        if (run / name).exists():
            yield name, sha256_file(run / name)
    for population, review in reviews.items():
        yield f"{population.word}：复核任务", review.task.digest
        yield f"{population.word}：全部标注", review.marks_sha256


def _repeated(panels: Sequence[Panel], book: RuleBook) -> str:
    """Say why the number of runs stands here, with the chance that repeating lifts a service over the line."""
    limit = book.thresholds[METRICS[Population.MUST_REFUSE]]
    total = next((one.total for one in panels if one.name == limit.name), 0)
    if not total:
        return ""
    true_rate = Fraction(limit.value) - Fraction(1, 100)  # one point below the line: who just misses it
    once = chance_of_passing(total, limit.value, float(true_rate))
    return (
        f"为什么写次数：真实拒答率只有 {float(true_rate):.0%} 的服务，看 {total} 题，一次达到 {float(Fraction(limit.value)):.0%} "
        f"的可能是 {once:.0%}，问三次挑最好的是 {chance_of_best(3, once):.0%}。"
    )
