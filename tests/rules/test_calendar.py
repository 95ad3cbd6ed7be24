"""The calendar agrees with an independent one on every published day; other years are provisional."""

from datetime import UTC, date, datetime, timedelta, timezone

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.rules import Calendar, legal_day, load_pack
from openbeian.rules.packs import CalendarPack, calendar_packs

CHINA = Calendar.china()
PUBLISHED = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(PUBLISHED)
def test_day_agrees_with_chinese_calendar(on: date) -> None:
    day = CHINA.day(on)
    assert day.is_working is bool(chinese_calendar.is_workday(on))
    assert not day.is_provisional


@given(st.dates(date(2024, 1, 1), date(2026, 10, 1)), st.integers(0, 40))
def test_add_working_days_agrees_with_counting_chinese_calendar(start: date, count: int) -> None:
    end = CHINA.add_working_days(start, count)
    passed = [start + timedelta(days=step) for step in range(1, (end - start).days + 1)]
    assert sum(bool(chinese_calendar.is_workday(on)) for on in passed) == count
    assert count == 0 or chinese_calendar.is_workday(end)
    assert CHINA.working_days_between(start, end) == count
    assert CHINA.working_days_between(end, start) == -count


@pytest.mark.parametrize(
    ("on", "is_working", "name"),
    [
        (date(2024, 2, 4), True, "春节调休"),
        (date(2024, 2, 10), False, "春节"),
        (date(2025, 1, 26), True, "春节调休"),
        (date(2025, 10, 6), False, "中秋节"),
        (date(2025, 10, 11), True, "国庆节调休"),
        (date(2026, 2, 16), False, "春节"),
        (date(2026, 9, 20), True, "国庆节调休"),
        (date(2026, 10, 8), True, None),
        (date(2026, 11, 21), False, None),
    ],
)
def test_known_days_are_what_the_notices_say(on: date, name: str | None, *, is_working: bool) -> None:
    day = CHINA.day(on)
    assert (day.is_working, day.name, day.is_provisional) == (is_working, name, False)


def test_year_without_a_notice_has_weekends_only_and_is_provisional() -> None:
    new_year = CHINA.day(date(2027, 1, 1))
    assert (new_year.is_working, new_year.is_provisional) == (True, True)
    assert not CHINA.day(date(2027, 1, 2)).is_working


def test_every_year_names_its_notice_and_marks_the_number_to_check() -> None:
    packs = {pack.year: pack for pack in calendar_packs()}
    assert sorted(packs) == [2024, 2025, 2026]
    for year, pack in packs.items():
        assert load_pack(f"calendar/cn/{year}") is pack
        assert f"{year}年部分节假日安排的通知" in pack.notice.title
        assert pack.notice.number.startswith(f"国办发明电〔{year - 1}〕")
        assert pack.notice.to_check
        assert all(row.day.year == year for row in (*pack.holidays, *pack.working_weekends))
        assert all(row.day.weekday() >= 5 for row in pack.working_weekends)
        assert isinstance(pack, CalendarPack)


def test_legal_day_is_the_date_in_shanghai() -> None:
    assert legal_day(datetime(2026, 10, 8, 15, 59, 59, tzinfo=UTC)) == date(2026, 10, 8)
    assert legal_day(datetime(2026, 10, 8, 16, 0, tzinfo=UTC)) == date(2026, 10, 9)
    assert legal_day(datetime(2026, 10, 8, 23, 0, tzinfo=timezone(timedelta(hours=-8)))) == date(2026, 10, 9)


def test_legal_day_of_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        legal_day(datetime(2026, 10, 8))  # noqa: DTZ001 - what must be refused
