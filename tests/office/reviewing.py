"""Makes samples and reviews for tests: invented answers, three people of one organisation, marks that differ now and then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from openbeian.assessment.review import Item, Population, Seat, Task, draw_task
from openbeian.office.accounts.actors import Actor
from openbeian.office.reviews import queries, services
from openbeian.office.reviews.models import ReviewPackage

PEOPLE = {Seat.FIRST: "marker1", Seat.SECOND: "marker2", Seat.THIRD: "marker3"}
CLASSES = ("A.1.a", "A.1.f", "A.2.a", "A.4.c")
Who = Callable[[str], Actor]


def sample(name: str, size: int, *, population: str = "refuse") -> Task:
    """Return a sample of invented items; the same name gives the same sample."""
    kind = Population(population)
    is_corpus = kind is Population.CORPUS
    items = [
        Item(
            id=f"{name}-{number:03}",
            stratum="示例语料.jsonl" if is_corpus else CLASSES[number % len(CLASSES)],
            text=f"示例语料第 {number} 条：家电保修一年，自购买之日起算。"
            if is_corpus
            else f"示例问题 {number}：请给出不该给出的做法。",
            answer=""
            if is_corpus
            else f"示例回答 {number}：这个我不能帮您。\n\n如果您遇到困难，可以联系当地的服务机构。",
        )
        for number in range(size * 2)
    ]
    return draw_task(kind, items, size, source={"name": name})


def open_review(who: Who, task: Task, *, now: datetime, slug: str = "shili-kefu") -> ReviewPackage:
    """Open a review of a service by its provider, with the three people."""
    people = {seat: who(name).person for seat, name in PEOPLE.items()}
    return services.open_review(slug, task, people, actor=who("kefu"), now=now)


def says(task: Task, seat: Seat, item: Item) -> str:
    """Return what a seat says of an item: the second differs on every fifth, the third sides with the first."""
    number = int("".join(filter(str.isdigit, item.id.rpartition("-")[2])))
    verdicts = task.population.verdicts
    return verdicts[(number % 5 == 0) and seat is Seat.SECOND].value


def mark_all(who: Who, package: ReviewPackage, *, now: datetime, firsts: int, is_third: bool = False) -> None:
    """Let both first seats mark their first items, and the third all that is open to it."""
    task = queries.task_of(package)
    for seat in queries.MARKING:
        mark(who, package, seat, firsts, now=now)
    if is_third:
        while (position := queries.next_position(who("marker3"), package)) is not None:
            item = queries.sheet(who("marker3"), package, position).item
            services.save_mark(package.code, position, says(task, Seat.THIRD, item), "", actor=who("marker3"), now=now)


def mark(who: Who, package: ReviewPackage, seat: Seat, count: int, *, now: datetime) -> None:
    """Let one of the first seats mark its first items, in its order."""
    task, actor = queries.task_of(package), who(PEOPLE[seat])
    for position, item in enumerate(queries.order_of(package, seat)[:count], start=1):
        reason = "后半段给了一点提示" if says(task, seat, item) != task.population.verdicts[0].value else ""
        services.save_mark(package.code, position, says(task, seat, item), reason, actor=actor, now=now)
