"""What a further round, a recusal or a refusal does to opinions, tests and the registered case."""

import pytest

from openbeian.office.accounts.errors import Conflict, Incomplete, NotFoundOrHidden, Refused
from openbeian.office.filings import services
from openbeian.office.filings.models import ActRecord, ChecklistMark, Round
from openbeian.office.notices import queries as notice_queries
from openbeian.office.notices import services as notices
from openbeian.office.register.models import Registration
from tests.office.mother import a_case, a_change, a_filing, actor, submission


@pytest.mark.req("F2")
def test_a_changed_round_voids_the_opinion_signed_on_the_one_before(office):
    case = a_case("opinion")
    case.act("reviewer", "request_supplement")
    case.days = 3
    case.act("kefu", "answer_supplement")
    with pytest.raises(Refused):
        case.act("approver", "approve_opinion")
    case.act("reviewer", "mark_checklist")
    case.act("reviewer", "sign_opinion")
    case.act("approver", "approve_opinion")
    assert case.state == "provincial_test"


@pytest.mark.req("F2")
def test_an_opinion_does_not_carry_over_to_a_new_round_with_the_same_content(office):
    case = a_case("opinion")
    case.act("reviewer", "request_supplement")
    case.act("kefu", "answer_supplement")
    digests = Round.objects.order_by("number").values_list("digest", flat=True)
    assert len(set(digests)) == 1
    assert len(digests) == 2
    for act in ("approve_opinion", "reject_opinion"):
        with pytest.raises(Refused) as refused:
            case.act("approver", act)
        assert refused.value.code == "opinion-on-this-round"


@pytest.mark.req("F2", "T1b")
def test_the_opinion_of_someone_who_then_recuses_cannot_be_approved(office):
    case = a_case("opinion")
    case.act("reviewer", "recuse")
    with pytest.raises(Refused):
        case.act("approver", "approve_opinion")
    case.act("reviewer2", "sign_opinion")
    case.act("approver", "approve_opinion")
    assert case.state == "provincial_test"


def test_the_newest_of_two_opinions_of_one_instant_is_the_one_decided(office):
    case = a_case("opinion")
    services.sign_opinion(case.number, "reject", "不齐", actor=actor("reviewer2"), now=case.now)
    with pytest.raises(Refused) as refused:
        case.act("approver", "approve_opinion")
    assert refused.value.code == "opinion-negative"


@pytest.mark.req("F2")
def test_a_test_passed_by_an_earlier_round_does_not_count_for_the_next(office):
    case = a_case("provincial_test")
    case.act("reviewer", "record_test")
    case.act("reviewer", "request_supplement")
    case.days = 3
    case.act("kefu", "answer_supplement")
    for name, act in (("reviewer", "mark_checklist"), ("reviewer", "sign_opinion"), ("approver", "approve_opinion")):
        case.act(name, act)
    with pytest.raises(Refused) as refused:
        case.act("clerk", "report_up")
    assert refused.value.code == "test-passed"
    case.act("reviewer", "record_test")
    case.act("clerk", "report_up")


@pytest.mark.req("F2")
def test_a_failed_test_keeps_the_case_from_being_reported(office):
    case = a_case("provincial_test")
    services.record_test(case.number, actor=actor("reviewer"), now=case.now, is_passed=False, summary="拦截不足")
    with pytest.raises(Refused):
        case.act("clerk", "report_up")


@pytest.mark.req("F2")
def test_a_case_with_a_failed_item_cannot_be_recommended(office):
    case = a_case("provincial_review")
    case.act("reviewer", "mark_checklist")
    services.mark_checklist(case.number, "C1", "不符合", actor=actor("reviewer"), now=case.now)
    with pytest.raises(Refused) as refused:
        case.act("reviewer", "sign_opinion")
    assert refused.value.code == "checklist-failed"
    services.sign_opinion(case.number, "reject", "语料不明", actor=actor("reviewer"), now=case.now)


@pytest.mark.req("F2")
def test_an_opinion_needs_every_item_of_the_checklist(office):
    case = a_case("provincial_review")
    services.mark_checklist(case.number, "C1", "符合", actor=actor("reviewer"), now=case.now)
    with pytest.raises(Refused) as refused:
        case.act("reviewer", "sign_opinion")
    assert refused.value.code == "checklist-complete"


@pytest.mark.req("F2")
def test_a_supplement_with_one_answer_missing_is_not_taken(office):
    case = a_case("provincial_review")
    asked = [services.SupplementRequest("甲"), services.SupplementRequest("乙")]
    services.request_supplement(case.number, asked, actor=actor("reviewer"), now=case.now)
    for answers in ({1: "有"}, {1: "有", 2: "  "}, {3: "有"}):
        with pytest.raises(Incomplete):
            services.answer_supplement(case.number, answers, submission(), actor=actor("kefu"), now=case.now)
    assert case.state == "supplement"
    assert Round.objects.count() == 1
    assert not case.filing.supplements.get().items.exclude(answer="").exists()


@pytest.mark.req("F2")
def test_a_supplement_that_asks_nothing_is_refused(office):
    case = a_case("provincial_review")
    for asked in ([], [services.SupplementRequest(" ")]):
        with pytest.raises(Incomplete):
            services.request_supplement(case.number, asked, actor=actor("reviewer"), now=case.now)
    assert case.state == "provincial_review"


def test_a_round_for_another_service_or_track_is_not_taken(office):
    case = a_filing("returned")
    for other in (submission("another-one"), submission(track="algorithm_filing")):
        with pytest.raises(Incomplete):
            services.submit_round(case.number, other, actor=actor("kefu"), now=case.now)
    assert case.state == "returned"
    case.act("kefu", "submit_round")
    assert Round.objects.count() == 2


def test_a_service_has_one_open_case_and_may_start_again_after_a_withdrawal(office):
    a_case("submitted")
    with pytest.raises(Refused):
        a_case("submitted")
    case = a_filing("withdrawn", slug="two")
    again = a_case("submitted", slug="two")
    assert again.number != case.number


@pytest.mark.req("F4")
@pytest.mark.parametrize("track", ["filing", "registration", "algorithm_filing"])
def test_a_rejected_change_leaves_the_registered_case_published_and_open_to_another_change(office, track):
    case = a_case("published", track)
    change = a_change(case, "opinion")
    assert case.state == "change_pending"
    change.act("approver", "reject")
    assert (change.state, case.state) == ("rejected", "published")
    case.act("kefu", "open_change")
    assert case.state == "change_pending"


@pytest.mark.req("F4")
def test_a_withdrawn_change_leaves_the_registered_case_published(office):
    case = a_case("published")
    change = a_change(case)
    change.act("kefu", "withdraw")
    assert case.state == "published"
    assert Registration.objects.get().versions.count() == 1


@pytest.mark.req("F4", "T1b")
def test_the_office_does_not_see_a_change_before_it_is_handed_in(office):
    change = a_change(a_case("published"))
    for name in ("clerk", "reviewer", "approver", "auditor", "other"):
        with pytest.raises(NotFoundOrHidden):
            change.act(name, "accept")


@pytest.mark.req("F3")
def test_a_case_rejected_during_its_notice_takes_no_objection(office):
    case = a_case("in_notice")
    case.act("approver", "reject")
    with pytest.raises(Conflict):
        notices.submit_objection(
            case.number, part="scope", statement="宽", contact="", actor=actor("public"), now=case.now
        )
    assert not notice_queries.public_notice(actor("public").office_id, case.number, case.now).is_open


def test_marks_are_for_reviewers_and_known_items_only(office):
    case = a_case("provincial_review")
    for name in ("clerk", "approver", "inspector", "auditor", "kefu"):
        with pytest.raises(Refused):
            services.mark_checklist(case.number, "C1", "符合", actor=actor(name), now=case.now)
    for item, verdict in (("C99", "符合"), ("C1", "也许")):
        with pytest.raises(Incomplete):
            services.mark_checklist(case.number, item, verdict, actor=actor("reviewer"), now=case.now)
    assert not ChecklistMark.objects.exists()


@pytest.mark.req("F2")
def test_words_of_an_act_must_not_be_empty(office):
    case = a_case("opinion")
    before = ActRecord.objects.count()
    for act in (services.reject_opinion, services.reject):
        with pytest.raises(Incomplete):
            act(case.number, actor=actor("approver"), now=case.now, reason=" \n")
    with pytest.raises(Incomplete):
        services.recuse(case.number, actor=actor("approver"), now=case.now, reason="")
    assert ActRecord.objects.count() == before
