"""Deadlines: golden dates counted by hand over the long holidays, stops, printed arithmetic, provisional years."""

from datetime import date, timedelta
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.rules import Calendar, Deadline, Process, Stop, Term, due, remaining

CHINA = Calendar.china()
TEN = Term(10, "working_day", "statutory", "算法推荐规定第二十四条")
START = st.dates(date(2024, 1, 1), date(2026, 8, 1))


# Counted by hand from the four notices: the working days in order, the last one is due.
@pytest.mark.parametrize(
    ("start", "working"),
    [
        # 国庆 2025: 10-01 to 10-08 off; Sunday 09-28 and Saturday 10-11 worked.
        ("2025-09-26", "09-28 09-29 09-30 10-09 10-10 10-11 10-13 10-14 10-15 10-16"),
        # 国庆 2026: 10-01 to 10-07 off; Saturday 10-10 worked.
        ("2026-09-28", "09-29 09-30 10-08 10-09 10-10 10-12 10-13 10-14 10-15 10-16"),
        # 中秋 and 国庆 2026: Sunday 09-20 worked, 09-25 to 09-27 off.
        ("2026-09-18", "09-20 09-21 09-22 09-23 09-24 09-28 09-29 09-30 10-08 10-09"),
        # 春节 2025: 01-28 to 02-04 off; Sunday 01-26 and Saturday 02-08 worked.
        ("2025-01-24", "01-26 01-27 02-05 02-06 02-07 02-08 02-10 02-11 02-12 02-13"),
        # 春节 2026: 02-15 to 02-23 off; Saturdays 02-14 and 02-28 worked.
        ("2026-02-12", "02-13 02-14 02-24 02-25 02-26 02-27 02-28 03-02 03-03 03-04"),
    ],
)
def test_due_over_a_long_holiday_is_the_tenth_working_day_counted_by_hand(start: str, working: str) -> None:
    first = date.fromisoformat(start)
    days = [date.fromisoformat(f"{first.year}-{day}") for day in working.split()]
    assert len(days) == 10
    for count, day in enumerate(days, 1):
        assert due(Term(count, "working_day", "statutory", ""), first, CHINA).due_on == day


def test_due_prints_its_arithmetic() -> None:
    deadline = due(TEN, date(2026, 9, 28), CHINA, event="受理")
    assert deadline.steps == (
        "2026年9月28日受理，次日起算",
        "2026年10月1日至2026年10月7日国庆节，不计",
        "2026年10月10日国庆节调休，计入",
        "第10个工作日 = 2026年10月16日",
    )
    assert deadline.words.endswith("2026年10月16日")
    assert (deadline.kind_words, deadline.basis) == ("法定", "算法推荐规定第二十四条")


@given(START, st.integers(1, 40))
def test_due_in_working_days_agrees_with_chinese_calendar(start: date, count: int) -> None:
    deadline = due(Term(count, "working_day", "statutory", ""), start, CHINA)
    assert deadline.due_on is not None
    passed = [start + timedelta(days=step) for step in range(1, (deadline.due_on - start).days + 1)]
    assert sum(bool(chinese_calendar.is_workday(on)) for on in passed) == count
    assert chinese_calendar.is_workday(deadline.due_on)
    assert not deadline.is_provisional
    assert remaining(deadline, start, CHINA) == count


@given(START, st.integers(1, 60), st.integers(0, 30), st.integers(0, 20))
def test_a_stop_moves_a_term_of_days_by_exactly_the_days_it_lasted(
    start: date, count: int, after: int, length: int
) -> None:
    term = Term(count, "day", "project_policy", "")
    stop = Stop(start + timedelta(days=after), start + timedelta(days=after + length))
    plain, stopped = due(term, start, CHINA).due_on, due(term, start, CHINA, [stop]).due_on
    assert plain == start + timedelta(days=count)
    assert stopped is not None
    assert (stopped - start).days == count + (length if after < count else 0)


@given(START, st.integers(1, 30), st.integers(0, 25), st.integers(0, 25))
def test_two_stops_that_overlap_count_once(start: date, count: int, one: int, two: int) -> None:
    def stop(first: int, last: int) -> Stop:
        return Stop(start + timedelta(days=first), start + timedelta(days=last))

    both = [stop(1, 1 + one), stop(1, 1 + two)]
    term = Term(count, "working_day", "statutory", "")
    assert due(term, start, CHINA, both) == due(term, start, CHINA, [stop(1, 1 + max(one, two))])


def test_a_stop_without_an_end_leaves_no_due_day() -> None:
    deadline = due(TEN, date(2026, 9, 28), CHINA, [Stop(date(2026, 9, 30))], event="受理")
    assert deadline.is_stopped
    assert deadline.steps[-1] == "2026年9月30日起计时已停"
    assert remaining(deadline, date(2026, 10, 9), CHINA) is None


@pytest.mark.req("F2")
def test_a_supplement_stops_the_clock_from_its_request_to_its_answer() -> None:
    deadline = due(TEN, date(2026, 11, 2), CHINA, [Stop(date(2026, 11, 4), date(2026, 11, 10))], event="受理")
    # 11-03 and 11-04 count, then 11-11 to 11-13 and 11-16 to 11-20.
    assert deadline.due_on == date(2026, 11, 20)
    assert "2026年11月5日至2026年11月10日停止计时，不计" in deadline.steps


@pytest.mark.req("F3")
def test_the_notice_runs_thirty_days_as_project_policy() -> None:
    term = Term.of(Process.load().deadline("D08"))
    assert term is not None
    deadline = due(term, date(2026, 11, 24), CHINA, event="公示")
    assert deadline.due_on == date(2026, 12, 24)
    assert deadline.kind_words == "项目政策"
    assert not deadline.is_provisional


def test_a_working_day_term_into_a_year_without_a_notice_is_provisional() -> None:
    deadline = due(TEN, date(2026, 12, 25), CHINA)
    assert deadline.due_on == date(2027, 1, 8)
    assert deadline.is_provisional
    assert deadline.steps[-1].endswith("暂估")
    assert not due(Term(30, "day", "practice", ""), date(2026, 12, 25), CHINA).is_provisional
    assert not due(Term(4, "working_day", "statutory", ""), date(2026, 12, 25), CHINA).is_provisional


def test_a_term_that_rolls_ends_on_the_next_working_day() -> None:
    term = Term(30, "day", "statutory", "", rolls=True)
    assert due(term, date(2026, 9, 3), CHINA).steps[-1] == "届满日为国庆节，顺延至2026年10月8日"
    assert due(term, date(2026, 9, 1), CHINA).due_on == date(2026, 10, 8)
    assert due(term, date(2026, 10, 9), CHINA).due_on == date(2026, 11, 9)
    assert due(term, date(2026, 10, 10), CHINA).due_on == date(2026, 11, 9)
    assert due(term, date(2026, 12, 20), CHINA).is_provisional


@pytest.mark.parametrize(
    ("start", "end"), [("2026-01-31", "2026-02-28"), ("2024-01-31", "2024-02-29"), ("2025-12-15", "2026-01-15")]
)
def test_a_month_ends_on_the_same_day_or_the_last_of_the_month(start: str, end: str) -> None:
    deadline = due(Term(1, "month", "practice", ""), date.fromisoformat(start), CHINA)
    assert deadline.due_on == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("today", "left"),
    [
        ("2026-10-16", 0),
        ("2026-10-15", 1),
        ("2026-10-09", 6),
        ("2026-10-17", -1),
        ("2026-10-18", -1),
        ("2026-10-19", -1),
        ("2026-10-20", -2),
    ],
)
def test_remaining_counts_working_days_and_goes_below_zero_when_overdue(today: str, left: int) -> None:
    deadline = due(TEN, date(2026, 9, 28), CHINA)
    assert remaining(deadline, date.fromisoformat(today)) == left


def test_remaining_of_a_term_of_days_counts_all_days() -> None:
    deadline = Deadline(date(2026, 12, 24), is_provisional=False, steps=(), kind="practice", basis="", unit="day")
    assert remaining(deadline, date(2026, 12, 20)) == 4


@pytest.mark.parametrize(
    ("name", "count"), [("D01", 10), ("D03", 20), ("D04", 30), ("D05", None), ("D07", None), ("D09", None)]
)
def test_only_a_single_length_of_the_pack_is_a_term(name: str, count: int | None) -> None:
    term: Any = Term.of(Process.load().deadline(name))
    assert (None if term is None else term.count) == count
