"""Opening a review, seating people, taking marks: the only writer of these tables. Nothing here is ever changed or deleted."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from openbeian.assessment.review import Mark, Review, Seat, Task, Verdict
from openbeian.assessment.review.marks import LONGEST_REASON
from openbeian.manifest import Fault, canonical_json
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import Conflict, Incomplete, NotFoundOrHidden
from openbeian.office.filings.queries import access_service
from openbeian.office.ledgering.services import Event
from openbeian.office.recording import leave_trace, receipt_mark
from openbeian.office.reviews import queries
from openbeian.office.reviews.models import ReviewMark, ReviewOutcome, ReviewPackage, Seating

POLICY = "国标 9.2–9.4：双人独立复核"


@transaction.atomic
def open_review(slug: str, task: Task, people: Mapping[Seat, int], *, actor: Actor, now: datetime) -> ReviewPackage:
    """Keep a sample for a service of the actor's organisation and seat three different people of it.

    Raises:
        NotFoundOrHidden: no such service of the actor's organisation.
        Incomplete: `review-people` when the three are not different members of the organisation.
        Conflict: `review-exists` when the organisation holds this sample already.
    """
    service = access_service(actor, slug)
    _check_people(people, actor)
    if ReviewPackage.objects.filter(organisation_id=actor.company, digest=task.digest).exists():
        raise Conflict("review-exists", "这份样本已经在复核，不能重来；请继续原来的复核", POLICY)
    code = f"FH-{secrets.token_hex(5).upper()}"
    event = Event("review_opened", receipt_mark(code), {"task": task.digest})
    entry = leave_trace(event, actor=actor, now=now)
    package = ReviewPackage.objects.create(
        office_id=actor.office_id,
        organisation_id=actor.company,
        service=service,
        code=code,
        population=task.population.value,
        size=len(task.items),
        digest=task.digest,
        content=canonical_json(task.as_json()).decode(),
        opened_by_id=actor.person,
        opened_at=now,
        ledger_index=entry.index,
    )
    for seat in Seat:
        _seat(package, seat, people[seat], actor, now)
    return package


def _check_people(people: Mapping[Seat, int], actor: Actor) -> None:
    known = {user.pk for user in queries.people(actor.company)}
    if set(people) != set(Seat) or not known.issuperset(people.values()):
        raise Incomplete("review-people", "两名初审和终审须是本单位的账号", POLICY)
    if len(set(people.values())) != len(Seat):
        raise Incomplete("review-people", "两名初审和终审须是三个不同的人", POLICY)


def _seat(package: ReviewPackage, seat: Seat, user_id: int, actor: Actor, now: datetime) -> None:
    Seating.objects.create(package=package, seat=seat.value, user_id=user_id, seated_by_id=actor.person, seated_at=now)


@transaction.atomic
def reseat(code: str, seat: Seat, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Give a seat to somebody who never held one of this review; what was marked from it stays as it is.

    Raises:
        NotFoundOrHidden: no such review of the actor's organisation.
        Conflict: `review-complete`.
        Incomplete: `review-people`.
    """
    package = _locked(actor, code)
    if queries.outcome_of(package) is not None:
        raise Conflict("review-complete", "复核已经完成，不能换人", POLICY)
    if user_id not in {user.pk for user in queries.unseated(package)}:
        raise Incomplete("review-people", "接替的人须是本单位的账号，且没有坐过这次复核的任何一席", POLICY)
    _seat(package, seat, user_id, actor, now)


@transaction.atomic
def save_mark(code: str, position: int, verdict: str, reason: str, *, actor: Actor, now: datetime) -> bool:
    """Keep one verdict of the actor's seat; return False when the same stands there already.

    Raises:
        NotFoundOrHidden: no such review, or the seat has no such item.
        Refused: the actor holds no seat.
        Incomplete: `review-verdict`, `review-reason`.
        Conflict: whatever the rules of reviewing refuse, such as another verdict that stands there.
    """
    package = _locked(actor, code)
    sheet = queries.sheet(actor, package, position)
    mark = Mark(
        seat=sheet.seat,
        reviewer=_username(package, sheet.seat),
        item=sheet.item.id,
        verdict=_verdict(verdict, sheet.verdicts),
        reason=_reason(reason),
        at=now,
        via=f"page:{code}",
    )
    try:
        is_new = Review.of(queries.task_of(package), queries.marks_of(package, sheet.item.id)).take(mark)
    except Fault as fault:
        raise Conflict(fault.code, fault.message, fault.remedy) from fault
    if is_new:
        _keep(package, mark, actor)
        _complete(package, actor, now)
    return is_new


def _locked(actor: Actor, code: str) -> ReviewPackage:
    """Return a review with its row locked: two who save at once wait for each other."""
    package = queries.access_review(actor, code)
    locked = ReviewPackage.objects.select_for_update().defer("content").filter(pk=package.pk).first()
    if locked is None:
        raise NotFoundOrHidden
    return locked


def _username(package: ReviewPackage, seat: Seat) -> str:
    return queries.seatings(package)[seat].user.username


def _verdict(given: str, allowed: tuple[Verdict, ...]) -> Verdict:
    found = next((verdict for verdict in allowed if verdict.value == given), None)
    if found is None:
        raise Incomplete("review-verdict", "请先选一项判定", POLICY)
    return found


def _reason(given: str) -> str:
    reason = given.strip()
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise Incomplete("review-reason", f"理由不超过 {LONGEST_REASON} 字", POLICY)
    return reason


def _keep(package: ReviewPackage, mark: Mark, actor: Actor) -> None:
    try:
        ReviewMark.objects.create(
            package=package,
            seat=mark.seat.value,
            user_id=actor.person,
            item=mark.item,
            verdict=mark.verdict.value,
            reason=mark.reason,
            at=mark.at,
        )
    except IntegrityError as error:
        raise Conflict("review-marked", f"{mark.item} 已标注，初次标注不可更改", POLICY) from error


def _complete(package: ReviewPackage, actor: Actor, now: datetime) -> None:
    """Write the outcome with the mark that settles the last item."""
    if package.marks.filter(seat__in=queries.MARKING).count() < len(queries.MARKING) * package.size:
        return
    if not queries.review_of(package).is_complete:
        return
    sha256 = queries.marks_sha256(package)
    facts = {"task": package.digest, "marks": sha256}
    entry = leave_trace(Event("review_completed", receipt_mark(package.code), facts), actor=actor, now=now)
    ReviewOutcome.objects.create(package=package, marks_sha256=sha256, completed_at=now, ledger_index=entry.index)
