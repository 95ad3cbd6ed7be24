"""What composite pages ask across the apps: figures of the home page, the queue, a case, a provider's service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from openbeian.manifest import PARTS, Change, part_of
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import Conflict, DomainError, Refused
from openbeian.office.filings import queries as filings
from openbeian.office.filings.models import ActRecord, Draft, Filing, Opinion, Round, Service, Supplement
from openbeian.office.filings.policies import Allowed, Denied, can
from openbeian.office.ledgering import queries as ledger
from openbeian.office.notices import queries as notices
from openbeian.office.notices.models import Objection
from openbeian.office.notices.queries import NoticeRow
from openbeian.office.oversight import queries as oversight
from openbeian.office.oversight.models import Complaint, DriftReport
from openbeian.office.register import queries as register
from openbeian.office.register.models import Registration
from openbeian.office.reviews import queries as reviews
from openbeian.rules import Calendar, Deadline, Finding, Process, legal_day

MONTHS = 6
NEWEST = 3
NEVER = 10_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for an actor; the counts in the navigation."""

    cases: int = 0
    objections: int = 0
    complaints: int = 0
    drifts: int = 0
    reviews: int = 0


def waiting(actor: Actor) -> Waiting:
    """Return how much waits for this actor."""
    complaints = oversight.complaints_for(actor)
    if actor.is_provider:
        forwarded = sum(row.state == Complaint.State.FORWARDED for row in complaints)
        return Waiting(complaints=forwarded, reviews=reviews.waiting(actor))
    return Waiting(
        cases=filings.visible_filings(actor).exclude(state__in=filings.FINISHED).count(),
        objections=sum(row.state != Objection.State.ANSWERED for row in notices.objections_for(actor)),
        complaints=sum(row.state != Complaint.State.CLOSED for row in complaints),
        drifts=len(oversight.material_drift(actor)),
    )


@dataclass(frozen=True, slots=True)
class Month:
    """How many entries were published in a month."""

    first: date
    filed: int
    registered: int


@dataclass(frozen=True, slots=True)
class Home:
    """The figures and newest rows of the home page."""

    filed: int
    registered: int
    open_notices: list[NoticeRow]
    newest: list[Registration]
    months: list[Month]
    ledger_size: int
    signed_at: datetime | None


def home(office_id: int, now: datetime) -> Home:
    """Return what the home page shows."""
    entries = register.search(office_id)
    head = ledger.head(office_id)
    return Home(
        filed=sum(entry.track != "registration" for entry in entries),
        registered=sum(entry.track == "registration" for entry in entries),
        open_notices=[row for row in notices.public_notices(office_id, now) if row.is_open],
        newest=entries[:NEWEST],
        months=_months(entries, legal_day(now)),
        ledger_size=head.size,
        signed_at=head.signed_at,
    )


def _months(entries: Sequence[Registration], today: date) -> list[Month]:
    rows = []
    for back in range(MONTHS - 1, -1, -1):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        first = date(year, month + 1, 1)
        days = [(entry.track, legal_day(entry.published_at)) for entry in entries if entry.published_at]
        here = [track for track, on in days if (on.year, on.month) == (first.year, first.month)]
        registered = sum(track == "registration" for track in here)
        rows.append(Month(first, len(here) - registered, registered))
    return rows


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What the queue is narrowed to; empty means everything."""

    text: str = ""
    stage: str = ""
    track: str = ""
    kind: str = ""
    mine: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One case of the queue, with its most urgent deadline."""

    filing: Filing
    stage: str
    round: int
    open_findings: int
    deadline: Deadline | None
    left: int | None
    what: str
    acts: tuple[str, ...]
    last: ActRecord | None
    people: tuple[str, ...]
    worked_days: int

    @property
    def is_stopped(self) -> bool:
        """Whether the clock stands while the provider answers a supplement."""
        return self.filing.state == "supplement"

    @property
    def urgency(self) -> tuple[int, int, int]:
        """The order of the queue: what is due first, then what has waited longest; stopped clocks last."""
        return (int(self.is_stopped), NEVER if self.left is None else self.left, -self.worked_days)


def queue(actor: Actor, wanted: QueueFilter, now: datetime) -> tuple[list[QueueRow], dict[str, int]]:
    """Return the rows of the queue, most urgent first, and how many open cases stand in each stage."""
    rows = [_queue_row(actor, filing, now) for filing in filings.visible_filings(actor)]
    running = [row for row in rows if row.filing.state not in filings.FINISHED]
    counts = {stage.id: sum(row.stage == stage.id for row in running) for stage in Process.load().pack.stages}
    counts |= {
        "all": len(running),
        "mine": sum(bool(row.acts) for row in running),
        "finished": len(rows) - len(running),
    }
    counts |= {"stopped": sum(row.is_stopped for row in running)}
    counts |= {"overdue": sum(row.left is not None and row.left < 0 for row in running)}
    shown = [row for row in rows if _is_wanted(row, wanted)]
    return sorted(shown, key=lambda row: row.urgency), counts


def _is_wanted(row: QueueRow, wanted: QueueFilter) -> bool:
    filing = row.filing
    text = f"{filing.number} {filing.service.name} {filing.organisation.name} {filing.organisation.uscc}".casefold()
    return all(
        (
            (filing.state in filings.FINISHED) == wanted.finished,
            not wanted.stage or row.stage == wanted.stage,
            not wanted.track or filing.track == wanted.track,
            not wanted.kind or filing.kind == wanted.kind,
            not wanted.mine or bool(row.acts),
            all(word in text for word in wanted.text.casefold().split()),
        )
    )


def _queue_row(actor: Actor, filing: Filing, now: datetime) -> QueueRow:
    made = filings.current_round(filing)
    due_rows = filings.deadlines(filing, now)
    notice = notices.notice_of(filing, now)
    deadline, left, what = (due_rows[0].deadline, due_rows[0].left, due_rows[0].what) if due_rows else (None, None, "")
    if notice is not None and filing.state == "in_notice" and notice.notice.closed_at is None:
        deadline, left, what = notices.notice_deadline(notice.notice.opened_at), notice.days_left, "notice"
    acts = filings.timeline(filing)
    people = {
        record.user_id: str(record.user)
        for record in reversed(acts)
        if record.user and record.role != "provider_member"
    }
    return QueueRow(
        filing=filing,
        stage=Process.load().stage_of(filing.state).id,
        round=made.number if made else 0,
        open_findings=sum(item["verdict"] == "不符合" for item in made.findings) if made else 0,
        deadline=deadline,
        left=left,
        what=what,
        acts=tuple(act for act, answer in possible_acts(actor, filing, now).items() if isinstance(answer, Allowed)),
        last=acts[0] if acts else None,
        people=tuple(people.values()),
        worked_days=max(0, Calendar.china().working_days_between(legal_day(filing.opened_at), legal_day(now))),
    )


def possible_acts(actor: Actor, filing: Filing, now: datetime) -> dict[str, Allowed | Denied]:
    """Return, for every act of the case's state, whether this actor may do it, or why not."""
    view = filings.case_view(filing, notices.facts_for(filing, now))
    rows = Process.load().transitions(filing.track)
    here = dict.fromkeys(row.act for row in rows if filing.state in row.from_)
    return {act: can(actor, act, view) for act in here}


def denial(actor: Actor, filing: Filing, act: str, now: datetime) -> DomainError | None:
    """Return why this actor may not do the act now, or None when it may."""
    answer = can(actor, act, filings.case_view(filing, notices.facts_for(filing, now)))
    if isinstance(answer, Allowed):
        return None
    return (Conflict if answer.is_conflict else Refused)(answer.code, answer.reason, answer.clause)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One changed field, and the supplement item that asked for it."""

    path: str
    part: str | None
    old: object
    new: object
    answers: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the page of a case shows."""

    filing: Filing
    rounds: list[Round]
    current: Round | None
    findings: list[Finding]
    changes: list[ChangeRow]
    checklist: list[filings.CheckRow]
    supplements: list[Supplement]
    opinions: list[Opinion]
    timeline: list[ActRecord]
    steps: list[filings.StepRow]
    deadlines: list[filings.DueRow]
    acts: dict[str, Allowed | Denied]
    notice: NoticeRow | None
    objections: list[Objection]
    registration: Registration | None

    @property
    def open_supplement(self) -> Supplement | None:
        """The supplement that waits for the provider."""
        return next((item for item in self.supplements if item.answered_at is None), None)

    @property
    def undecided(self) -> Opinion | None:
        """The signed opinion that waits for the approver."""
        return next((item for item in reversed(self.opinions) if not item.decision), None)

    @property
    def parts(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The six parts as filed in the newest round."""
        return [(part, self.current.manifest[part]) for part in PARTS] if self.current else []

    @property
    def evidence(self) -> dict[str, dict[str, Any]]:
        """The evidence of the newest round by digest."""
        return {item["digest"]: item for item in self.current.evidence} if self.current else {}

    @property
    def unmarked(self) -> int:
        """How many items of the checklist are without a mark."""
        return sum(not row.verdict for row in self.checklist)


def case(actor: Actor, number: str, now: datetime) -> Case:
    """Return everything the page of a case shows; what the actor may not see is not found."""
    filing = filings.access_filing(actor, number)
    rounds = filings.rounds_of(filing)
    current = rounds[-1] if rounds else None
    supplements = filings.supplements_of(filing)
    notice = notices.notice_of(filing, now)
    return Case(
        filing=filing,
        rounds=rounds,
        current=current,
        findings=urgent_first(filings.findings_of(current)) if current else [],
        changes=change_rows(filings.round_changes(filing, current.number), supplements) if current else [],
        checklist=filings.checklist(current) if current else [],
        supplements=supplements,
        opinions=filings.opinions_of(filing),
        timeline=filings.timeline(filing),
        steps=filings.steps(filing),
        deadlines=filings.deadlines(filing, now),
        acts=possible_acts(actor, filing, now),
        notice=notice,
        objections=notices.objections_to(notice.notice) if notice else [],
        registration=register.registration_of(filing.service),
    )


def change_rows(found: Sequence[Change], supplements: Sequence[Supplement] = ()) -> list[ChangeRow]:
    """Return changes as rows, those that answer the last supplement first."""
    asked = {item.path: item.position for item in supplements[-1].items.all() if item.path} if supplements else {}
    rows = [
        ChangeRow(
            change.path,
            part_of(change.path),
            change.old,
            change.new,
            next((position for path, position in asked.items() if _is_under(change.path, path)), None),
        )
        for change in found
    ]
    return sorted(rows, key=lambda row: (row.answers is None, row.answers or 0))


def _is_under(path: str, asked: str) -> bool:
    return path == asked or path.startswith(asked + ".") or asked.startswith(path + ".")


def urgent_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with those that need work first, otherwise in the order of the pack."""
    order = {"不符合": 0, "符合": 2, "不适用": 3}
    return sorted(
        findings, key=lambda row: (order[row.verdict.value] + (row.is_warning and not row.missing), bool(row.missing))
    )


@dataclass(frozen=True, slots=True)
class ServicePage:
    """Everything a provider's page of one service shows."""

    service: Service
    draft: Draft | None
    filing: Filing | None
    case: Case | None
    registration: Registration | None
    drift: DriftReport | None
    complaints: list[Complaint] = field(default_factory=list)
    others: list[Filing] = field(default_factory=list)


def service_page(actor: Actor, slug: str, now: datetime) -> ServicePage:
    """Return what a provider's page of one service shows: the newest unfinished case, or the newest."""
    service = filings.access_service(actor, slug)
    cases = filings.filings_of(service)
    filing = next(
        (item for item in cases if item.state not in filings.FINISHED and item.state != "change_pending"), None
    )
    filing = filing or next(iter(cases), None)
    complaints = [row for row in oversight.complaints_for(actor) if row.registration.service_id == service.pk]
    return ServicePage(
        service=service,
        draft=filings.draft_of(service),
        filing=filing,
        case=case(actor, filing.number, now) if filing else None,
        registration=register.registration_of(service),
        drift=oversight.current_drift(service),
        complaints=complaints,
        others=[item for item in cases if filing and item.pk != filing.pk],
    )
