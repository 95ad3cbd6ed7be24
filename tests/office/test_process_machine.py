"""A machine of random acts by random people: mostly allowed ones, so that every corner of the tables is walked."""

from __future__ import annotations

import contextlib
import json

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from openbeian.manifest import Fault
from openbeian.office.accounts.errors import DomainError
from openbeian.office.filings import queries
from openbeian.office.filings.models import ActRecord, ChecklistMark, Filing, Opinion, Recusal, Round, Supplement
from openbeian.office.filings.policies import Allowed, can
from openbeian.office.ledgering.models import LedgerEntry
from openbeian.office.notices import services as notices
from openbeian.office.notices.models import Notice, Objection
from openbeian.office.notices.queries import facts_for
from openbeian.office.register.models import Registration, RegistrationVersion
from openbeian.rules import Process
from tests.office.mother import Case, a_filing, actor

PEOPLE = ["kefu", "other", "clerk", "reviewer", "reviewer2", "approver", "inspector", "auditor", "public"]
ACTS = [
    "submit_round", "accept", "return_filing", "withdraw", "request_supplement", "answer_supplement", "mark_checklist", "sign_opinion",
    "approve_opinion", "reject_opinion", "reject", "record_test", "report_up", "record_national_review", "open_notice", "close_notice",
    "assign_number", "publish", "recuse", "open_change",
]  # fmt: skip
TABLED = [act for act in ACTS if act not in {"mark_checklist", "recuse"}]
# An act on a change takes the registered case along: its own entry and its own line for each.
TAKES_ALONG = {"publish", "withdraw", "reject"}


def everything() -> list[object]:
    """All that an act may write, as plain values."""
    tables = {
        Filing: ("pk", "number", "state", "test_passed"),
        Round: ("pk", "number", "digest"),
        Opinion: ("pk", "round_digest", "decision", "approver"),
        Supplement: ("pk", "answered_at"),
        ChecklistMark: ("pk", "verdict", "at"),
        Recusal: ("pk",),
        ActRecord: ("pk",),
        LedgerEntry: ("pk",),
        Notice: ("pk", "closed_at"),
        Objection: ("pk", "state"),
        Registration: ("pk", "number", "published_at"),
        RegistrationVersion: ("pk",),
    }
    return [list(model.objects.order_by("pk").values_list(*names)) for model, names in tables.items()]


class Office(RuleBasedStateMachine):
    """One service at the office, its case and its changes."""

    track = "filing"
    slug = "shili-kefu"
    starts = (
        "submitted",
        "supplement",
        "opinion",
        "provincial_test",
        "national_review",
        "in_notice",
        "published",
        "draft",
    )

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.process = Process.load()
        self.people = {name: actor(name) for name in PEOPLE}
        self.cases: list[Case] = []
        self.rounds: dict[tuple[str, int], str] = {}

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        first = a_filing(data.draw(st.sampled_from(self.starts)), self.track)
        numbers = Filing.objects.order_by("pk").values_list("number", flat=True)
        self.cases = [Case(number, first.now, self.track) for number in numbers]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def _rounds(self) -> dict[tuple[str, int], str]:
        rows = Round.objects.filter(filing__service__slug=self.slug)
        return {(made.filing.number, made.number): json.dumps([made.digest, made.manifest]) for made in rows}

    def _do(self, case: Case, name: str, act: str) -> None:
        if act == "open_change":  # an act on the registered case, whichever case one looks at
            case = self.cases[0]
        before, state, kind = everything(), case.state, case.filing.kind
        entries, lines = LedgerEntry.objects.count(), ActRecord.objects.count()
        try:
            case.act(name, act)
        except (DomainError, Fault, ValueError):
            assert everything() == before, f"a refused {act} of {name} in {state} left something behind"
            return
        written = 0 if act == "mark_checklist" else 1 + (act in TAKES_ALONG and kind == "change")
        assert LedgerEntry.objects.count() - entries == written, (act, state)
        assert ActRecord.objects.count() - lines == written, (act, state)
        row = self.process.transition(self.track, state, act)
        if act in TABLED:
            assert row is not None, f"{act} was done in {state}, the table has no such row"
            assert actor(name).role.value in row.roles
        assert case.state == (row.to if row else state)
        if act == "open_change":
            latest = Filing.objects.filter(kind="change", service__slug=self.slug).latest("pk")
            self.cases.append(Case(latest.number, case.now, self.track, self.slug))

    @rule(which=st.integers(0, 9), name=st.sampled_from(PEOPLE), act=st.sampled_from(ACTS), days=st.integers(1, 6))
    def anybody_tries_anything(self, which: int, name: str, act: str, days: int) -> None:
        case = self.cases[which % len(self.cases)]
        case.days = days
        self._do(case, name, act)

    @rule(which=st.integers(0, 9), choice=st.integers(0, 99), days=st.integers(1, 6))
    def someone_does_what_is_open(self, which: int, choice: int, days: int) -> None:
        self._go_on(which, choice, days)

    @rule(which=st.integers(0, 9), choice=st.integers(0, 99), days=st.integers(1, 6))
    def someone_goes_on(self, which: int, choice: int, days: int) -> None:
        self._go_on(which, choice, days, without={"withdraw", "reject", "return_filing", "request_supplement"})

    def _go_on(self, which: int, choice: int, days: int, without: frozenset[str] | set[str] = frozenset()) -> None:
        case = self.cases[which % len(self.cases)]
        case.days = days
        view = queries.case_view(case.filing, facts_for(case.filing, case.now))
        open_to = [
            (name, act)
            for name in PEOPLE
            for act in TABLED
            if act not in without and isinstance(can(self.people[name], act, view), Allowed)
        ]
        if case.state == "provincial_review" and view.unmarked_items:
            open_to.append(("reviewer", "mark_checklist"))
        if open_to:
            self._do(case, *open_to[choice % len(open_to)])

    @rule(days=st.sampled_from([1, 10, 31]))
    def time_passes(self, days: int) -> None:
        for case in self.cases:
            case.wait(days)

    @precondition(lambda self: any(case.state == "in_notice" for case in self.cases))
    @rule(is_answered=st.booleans())
    def someone_objects(self, is_answered: bool) -> None:
        case = next(case for case in self.cases if case.state == "in_notice")
        entries = LedgerEntry.objects.count()
        reviewer = actor("reviewer")
        with contextlib.suppress(DomainError):
            made = notices.submit_objection(
                case.number, part="scope", statement="太宽", contact="", actor=actor("public"), now=case.now
            )
            assert LedgerEntry.objects.count() == entries + 1
            if is_answered:
                notices.verify_objection(made.code, "核对", actor=reviewer, now=case.now)
                notices.answer_objection(made.code, "不成立", is_upheld=False, actor=reviewer, now=case.now)
                assert LedgerEntry.objects.count() == entries + 3

    @invariant()
    def every_state_is_in_the_table(self) -> None:
        legal = {state.id for state in self.process.states(self.track)}
        assert {case.state for case in self.cases} <= legal

    @invariant()
    def no_round_is_lost_or_altered(self) -> None:
        now = self._rounds()
        assert now.items() >= self.rounds.items()
        for case in self.cases:
            numbers = sorted(number for filing, number in now if filing == case.number)
            assert numbers == list(range(1, len(numbers) + 1))
        self.rounds = now

    @invariant()
    def every_line_points_at_its_own_entry(self) -> None:
        lines = ActRecord.objects.filter(filing__service__slug=self.slug).select_related("filing")
        entries = {entry.index: entry for entry in LedgerEntry.objects.filter(case__in=[c.number for c in self.cases])}
        assert len({line.ledger_index for line in lines}) == len(lines)
        for line in lines:
            entry = entries[line.ledger_index]
            assert (entry.kind, entry.case) == (line.act, line.filing.number)

    @invariant()
    def a_service_waits_for_its_change_only_while_there_is_one(self) -> None:
        if not self.cases:
            return
        first, *changes = self.cases
        is_open = any(change.state not in {"published", "withdrawn", "rejected"} for change in changes)
        assert (first.state == "change_pending") == is_open

    @invariant()
    def nobody_approved_what_he_reviewed(self) -> None:
        for opinion in Opinion.objects.filter(filing__service__slug=self.slug, approver__isnull=False):
            assert opinion.approver_id != opinion.reviewer_id


class RegistrationOffice(Office):
    track = "registration"
    starts = ("submitted", "supplement", "opinion", "approved", "registered", "published", "draft")


class AlgorithmOffice(Office):
    track = "algorithm_filing"
    starts = ("submitted", "supplement", "opinion", "approved", "published", "draft")


@pytest.mark.req("F1", "F2", "F3")
@pytest.mark.parametrize("machine", [Office, RegistrationOffice, AlgorithmOffice])
def test_random_acts_of_random_people_keep_to_the_table_and_leave_one_entry_each(office, machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.explicit, Phase.generate],
            report_multiple_bugs=False,
        ),
    )
    assert [entry.index for entry in LedgerEntry.objects.all()] == list(range(LedgerEntry.objects.count()))
