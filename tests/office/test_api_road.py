"""The main job over HTTP alone: from the first round through supplement, notice, objection and number to a change."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from openbeian.evidence import Receipt, verify_log, verify_receipt
from openbeian.office import clock
from openbeian.rules import Process
from tests.office.mother import ANSWERS, EXAMPLE
from tests.office.test_api import attachment, call

SOURCE = EXAMPLE.read_text(encoding="utf-8")


@pytest.fixture
def do(office):
    """Return a caller that insists on success."""
    cache.clear()

    def done(user: str, method: str, path: str, body: object = None) -> dict:
        answer = call(office, user, method, path, body)
        assert answer.status_code == 200, (path, answer.content.decode())
        return answer.json()

    return done


@pytest.mark.req("F1", "F2", "F3", "F4", "T1d", "T3a", "T3d")
def test_the_main_job_over_http(office, do, tmp_path):
    marks = [{"item": item.id, "verdict": "符合"} for item in Process.load().pack.checklist]
    body = {"track_answers": ANSWERS["filing"], "manifest_source": SOURCE, "attachments": [attachment(b"%PDF-1.7 x")]}
    number = do("kefu", "POST", "/filings", body)["number"]

    def act(user: str, name: str, **words: object) -> dict:
        return do(user, "POST", f"/filings/{number}/acts/{name}", words)

    assert act("clerk", "accept")["state"] == "provincial_review"
    items = [
        {"request": "缩短时限", "clause": "7.f", "path": "security.complaints.response_days", "reason_code": "R10"}
    ]
    act("reviewer", "request_supplement", items=items)
    asked = do("kefu", "GET", f"/filings/{number}")["supplement"]["items"]
    answers = [{"position": row["position"], "answer": "已缩短"} for row in asked]
    changed = SOURCE.replace("response_days: 5", "response_days: 3")
    made = do("kefu", "POST", f"/filings/{number}/rounds", {"manifest_source": changed, "answers": answers})
    assert made["round"] == 2
    (change,) = do("reviewer", "GET", f"/filings/{number}/changes/2")["items"]
    assert (change["old"], change["new"]) == (5, 3)
    act("reviewer", "mark_checklist", marks=marks)
    act("reviewer", "sign_opinion", recommendation="pass", reason="齐全")
    assert do("approver", "GET", f"/filings/{number}")["acts"] == ["approve_opinion", "reject_opinion", "reject"]
    act("approver", "approve_opinion")
    act("reviewer", "record_test", is_passed=True, summary="通过")
    act("clerk", "report_up")
    act("clerk", "record_national_review", summary="通过")
    act("approver", "open_notice")
    code = do("", "POST", f"/notices/{number}/objections", {"part": "scope", "statement": "太宽"})["receipt"]
    do("reviewer", "POST", f"/objections/{code}/verify", {"text": "核对"})
    do("reviewer", "POST", f"/objections/{code}/answer", {"text": "不成立", "is_upheld": False})
    assert do("", "GET", f"/objections/{code}")["state"] == "answered"
    clock.move_forward(settings.HOME, timedelta(days=31))
    act("clerk", "close_notice")
    act("approver", "assign_number")
    assert act("clerk", "publish")["state"] == "published"
    (entry,) = do("", "GET", "/register")["items"]
    assert entry["number"].startswith("MoNi-")
    shown = do("", "GET", f"/register/{entry['number']}")
    assert shown["parts"]["security"]
    drift = [{"item": "weights_sha256", "filed": "a", "running": "b"}]
    assert do("kefu", "POST", "/drift", {"service": "shili-kefu", "items": drift})["is_material"]
    opened = do("kefu", "POST", "/changes", {"registration": entry["number"], "reason": "换模型"})["number"]
    assert do("kefu", "POST", f"/filings/{opened}/rounds", {"manifest_source": SOURCE})["state"] == "submitted"
    assert do("kefu", "GET", f"/filings/{number}")["state"] == "change_pending"

    public = Client()
    receipt = Receipt.model_validate_json(public.get(made["receipt"]).content)
    key = public.get("/ledger/public-key").content.decode().strip()
    assert verify_receipt(receipt, key).ok
    log = tmp_path / "log"
    log.mkdir()
    for name in ("checkpoint", "entries.jsonl", "leaf-hashes", "public-key"):
        (log / name).write_bytes(public.get(f"/ledger/{name}").content)
    assert verify_log(log, key).ok
