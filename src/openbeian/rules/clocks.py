"""Deadlines computed from events, with stops, and the arithmetic in words."""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from openbeian.rules.calendar import Calendar
from openbeian.rules.process import DeadlineRule, Kind

Unit = Literal["working_day", "day", "month"]
UNITS: dict[str, Unit] = {"workday": "working_day", "working_day": "working_day", "day": "day", "month": "month"}
KIND_WORDS = {
    "statutory": "法定",
    "project_policy": "项目政策",
    "practice": "实务",
    "observed": "由公告推算",
    "provider_defined": "提供者自定",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time of the rule; the day of the event is not counted."""

    count: int
    unit: Unit
    kind: Kind
    basis: str

    @staticmethod
    def of(rule: DeadlineRule) -> Term | None:
        """Return the term of a pack's deadline, or None when it is no single length (a range, an observation)."""
        if not isinstance(rule.value, int) or rule.unit is None:
            return None
        return Term(rule.value, UNITS[rule.unit], rule.kind, rule.basis)


@dataclass(frozen=True, slots=True)
class Stop:
    """Days on which a clock stands: from `start` (the day it stopped) until `end` (the day it went on), None = still."""

    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due, of which kind, how it was counted, and whether it is only assumed (暂估)."""

    due_on: date | None
    is_provisional: bool
    steps: tuple[str, ...]
    kind: Kind
    basis: str
    unit: Unit

    @property
    def is_stopped(self) -> bool:
        """Whether the clock stands now."""
        return self.due_on is None

    @property
    def kind_words(self) -> str:
        """The kind in the words of pages: 法定, 项目政策, 实务."""
        return KIND_WORDS[self.kind]


def due(term: Term, start: date, calendar: Calendar, stops: Sequence[Stop] = ()) -> Deadline:
    """Compute a deadline: the day after `start` is the first, days within a stop are not counted.

    A working-day term ends on a working day by itself; a term of days or months ends on the day it ends.
    """
    steps = [f"{_words(start)}起算，次日为第一日"]
    if any(stop.end is None for stop in stops):
        return Deadline(None, is_provisional=False, steps=(*steps, "计时已停"), kind=term.kind, basis=term.basis, unit=term.unit)
    on, counted, passed = start, 0, []
    wanted = (_add_months(start, term.count) - start).days if term.unit == "month" else term.count
    while counted < wanted:
        on += timedelta(days=1)
        reason = _skipped(on, term, calendar, stops)
        counted += reason is None
        passed.append((on, reason))
    steps += _explain(passed, calendar)
    steps.append(f"第{term.count}个{_unit(term.unit)} = {_words(on)}")
    provisional = term.unit == "working_day" and any(calendar.day(day).is_provisional for day, _ in passed)
    if provisional:
        steps.append("跨入尚未公布节假日安排的年份，暂估")
    return Deadline(on, is_provisional=provisional, steps=tuple(steps), kind=term.kind, basis=term.basis, unit=term.unit)


def remaining(deadline: Deadline, today: date, calendar: Calendar) -> int | None:
    """Return how many days (working days for a working-day term) are left; negative when overdue, None when stopped."""
    if deadline.due_on is None:
        return None
    if deadline.unit == "working_day":
        return calendar.working_days_between(today, deadline.due_on)
    return (deadline.due_on - today).days


def _skipped(on: date, term: Term, calendar: Calendar, stops: Sequence[Stop]) -> str | None:
    if any(stop.start < on <= (stop.end or on) for stop in stops):
        return "停止计时"
    day = calendar.day(on)
    if term.unit == "working_day" and not day.is_working:
        return day.name or "周末"
    return None


def _explain(passed: Sequence[tuple[date, str | None]], calendar: Calendar) -> list[str]:
    lines = []
    for reason, days in groupby(passed, key=lambda row: row[1]):
        span = [day for day, _ in days]
        if reason is not None and reason != "周末":
            lines.append(f"{_words(span[0])}至{_words(span[-1])}{reason}，不计" if len(span) > 1 else f"{_words(span[0])}{reason}，不计")
        lines += [f"{_words(day)}{name}，计入" for day in span if reason is None and (name := calendar.day(day).name)]
    return lines


def _add_months(start: date, count: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month + 1, min(start.day, months.monthrange(year, month + 1)[1]))


def _words(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def _unit(unit: Unit) -> str:
    return {"working_day": "工作日", "day": "日", "month": "月"}[unit]
