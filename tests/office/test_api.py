"""The JSON API: the main job over HTTP, every operation as every role, and hostile input; never a 500, always problem details."""

import base64
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings

from openbeian.office import clock
from openbeian.office.api.root import api
from openbeian.office.filings.models import Filing
from tests.office.mother import ANSWERS, EXAMPLE, a_case

ROLES = ["", "other", "kefu", "clerk", "reviewer", "approver", "inspector", "auditor"]
SOURCE = EXAMPLE.read_text(encoding="utf-8")


def call(office, user: str, method: str, path: str, body: object = None):
    """Call the API as one of the accounts; an empty name is the public."""
    headers = {"Authorization": f"Bearer {office[user].token}"} if user else {}
    data = None if body is None else json.dumps(body)
    return Client().generic(method, f"/api/v1{path}", data or "", content_type="application/json", headers=headers)


def attachment(content: bytes, name: str = "a.pdf") -> dict:
    digest = hashlib.sha256(content).hexdigest()
    return {"duty": "1", "name": name, "sha256": digest, "content_base64": base64.b64encode(content).decode()}


@pytest.mark.req("F1")
def test_a_filing_with_attachments_is_taken_and_its_receipt_verifies(office):
    body = {"track_answers": ANSWERS["filing"], "manifest_source": SOURCE, "attachments": [attachment(b"%PDF-1.7 x")]}
    made = call(office, "kefu", "POST", "/filings", body)
    assert made.status_code == 200, made.content
    assert made.json()["state"] == "submitted"
    assert Client().get(made.json()["receipt"]).status_code == 200
    assert [row["number"] for row in call(office, "kefu", "GET", "/filings").json()["items"]] == [made.json()["number"]]
    assert call(office, "other", "GET", "/filings").json()["items"] == []


OPERATIONS = [
    (method.upper(), path.removeprefix("/api/v1"))
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method in methods
]


@pytest.mark.req("T1b")
@pytest.mark.parametrize("user", ROLES)
def test_every_operation_as_every_role_is_answered_with_a_status_and_problem_details(office, user):
    case = a_case("provincial_review")
    for method, path in OPERATIONS:
        filled = path.replace("{number}", case.number).replace("{act}", "accept").replace("{round_number}", "1")
        filled = filled.replace("{code}", "YY-0000000000")
        for body in (None, {}, {"unknown": 1}, []) if method == "POST" else (None,):
            answer = call(office, user, method, filled, body)
            assert answer.status_code in {200, 400, 401, 403, 404, 409, 422}, (method, filled, answer.content)
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json", (method, filled)
                assert answer.json()["code"]
    assert Filing.objects.get(number=case.number).state == "provincial_review"


@pytest.mark.req("T1b")
def test_another_providers_case_looks_like_one_that_does_not_exist(office):
    case = a_case("provincial_review")
    for path in ("/filings/{}", "/filings/{}/changes/1"):
        hidden = call(office, "other", "GET", path.format(case.number))
        missing = call(office, "other", "GET", path.format("2026-9999"))
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
        assert hidden.status_code == 404
    hidden = call(office, "other", "POST", f"/filings/{case.number}/acts/withdraw", {})
    missing = call(office, "other", "POST", "/filings/2026-9999/acts/withdraw", {})
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)


@pytest.mark.req("F2")
def test_a_reviewer_cannot_approve_and_is_told_why(office):
    case = a_case("opinion")
    answer = call(office, "reviewer", "POST", f"/filings/{case.number}/acts/approve_opinion", {})
    assert answer.status_code == 403
    assert answer.json()["clause"]
    answer = call(office, "clerk", "POST", f"/filings/{case.number}/acts/publish", {})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    "change",
    [
        {"manifest_source": "service: ["},
        {"manifest_source": "\x00"},
        {"manifest_source": 5},
        {"manifest_source": SOURCE.replace("91440101MA5EXAM0P0", "91440101MA5EXAM0P1")},
        {"track_answers": {"public": "no"}},
        {"track_answers": ANSWERS["registration"]},
        {"findings": [{"clause": "5.1.a.1"}]},
        {"evidence": [{"digest": "zz", "kind": "proof", "title": "x"}]},
        {"attachments": [{**attachment(b"%PDF-x"), "content_base64": "***"}]},
        {"attachments": [{**attachment(b"%PDF-x"), "sha256": "0" * 64}]},
        {"attachments": [attachment(b"MZ\x90 not a pdf")]},
        {"attachments": [attachment(b"%PDF-x", "../../etc/passwd.sh")]},
        {"note": "x" * 6000},
        {"unknown": True},
    ],
)
def test_a_hostile_or_wrong_round_is_refused_and_nothing_is_kept(office, change):
    body = {"track_answers": ANSWERS["filing"], "manifest_source": SOURCE, **change}
    answer = call(office, "kefu", "POST", "/filings", body)
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not Filing.objects.exists()


def test_half_written_json_is_a_bad_request(office):
    headers = {"Authorization": f"Bearer {office['kefu'].token}"}
    answer = Client().generic(
        "POST", "/api/v1/filings", '{"track_answers": {', content_type="application/json", headers=headers
    )
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"


def test_a_huge_upload_and_an_unknown_operation_get_problem_details(office):
    client, headers = Client(raise_request_exception=False), {"Authorization": f"Bearer {office['kefu'].token}"}
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        body = json.dumps({"manifest_source": "x" * 5000, "track_answers": {}})
        huge = client.generic("POST", "/api/v1/filings", body, content_type="application/json", headers=headers)
    unknown = client.get("/api/v1/nowhere")
    assert (huge.status_code, unknown.status_code) == (413, 404)
    assert {huge["Content-Type"], unknown["Content-Type"]} == {"application/problem+json"}


@pytest.mark.req("F3", "F4", "T3d")
def test_the_public_objects_and_complains_without_an_account(office):
    case = a_case("in_notice")
    made = call(office, "", "POST", f"/notices/{case.number}/objections", {"part": "scope", "statement": "范围太宽"})
    assert made.status_code == 200, made.content
    clock.move_forward(settings.HOME, timedelta(days=31))
    made = call(office, "", "POST", f"/notices/{case.number}/objections", {"part": "scope", "statement": "范围太宽"})
    assert made.status_code == 409, "the last day is over"
    with override_settings(DEMO=False):
        case = a_case("published", slug="two")
    number = call(office, "", "GET", "/register").json()["items"][0]["number"]
    made = call(office, "", "POST", "/complaints", {"registration": number.lower(), "text": "太慢"})
    assert made.status_code == 200
    code = made.json()["receipt"]
    assert call(office, "", "GET", f"/complaints/{code}").json()["state"] == "received"
    assert call(office, "kefu", "POST", f"/complaints/{code}/answer", {"text": "早"}).status_code == 404
    assert call(office, "clerk", "POST", f"/complaints/{code}/forward").status_code == 200
    assert call(office, "other", "POST", f"/complaints/{code}/answer", {"text": "不"}).status_code == 404
    assert call(office, "kefu", "POST", f"/complaints/{code}/answer", {"text": "已改"}).status_code == 200
    assert call(office, "clerk", "POST", f"/complaints/{code}/close", {"text": "办结"}).json()["state"] == "closed"


def test_open_forms_are_limited_by_address(office):
    cache.clear()
    with override_settings(PUBLIC_POSTS_PER_HOUR=2):
        codes = [
            call(office, "", "POST", "/complaints", {"registration": "x", "text": "y"}).status_code for _ in range(4)
        ]
    cache.clear()
    assert codes == [404, 404, 429, 429]


@pytest.mark.req("F4")
def test_drift_is_weighed_by_the_pack_not_by_its_sender(office):
    a_case("published")
    item = {"item": "weights_sha256", "filed": "a", "running": "b", "is_material": False}
    made = call(office, "kefu", "POST", "/drift", {"service": "shili-kefu", "items": [item]})
    assert made.json()["is_material"] is True
    assert call(office, "other", "POST", "/drift", {"service": "shili-kefu", "items": [item]}).status_code == 404


def test_the_ledger_is_public(office):
    a_case("submitted")
    for path in (
        "/ledger/checkpoint",
        "/ledger/public-key",
        "/ledger/entries.jsonl",
        "/ledger/leaf-hashes",
        "/ledger/receipt/0.json",
    ):
        assert Client().get(path).status_code == 200
    assert Client().get("/ledger/receipt/99.json").status_code == 404


def test_views_read_no_tables_and_only_services_write():
    source = Path(__file__).resolve().parents[2] / "src" / "openbeian" / "office"
    writes = (".save(", ".create(", ".get_or_create(", ".update_or_create(", ".bulk_create(", ".delete(")
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "services.py" and "migrations" not in path.parts:
            assert not [word for word in writes if f"objects{word}" in text or (word == ".save(" and word in text)], (
                path
            )
        if path.name.endswith("views.py"):
            assert ".objects" not in text, path
