"""No sequence of acts by anybody reaches an illegal state, loses a round, or leaves the ledger without its entry."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.office.accounts.errors import DomainError
from openbeian.office.filings.models import ActRecord, Filing, Round
from openbeian.office.ledgering.models import LedgerEntry
from openbeian.rules import Process
from tests.office.mother import a_case

PEOPLE = ["kefu", "other", "clerk", "reviewer", "reviewer2", "approver", "inspector", "auditor"]
ACTS = [
    "submit_round", "accept", "return_filing", "withdraw", "request_supplement", "answer_supplement", "mark_checklist", "sign_opinion",
    "approve_opinion", "reject_opinion", "reject", "record_test", "report_up", "record_national_review", "open_notice", "close_notice",
    "assign_number", "publish", "recuse",
]  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(ACTS), st.sampled_from([0, 0, 0, 31])), max_size=25)


def _counts() -> tuple[int, int, int]:
    return LedgerEntry.objects.count(), ActRecord.objects.count(), Round.objects.count()


@pytest.mark.req("F2", "F3")
@pytest.mark.parametrize("track", ["filing", "registration", "algorithm_filing"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_sequence_of_acts_keeps_to_the_table(office, track, steps):
    process = Process.load()
    legal = {state.id for state in process.states(track)}
    slug = f"s{Filing.objects.count()}"
    case = a_case("submitted", track, slug)
    rounds = {made.number: made.digest for made in Round.objects.filter(filing__number=case.number)}
    for name, act, days in steps:
        case.wait(days)
        state, before = case.state, _counts()
        try:
            case.act(name, act)
        except (DomainError, Fault, ValueError):
            after = _counts()
            if act != "mark_checklist":
                assert after == before, f"a refused {act} left a trace"
            assert case.state == state
            continue
        after = _counts()
        if act == "mark_checklist":
            assert after == before
            continue
        assert after[0] == before[0] + 1, f"{act} has not exactly one ledger entry"
        assert after[1] == before[1] + 1, f"{act} has not exactly one line in the timeline"
        row = process.transition(track, state, act)
        assert case.state == (state if act == "recuse" else row.to)
        assert case.state in legal
        now = {made.number: made.digest for made in Round.objects.filter(filing__number=case.number)}
        assert now.items() >= rounds.items(), "a round was lost or altered"
        assert sorted(now) == list(range(1, len(now) + 1))
        rounds = now


@pytest.mark.req("F1", "F2", "F3")
def test_the_whole_road_ends_published_with_every_act_in_the_ledger(office):
    case = a_case("published")
    assert case.state == "published"
    kinds = list(LedgerEntry.objects.filter(case=case.number).values_list("kind", flat=True))
    assert kinds == [
        "submit_round", "accept", "sign_opinion", "approve_opinion", "record_test", "report_up", "record_national_review",
        "open_notice", "close_notice", "assign_number", "publish",
    ]  # fmt: skip


@pytest.mark.parametrize("track", ["registration", "algorithm_filing"])
def test_the_short_tracks_have_no_notice_and_end_published(office, track):
    case = a_case("published", track)
    assert case.state == "published"
    assert not LedgerEntry.objects.filter(kind="open_notice").exists()
