"""Days that are counted: the thirty days of the notice, and working days with holidays and stops."""

from datetime import UTC, date, datetime, timedelta

import pytest

from openbeian.office.accounts.errors import Conflict, Incomplete, NotFoundOrHidden, Refused
from openbeian.office.filings import queries
from openbeian.office.filings.services import SupplementRequest, request_supplement
from openbeian.office.notices import queries as notice_queries
from openbeian.office.notices import services as notices
from openbeian.office.notices.models import Notice
from tests.office.mother import START, a_case, actor

# 2026-09-01 + 30 days; the day is a legal day in Shanghai.
LAST_INSTANT = datetime(2026, 10, 1, 15, 59, 59, tzinfo=UTC)


def object_to(case, now, **more):
    given = {"part": "scope", "statement": "太宽", "contact": ""} | more
    return notices.submit_objection(case.number, **given, actor=actor("public"), now=now)


@pytest.mark.req("F3")
def test_a_notice_stands_until_the_end_of_its_thirtieth_day_in_shanghai(office):
    case = a_case("in_notice")
    assert notice_queries.closes_on(START) == date(2026, 10, 1)
    for now in (START, START + timedelta(days=29), LAST_INSTANT):
        with pytest.raises(Refused) as refused:
            notices.close_notice(case.number, actor=actor("clerk"), now=now)
        assert refused.value.code == "notice-elapsed"
    notices.close_notice(case.number, actor=actor("clerk"), now=LAST_INSTANT + timedelta(seconds=1))
    with pytest.raises(Conflict):
        notices.close_notice(case.number, actor=actor("clerk"), now=LAST_INSTANT + timedelta(days=1))


@pytest.mark.req("F3")
def test_an_objection_is_taken_to_the_last_second_and_not_after(office):
    case = a_case("in_notice")
    assert object_to(case, LAST_INSTANT).state == "received"
    with pytest.raises(Conflict):
        object_to(case, LAST_INSTANT + timedelta(seconds=1))


@pytest.mark.req("F3")
def test_an_unanswered_objection_keeps_the_notice_open_and_the_number_away(office):
    case = a_case("in_notice")
    made = object_to(case, case.now)
    case.wait(40)
    reviewer = actor("reviewer")
    for step in (None, "verify", "answer"):
        if step == "verify":
            notices.verify_objection(made.code, "核对", actor=reviewer, now=case.now)
        if step == "answer":
            notices.answer_objection(made.code, "不成立", is_upheld=False, actor=reviewer, now=case.now)
            break
        with pytest.raises(Refused) as refused:
            case.act("clerk", "close_notice")
        assert refused.value.code == "objections-answered"
        with pytest.raises(Refused):
            case.act("approver", "assign_number")
    case.act("clerk", "close_notice")
    case.act("approver", "assign_number")


@pytest.mark.req("F3")
def test_an_objection_is_answered_once_by_a_reviewer_after_it_was_verified(office):
    case = a_case("in_notice")
    made = object_to(case, case.now)
    reviewer = actor("reviewer")
    with pytest.raises(Conflict):
        notices.answer_objection(made.code, "不成立", is_upheld=False, actor=reviewer, now=case.now)
    for name in ("clerk", "approver", "auditor"):
        with pytest.raises(Refused):
            notices.verify_objection(made.code, "核对", actor=actor(name), now=case.now)
    for name in ("kefu", "other", "public"):
        with pytest.raises(NotFoundOrHidden):
            notices.verify_objection(made.code, "核对", actor=actor(name), now=case.now)
    notices.verify_objection(made.code, "核对", actor=reviewer, now=case.now)
    notices.answer_objection(made.code, "成立", is_upheld=True, actor=reviewer, now=case.now)
    for act in (lambda: notices.verify_objection(made.code, "再核", actor=reviewer, now=case.now),
                lambda: notices.answer_objection(made.code, "改", is_upheld=False, actor=reviewer, now=case.now)):  # fmt: skip
        with pytest.raises(Conflict):
            act()


@pytest.mark.parametrize(
    "wrong",
    [{"part": "everything"}, {"statement": "  "}, {"statement": "长" * 5001}, {"contact": "1" * 201}, {"part": ""}],
)
def test_an_objection_of_the_wrong_shape_is_refused(office, wrong):
    case = a_case("in_notice")
    with pytest.raises(Incomplete):
        object_to(case, case.now, **wrong)


@pytest.mark.req("F3", "T2a")
def test_a_notice_shows_the_five_parts_and_nobodys_contact(office):
    case = a_case("in_notice")
    parts = Notice.objects.get().parts
    assert set(parts) == {"basic", "technical", "data_sources", "scope", "security"}
    manifest = case.papers.loaded.manifest
    assert manifest.basic.contact.name not in str(parts)
    assert manifest.basic.contact.email not in str(parts)
    assert "contact" not in parts["basic"]


@pytest.mark.req("F3")
def test_only_the_filing_track_has_a_notice(office):
    for track in ("registration", "algorithm_filing"):
        case = a_case("approved", track, slug=track.replace("_", "-"))
        with pytest.raises(Conflict):
            case.act("approver", "open_notice")
    assert not Notice.objects.exists()


@pytest.mark.req("F2")
def test_thirty_working_days_of_an_algorithm_filing_pass_over_the_holidays(office):
    case = a_case("provincial_review", "algorithm_filing")
    (row,) = queries.deadlines(case.filing, case.now)
    # Counted on paper: 18 in September to the 24th with the working Sunday of the 20th, 28-30, then 8-10, 12-16 and 19 October.
    assert row.deadline.due_on == date(2026, 10, 19)
    assert row.deadline.kind == "statutory"
    assert row.left == 30
    assert not queries.deadlines(a_case("provincial_review", slug="b").filing, case.now), "no statutory term is known"


@pytest.mark.req("F2")
def test_the_clock_stands_from_the_supplement_until_its_answer(office):
    case = a_case("provincial_review", "algorithm_filing")
    case.wait(6)  # Monday the 7th
    request_supplement(case.number, [SupplementRequest("请补")], actor=actor("reviewer"), now=case.now)
    (row,) = queries.deadlines(case.filing, case.now)
    assert (row.deadline.due_on, row.left) == (None, None)
    case.wait(7)  # Monday the 14th: the 8th to the 11th and the 14th do not count, five working days
    case.act("kefu", "answer_supplement")
    (row,) = queries.deadlines(case.filing, case.now)
    assert row.deadline.due_on == date(2026, 10, 26)
    assert any("2026" in step for step in row.deadline.steps)


@pytest.mark.req("F2")
def test_a_finished_case_has_no_running_deadline(office):
    case = a_case("published", "algorithm_filing")
    assert queries.deadlines(case.filing, case.now) == []
