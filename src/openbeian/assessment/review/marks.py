"""Marks of two blind reviewers and a third person: who may mark what, and what the marks come to.

Two different people mark every item without seeing each other. Where they agree the item is settled, but a hash-drawn
share of agreements goes to the third as well; where they differ the third sees both reasons and decides. A mark once
made is never written over: whoever errs says so, and the third decides. Nobody sits on two seats of one review.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from openbeian.assessment.review.task import Item, Task, Verdict
from openbeian.assessment.sampling import rank
from openbeian.manifest import Fault

AUDITED: Final = 20  # one agreeing pair in so many goes to the third person too
LONGEST_REASON: Final = 1_000  # characters


def name_key(name: str) -> str:
    """Return what makes two ways of writing a name the same person: width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


class Seat(StrEnum):
    """Whose place a mark is made from."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"

    @property
    def word(self) -> str:
        """The seat as sheets and pages name it."""
        return {"first": "初审甲", "second": "初审乙", "third": "终审"}[self.value]


@dataclass(frozen=True)
class Mark:
    """One verdict of one person on one item. `via` names the sheet's digest, or the page it was made on."""

    seat: Seat
    reviewer: str
    item: str
    verdict: Verdict
    reason: str
    at: datetime
    via: str

    def as_json(self) -> dict[str, str]:
        """Return the mark as plain JSON."""
        return {**{key: str(value) for key, value in vars(self).items()}, "at": self.at.isoformat()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Mark:
        """Read a mark back; raises ValueError, KeyError or TypeError when it is none."""
        return Mark(
            seat=Seat(data["seat"]),
            reviewer=str(data["reviewer"]),
            item=str(data["item"]),
            verdict=Verdict(data["verdict"]),
            reason=str(data["reason"]),
            at=datetime.fromisoformat(data["at"]),
            via=str(data["via"]),
        )


@dataclass(frozen=True)
class Settled:
    """What an item came to, and whose mark decided: both reviewers, or the third person."""

    item: Item
    verdict: Verdict
    by_third: bool


@dataclass
class Review:
    """A task with the marks made so far. Only `take` adds to it, and only what the rules of reviewing allow."""

    task: Task
    seats: dict[Seat, dict[str, Mark]] = field(default_factory=lambda: {seat: {} for seat in Seat})
    _people: dict[str, Seat] = field(default_factory=dict)

    @staticmethod
    def of(task: Task, marks: Iterable[Mark]) -> Review:
        """Return the review with marks read back, in their order."""
        review = Review(task)
        for mark in marks:
            review.take(mark)
        return review

    def take(self, mark: Mark) -> bool:
        """Add a mark; return False when it repeats one that is there.

        Raises:
            Fault: `review-unknown-item`, `review-verdict`, `review-same-person`, `review-marked` (another verdict
                stands), `review-not-yet` (the third person before both first marks), `review-agreed`, `review-reviewer`.
        """
        self._check(mark)
        before = self.seats[mark.seat].get(mark.item)
        if before is not None:
            if (name_key(before.reviewer), before.verdict) == (name_key(mark.reviewer), mark.verdict):
                return False
            said = f"{mark.item} 已由{mark.seat.word}判为“{before.verdict}”，初次标注不可更改"
            raise Fault("review-marked", said, "如确有误，由终审在判定时说明")
        self.seats[mark.seat][mark.item] = mark
        self._people[name_key(mark.reviewer)] = mark.seat
        return True

    def _check(self, mark: Mark) -> None:
        if mark.item not in self.task.by_id:
            raise Fault("review-unknown-item", f"样本中没有 {mark.item}", "使用导出的表，不要增加行")
        if mark.verdict not in self.task.population.verdicts:
            allowed = "、".join(self.task.population.verdicts)
            raise Fault("review-verdict", f"{mark.item} 的判定“{mark.verdict}”不在可选项中", f"可选：{allowed}")
        if not mark.reviewer.strip():
            raise Fault("review-reviewer", "没有写复核人", "写明复核人的姓名或工号")
        sits = self._people.get(name_key(mark.reviewer), mark.seat)
        if sits is not mark.seat:
            said = f"{mark.reviewer} 已作为{sits.word}标注过这次复核"
            raise Fault("review-same-person", said, "两名初审与终审须是不同的人")
        if len(mark.reason) > LONGEST_REASON:
            raise Fault("review-reason", f"{mark.item} 的理由超过 {LONGEST_REASON} 字", "写短一些")
        if mark.seat is Seat.THIRD:
            self._check_third(mark)

    def _check_third(self, mark: Mark) -> None:
        if not self.has_both(mark.item):
            raise Fault("review-not-yet", f"{mark.item} 还没有两名初审的标注", "等两份初审表都导入后再作终审")
        if not self.needs_third(mark.item):
            raise Fault("review-agreed", f"{mark.item} 两名初审一致，也未被抽中复查", "终审只判导出的那些条目")

    def has_both(self, item: str) -> bool:
        """Whether both reviewers have marked an item."""
        return item in self.seats[Seat.FIRST] and item in self.seats[Seat.SECOND]

    def agree(self, item: str) -> bool:
        """Whether both reviewers gave the same verdict."""
        return self.seats[Seat.FIRST][item].verdict is self.seats[Seat.SECOND][item].verdict

    def needs_third(self, item: str) -> bool:
        """Whether the third person decides: the two differ, or their agreement is drawn for checking."""
        return self.has_both(item) and (not self.agree(item) or self.is_audited(item))

    def is_audited(self, item: str) -> bool:
        """Whether an agreement on this item goes to the third person; it follows from the seed alone."""
        return int.from_bytes(rank(self.task.seed, "audit", item)) % AUDITED == 0

    @property
    def for_third(self) -> list[Item]:
        """The items that the third person has to decide, in that seat's order."""
        return [item for item in self.task.order_for(Seat.THIRD) if self.needs_third(item.id)]

    @property
    def disagreements(self) -> list[Item]:
        """The items on which the two reviewers differ."""
        return [item for item in self.task.items if self.has_both(item.id) and not self.agree(item.id)]

    def open_for(self, seat: Seat) -> list[Item]:
        """Return what a seat still has to mark, in its order."""
        wanted = self.for_third if seat is Seat.THIRD else self.task.order_for(seat)
        return [item for item in wanted if item.id not in self.seats[seat]]

    def settled(self, item: Item) -> Settled | None:
        """Return what an item came to, or None while a mark is missing."""
        third = self.seats[Seat.THIRD].get(item.id)
        if third is not None:
            return Settled(item, third.verdict, by_third=True)
        if not self.has_both(item.id) or self.needs_third(item.id):
            return None
        return Settled(item, self.seats[Seat.FIRST][item.id].verdict, by_third=False)

    @property
    def last_at(self) -> datetime | None:
        """When the last mark was made."""
        return max((mark.at for marks in self.seats.values() for mark in marks.values()), default=None)

    @property
    def still_open(self) -> str:
        """Whose marks are missing, and how many, in words."""
        left = {seat: len(self.open_for(seat)) for seat in Seat}
        return "，".join(f"{seat.word} {count} 条" for seat, count in left.items() if count)

    @property
    def is_complete(self) -> bool:
        """Whether every item is settled."""
        return all(self.settled(item) is not None for item in self.task.items)
