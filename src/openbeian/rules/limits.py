"""One threshold of a clause against what was measured, or against what the manifest states; exact, never in floats."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from openbeian.rules.admissible import EARLIEST, Admissible
from openbeian.rules.calendar import legal_day
from openbeian.rules.conditions import value_at
from openbeian.rules.packs import risk_pack
from openbeian.rules.shapes import Clause, ClausePack, Level, Threshold
from openbeian.rules.verdicts import EvidenceView, MetricValue

ASPECTS = ("aspects",)
LISTED = 3
MOST_DIGITS = 12
MOST_DAYS = date.max.toordinal()
DECIMAL_DIGITS = 40
RATIO_UNIT = "ratio"
UNITS = {
    "questions": "题",
    "items": "条",
    "risks": "类",
    "times": "次",
    "clicks": "次点击",
    "persons": "人",
    "days": "天",
    "items,ratio": "条",
    "questions,ratio": "题",
}
COMPARE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    ">=": lambda measured, bound: measured >= bound,
    "<=": lambda measured, bound: measured <= bound,
    ">": lambda measured, bound: measured > bound,
    "==": lambda measured, bound: measured == bound,
}
SIGNS = {">=": "不低于", "<=": "不高于", ">": "高于", "==": "等于"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one threshold came out; without `evidence` it speaks of the manifest's own words, or of nothing.

    `figures` are the latest on each subject, also those that have ended.
    """

    is_met: bool
    words: str
    level: Level
    evidence: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """The latest figure on one subject, the record it comes from, how many older ones there are.

    `ended` says why the record does not count any more; None when it does.
    """

    metric: MetricValue
    digest: str
    older: int
    ended: str | None = None


def outcome(pack: ClausePack, clause: Clause, limit: Threshold, evidence: Admissible, plain: dict[str, Any]) -> Outcome:
    """Hold a threshold against the figures of the evidence, and against the manifest where it states one.

    A later figure on the same subject replaces an earlier one; the words say how many there were. When the latest has
    ended, the subject has no figure: an older one does not come back.
    """
    stated = _stated(limit, plain)
    wanted = clause.metric_subjects.get(limit.id)
    latest = _latest(evidence, limit.metric, wanted)
    measured = tuple(_aged(evidence, latest) if limit.is_age else latest)
    if stated is not None and (not stated.is_met or not measured):
        return replace(stated, figures=measured)
    if not measured:
        return _nothing(limit, _name(limit, wanted))
    current = [figure for figure in measured if figure.ended is None]
    lapsed = tuple(dict.fromkeys(figure.ended for figure in measured if figure.ended is not None))
    digests = tuple(dict.fromkeys(figure.digest for figure in current))
    if lapsed and not limit.subjects:
        return _lapsed(limit, _name(limit, wanted), lapsed, digests, measured)
    met, words = (
        _each_subject(pack, limit, [figure.metric for figure in current])
        if limit.subjects
        else _all_met(limit, current)
    )
    words = "；".join([words, *(lapsed if not met else ())])
    return Outcome(is_met=met, words=words, level=limit.level, evidence=digests, figures=measured)


def _name(limit: Threshold, wanted: str | None) -> str:
    return f"{limit.name_zh}（{wanted}）" if wanted else limit.name_zh


def _nothing(limit: Threshold, name: str) -> Outcome:
    return Outcome(is_met=False, words=f"没有“{name}”的数据（{limit.id}）", level=limit.level, missing=(name,))


def _lapsed(
    limit: Threshold, name: str, reasons: Sequence[str], digests: tuple[str, ...], measured: tuple[Figure, ...]
) -> Outcome:
    """Say that a figure is there but has ended; the others, if any, do not stand for it."""
    words = f"“{name}”没有有效的数据（{limit.id}）：{'；'.join(reasons)}"
    return Outcome(is_met=False, words=words, level=limit.level, evidence=digests, missing=(name,), figures=measured)


def _latest(evidence: Admissible, name: str, wanted: str | None) -> list[Figure]:
    """Return the latest figure for each subject; `wanted` keeps one subject only, "" the figures without a subject.

    A record whose place another has taken gives no figure, but stays counted among the earlier ones.
    """
    found: dict[str, Figure] = {}
    runs: Counter[str] = Counter()
    for view in evidence.own:
        for metric in view.metrics:
            subject = metric.subject or ""
            if metric.name != name or (wanted is not None and subject != wanted):
                continue
            runs[subject] += 1
            if view.digest not in evidence.replaced:
                found[subject] = Figure(metric, view.digest, runs[subject] - 1, evidence.reasons.get(view.digest))
    return list(found.values())


def _aged(evidence: Admissible, latest: Sequence[Figure]) -> list[Figure]:
    """Return how old, at the moment of finding, what the latest record used is."""
    made = {view.digest: view.made_at for view in evidence.own}
    newest = max(latest, key=lambda figure: made[figure.digest] or EARLIEST, default=None)
    if newest is None:
        return []
    metric = aged(newest.metric, (*evidence.own, *evidence.foreign), evidence.now)
    return [replace(newest, metric=metric, older=0)]


def aged(metric: MetricValue, views: Iterable[EvidenceView], now: datetime) -> MetricValue:
    """Return a figure of age as it stands at a moment, in legal days; `metric` is one of the views' own.

    Its subject is the version (its hash): the version is as old as the record says that had it first, whichever record
    that is, so that measuring the same version again makes it no younger.
    """
    same = [
        (one, view.made_at)
        for view in views
        for one in view.metrics
        if one is metric or (one.name == metric.name and one.subject == metric.subject is not None)
    ]
    # Whole days, a begun one counts; what no calendar holds is cut off.
    days = max(min(math.ceil(one.amount), MOST_DAYS) + _days_since(moment, now) for one, moment in same)
    return replace(metric, value=float(days), decimal=str(days), subject=None)


def _days_since(moment: datetime | None, now: datetime) -> int:
    return 0 if moment is None or moment >= now else (legal_day(now) - legal_day(moment)).days


def _stated(limit: Threshold, plain: dict[str, Any]) -> Outcome | None:
    """Return what the manifest's own figure comes to; rows are counted when it is a list."""
    value = value_at(plain, limit.manifest) if limit.manifest else None
    if value is None:
        return None
    number = len(value) if isinstance(value, list) else value
    metric = MetricValue(limit.metric, float(number), limit.unit, decimal=str(number))
    return Outcome(is_met=meets(limit, metric), words=f"清单所写{_words(limit, metric)}", level=limit.level)


def _all_met(limit: Threshold, figures: Sequence[Figure]) -> tuple[bool, str]:
    """Every subject's figure must meet the limit, one for each source; the ones that do not are named."""
    short = [figure for figure in figures if not meets(limit, figure.metric)]
    return not short, "；".join(_words(limit, figure.metric) + _runs(figure) for figure in (short or figures[-1:]))


def _runs(figure: Figure) -> str:
    return f"，以最近一次为准，此前另有 {figure.older} 次" if figure.older else ""


def _each_subject(pack: ClausePack, limit: Threshold, metrics: Sequence[MetricValue]) -> tuple[bool, str]:
    """Each risk of the limit's groups (or each aspect) must meet it by itself; one without a figure counts as zero."""
    risks = risk_pack().risks
    is_aspects = limit.subjects == ASPECTS
    wanted = pack.aspects.values if is_aspects else tuple(risk.code for risk in risks if risk.group in limit.subjects)
    known = {metric.subject: metric for metric in metrics}
    short = [subject for subject in wanted if subject not in known or not meets(limit, known[subject])]
    name, unit = "方面" if is_aspects else "类", UNITS.get(limit.unit, "")
    if not short:
        return True, f"{limit.name_zh}：{len(wanted)} {name}各不少于 {limit.value} {unit}（{limit.id}）"
    listed = "、".join(short[:LISTED]) + ("等" if len(short) > LISTED else "")
    words = f"{limit.name_zh}：{len(wanted)} {name}中 {len(short)} {name}少于 {limit.value} {unit}，如 {listed}"
    return False, f"{words}（{limit.id}）"


def meets(limit: Threshold, metric: MetricValue) -> bool:
    """Tell whether one figure meets a threshold; a trigger (T01, T20, T21) must not be exceeded."""
    if isinstance(limit.value, dict):
        return _has_sample(limit.value, metric) and _has_pass_rate(limit.value, metric)
    measured = metric.exact if limit.unit == RATIO_UNIT else Fraction(metric.amount)
    bound = Fraction(Decimal(limit.value))
    return COMPARE["<=" if limit.trigger else limit.op](measured, bound)


def _has_sample(value: dict[str, str], metric: MetricValue) -> bool:
    """A sample must be large enough: in items (T12, T14), or as a share of the whole (T13)."""
    if "sample" in value:
        return (metric.total or 0) >= Decimal(value["sample"])
    return metric.amount >= Decimal(value["sample_ratio"])


def _has_pass_rate(value: dict[str, str], metric: MetricValue) -> bool:
    if metric.passed is None or not metric.total:
        return False
    return Fraction(metric.passed, metric.total) >= Fraction(Decimal(value["pass_rate"]))


def _words(limit: Threshold, metric: MetricValue) -> str:
    """Say what was measured, on how many, what the limit is, and when the sample is too small."""
    about = f"{limit.name_zh}（{metric.subject}）" if metric.subject else limit.name_zh
    if isinstance(limit.value, dict):
        return f"{about}：{_sample_words(limit, limit.value, metric)}（{limit.id}）"
    if limit.unit == RATIO_UNIT:
        return f"{about}：{_ratio_words(limit, limit.value, metric)}（{limit.id}）"
    unit = UNITS.get(limit.unit, "")
    if limit.trigger:
        wanted = f"应在 {limit.value} {unit}以内"
    elif limit.op == ">=" and not meets(limit, metric):
        wanted = f"太小，要求不少于 {limit.value} {unit}"
    else:
        wanted = f"要求{SIGNS[limit.op]} {limit.value} {unit}"
    since = "（现版本自首次留下记录起）" if limit.is_age else ""
    return f"{about}：{plain_decimal(metric.amount)} {unit}{since}，{wanted}（{limit.id}）"


def _ratio_words(limit: Threshold, bound: str, metric: MetricValue) -> str:
    least = Fraction(Decimal(bound))
    parts = [_percent(metric.exact, least)]
    if metric.total:
        parts.append(f"{metric.passed}/{metric.total}")
    if metric.low is not None and metric.high is not None:
        parts.append(f"95% 区间 {metric.low:.1%}–{metric.high:.1%}")
    wanted = _percent(least)
    parts.append(f"超过 {wanted} 不用" if limit.trigger else f"要求{SIGNS[limit.op]} {wanted}")
    return "，".join(parts)


def _sample_words(limit: Threshold, value: dict[str, str], metric: MetricValue) -> str:
    unit = UNITS.get(limit.unit, "条")
    parts = [f"抽 {metric.total or 0} {unit}，合格 {metric.passed or 0} {unit}"]
    if metric.passed is not None and metric.total:
        parts[0] += f"（{_percent(Fraction(metric.passed, metric.total), Fraction(Decimal(value['pass_rate'])))}）"
    size = f"不少于 {value['sample']} {unit}" if "sample" in value else _share(value["sample_ratio"])
    parts.append(f"要求抽样{size}，合格率不低于 {_percent(Fraction(Decimal(value['pass_rate'])))}")
    if not _has_sample(value, metric):
        parts.append("样本太小")
    return "，".join(parts)


def _percent(share: Fraction, bound: Fraction | None = None) -> str:
    """Return a share in per cent with two digits; with more where two would make it look like the bound it is not."""
    digits = 2
    while bound is not None and digits < MOST_DIGITS and _rounded(share, digits) == bound * 100:
        digits += 1
    return plain_decimal(_rounded(share, digits)) + "%"


def _rounded(share: Fraction, digits: int) -> Decimal:
    hundredfold = share * 100
    with localcontext(prec=DECIMAL_DIGITS):
        return round(Decimal(hundredfold.numerator) / hundredfold.denominator, digits)


def plain_decimal(number: Decimal) -> str:
    """Return a number without exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _share(ratio: str) -> str:
    return f"不低于总量的 {_percent(Fraction(Decimal(ratio)))}"
