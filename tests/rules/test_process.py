"""The table decides: what it does not name is refused, every case can end, the notice says that no law has it."""

from itertools import product

import pytest

from openbeian.rules import Process, Route
from openbeian.rules.process import Transition

PROCESS = Process.load()
STAGES = ["apply", "accept", "review", "notice", "register"]
ENDS = {"rejected", "withdrawn", "cancelled"}

every_track = pytest.mark.parametrize("track", PROCESS.tracks())


def walk(track: str, acts: str) -> list[str]:
    """The states a case passes through by these acts."""
    states = [PROCESS.initial_state]
    for act in acts.split():
        row = PROCESS.transition(track, states[-1], act)
        assert row is not None, (states[-1], act)
        states.append(row.to)
    return states


@pytest.mark.req("F1", "F2", "F3", "F4")
def test_filing_goes_from_draft_to_published_through_supplement_test_review_and_notice() -> None:
    acts = (
        "submit_round accept request_supplement answer_supplement sign_opinion approve_opinion record_test report_up "
        "record_national_review open_notice close_notice assign_number publish open_change complete_change suspend "
        "resume cancel"
    )
    assert walk("filing", acts) == [
        "draft",
        "submitted",
        "provincial_review",
        "supplement",
        "provincial_review",
        "provincial_review",
        "provincial_test",
        "provincial_test",
        "reported",
        "national_review",
        "in_notice",
        "in_notice",
        "filed",
        "published",
        "change_pending",
        "published",
        "suspended",
        "published",
        "cancelled",
    ]
    assert walk("filing", "submit_round return_filing submit_round")[-1] == "submitted"


@pytest.mark.req("F1", "F2")
@pytest.mark.parametrize(("track", "end"), [("registration", "registered"), ("algorithm_filing", "filed")])
def test_the_shorter_tracks_have_no_notice(track: str, end: str) -> None:
    acts = "submit_round accept sign_opinion approve_opinion assign_number publish"
    assert walk(track, acts)[-2:] == [end, "published"]
    assert not PROCESS.has_notice(track)
    assert "in_notice" not in {state.id for state in PROCESS.states(track)}
    assert PROCESS.has_notice("filing")


@every_track
def test_every_row_names_known_states_roles_acts_and_a_basis(track: str) -> None:
    pack = PROCESS.pack
    states, roles = {state.id for state in pack.states}, {role.id for role in pack.roles}
    for row in PROCESS.transitions(track):
        assert {*row.from_, row.to} <= states
        assert set(row.roles) <= roles
        assert row.roles
        assert row.act in pack.acts
        assert row.basis
        assert row.deadline is None or PROCESS.deadline(row.deadline).track == track


@every_track
def test_an_act_in_a_state_is_allowed_by_at_most_one_row_and_unknown_acts_by_none(track: str) -> None:
    pairs = [(state, row.act) for row in PROCESS.transitions(track) for state in row.from_]
    assert len(pairs) == len(set(pairs))
    for state, act in product((state.id for state in PROCESS.pack.states), PROCESS.pack.acts):
        assert (PROCESS.transition(track, state, act) is not None) is ((state, act) in pairs)
    assert PROCESS.transition(track, "draft", "publish") is None
    assert PROCESS.transition("no-such-track", "draft", "submit_round") is None


@every_track
def test_every_state_can_be_reached_from_draft_and_left_again_unless_it_ends_the_case(track: str) -> None:
    rows = PROCESS.transitions(track)
    reached, todo = set[str](), {PROCESS.initial_state}
    while todo:
        reached |= todo
        todo = {row.to for row in rows for state in row.from_ if state in reached} - reached
    assert reached == {state.id for state in PROCESS.states(track)}
    assert reached - {state for row in rows for state in row.from_} == ENDS & reached


@pytest.mark.req("F2")
@every_track
def test_whoever_decides_is_not_whoever_reviewed_or_accepted(track: str) -> None:
    rows = {row.act: row for row in PROCESS.transitions(track)}
    assert rows["sign_opinion"].roles == ("reviewer",)
    assert {"checklist_complete", "no_open_supplement"} <= set(rows["sign_opinion"].guards)
    for act in ("approve_opinion", "reject_opinion", "reject"):
        assert rows[act].roles == ("approver",)
        assert {"different_person", "did_not_accept", "not_recused"} <= set(rows[act].guards)
    assert {"opinion_on_this_round", "round_unchanged"} <= set(rows["approve_opinion"].guards)
    assert not {"auditor", "inspector"} & {role for row in rows.values() for role in row.roles}


def notice_rows() -> list[Transition]:
    return [row for row in PROCESS.transitions("filing") if row.act in {"open_notice", "close_notice"}]


@pytest.mark.req("F3")
def test_the_notice_is_thirty_days_of_project_policy_and_says_that_no_law_has_it() -> None:
    policy, state, term = PROCESS.pack.notice_policy, PROCESS.state("in_notice"), PROCESS.deadline("D08")
    assert policy.tracks == ("filing",)
    assert policy.deadline == "D08"
    assert (term.value, term.unit) == (30, "day")
    assert {policy.kind, state.kind, term.kind, *(row.kind for row in notice_rows())} == {"project_policy"}
    assert "现行规定中没有" in policy.words
    assert "现行规定中没有" in (state.note or "")
    assert "现行规定中没有" in term.basis


@pytest.mark.req("F3")
def test_a_number_comes_only_after_the_notice_is_over_and_objections_are_answered() -> None:
    rows = {row.act: row for row in PROCESS.transitions("filing")}
    assert rows["assign_number"].from_ == ("in_notice",)
    assert "notice_closed" in rows["assign_number"].guards
    assert {"notice_elapsed", "objections_answered"} <= set(rows["close_notice"].guards)
    assert len(PROCESS.pack.objection_parts) == 5


def test_only_the_algorithm_track_has_statutory_deadlines() -> None:
    statutory = {rule.id: rule for rule in PROCESS.pack.deadlines if rule.kind == "statutory"}
    assert set(statutory) == {"D01", "D02", "D03", "D04"}
    assert {rule.track for rule in statutory.values()} == {"algorithm_filing"}
    assert [statutory[name].value for name in sorted(statutory)] == [10, 10, 20, 30]
    assert [rule.id for rule in PROCESS.pack.deadlines] == [f"D0{number}" for number in range(1, 10)]


@every_track
def test_every_state_lies_in_one_of_five_stages(track: str) -> None:
    stages = [PROCESS.stage_of(state.id).id for state in PROCESS.states(track)]
    assert set(stages) <= set(STAGES)
    assert [stage.id for stage in PROCESS.pack.stages] == STAGES
    assert [
        PROCESS.stage_of(state).name_zh for state in ("draft", "submitted", "supplement", "in_notice", "filed")
    ] == [
        "申请",
        "受理",
        "审核",
        "公示",
        "登记",
    ]


def test_names_are_in_both_languages() -> None:
    pack = PROCESS.pack
    named = [*pack.states, *pack.stages, *pack.roles, *pack.objection_parts, *pack.acts.values()]
    assert all(one.name("zh-hans") and one.name("en") and one.name("en").isascii() for one in named)
    assert all(item.name_zh and item.name_en.isascii() for item in pack.drift)


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("answers", "track"),
    [
        ({"public": "no"}, None),
        ({"public": "yes", "opinion": "yes", "model": "own"}, "filing"),
        ({"public": "yes", "opinion": "yes", "model": "on_device"}, "filing"),
        ({"public": "yes", "opinion": "yes", "model": "filed_api"}, "registration"),
        ({"public": "yes", "opinion": "yes", "model": "none"}, "algorithm_filing"),
        ({"public": "yes", "opinion": "yes", "model": "unfiled"}, None),
        ({"public": "yes", "opinion": "no", "model": "own"}, None),
    ],
)
def test_questionnaire_leads_to_the_track_with_its_reason(answers: dict[str, str], track: str | None) -> None:
    route = PROCESS.route(answers)
    assert isinstance(route, Route)
    assert route.track == track
    assert route.reason
    assert route.basis


def test_questionnaire_decides_every_full_set_of_answers_and_nothing_before() -> None:
    questions = PROCESS.pack.track_questions
    for choices in product(*(question.choices for question in questions)):
        answers = {question.id: choice.id for question, choice in zip(questions, choices, strict=True)}
        assert PROCESS.route(answers) is not None, answers
    assert PROCESS.route({}) is None
    assert PROCESS.route({"public": "yes"}) is None


@pytest.mark.req("F2")
def test_checklist_covers_the_three_areas_each_item_with_its_basis() -> None:
    checklist = PROCESS.pack.checklist
    assert {item.area for item in checklist} == {"legality", "compliance", "security"}
    assert len({item.id for item in checklist}) == len(checklist) >= 9
    assert all(item.basis and item.name_zh for item in checklist)


@pytest.mark.req("F4")
def test_drift_of_weights_and_scope_is_material_and_of_the_label_is_not() -> None:
    material = {item.item: item.is_material for item in PROCESS.pack.drift}
    assert material == {"weights_sha256": True, "model_name": True, "scope": True, "label_text": False}


def test_numbers_of_a_demonstration_are_visibly_simulated() -> None:
    numbers = PROCESS.pack.simulated_numbers
    assert numbers.prefix == "MoNi-"
    assert numbers.filing.startswith("{prefix}")
    assert numbers.registration.startswith("{prefix}")
    assert "模拟" in numbers.algorithm_filing
    assert "不是真实备案号" in numbers.words
