"""Who may do what: an exhaustive table against the rule said once more in other words."""

from itertools import product

import pytest

from openbeian.office.accounts.actors import Actor, Role
from openbeian.office.filings.policies import (
    GUARDS,
    Allowed,
    CaseView,
    Denied,
    NoticeFacts,
    OpenOpinion,
    PastAct,
    can,
    can_see,
)
from openbeian.rules import Process

PERSON = 7
ROLES = [Role.PROVIDER_MEMBER, Role.CLERK, Role.REVIEWER, Role.APPROVER, Role.INSPECTOR, Role.AUDITOR]
PASTS = {
    "nothing": {},
    "accepted": {"past": (PastAct("accept", PERSON),)},
    "reviewed": {"reviewer_ids": frozenset({PERSON})},
    "recused": {"recused_ids": frozenset({PERSON})},
}


def _view(track: str, state: str, **more) -> CaseView:
    ready = {
        "round_digest": "d",
        "opinion": OpenOpinion(99, "d", "pass"),
        "test_passed": True,
        "notice": NoticeFacts(is_elapsed=True, is_closed=True, unanswered_objections=0),
        "has_open_supplement": state == "supplement",
    }
    return CaseView("2026-0001", 1, 5, track, state, **{**ready, **more})


def _should(row, role: Role, past: str, *, is_own: bool) -> bool:
    """The rule in other words than the code's."""
    if role.value not in row.roles:
        return False
    if past == "recused" and "not_recused" in row.guards:
        return False
    if role is Role.PROVIDER_MEMBER:
        return is_own
    if row.act in {"approve_opinion", "reject_opinion", "reject", "sign_opinion"} and past == "accepted":
        return False
    return not (row.act in {"approve_opinion", "reject_opinion", "reject", "assign_number"} and past == "reviewed")


@pytest.mark.req("T1b", "F2")
@pytest.mark.parametrize("track", ["filing", "registration", "algorithm_filing"])
def test_rights_follow_role_state_organisation_and_past_acts(track):
    process = Process.load()
    acts = {row.act for row in process.transitions(track)}
    checked = 0
    for state, act, role, past, own in product(process.states(track), acts, ROLES, PASTS, (True, False)):
        actor = Actor(role, 1, PERSON, (5 if own else 6) if role is Role.PROVIDER_MEMBER else None)
        case = _view(track, state.id, **PASTS[past])
        row = process.transition(track, state.id, act)
        answer = can(actor, act, case)
        expected = row is not None and _should(row, role, past, is_own=own)
        assert isinstance(answer, Allowed) is expected, (state.id, act, role, past, own, answer)
        if isinstance(answer, Denied):
            assert answer.reason
            assert answer.clause
        checked += 1
    assert checked > 5000


def test_every_guard_of_the_pack_is_implemented_and_every_implementation_used():
    process = Process.load()
    named = {guard for track in process.tracks() for row in process.transitions(track) for guard in row.guards}
    assert named == set(GUARDS)


@pytest.mark.req("T1b")
def test_nobody_sees_what_is_not_theirs():
    case = _view("filing", "provincial_review", recused_ids=frozenset({PERSON}))
    assert not can_see(Actor(Role.REVIEWER, 1, PERSON), case)
    assert can_see(Actor(Role.REVIEWER, 1, 8), case)
    assert not can_see(Actor(Role.REVIEWER, 2, 8), case)
    assert not can_see(Actor(Role.PROVIDER_MEMBER, 1, 8, 6), case)
    assert not can_see(Actor(Role.PUBLIC, 1), case)
    assert not can_see(Actor(Role.APPROVER, 1, 8), _view("filing", "draft"))


def test_an_opinion_on_an_older_round_cannot_be_approved():
    case = _view("filing", "provincial_review", opinion=OpenOpinion(99, "old", "pass"))
    answer = can(Actor(Role.APPROVER, 1, PERSON), "approve_opinion", case)
    assert isinstance(answer, Denied)
    assert answer.code == "round-unchanged"


@pytest.mark.req("F3")
@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (NoticeFacts(is_elapsed=False, is_closed=False, unanswered_objections=0), "notice-elapsed"),
        (NoticeFacts(is_elapsed=True, is_closed=False, unanswered_objections=1), "objections-answered"),
    ],
)
def test_a_notice_cannot_be_closed_early_or_with_an_open_objection(facts, code):
    answer = can(Actor(Role.CLERK, 1, PERSON), "close_notice", _view("filing", "in_notice", notice=facts))
    assert isinstance(answer, Denied)
    assert answer.code == code
