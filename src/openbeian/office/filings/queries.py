"""Questions about services and cases, each scoped to an actor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from openbeian.manifest import Change, Manifest, changes
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.filings.models import ActRecord, Draft, Filing, Opinion, Round, Service, Supplement
from openbeian.office.filings.policies import CaseView, NoticeFacts, OpenOpinion, PastAct, can_see
from openbeian.rules import Calendar, Deadline, Finding, Process, Stop, Term, due, legal_day, remaining

FINISHED = ("published", "withdrawn", "rejected", "cancelled")


def current_round(filing: Filing) -> Round | None:
    """Return the newest round of a case."""
    return filing.rounds.order_by("-number").first()


def case_view(filing: Filing, notice: NoticeFacts | None = None) -> CaseView:
    """Return everything a decision on rights may depend on."""
    current = filing.rounds.only("digest").order_by("-number").first()  # the papers themselves decide nothing here
    marked = set(current.marks.values_list("item", flat=True)) if current else set()
    return CaseView(
        number=filing.number,
        office_id=filing.office_id,
        organisation_id=filing.organisation_id,
        track=filing.track,
        state=filing.state,
        round_digest=current.digest if current else None,
        past=tuple(PastAct(act, user) for act, user in filing.acts.values_list("act", "user_id")),
        reviewer_ids=frozenset(filing.opinions.values_list("reviewer_id", flat=True)),
        recused_ids=frozenset(filing.recusals.values_list("user_id", flat=True)),
        has_open_supplement=filing.supplements.filter(answered_at__isnull=True).exists(),
        unmarked_items=sum(check.id not in marked for check in Process.load().pack.checklist),
        opinion=_as_fact(_open_opinion_on(filing, current)),
        test_passed=filing.test_passed,
        notice=notice,
        has_open_change=Filing.objects.filter(service_id=filing.service_id, kind=Filing.Kind.CHANGE)
        .exclude(state__in=FINISHED)
        .exists(),
    )


def open_opinion(filing: Filing) -> Opinion | None:
    """Return the newest opinion that waits for a decision.

    An opinion speaks of one round: a further round voids it, and so does the recusal of its reviewer.
    """
    return _open_opinion_on(filing, current_round(filing))


def _open_opinion_on(filing: Filing, current: Round | None) -> Opinion | None:
    return (
        filing.opinions.filter(decision="", round=current)
        .exclude(reviewer_id__in=filing.recusals.values("user_id"))
        .order_by("signed_at", "pk")
        .last()
    )


def _as_fact(opinion: Opinion | None) -> OpenOpinion | None:
    if opinion is None:
        return None
    return OpenOpinion(opinion.reviewer_id, opinion.round_digest, opinion.recommendation)


def access_filing(actor: Actor, number: str) -> Filing:
    """Return a case: the one door to it. What the actor may not see is not found.

    Raises:
        NotFoundOrHidden: for both.
    """
    filing = (
        Filing.objects.select_related("service", "organisation")
        .filter(office_id=actor.office_id, number=number)
        .first()
    )
    if filing is None or not can_see(actor, case_view(filing)):
        raise NotFoundOrHidden
    return filing


def visible_filings(actor: Actor) -> QuerySet[Filing]:
    """Return the cases this actor may see."""
    rows = Filing.objects.select_related("service", "organisation").filter(office_id=actor.office_id)
    if actor.is_provider:
        return rows.filter(organisation_id=actor.company)
    if actor.is_office:
        return rows.exclude(state="draft").exclude(recusals__user_id=actor.person)
    return rows.none()


def my_services(actor: Actor) -> list[Service]:
    """Return the services of the actor's organisation."""
    if not actor.is_provider:
        raise NotFoundOrHidden
    return list(Service.objects.filter(organisation_id=actor.company).order_by("-created_at"))


def access_service(actor: Actor, slug: str) -> Service:
    """Return a service of the actor's own organisation; anything else is not found."""
    service = Service.objects.filter(organisation_id=actor.company, slug=slug).first() if actor.is_provider else None
    if service is None:
        raise NotFoundOrHidden
    return service


def draft_of(service: Service) -> Draft | None:
    """Return the working copy of a service."""
    return Draft.objects.filter(service=service).first()


def filings_of(service: Service) -> list[Filing]:
    """Return the cases of a service, newest first."""
    return list(service.filings.all())


def case_to_hand_in(service: Service) -> Filing | None:
    """Return the case of a service that waits for a round of its provider."""
    return next((item for item in filings_of(service) if item.state in {"draft", "returned", "supplement"}), None)


def rounds_of(filing: Filing) -> list[Round]:
    """Return the rounds of a case, first to last."""
    return list(filing.rounds.select_related("submitted_by"))


def access_round(actor: Actor, number: str, round_number: int) -> Round:
    """Return one round of a case the actor may see."""
    found = access_filing(actor, number).rounds.filter(number=round_number).first()
    if found is None:
        raise NotFoundOrHidden
    return found


def findings_of(made: Round) -> list[Finding]:
    """Return the findings handed in with a round."""
    return [Finding.from_json(item) for item in made.findings]


def manifest_of(made: Round) -> Manifest:
    """Return the manifest of a round."""
    return Manifest.model_validate(made.manifest)


def round_changes(filing: Filing, number: int) -> list[Change]:
    """Return what changed from the round before to this one, path by path; the first round has none."""
    rounds = {made.number: made for made in filing.rounds.all() if made.number in {number - 1, number}}
    if number not in rounds or number - 1 not in rounds:
        return []
    return changes(rounds[number - 1].manifest, rounds[number].manifest)


def supplements_of(filing: Filing) -> list[Supplement]:
    """Return the supplement requests of a case with their items."""
    return list(filing.supplements.select_related("round", "requested_by").prefetch_related("items"))


def open_supplement(filing: Filing) -> Supplement | None:
    """Return the supplement that waits for an answer."""
    return filing.supplements.filter(answered_at__isnull=True).prefetch_related("items").first()


def opinions_of(filing: Filing) -> list[Opinion]:
    """Return the signed opinions of a case."""
    return list(filing.opinions.select_related("reviewer", "approver", "round"))


def timeline(filing: Filing) -> list[ActRecord]:
    """Return the acts on a case, newest first."""
    return list(filing.acts.select_related("user").order_by("-pk"))


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One item of the review checklist with the office's mark on the current round."""

    id: str
    area: str
    name: str
    path: str
    basis: str
    to_check: bool
    verdict: str
    note: str


def checklist(made: Round) -> list[CheckRow]:
    """Return the checklist of the pack with the marks made on a round."""
    marks = {mark.item: mark for mark in made.marks.all()}
    return [
        CheckRow(
            item.id,
            item.area,
            item.name_zh,
            item.path,
            item.basis,
            item.to_check,
            marks[item.id].verdict if item.id in marks else "",
            marks[item.id].note if item.id in marks else "",
        )
        for item in Process.load().pack.checklist
    ]


@dataclass(frozen=True, slots=True)
class DueRow:
    """One running or finished deadline of a case."""

    what: str
    deadline: Deadline
    left: int | None
    to_check: bool


def deadlines(filing: Filing, now: datetime) -> list[DueRow]:
    """Return the deadlines that run on a case today, computed from its events, never stored."""
    acts = list(filing.acts.values_list("act", "at"))
    process, calendar, today = Process.load(), Calendar.china(), legal_day(now)
    rows = []
    for row in process.transitions(filing.track):
        started = next((legal_day(at) for act, at in reversed(acts) if act == row.act), None)
        if row.deadline is None or started is None or row.act != "accept" or filing.state in FINISHED:
            continue
        rule = process.deadline(row.deadline)
        term = Term.of(rule)
        if term is not None:
            deadline = due(term, started, calendar, _stops(acts))
            rows.append(DueRow(rule.what, deadline, remaining(deadline, today, calendar), rule.to_check))
    return rows


def _stops(acts: Sequence[tuple[str, datetime]]) -> list[Stop]:
    """Return the days on which the office's clock stood: from each supplement request until its answer."""
    stops: list[Stop] = []
    for act, at in acts:
        if act == "request_supplement":
            stops.append(Stop(legal_day(at)))
        elif act == "answer_supplement" and stops and stops[-1].end is None:
            stops[-1] = Stop(stops[-1].start, legal_day(at))
    return stops


@dataclass(frozen=True, slots=True)
class StepRow:
    """One stage of the step bar: done, current or to come, with its first day."""

    id: str
    name_zh: str
    name_en: str
    status: str
    on: date | None


def steps(filing: Filing) -> list[StepRow]:
    """Return the stages of a case for the step bar; a track without a notice has no such step."""
    process = Process.load()
    stages = [s for s in process.pack.stages if s.id != "notice" or process.has_notice(filing.track)]
    here = [s.id for s in stages].index(process.stage_of(filing.state).id)
    firsts: dict[str, date] = {"apply": legal_day(filing.opened_at)}
    for act, state, at in filing.acts.values_list("act", "to_state", "at"):
        # A case waits under 受理 from the day it is handed in; the day shown is that of its acceptance.
        stage = "accept" if act == "accept" else process.stage_of(state).id
        if stage != "accept" or act == "accept":
            firsts.setdefault(stage, legal_day(at))
        if act == "accept":
            firsts.setdefault("review", legal_day(at))
    is_done = filing.state in {"published", "change_pending"}
    return [
        StepRow(
            stage.id,
            stage.name_zh,
            stage.name_en,
            "done" if index < here or (is_done and index == here) else "current" if index == here else "todo",
            firsts.get(stage.id) if index <= here else None,
        )
        for index, stage in enumerate(stages)
    ]


def filing_json(filing: Filing) -> dict[str, Any]:
    """Return a case as the API shows it to those who may see it."""
    process = Process.load()
    current = current_round(filing)
    supplement = open_supplement(filing)
    return {
        "number": filing.number,
        "service": filing.service.slug,
        "service_name": filing.service.name,
        "organisation": filing.organisation.name,
        "track": filing.track,
        "kind": filing.kind,
        "state": filing.state,
        "state_name": process.state(filing.state).name_zh,
        "stage": process.stage_of(filing.state).name_zh,
        "opened_at": filing.opened_at,
        "round": current.number if current else 0,
        "round_digest": current.digest if current else None,
        "supplement": None
        if supplement is None
        else {
            "number": supplement.number,
            "items": [
                {
                    "position": i.position,
                    "clause": i.clause,
                    "path": i.path,
                    "reason_code": i.reason_code,
                    "request": i.request,
                }
                for i in supplement.items.all()
            ],
        },
    }
