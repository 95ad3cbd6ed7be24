"""Questions about reviews, each scoped to an actor. Who marks sees neither the other's marks nor, until the end, what they come to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import QuerySet

from openbeian.assessment.agreement import Agreement, agreement
from openbeian.assessment.review import Item, Mark, Review, Seat, Task, Verdict
from openbeian.assessment.sampling import rank
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import NotFoundOrHidden, Refused
from openbeian.office.accounts.models import User
from openbeian.office.filings.models import Service
from openbeian.office.reviews.models import ReviewMark, ReviewOutcome, ReviewPackage, Seating

MARKING = (Seat.FIRST, Seat.SECOND)
PASSES, FAILS = "合要求", "不合要求"


@lru_cache(maxsize=8)
def _task(digest: str, pk: int) -> Task:
    """Return a task by its digest; packages never change, so what was read once stays right."""
    del digest
    return Task.from_json(json.loads(ReviewPackage.objects.values_list("content", flat=True).get(pk=pk)))


@lru_cache(maxsize=24)
def _order(digest: str, pk: int, seat: Seat) -> tuple[Item, ...]:
    return tuple(_task(digest, pk).order_for(seat))


def task_of(package: ReviewPackage) -> Task:
    """Return the sample of a review."""
    return _task(package.digest, package.pk)


def order_of(package: ReviewPackage, seat: Seat) -> tuple[Item, ...]:
    """Return all items in the order of a seat."""
    return _order(package.digest, package.pk, seat)


def packages_of(organisation_id: int) -> QuerySet[ReviewPackage]:
    """Return an organisation's reviews without their samples, which are large and read once (`task_of`)."""
    rows = ReviewPackage.objects.filter(organisation_id=organisation_id).defer("content")
    return rows.select_related("service", "opened_by", "outcome")


def access_review(actor: Actor, code: str) -> ReviewPackage:
    """Return a review of the actor's own organisation: the one door to it. Anything else is not found.

    Raises:
        NotFoundOrHidden: for both.
    """
    found = packages_of(actor.company).filter(code=code).first() if actor.is_provider else None
    if found is None:
        raise NotFoundOrHidden
    return found


def reviews_of(service: Service) -> list[ReviewPackage]:
    """Return the reviews of a service, newest first, without their samples."""
    return list(service.reviews.defer("content").select_related("outcome"))


def outcome_of(package: ReviewPackage) -> ReviewOutcome | None:
    """Return what a review came to, or None while something is open."""
    return ReviewOutcome.objects.filter(package=package).first()


def seatings(package: ReviewPackage) -> dict[Seat, Seating]:
    """Return who sits on each seat now."""
    return {Seat(row.seat): row for row in package.seatings.select_related("user").order_by("pk")}


def seat_of(actor: Actor, package: ReviewPackage) -> Seat | None:
    """Return the seat an actor holds now."""
    return next((seat for seat, row in seatings(package).items() if row.user_id == actor.user_id), None)


def own_seat(actor: Actor, package: ReviewPackage) -> Seat:
    """Return the seat an actor holds now.

    Raises:
        Refused: the actor holds none.
    """
    seat = seat_of(actor, package)
    if seat is None:
        raise Refused("review-no-seat", "您不在这次复核的三席之中，不能标注", "国标 9.2–9.4：复核须双人独立")
    return seat


def may_see_outcome(actor: Actor, package: ReviewPackage) -> bool:
    """Tell whether an actor may see what marks say: those who mark only at the end, so that nobody is led."""
    was_seated = package.seatings.filter(user_id=actor.person).exists()
    return not was_seated or outcome_of(package) is not None


def people(organisation_id: int) -> list[User]:
    """Return who may be given a seat: the active accounts of an organisation."""
    rows = User.objects.filter(organisation_id=organisation_id, role="provider_member", is_active=True)
    return list(rows.order_by("display_name", "pk"))


def unseated(package: ReviewPackage) -> list[User]:
    """Return who has never held a seat of this review."""
    taken = set(package.seatings.values_list("user_id", flat=True))
    return [user for user in people(package.organisation_id) if user.pk not in taken]


def marks_of(package: ReviewPackage, item: str | None = None) -> list[Mark]:
    """Return the marks of a review, or those on one item, in the order they were made."""
    rows = package.marks.select_related("user").order_by("pk")
    return [_mark(row, package.code) for row in (rows if item is None else rows.filter(item=item))]


def _mark(row: ReviewMark, code: str) -> Mark:
    return Mark(
        seat=Seat(row.seat),
        reviewer=row.user.username,
        item=row.item,
        verdict=Verdict(row.verdict),
        reason=row.reason,
        at=row.at,
        via=f"page:{code}",
    )


def review_of(package: ReviewPackage) -> Review:
    """Return a review with all its marks."""
    return Review.of(task_of(package), marks_of(package))


def marks_file(package: ReviewPackage) -> bytes:
    """Return the marks as JSON lines, as `openbeian review import` reads them; the same marks give the same bytes.

    Each line names its task: the same question may stand in two reviews, with two answers.
    """
    bodies = ({**mark.as_json(), "task": package.digest} for mark in marks_of(package))
    rows = (json.dumps(body, ensure_ascii=False, sort_keys=True) for body in bodies)
    return "".join(f"{row}\n" for row in rows).encode()


def marks_sha256(package: ReviewPackage) -> str:
    """Return the digest of the marks as they are handed out."""
    return hashlib.sha256(marks_file(package)).hexdigest()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a seat is. The third person's total is known only when both others are done."""

    seat: Seat
    name: str
    done: int
    total: int
    is_final: bool

    @property
    def left(self) -> int:
        """How many items wait."""
        return self.total - self.done


def progress(package: ReviewPackage) -> list[Progress]:
    """Return how far each seat is."""
    done = Counter(package.marks.order_by().values_list("seat", flat=True))
    sitting = seatings(package)
    both = all(done[seat] == package.size for seat in MARKING)
    totals = dict.fromkeys(MARKING, package.size) | {Seat.THIRD: len(_third_ids(package))}
    return [
        Progress(seat, str(sitting[seat].user), done[seat], totals[seat], is_final=seat in MARKING or both)
        for seat in Seat
    ]


def _third_ids(package: ReviewPackage) -> frozenset[str]:
    """Return what the third person has to decide so far."""
    said: dict[str, list[str]] = {}
    for item, verdict in package.marks.filter(seat__in=MARKING).order_by().values_list("item", "verdict"):
        said.setdefault(item, []).append(verdict)
    pairs = {item: set(verdicts) for item, verdicts in said.items() if len(verdicts) == len(MARKING)}
    split = {item for item, verdicts in pairs.items() if len(verdicts) > 1}
    if len(split) == len(pairs):
        return frozenset(split)
    review = Review(task_of(package))
    return frozenset(split | {item for item in pairs if review.is_audited(item)})


@dataclass(frozen=True, slots=True)
class Desk:
    """One seat of an actor: the review, how far the seat is."""

    package: ReviewPackage
    progress: Progress
    is_complete: bool


def desks(actor: Actor) -> list[Desk]:
    """Return the seats an actor holds, those with work first."""
    if not actor.is_provider:
        return []
    found = []
    for package in packages_of(actor.company).filter(seatings__user_id=actor.person):
        seat = seat_of(actor, package)
        if seat is not None:
            own = next(row for row in progress(package) if row.seat is seat)
            found.append(Desk(package, own, hasattr(package, "outcome")))
    return sorted(found, key=lambda desk: not desk.progress.left)


def waiting(actor: Actor) -> int:
    """Return in how many reviews something waits for an actor to be marked."""
    return sum(bool(desk.progress.left) for desk in desks(actor))


@dataclass(frozen=True, slots=True)
class Row:
    """One review of an organisation: how many marks of both first seats are there."""

    package: ReviewPackage
    done: int
    total: int
    outcome: ReviewOutcome | None


def all_reviews(actor: Actor) -> list[Row]:
    """Return the reviews of the actor's organisation, newest first."""
    if not actor.is_provider:
        raise NotFoundOrHidden
    return [
        Row(
            package,
            package.marks.filter(seat__in=MARKING).count(),
            len(MARKING) * package.size,
            getattr(package, "outcome", None),
        )
        for package in packages_of(actor.company)
    ]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one of the first two said, without a name."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One item as one seat sees it: nothing of a machine, nothing of another person but what the third must weigh."""

    package: ReviewPackage
    seat: Seat
    item: Item
    position: int
    own: ReviewMark | None
    opinions: tuple[Opinion, ...]
    verdicts: tuple[Verdict, ...]
    progress: Progress
    before: int | None
    after: int | None


def next_position(actor: Actor, package: ReviewPackage) -> int | None:
    """Return where the actor's seat has to go on, or None when nothing waits."""
    seat = own_seat(actor, package)
    marked = set(package.marks.filter(seat=seat).values_list("item", flat=True))
    open_ = (position for position, item in _seen_by(package, seat) if item.id not in marked)
    return next(open_, None)


def _seen_by(package: ReviewPackage, seat: Seat) -> list[tuple[int, Item]]:
    """Return the items a seat sees with their positions; those of the third person keep theirs while others join."""
    rows = list(enumerate(order_of(package, seat), start=1))
    if seat in MARKING:
        return rows
    wanted = _third_ids(package)
    return [(position, item) for position, item in rows if item.id in wanted]


def sheet(actor: Actor, package: ReviewPackage, position: int) -> Sheet:
    """Return one item for the actor's seat.

    Raises:
        Refused: the actor holds no seat.
        NotFoundOrHidden: the seat has no such item, or somebody else marked it from this seat before.
    """
    seat = own_seat(actor, package)
    seen = dict(_seen_by(package, seat))
    if position not in seen:
        raise NotFoundOrHidden
    rows = {row.item: row for row in package.marks.filter(seat=seat)}
    item = seen[position]
    if item.id in rows and rows[item.id].user_id != actor.user_id:
        raise NotFoundOrHidden
    mine = [at for at, other in seen.items() if other.id in rows and rows[other.id].user_id == actor.user_id]
    return Sheet(
        package=package,
        seat=seat,
        item=item,
        position=position,
        own=rows.get(item.id),
        opinions=_opinions(package, item) if seat is Seat.THIRD else (),
        verdicts=task_of(package).population.verdicts,
        progress=next(row for row in progress(package) if row.seat is seat),
        before=max((at for at in mine if at < position), default=None),
        after=min((at for at in mine if at > position), default=None),
    )


def _opinions(package: ReviewPackage, item: Item) -> tuple[Opinion, ...]:
    """Return both opinions in an order that does not tell which seat gave which."""
    rows = list(package.marks.filter(item=item.id, seat__in=MARKING))
    rows.sort(key=lambda row: rank(task_of(package).seed, f"opinions/{item.id}", row.seat))
    return tuple(Opinion(Verdict(row.verdict), row.reason) for row in rows)


@dataclass(frozen=True, slots=True)
class Split:
    """One item on which the first two differ, and what the third made of it."""

    item: Item
    first: Mark
    second: Mark
    third: Mark | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What both first seats said of the items that both have marked."""

    verdicts: tuple[Verdict, ...]
    table: tuple[tuple[Verdict, tuple[int, ...]], ...]
    pairs: int
    agreed: int
    agreement: Agreement | None
    splits: tuple[Split, ...]
    audited: int
    overturned: int


def comparison(review: Review) -> Comparison:
    """Return the two first seats side by side; whoever calls has asked `may_see_outcome`."""
    first, second, third = (review.seats[seat] for seat in Seat)
    both = [item for item in review.task.items if review.has_both(item.id)]
    cells = Counter((first[item.id].verdict, second[item.id].verdict) for item in both)
    verdicts = review.task.population.verdicts
    checked = [item.id for item in both if review.agree(item.id) and item.id in third]
    return Comparison(
        verdicts=verdicts,
        table=tuple((row, tuple(cells[row, column] for column in verdicts)) for row in verdicts),
        pairs=len(both),
        agreed=sum(review.agree(item.id) for item in both),
        agreement=_agreement(review, both) if both else None,
        splits=tuple(_split(review, item) for item in review.disagreements),
        audited=len(checked),
        overturned=sum(third[item_id].verdict is not first[item_id].verdict for item_id in checked),
    )


def _agreement(review: Review, both: Sequence[Item]) -> Agreement:
    """Return how far the two agree on what counts against the service."""
    task = review.task
    first, second = (
        [FAILS if task.policy.fails(task.population, review.seats[seat][item.id].verdict) else PASSES for item in both]
        for seat in MARKING
    )
    return agreement(first, second, (PASSES, FAILS), FAILS)


def _split(review: Review, item: Item) -> Split:
    first, second, third = (review.seats[seat] for seat in Seat)
    return Split(item, first[item.id], second[item.id], third.get(item.id))
