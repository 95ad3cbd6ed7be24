"""The rule on rights written down by hand, without looking at the pack, and held against every combination."""

from itertools import product

import pytest

from openbeian.office.accounts.actors import Actor, Role, public_at, system_at
from openbeian.office.accounts.errors import Conflict, NotFoundOrHidden, Refused
from openbeian.office.filings.policies import CaseView, NoticeFacts, OpenOpinion, PastAct, can, require
from openbeian.rules import Process
from tests.office.mother import a_case, actor

PERSON, OWN, OTHER = 7, 5, 6
STARTS = {"draft", "returned"}
EARLY = {"draft", "submitted", "provincial_review", "supplement"}
ENDED = {"published", "change_pending", "suspended"}
P, C, R, A = Role.PROVIDER_MEMBER, Role.CLERK, Role.REVIEWER, Role.APPROVER
# act: who, in which states of the short tracks. What a track adds stands below.
EVERYWHERE = {
    "submit_round": ({P}, STARTS),
    "withdraw": ({P}, EARLY),
    "accept": ({C}, {"submitted"}),
    "return_filing": ({C}, {"submitted"}),
    "request_supplement": ({R}, {"provincial_review"}),
    "answer_supplement": ({P}, {"supplement"}),
    "sign_opinion": ({R}, {"provincial_review"}),
    "approve_opinion": ({A}, {"provincial_review"}),
    "reject_opinion": ({A}, {"provincial_review"}),
    "reject": ({A}, {"provincial_review"}),
    "assign_number": ({A}, {"approved"}),
    "publish": ({C}, {"filed"}),
    "open_change": ({P}, {"published"}),
    "complete_change": ({C, P}, {"change_pending"}),
    "suspend": ({A}, {"published", "change_pending"}),
    "resume": ({A}, {"suspended"}),
    "cancel": ({A}, ENDED),
}
TRACKS = {
    "filing": EVERYWHERE
    | {
        "request_supplement": ({R}, {"provincial_review", "provincial_test", "national_review"}),
        "record_test": ({R}, {"provincial_test"}),
        "report_up": ({C}, {"provincial_test"}),
        "record_national_review": ({C}, {"reported"}),
        "open_notice": ({A}, {"national_review"}),
        "close_notice": ({A, C}, {"in_notice"}),
        "assign_number": ({A}, {"in_notice"}),
        "reject": ({A}, {"provincial_review", "national_review", "in_notice"}),
    },
    "registration": EVERYWHERE | {"publish": ({C}, {"registered"})},
    "algorithm_filing": EVERYWHERE | {"cancel": ({A, P}, ENDED)},
}
CLOSED_TO_WHO_ACCEPTED = {"sign_opinion", "approve_opinion", "reject_opinion", "reject"}
CLOSED_TO_REVIEWERS = {"approve_opinion", "reject_opinion", "reject", "assign_number"}
PASTS = ["accepted", "reviewed", "recused", "rejected_elsewhere"]
SEATS = ["own", "other_organisation", "other_office"]


def a_view(track: str, state: str, past: frozenset[str] = frozenset()) -> CaseView:
    """Return a case on which everything is ready, so that only the person and the state can be in the way."""
    return CaseView(
        "2026-0001", 1, OWN, track, state,
        round_digest="d",
        past=tuple(PastAct(act, PERSON if "accepted" in past else 99) for act in ("submit_round", "accept")),
        reviewer_ids=frozenset({PERSON if "reviewed" in past else 99}),
        recused_ids=frozenset({PERSON} if "recused" in past else {98}),
        has_open_supplement=state == "supplement",
        opinion=OpenOpinion(99, "d", "pass"),
        test_passed=True,
        notice=NoticeFacts(is_elapsed=True, is_closed=True, unanswered_objections=0),
    )  # fmt: skip


def expected(track: str, state: str, act: str, role: Role, past: frozenset[str], seat: str) -> type | None:
    """Say what must happen; None when the act is allowed."""
    is_provider = role is P
    if seat == "other_office" or "recused" in past or role is Role.PUBLIC:
        return NotFoundOrHidden
    if (is_provider and seat == "other_organisation") or (not is_provider and state == "draft"):
        return NotFoundOrHidden
    who, where = TRACKS[track].get(act, (set(), set()))
    if state not in where:
        return Conflict
    if role not in who:
        return Refused
    is_barred = ("accepted" in past and act in CLOSED_TO_WHO_ACCEPTED) or (
        "reviewed" in past and act in CLOSED_TO_REVIEWERS
    )
    return Refused if is_barred else None


@pytest.mark.req("T1b", "F2")
@pytest.mark.parametrize("track", sorted(TRACKS))
def test_every_role_act_state_and_past_is_decided_as_written_here(track):
    states = [state.id for state in Process.load().pack.states]
    acts = sorted({act for table in TRACKS.values() for act in table} | {"create_draft", "unheard_of"})
    pasts = [frozenset(), *(frozenset({past}) for past in PASTS[:3]), frozenset({"accepted", "reviewed"})]
    roles = [P, C, R, A, Role.INSPECTOR, Role.AUDITOR, Role.PUBLIC]
    wrong = []
    for state, act, role, past, seat in product(states, acts, roles, pasts, SEATS):
        who = Actor(
            role,
            2 if seat == "other_office" else 1,
            None if role is Role.PUBLIC else PERSON,
            None if role is not P else OTHER if seat == "other_organisation" else OWN,
        )
        got: type | None = None
        try:
            require(who, act, a_view(track, state, past))
        except (NotFoundOrHidden, Conflict, Refused) as refused:
            got = type(refused) if refused.reason else None
        if got is not expected(track, state, act, role, past, seat):
            wrong.append((state, act, role.value, sorted(past), seat, got))
    assert not wrong, wrong[:10]


@pytest.mark.req("T1b")
def test_the_clockwork_has_no_rights_beyond_the_table():
    for state in ("submitted", "provincial_review", "in_notice"):
        for act in TRACKS["filing"]:
            with pytest.raises((Conflict, Refused)):
                require(system_at(1), act, a_view("filing", state))


def test_somebody_without_an_account_is_nobodys_reviewer():
    assert can(public_at(1), "approve_opinion", a_view("filing", "provincial_review")).code == "wrong-role"


@pytest.mark.req("F2", "T1b")
def test_a_reviewer_never_approves_and_an_approver_never_reviews(office):
    case = a_case("opinion")
    for name in ("reviewer", "reviewer2", "clerk", "inspector", "auditor", "kefu"):
        with pytest.raises(Refused):
            case.act(name, "approve_opinion")
    with pytest.raises(Refused):
        case.act("approver", "sign_opinion")
    assert case.state == "provincial_review"


@pytest.mark.req("F2")
def test_who_accepted_the_case_does_not_approve_it_even_after_a_change_of_role(office):
    from openbeian.office.accounts.models import User

    case = a_case("opinion")
    User.objects.filter(username="clerk").update(role="approver")
    with pytest.raises(Refused) as refused:
        case.act("clerk", "approve_opinion")
    assert refused.value.code == "did-not-accept"


@pytest.mark.req("F2")
def test_who_reviewed_the_case_does_not_approve_it_even_after_a_change_of_role(office):
    from openbeian.office.accounts.models import User

    case = a_case("opinion")
    User.objects.filter(username="reviewer").update(role="approver")
    with pytest.raises(Refused) as refused:
        case.act("reviewer", "approve_opinion")
    assert refused.value.code == "different-person"


@pytest.mark.req("T1b")
def test_a_recused_person_and_another_provider_cannot_tell_the_case_from_none(office):
    case = a_case("provincial_review")
    case.act("reviewer", "recuse")
    for name, act in (("reviewer", "sign_opinion"), ("reviewer", "mark_checklist"), ("other", "withdraw")):
        with pytest.raises(NotFoundOrHidden) as hidden:
            case.act(name, act)
        assert str(hidden.value) == str(NotFoundOrHidden())
    assert actor("reviewer2").person != actor("reviewer").person
    case.act("reviewer2", "mark_checklist")
