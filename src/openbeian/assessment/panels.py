"""One bank in a report: what people, a machine, and a machine corrected by people say of its rate, against its limit.

Rates stand as the rule counts them: refusals of the two refusal banks, qualified answers of the content bank. People
come first; a machine that nobody reviewed is drawn hollow and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from markupsafe import Markup

from openbeian.assessment.borrowing import Borrowed
from openbeian.assessment.correction import Correction
from openbeian.assessment.review import Population
from openbeian.assessment.review.results import ReviewResult, Share
from openbeian.assessment.rulebook import CONTENT, RuleBook, Threshold
from openbeian.assessment.statistics import compare, is_shown, lower_bound, most_failures_shown
from openbeian.reports import Mark, interval_chart, scale_of

METRICS: Final = {
    Population.MUST_REFUSE: "should_refuse_rate",
    Population.MUST_ANSWER: "over_refusal_rate",
    Population.GENERATED: CONTENT,
}
SAMPLE: Final = "refusal_sample"
RATES: Final = {
    Population.MUST_REFUSE: "拒答率",
    Population.MUST_ANSWER: "误拒率",
    Population.GENERATED: "合格率",
}
SIGNS: Final = {">=": "≥", "<=": "≤", ">": "＞", "<": "＜", "==": "＝"}
Reach = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """One way of looking at a bank: the rate with its interval, None where there is no valid one; `is_usable` to decide."""

    label: str
    more: str
    rate: float
    reach: Reach | None
    count: str
    is_usable: bool


@dataclass(frozen=True)
class Panel:
    """One bank: its figures against its limit, as chart and as table, and what may be said.

    `tone` is `ok`, `bad`, or `warn` where only a machine has looked.
    """

    name: str
    title: str
    rate: float
    limit_words: str
    tone: str
    verdict: str
    certainty: str
    chart: Markup
    figures: tuple[Figure, ...]
    note: str
    total: int


@dataclass(frozen=True)
class Looked:
    """What is known of one bank: the machines' own shares of passes, its review when complete, corrections from elsewhere."""

    population: Population
    asked: int
    machines: Mapping[str, Share]
    review: ReviewResult | None = None
    borrowed: tuple[Borrowed, ...] = ()


def panel(looked: Looked, book: RuleBook) -> Panel | None:
    """Return the panel of one bank; None when nobody and nothing has looked at it."""
    limit = book.thresholds[METRICS[looked.population]]
    figures = tuple(_figures(looked, limit))
    if not figures:
        return None
    core = looked.review.core if looked.review is not None and looked.review.core.total else None
    best = figures[0]
    wanted = float(Fraction(limit.value))
    marks = [_mark(figure, limit) for figure in figures]
    least = limit.sample or book.sample_size(SAMPLE)
    tone = "warn" if core is None else "ok" if _meets(core, limit, least) else "bad"
    words = f"{SIGNS[limit.operator]} {wanted:.0%}"
    name = RATES[looked.population]
    return Panel(
        name=limit.name if looked.population is not Population.GENERATED else "生成内容的合格率",
        title=_title(name, best, limit, is_machine=core is None),
        rate=best.rate,
        limit_words=f"门槛 {words}（{limit.clause}）",
        tone=tone,
        verdict={"ok": "达到门槛", "bad": "未达到门槛", "warn": "机器初判，误差未知"}[tone],
        certainty=_certainty(core, limit) if core is not None else "未经人工复核，不作结论",
        chart=interval_chart(marks, wanted, f"门槛 {words}", name),
        figures=figures,
        note=_note(looked, core, limit, least, scale_of(marks, wanted).low),
        total=core.total if core is not None else next(iter(looked.machines.values())).total,
    )


def _is_ceiling(limit: Threshold) -> bool:
    """Whether the rule limits what is bad, and not what is good."""
    return limit.operator in {"<=", "<"}


def _turned(limit: Threshold, rate: float, low: float, high: float) -> tuple[float, Reach]:
    """Return a rate of passes with its interval as the rule counts it."""
    return (1 - rate, (1 - high, 1 - low)) if _is_ceiling(limit) else (rate, (low, high))


def _figures(looked: Looked, limit: Threshold) -> Iterator[Figure]:
    review = looked.review
    if review is not None and review.core.total:
        yield _counted("双人复核", review.core, limit, is_usable=True)
        if review.weighted is not None:
            found = review.weighted
            rate, reach = _turned(limit, found.rate, found.interval.low, found.interval.high)
            marked = sum(share.total for share in review.strata.values())
            yield Figure("复核，按类加权", f"，{marked} 条", rate, reach, f"有效 {found.effective:.0f}", is_usable=True)
    corrected = {one.name: one.correction for one in review.machines} if review is not None else {}
    lent = {one.name: one.correction for one in looked.borrowed}
    for name, share in looked.machines.items():
        yield from _corrected(f"{name}，校正", share, corrected.get(name), limit, is_usable=True)
        yield _counted(f"{name}，未校正", share, limit, is_usable=False)
        yield from _corrected(f"{name}，借用校正", share, lent.get(name), limit, is_usable=False)


def _counted(label: str, share: Share, limit: Threshold, *, is_usable: bool) -> Figure:
    interval, rate = share.interval, share.rate
    assert interval is not None, "asked for only where there is something"
    assert rate is not None, "as above"
    seen, reach = _turned(limit, rate, interval.low, interval.high)
    events = share.total - share.passed if _is_ceiling(limit) else share.passed
    return Figure(label, f"，{share.total} 条", seen, reach, f"{events} / {share.total}", is_usable=is_usable)


def _corrected(
    label: str, share: Share, found: Correction | None, limit: Threshold, *, is_usable: bool
) -> Iterator[Figure]:
    """Yield the figure of a correction, which is a rate of failures; one without a valid interval is hollow."""
    if found is None or found.estimate is None:
        return
    rate, reach = _turned(limit, 1 - found.estimate, max(0.0, 1 - found.high), min(1.0, 1 - found.low))
    usable = is_usable and found.doubt is None
    yield Figure(label, "", rate, None if found.doubt else reach, f"— / {share.total}", is_usable=usable)


def _mark(figure: Figure, limit: Threshold) -> Mark:
    words = f"{figure.rate:.1%}"
    if figure.reach is not None:
        words += f"（{figure.reach[0] * 100:.1f}–{figure.reach[1] * 100:.1f}）"
    is_met = compare(limit.operator, Fraction(figure.rate).limit_denominator(10**9), Fraction(limit.value))
    tone = "open" if not figure.is_usable else "ok" if is_met else "bad"
    return Mark(figure.label, figure.rate, figure.reach, words, tone, figure.more)


def _meets(core: Share, limit: Threshold, least: int) -> bool:
    """Whether the rule is met by the people's counts, in exact integers, on a sample as large as it asks for."""
    events = core.total - core.passed if _is_ceiling(limit) else core.passed
    return core.total >= least and compare(limit.operator, Fraction(events, core.total), Fraction(limit.value))


def _pass_limit(limit: Threshold) -> str:
    """Return the limit as a least share of passes, a decimal string."""
    wanted = Fraction(limit.value)
    return str(1 - wanted if _is_ceiling(limit) else wanted)


def _title(name: str, best: Figure, limit: Threshold, *, is_machine: bool) -> str:
    wanted = float(Fraction(limit.value))
    said = f"{'机器初判的' if is_machine else ''}{name} {best.rate:.1%}"
    if is_machine:
        return f"{said}，误差未知"
    low, high = best.reach or (0.0, 1.0)
    if low >= wanted:
        return f"{said}，区间整个在 {wanted:.0%} 以上"
    return f"{said}，区间整个在 {wanted:.0%} 以下" if high <= wanted else f"{said}，区间跨过 {wanted:.0%}"


def _certainty(core: Share, limit: Threshold) -> str:
    wanted = _pass_limit(limit)
    if most_failures_shown(core.total, wanted) is None:
        return "样本太小，无论结果如何都不能有 95% 把握"
    return f"{'有' if is_shown(core.passed, core.total, wanted) else '没有'} 95% 把握达到（单侧）"


def _note(looked: Looked, core: Share | None, limit: Threshold, least: int, axis: float) -> str:
    parts = []
    if core is None:
        parts.append(f"{looked.population.word}问了 {looked.asked} 题，没有完成的双人复核，机器判定的误差未知")
    else:
        parts.append(f"从{looked.population.word} {looked.asked} 条中按种子抽 {core.total} 条双人复核")
        parts.append(_bounds(looked, core, limit))
        if core.total < least:
            parts.append(f"少于规定的 {least} 条，不算达到")
    parts += _how_corrected(looked)
    if looked.review is not None:
        parts.append(looked.review.task.counting)
    if axis > 0:
        parts.append(f"横轴从 {axis * 100:g}% 起")
    return "；".join(parts) + "。"


def _bounds(looked: Looked, core: Share, limit: Threshold) -> str:
    """Name both populations: questions of this kind (binomial), and this very batch (hypergeometric)."""
    kind = lower_bound(core.passed, core.total)
    batch = looked.review.finite_bound if looked.review is not None else None
    side, turned = ("上界", 1 - kind) if _is_ceiling(limit) else ("下界", kind)
    words = f"单侧 95% {side} {turned:.1%}（这一类问题）"
    return words if batch is None else f"{words}、{1 - batch if _is_ceiling(limit) else batch:.1%}（本批）"


def _how_corrected(looked: Looked) -> Iterator[str]:
    for one in looked.review.machines if looked.review is not None else ():
        found = one.correction
        if found is not None and found.doubt is not None:
            yield f"{one.name}：{found.doubt}"
        elif found is not None and found.weight is not None and found.gain is not None:
            yield f"{one.name}用复核校正（PPI++，λ = {found.weight:.2f}），相当于多标 {found.gain:.2f} 倍"
        elif one.shared:
            yield f"{one.name}判的每一条人都复核了，以人工为准"
    if looked.borrowed:
        yield "借用校正（Rogan–Gladen）：误差在别处的应答上测得，情形不同就不准，只作参考"
