"""Deadlines computed from events, with stops, and the arithmetic in words; nothing is stored or read from a clock."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from openbeian.rules.calendar import Calendar
from openbeian.rules.process import DeadlineRule, Kind

Unit = Literal["working_day", "day", "month"]
UNITS: dict[str, Unit] = {"workday": "working_day", "working_day": "working_day", "day": "day", "month": "month"}
UNIT_WORDS: dict[Unit, str] = {"working_day": "工作日", "day": "日", "month": "月"}
KIND_WORDS: dict[Kind, str] = {
    "statutory": "法定",
    "project_policy": "项目政策",
    "practice": "实务",
    "observed": "由公告推算",
    "provider_defined": "提供者自定",
}
WEEKEND = "周末"
STOPPED = "停止计时"


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time of the rule; the day of the event is not counted.

    `rolls`: a last day that is no working day moves on to the next one.
    """

    count: int
    unit: Unit
    kind: Kind
    basis: str
    rolls: bool = False

    @staticmethod
    def of(rule: DeadlineRule) -> Term | None:
        """Return the term of a pack's deadline, or None when it is no single length (a range, an observation)."""
        if not isinstance(rule.value, int) or rule.unit is None:
            return None
        return Term(rule.value, UNITS[rule.unit], rule.kind, rule.basis, rule.rolls)


@dataclass(frozen=True, slots=True)
class Stop:
    """Days on which a clock stands: after `start` (the day it stopped) to `end` (the day it went on), None = still."""

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

    @property
    def words(self) -> str:
        """The whole arithmetic as one line."""
        return "；".join(self.steps)


def due(term: Term, start: date, calendar: Calendar, stops: Sequence[Stop] = (), *, event: str = "起") -> Deadline:
    """Compute a deadline: the day after `start` is the first, days within a stop are not counted.

    Args:
        term: the length of the rule.
        start: the legal day of the event that starts the clock.
        calendar: working days and holidays.
        stops: when the clock stood; one without an end leaves no due day.
        event: what happened on `start`, for the printed arithmetic (受理, 变更).
    """
    began = f"{_words(start)}{event}，次日起算"
    stopped = Deadline(None, is_provisional=False, steps=(began,), kind=term.kind, basis=term.basis, unit=term.unit)
    standing = next((stop for stop in stops if stop.end is None), None)
    if standing is not None:
        return replace(stopped, steps=(began, f"{_words(standing.start)}起计时已停"))
    passed = list(_passed(term, start, calendar, stops))
    last = passed[-1].on if passed else start
    steps = [began, *_explain(passed, calendar), f"第{term.count}个{UNIT_WORDS[term.unit]} = {_words(last)}"]
    rolled = _roll(last, calendar) if term.rolls else last
    if rolled != last:
        steps.append(f"届满日为{calendar.day(last).name or WEEKEND}，顺延至{_words(rolled)}")
    provisional = _is_provisional(term, start, rolled, calendar)
    if provisional:
        steps.append("跨入尚未公布节假日安排的年份，暂估")
    return replace(stopped, due_on=rolled, is_provisional=provisional, steps=tuple(steps))


def remaining(deadline: Deadline, today: date, calendar: Calendar | None = None) -> int | None:
    """Return how many days (working days for a working-day term) are left; negative when overdue, None when stopped."""
    if deadline.due_on is None:
        return None
    if deadline.unit != "working_day":
        return (deadline.due_on - today).days
    left = (calendar or Calendar.china()).working_days_between(today, deadline.due_on)
    # On the weekend after the last day no working day has passed yet, and still it is over.
    return left if today <= deadline.due_on else min(left, -1)


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that passed, and why it was not counted; None when it was."""

    on: date
    skipped: str | None


def _passed(term: Term, start: date, calendar: Calendar, stops: Sequence[Stop]) -> Iterator[_Day]:
    """Yield the days after the start until the term is full."""
    wanted = (_add_months(start, term.count) - start).days if term.unit == "month" else term.count
    on = start
    while wanted > 0:
        on += timedelta(days=1)
        skipped = _skipped(on, term, calendar, stops)
        wanted -= skipped is None
        yield _Day(on, skipped)


def _skipped(on: date, term: Term, calendar: Calendar, stops: Sequence[Stop]) -> str | None:
    if any(stop.end is not None and stop.start < on <= stop.end for stop in stops):
        return STOPPED
    day = calendar.day(on)
    if term.unit == "working_day" and not day.is_working:
        return day.name or WEEKEND
    return None


def _roll(on: date, calendar: Calendar) -> date:
    return on if calendar.day(on).is_working else calendar.add_working_days(on, 1)


def _is_provisional(term: Term, start: date, end: date, calendar: Calendar) -> bool:
    """A term that needs the calendar is provisional as soon as one of its days lies in a year without a notice."""
    if term.unit != "working_day" and not term.rolls:
        return False
    first = start + timedelta(days=1) if term.unit == "working_day" else end
    return any(year not in calendar.years for year in range(first.year, end.year + 1))


def _explain(passed: Sequence[_Day], calendar: Calendar) -> list[str]:
    """Say which days were not counted and which weekends were (调休); plain weekends go without saying."""
    lines = []
    for reason, days in groupby(passed, key=lambda day: day.skipped):
        span = [day.on for day in days]
        if reason is None:
            lines += [f"{_words(on)}{name}，计入" for on in span if (name := calendar.day(on).name)]
        elif reason != WEEKEND:
            until = f"至{_words(span[-1])}" if len(span) > 1 else ""
            lines.append(f"{_words(span[0])}{until}{reason}，不计")
    return lines


def _add_months(start: date, count: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month + 1, min(start.day, months.monthrange(year, month + 1)[1]))


def _words(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"
