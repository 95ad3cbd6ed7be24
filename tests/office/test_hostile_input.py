"""What a stranger may send to the API, and what he gets: problem details, and nothing is kept."""

import json
from itertools import product

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings

from openbeian.office.filings.models import ChecklistMark, Filing
from openbeian.office.ledgering.models import LedgerEntry
from tests.office.mother import ANSWERS, EXAMPLE, a_case, a_change
from tests.office.test_api import ROLES, attachment, call

SOURCE = EXAMPLE.read_text(encoding="utf-8")
GOOD = {"track_answers": ANSWERS["filing"], "manifest_source": SOURCE}
EVIDENCE = {"digest": "0" * 64, "kind": "proof", "title": "x"}
METRIC = {"name": "recall_at_1", "value": 0.5}


def send(office, user: str, path: str, body: str | bytes):
    headers = {"Authorization": f"Bearer {office[user].token}"} if user else {}
    return Client().generic("POST", f"/api/v1{path}", body, content_type="application/json", headers=headers)


def is_refused(answer, *codes: int) -> None:
    assert answer.status_code in codes, (answer.status_code, answer.content[:500])
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.req("T1b", "F1")
@pytest.mark.parametrize(
    "change",
    [
        {"note": "a\x00b"},
        {"note": "\ud800"},
        {"note": 5},
        {"track_answers": {"public": True}},
        {"track_answers": [["public", "yes"]]},
        {"manifest_source": SOURCE + "\x00"},
        {"manifest_source": "\ud800"},
        {"manifest_source": "a" * ((1 << 20) + 1)},
        {"manifest_source": "&a [" * 2000},
        {"attachments": [attachment(b"%PDF-x", "a\x00.pdf")]},
        {"attachments": [attachment(b"%PDF-x", "a.pdf/")]},
        {"attachments": [{**attachment(b"%PDF-x"), "content_base64": ""}]},
        {"attachments": [{**attachment(b"%PDF-x"), "content_base64": "文"}]},
        {"attachments": [{**attachment(b"%PDF-x"), "sha256": "A" * 64}]},
        {"attachments": [{**attachment(b"%PDF-x"), "extra": 1}]},
        {"attachments": [attachment(b"\x89PNG x", "a.pdf")]},
        {"attachments": [attachment(b"%PDF-x")] * 31},
        {"evidence": [{**EVIDENCE, "metrics": [{}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "value": "0.5"}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "value": True}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "passed": 1.5}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "unit": "\x00"}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "passed": 1 << 70}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "subject": "\ud800"}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [deep(200)]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "decimal": "abc"}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "passed": 400, "total": 300}]}]},
        {"evidence": [{**EVIDENCE, "metrics": [{**METRIC, "total": 0, "passed": 1}]}]},
        {"evidence": [{**EVIDENCE, "made_at": "yesterday"}]},
        {"evidence": [{**EVIDENCE, "valid_until": "2026-11-24T08:00:00"}]},
        {"evidence": [{**EVIDENCE, "supersedes": ["x"]}]},
        {"evidence": [{**EVIDENCE, "inputs": [{"name": "faq.yaml"}]}]},
        {"evidence": [{**EVIDENCE, "clauses": [5]}]},
        {"evidence": [{**EVIDENCE, "title": 5}]},
        {"findings": [{"\ud800": 1}]},
        {"findings": [deep(200)]},
        {"findings": [{"clause": "5.1.a.1", "verdict": "符合"}]},
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_and_nothing_is_kept(office, change):
    is_refused(send(office, "kefu", "/filings", json.dumps({**GOOD, **change})), 422)
    assert not Filing.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400, "1" * 5000])
def test_a_number_outside_of_json_is_refused(office, number):
    body = json.dumps({**GOOD, "evidence": [{**EVIDENCE, "metrics": [{**METRIC, "value": "HERE"}]}]})
    is_refused(send(office, "kefu", "/filings", body.replace('"HERE"', number)), 400, 422)
    assert not Filing.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"x"',
        b"{",
        b'{"a":',
        b"\xff\xfe",
        b"{}" + b"\x00",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_a_body_that_is_no_object_is_refused(office, body):
    case = a_case("submitted")
    for path in ("/filings", f"/filings/{case.number}/acts/accept", "/drift", "/changes"):
        is_refused(send(office, "kefu", path, body), 400, 422)
    cache.clear()
    is_refused(send(office, "", "/complaints", body), 400, 422)
    assert case.state == "submitted"


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(office):
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        is_refused(send(office, "kefu", "/filings", json.dumps({**GOOD, "note": "x" * 2000})), 400, 413)
    assert not Filing.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "令牌", "a b", "\x00", "x" * 9000])
def test_a_token_nobody_has_opens_nothing(office, token):
    answer = Client().get("/api/v1/filings", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")})
    is_refused(answer, 401)


@pytest.mark.req("T1b")
def test_a_token_is_worthless_after_its_end_or_when_revoked_or_its_user_is_gone(office):
    from openbeian.office.accounts.models import ApiToken, User
    from tests.office.mother import START

    assert call(office, "clerk", "GET", "/filings").status_code == 200
    User.objects.filter(username="clerk").update(is_active=False)
    is_refused(call(office, "clerk", "GET", "/filings"), 401)
    ApiToken.objects.filter(user__username="kefu").update(revoked_at=START)
    is_refused(call(office, "kefu", "GET", "/filings"), 401)
    ApiToken.objects.filter(user__username="auditor").update(expires_at=START)
    is_refused(call(office, "auditor", "GET", "/filings"), 401)


@pytest.mark.parametrize("part", ["%00", "%FF", "x" * 300, "2026-0001%00", "..%2F..", "%20", "'--", "9" * 30])
def test_a_strange_address_is_not_found(office, part):
    for path in (
        f"/filings/{part}",
        f"/filings/{part}/changes/1",
        f"/register/{part}",
        f"/objections/{part}",
        f"/complaints/{part}",
    ):
        answer = Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {office['clerk'].token}"})
        is_refused(answer, 404, 422)


@pytest.mark.parametrize("number", ["0", "-1", "99", "9" * 30, "1.5", "x", "9" * 5000])
def test_a_round_that_is_not_there_has_no_changes(office, number):
    case = a_case("submitted")
    answer = call(office, "kefu", "GET", f"/filings/{case.number}/changes/{number}")
    if answer.status_code == 200:
        assert answer.json() == {"items": []}
    else:
        is_refused(answer, 404, 422)


@pytest.mark.parametrize("words", ["%00", "a%00b", "%F0%9F%8D%8E", "%25", "x" * 5000, "%20" * 50])
def test_any_search_is_answered(office, words):
    assert Client().get(f"/api/v1/register?q={words}&track={words[:40]}").status_code == 200


@pytest.mark.req("T1b")
def test_a_change_that_was_not_handed_in_looks_to_everybody_else_like_none(office):
    change = a_change(a_case("published"))
    for user in ("other", "clerk", "reviewer", "approver", "inspector", "auditor"):
        for method, path, body in (
            ("GET", "/filings/{}", None), ("GET", "/filings/{}/changes/1", None),
            ("POST", "/filings/{}/acts/withdraw", {}), ("POST", "/filings/{}/rounds", {"manifest_source": SOURCE}),
        ):  # fmt: skip
            hidden = call(office, user, method, path.format(change.number), body)
            missing = call(office, user, method, path.format("2026-9999"), body)
            assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
            assert hidden.status_code == 404
    assert call(office, "kefu", "GET", f"/filings/{change.number}").status_code == 200


def test_one_wrong_mark_keeps_none_of_them(office):
    case = a_case("provincial_review")
    marks = [{"item": "C1", "verdict": "符合"}, {"item": "C99", "verdict": "符合"}]
    is_refused(call(office, "reviewer", "POST", f"/filings/{case.number}/acts/mark_checklist", {"marks": marks}), 422)
    assert not ChecklistMark.objects.exists()


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("record_test", {"is_passed": "true", "summary": "x"}),
        ("record_test", {"is_passed": 1, "summary": "x"}),
        ("accept", {"reason": 1}),
        ("accept", {"state": "published"}),
        ("accept", {"reason": "a\x00"}),
        ("request_supplement", {"items": [{"request": 5}]}),
        ("request_supplement", {"items": {}}),
        ("mark_checklist", {"marks": [{"item": "C1", "verdict": "符合", "by": 1}]}),
    ],
)
def test_types_of_an_act_are_strict(office, act, body):
    case = a_case("submitted")
    is_refused(call(office, "clerk", "POST", f"/filings/{case.number}/acts/{act}", body), 422)
    assert case.state == "submitted"


@pytest.mark.req("T1b")
def test_every_act_as_every_role_in_every_state_is_answered_without_a_fault_of_the_office(office):
    from openbeian.office.api.filings import ACTS

    cases = [a_case("opinion"), a_case("in_notice", slug="two"), a_case("published", "registration", slug="three")]
    cases.append(a_change(a_case("published", "registration", slug="four")))
    acts = sorted(ACTS.keys() - {"recuse", "withdraw", "reject", "approve_opinion"})
    for user in ROLES:
        with transaction.atomic():
            for case, act in product(cases, acts):
                answer = call(office, user, "POST", f"/filings/{case.number}/acts/{act}", {})
                if answer.status_code != 200:
                    is_refused(answer, 401, 403, 404, 409, 422)
            transaction.set_rollback(True)
