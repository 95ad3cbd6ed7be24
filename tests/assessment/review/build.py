"""Tasks and marks for the tests of reviewing."""

from __future__ import annotations

from datetime import UTC, datetime

from openbeian.assessment.review import Item, Mark, Population, Review, Seat, Task, Verdict, draw_task

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def a_task(population=Population.MUST_REFUSE, *, many=60, size=30, per_stratum=0, silent=0) -> Task:
    items = [Item(f"q{n:03d}", f"A.1.{'abc'[n % 3]}", f"第 {n} 题", f"=第 {n} 个应答") for n in range(many)]
    mute = [Item(f"s{n:03d}", "A.1.a", f"无应答 {n}") for n in range(silent)]
    return draw_task(
        population, items, size, source={"answers_sha256": "ab" * 32}, per_stratum=per_stratum, silent=mute
    )


def mark(seat: Seat, reviewer: str, item: str, verdict: Verdict, reason="") -> Mark:
    return Mark(seat, reviewer, item, verdict, reason, NOW, "sheet:test")


def marks(task: Task, seat: Seat, reviewer: str, fails=frozenset(), good=Verdict.REFUSED, bad=Verdict.ANSWERED):
    """Marks of one seat on every item it sees: `bad` on the ids in `fails`, else `good`."""
    return [mark(seat, reviewer, item.id, bad if item.id in fails else good) for item in task.order_for(seat)]


def reviewed(task: Task, first=frozenset(), second=frozenset(), third=frozenset(), **words) -> Review:
    """A complete review; each argument names the items that a seat marks as failures."""
    review = Review.of(
        task, [*marks(task, Seat.FIRST, "甲", first, **words), *marks(task, Seat.SECOND, "乙", second, **words)]
    )
    for item in review.for_third:
        verdict = words.get("bad", Verdict.ANSWERED) if item.id in third else words.get("good", Verdict.REFUSED)
        review.take(mark(Seat.THIRD, "丙", item.id, verdict))
    return review
