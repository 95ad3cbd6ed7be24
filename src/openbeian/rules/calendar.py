"""The Chinese working calendar with 调休, from packs; a year without a published notice is provisional."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from openbeian.rules.packs import calendar_packs

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Day:
    """What a day is: working or not, the holiday or 调休 it belongs to, and whether that is only assumed (暂估)."""

    is_working: bool
    name: str | None
    is_provisional: bool


@dataclass(frozen=True)
class Calendar:
    """Days off and make-up working days of the published years."""

    holidays: dict[date, str]
    working_weekends: dict[date, str]
    years: frozenset[int]

    @staticmethod
    @cache
    def china() -> Calendar:
        """Return the calendar of the shipped packs (国务院办公厅 notices)."""
        packs = calendar_packs()
        return Calendar(
            holidays={row.day: row.name for pack in packs for row in pack.holidays},
            working_weekends={row.day: row.name for pack in packs for row in pack.working_weekends},
            years=frozenset(pack.year for pack in packs),
        )

    def day(self, on: date) -> Day:
        """Tell what a day is; in a year without a notice only weekends are off and the answer is provisional."""
        provisional = on.year not in self.years
        if on in self.holidays:
            return Day(is_working=False, name=self.holidays[on], is_provisional=provisional)
        if on in self.working_weekends:
            return Day(is_working=True, name=self.working_weekends[on], is_provisional=provisional)
        return Day(is_working=on.weekday() < SATURDAY, name=None, is_provisional=provisional)

    def add_working_days(self, start: date, count: int) -> date:
        """Return the last of `count` working days after `start`; `start` itself is not counted."""
        on = start
        while count > 0:
            on += timedelta(days=1)
            count -= self.day(on).is_working
        return on

    def working_days_between(self, start: date, end: date) -> int:
        """Return how many working days lie after `start` up to and including `end`; negative when `end` is earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.day(start + timedelta(days=step)).is_working for step in range(1, (end - start).days + 1))


def legal_day(instant: datetime) -> date:
    """Return the legal day of an instant: its date in Asia/Shanghai.

    Raises:
        ValueError: when the instant has no zone.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(SHANGHAI).date()
