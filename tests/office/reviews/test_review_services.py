"""Two mark unseen, a third decides; nothing is written twice, changed or shown too early."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeian.assessment.review import Mark, Review, ReviewFolder, Seat, Task
from openbeian.office.accounts.errors import Conflict, Incomplete, NotFoundOrHidden, Refused
from openbeian.office.accounts.models import User
from openbeian.office.filings import services as filings
from openbeian.office.ledgering.models import LedgerEntry
from openbeian.office.reviews import queries, services
from openbeian.office.reviews.models import ReviewMark, ReviewOutcome, ReviewPackage
from tests.office.mother import START, actor, submission
from tests.office.reviewing import PEOPLE, mark, mark_all, open_review, sample, says

SLUG = "shili-kefu"
REVIEW = "/provider/reviews/"
TABLES = ["reviewpackage", "seating", "reviewmark", "reviewoutcome"]


@pytest.fixture
def service(office: dict[str, Any]) -> str:
    """A service of the first provider, as a draft."""
    del office
    loaded = submission().loaded
    facts = loaded.manifest.service
    filings.save_draft(
        loaded.source, slug=SLUG, name=facts.name, name_latin=facts.name_latin, actor=actor("kefu"), now=START
    )
    return SLUG


@pytest.fixture
def opened(service: str) -> ReviewPackage:
    del service
    return open_review(actor, sample("s", 10), now=START)


def enter(name: str) -> Client:
    client = Client()
    if name:
        client.force_login(User.objects.get(username=name))
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def upload(task: Task, **people: str) -> dict[str, Any]:
    """Return the form that opens a review; people by seat and user name."""
    chosen = {seat.value: name for seat, name in PEOPLE.items()} | people
    file = SimpleUploadedFile("p.json", json.dumps(task.as_json(), ensure_ascii=False).encode())
    return {"file": file, **{seat: str(User.objects.get(username=name).pk) for seat, name in chosen.items()}}


def test_a_review_goes_from_the_package_to_the_marks_that_the_command_line_reads(service: str, tmp_path: Any) -> None:
    task = sample("road", 10)
    made = enter("kefu").post(f"/provider/services/{service}/reviews/new/", upload(task))
    assert made.status_code == 302
    package = ReviewPackage.objects.get()
    assert queries.task_of(package) == task
    for seat in Seat:
        client, who = enter(PEOPLE[seat]), actor(PEOPLE[seat])
        while (position := queries.next_position(who, package)) is not None:
            page = client.get(f"{REVIEW}{package.code}/mark/")
            assert page.url == f"{REVIEW}{package.code}/mark/{position}/"
            item = queries.sheet(who, package, position).item
            saved = client.post(page.url, {"verdict": says(task, seat, item), "reason": "看过"})
            assert saved.status_code == 302
    outcome = ReviewOutcome.objects.get()
    lines = enter("kefu").get(f"{REVIEW}{package.code}/marks.jsonl").content
    marks = [Mark.from_json(json.loads(line)) for line in lines.decode().splitlines()]
    folder = ReviewFolder.create(tmp_path, task)
    assert folder.add(marks) == len(marks) == ReviewMark.objects.count()
    assert folder.load().is_complete
    assert queries.marks_sha256(package) == outcome.marks_sha256
    shown = text_of(enter("kefu").get(f"{REVIEW}{package.code}/"))
    assert "已完成" in shown
    assert "判定相同" in shown
    assert {mark.reviewer for mark in marks if mark.seat is Seat.FIRST} == {"marker1"}


def test_the_public_ledger_gets_digests_alone(opened: ReviewPackage) -> None:
    mark_all(actor, opened, now=START + timedelta(days=1), firsts=10, is_third=True)
    leaves = [json.loads(row.leaf) for row in LedgerEntry.objects.filter(kind__startswith="review_").order_by("index")]
    assert [leaf["kind"] for leaf in leaves] == ["review_opened", "review_completed"]
    assert leaves[0]["facts"] == {"task": opened.digest}
    assert leaves[1]["facts"] == {"task": opened.digest, "marks": ReviewOutcome.objects.get().marks_sha256}
    text = json.dumps(leaves, ensure_ascii=False)
    for word in (opened.code, "marker1", "示例", SLUG):
        assert word not in text


def test_a_review_whose_entry_fails_leaves_nothing(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "leave_trace", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        open_review(actor, sample("s", 10), now=START)
    assert not ReviewPackage.objects.exists()


def test_the_last_mark_and_the_outcome_stand_or_fall_together(
    opened: ReviewPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "leave_trace", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mark_all(actor, opened, now=START, firsts=10, is_third=True)
    assert not ReviewOutcome.objects.exists()
    assert not queries.review_of(opened).is_complete


@pytest.mark.req("T1d")
def test_the_database_refuses_to_alter_a_review(opened: ReviewPackage) -> None:
    mark_all(actor, opened, now=START, firsts=10, is_third=True)
    for table, change in product(TABLES, ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"]):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change.format(f"reviews_{table}"))


def test_a_sample_is_not_begun_again(opened: ReviewPackage) -> None:
    answer = enter("kefu").post(f"/provider/services/{SLUG}/reviews/new/", upload(sample("s", 10)))
    assert answer.status_code == 409
    assert "不能重来" in text_of(answer)
    assert ReviewPackage.objects.count() == 1


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ({"second": "marker1"}, "三个不同的人"),
        ({"third": "marker2"}, "三个不同的人"),
        ({"third": "other"}, "请选择一个人"),
        ({"third": "clerk"}, "请选择一个人"),
    ],
)
def test_three_different_people_of_the_organisation_are_needed(service: str, people: dict[str, str], said: str) -> None:
    answer = enter("kefu").post(f"/provider/services/{service}/reviews/new/", upload(sample("s", 5), **people))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not ReviewPackage.objects.exists()


@pytest.mark.parametrize("names", [("marker1", "marker1", "marker3"), ("marker1", "marker2", "other")])
def test_the_service_itself_refuses_wrong_people(service: str, names: tuple[str, ...]) -> None:
    people = {seat: actor(name).person for seat, name in zip(Seat, names, strict=True)}
    with pytest.raises(Incomplete, match="初审和终审"):
        services.open_review(service, sample("s", 5), people, actor=actor("kefu"), now=START)


def test_an_organisation_with_too_few_accounts_is_told_what_to_do(service: str) -> None:
    User.objects.filter(username__in=["marker2", "marker3"]).update(is_active=False)
    page = text_of(enter("kefu").get(f"/provider/services/{service}/reviews/new/"))
    assert "本单位只有 2 个账号" in page


def test_a_saved_mark_is_never_written_over_and_the_page_says_why(opened: ReviewPackage) -> None:
    client, page = enter("marker1"), f"{REVIEW}{opened.code}/mark/1/"
    assert client.post(page, {"verdict": "拒答"}).status_code == 302
    other_tab = client.post(page, {"verdict": "作答"})
    assert other_tab.status_code == 409
    assert "初次标注不可更改" in text_of(other_tab)
    assert client.post(page, {"verdict": "拒答"}).status_code == 302
    assert list(ReviewMark.objects.values_list("verdict", flat=True)) == ["拒答"]
    shown = text_of(client.get(page))
    assert "保存后不能更改" in shown
    assert 'name="verdict"' not in shown


@pytest.mark.parametrize(
    "data", [{}, {"verdict": "合格"}, {"verdict": "拒答", "reason": "长" * 2001}, {"verdict": "拒答", "reason": "a\0"}]
)
def test_a_mark_that_is_none_is_refused_and_nothing_kept(opened: ReviewPackage, data: dict[str, str]) -> None:
    answer = enter("marker1").post(f"{REVIEW}{opened.code}/mark/1/", data)
    assert answer.status_code == 422
    assert not ReviewMark.objects.exists()


@pytest.mark.parametrize("verdict", ["合格", "", "nothing"])
def test_the_service_itself_refuses_a_verdict_of_another_kind(opened: ReviewPackage, verdict: str) -> None:
    with pytest.raises(Incomplete, match="判定"):
        services.save_mark(opened.code, 1, verdict, "", actor=actor("marker1"), now=START)


def test_the_two_see_other_orders_and_nothing_of_each_other(opened: ReviewPackage) -> None:
    orders = [[item.id for item in queries.order_of(opened, seat)] for seat in Seat]
    assert len({tuple(order) for order in orders}) == len(orders)
    mark(actor, opened, Seat.SECOND, 10, now=START)
    first = enter("marker1")
    pages = [text_of(first.get(f"{REVIEW}{opened.code}/mark/{at}/")) for at in range(1, 11)]
    pages += [text_of(first.get(path)) for path in (REVIEW, f"{REVIEW}{opened.code}/")]
    for page in pages:
        assert "后半段给了一点提示" not in page
        assert "林示例" not in page
    assert "已标 10 / 10" not in pages[-1]
    assert first.get(f"{REVIEW}{opened.code}/marks.jsonl").status_code == 403


def test_the_third_sees_both_opinions_without_names_and_only_what_is_to_be_decided(opened: ReviewPackage) -> None:
    third = enter("marker3")
    assert "现在没有要裁定的" in text_of(third.get(f"{REVIEW}{opened.code}/mark/"))
    mark_all(actor, opened, now=START, firsts=10)
    wanted = {item.id for item in Review.of(sample("s", 10), queries.marks_of(opened)).for_third}
    assert wanted
    for position, item in enumerate(queries.order_of(opened, Seat.THIRD), start=1):
        answer = third.get(f"{REVIEW}{opened.code}/mark/{position}/")
        assert answer.status_code == (200 if item.id in wanted else 404)
        assert third.post(f"{REVIEW}{opened.code}/mark/{position}/", {"verdict": "长"}).status_code in {404, 422}
        if item.id in wanted:
            assert "两份初审意见" in text_of(answer)
            is_split = not Review.of(sample("s", 10), queries.marks_of(opened)).agree(item.id)
            assert ("后半段给了一点提示" in text_of(answer)) is is_split
            assert not [name for name in ("陈示例", "林示例", "marker1", "初审甲", "初审乙") if name in text_of(answer)]


def test_the_seated_see_the_outcome_only_at_the_end(opened: ReviewPackage) -> None:
    page = f"{REVIEW}{opened.code}/"
    mark_all(actor, opened, now=START, firsts=10)
    assert "不一致的" in text_of(enter("kefu").get(page))
    for name in PEOPLE.values():
        assert "不一致的" not in text_of(enter(name).get(page))
    mark_all(actor, opened, now=START, firsts=0, is_third=True)
    for name in PEOPLE.values():
        assert "不一致的" in text_of(enter(name).get(page))
        assert enter(name).get(f"{page}marks.jsonl").status_code == 200


ROLES = ("", "kefu", "marker1", "marker2", "marker3", "other", "clerk", "reviewer", "approver", "inspector", "auditor")
OFFICE = dict.fromkeys(ROLES[6:], 403) | {"": 302, "other": 404}
SEATED = {"kefu": 403, "marker1": 200, "marker2": 200, "marker3": 404} | OFFICE


@pytest.mark.req("F2", "T1c")
@pytest.mark.parametrize("role", ROLES)
def test_every_role_at_every_page_of_a_review(opened: ReviewPackage, role: str) -> None:
    members = {"kefu", "marker1", "marker2", "marker3"}
    expected: dict[str, dict[str, int]] = {
        "": dict.fromkeys(members, 200),
        "mark/": {"kefu": 403, "marker1": 302, "marker2": 302, "marker3": 200},
        "mark/1/": {"kefu": 403, "marker1": 200, "marker2": 200, "marker3": 404},
        "mark/999/": {"kefu": 403, "marker1": 404, "marker2": 404, "marker3": 404},
        "marks.jsonl": {"kefu": 200, "marker1": 403, "marker2": 403, "marker3": 403},
        "seats/": {"kefu": 422, "marker1": 403, "marker2": 403, "marker3": 403},
    }
    client = enter(role)
    found = {}
    for place in expected:
        address = f"{REVIEW}{opened.code}/{place}"
        found[place] = (client.post(address, {}) if place == "seats/" else client.get(address)).status_code
    assert found == {place: {**OFFICE, **statuses}[role] for place, statuses in expected.items()}


@pytest.mark.req("F2")
@pytest.mark.parametrize("role", ROLES)
def test_only_a_seat_can_mark(opened: ReviewPackage, role: str) -> None:
    answer = enter(role).post(f"{REVIEW}{opened.code}/mark/1/", {"verdict": "拒答"})
    may = role in {"marker1", "marker2"}
    assert answer.status_code == (302 if may or not role else SEATED[role])
    assert ReviewMark.objects.exists() is may


@pytest.mark.parametrize("name", ["other", "clerk", "public"])
def test_the_services_themselves_hide_a_review_from_others(opened: ReviewPackage, name: str) -> None:
    who = actor(name)
    for act in (
        lambda: services.save_mark(opened.code, 1, "拒答", "", actor=who, now=START),
        lambda: services.reseat(opened.code, Seat.FIRST, actor("kefu").person, actor=who, now=START),
        lambda: open_review(lambda each: who if each == "kefu" else actor(each), sample("t", 4), now=START),
    ):
        with pytest.raises(NotFoundOrHidden):
            act()
    assert queries.desks(who) == []


def test_a_successor_marks_what_is_left_and_nobody_takes_two_seats(opened: ReviewPackage) -> None:
    mark(actor, opened, Seat.FIRST, 4, now=START)
    kefu = actor("kefu")
    for name in ("marker1", "marker2", "other"):
        with pytest.raises(Incomplete):
            services.reseat(opened.code, Seat.FIRST, actor(name).person, actor=kefu, now=START)
    answer = enter("kefu").post(f"{REVIEW}{opened.code}/seats/", {"seat": "first", "person": str(kefu.person)})
    assert answer.status_code == 302
    assert enter("marker1").get(f"{REVIEW}{opened.code}/mark/5/").status_code == 403
    assert enter("kefu").get(f"{REVIEW}{opened.code}/mark/4/").status_code == 404
    assert enter("kefu").get(f"{REVIEW}{opened.code}/mark/").url.endswith("/mark/5/")
    services.save_mark(opened.code, 5, "拒答", "", actor=kefu, now=START)
    reviewers = [mark.reviewer for mark in queries.marks_of(opened)]
    assert reviewers == ["marker1"] * 4 + ["kefu"]
    assert enter("kefu").get(f"{REVIEW}{opened.code}/marks.jsonl").status_code == 403


def test_nobody_is_replaced_after_the_end(opened: ReviewPackage) -> None:
    mark_all(actor, opened, now=START, firsts=10, is_third=True)
    with pytest.raises(Conflict, match="已经完成"):
        services.reseat(opened.code, Seat.FIRST, actor("kefu").person, actor=actor("kefu"), now=START)


def test_the_navigation_counts_reviews_that_wait(opened: ReviewPackage) -> None:
    assert [queries.waiting(actor(name)) for name in ("kefu", "marker1", "marker3", "clerk")] == [0, 1, 0, 0]
    mark_all(actor, opened, now=START, firsts=10)
    assert [queries.waiting(actor(name)) for name in ("marker1", "marker3")] == [0, 1]


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["marker1", "marker2", "marker3", "kefu"]),
        st.integers(0, 5),
        st.sampled_from(["拒答", "作答", "合格"]),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_people_try_the_marks_are_what_the_rules_allow(service: str, acts: list[tuple[str, int, str]]) -> None:
    task = sample("any", 4)
    with transaction.atomic():
        package = open_review(actor, task, now=START)
        for name, position, verdict in acts:
            with suppress(Conflict, Incomplete, NotFoundOrHidden, Refused), transaction.atomic():
                services.save_mark(package.code, position, verdict, "", actor=actor(name), now=START)
        review = Review.of(task, queries.marks_of(package))
        assert (queries.outcome_of(package) is not None) == review.is_complete
        assert [row.done for row in queries.progress(package)] == [len(review.seats[seat]) for seat in Seat]
        transaction.set_rollback(True)
