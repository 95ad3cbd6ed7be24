"""Handing in: the token goes only where it was meant to, and refusals arrive in the office's words."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from openbeian.dossier import Attachment, OfficeClient, OfficeRefusal, Round
from openbeian.manifest import Fault

pytestmark = pytest.mark.req("F2")
Answer = tuple[int, str, Any]


class Office:
    """A small office that answers what it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        office = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                office.asked.append((self.command, self.path, dict(self.headers), json.loads(body) if body else None))
                status, kind, content = office.answers.get(
                    f"{self.command} {self.path.partition('?')[0]}", (404, "application/json", {})
                )
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, *_about: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def will(self, request: str, content: Any, status: int = 200, kind: str = "application/json") -> None:
        self.answers[request] = (status, kind, content)


@pytest.fixture
def office() -> Iterator[Office]:
    started = Office()
    yield started
    started.server.shutdown()
    started.server.server_close()
    started.thread.join()


def test_submit_filing_sends_manifest_findings_and_attachments_with_their_hash(office: Office) -> None:
    office.will(
        "POST /api/v1/filings", {"number": "2026-0001", "round": 1, "receipt": "/ledger/receipt/3.json", "new": "kept"}
    )
    client = OfficeClient(office.url + "/", "secret")
    first = Round("schema: x", findings=[{"clause": "5.1.a"}], attachments=[Attachment("1", "报告.pdf", b"%PDF")])
    filed = client.submit_filing({"q1": "yes"}, first)
    assert (filed.number, filed.round, filed.receipt) == ("2026-0001", 1, "/ledger/receipt/3.json")
    method, path, headers, body = office.asked[0]
    assert (method, path) == ("POST", "/api/v1/filings")
    assert headers["Authorization"] == "Bearer secret"
    assert body["track_answers"] == {"q1": "yes"}
    assert base64.b64decode(body["attachments"][0]["content_base64"]) == b"%PDF"
    assert body["attachments"][0]["sha256"] == sha256(b"%PDF").hexdigest()


def test_unknown_fields_of_a_newer_office_are_kept(office: Office) -> None:
    office.will("GET /api/v1/filings/2026-0001", {"number": "2026-0001", "state": "submitted", "colour": "blue"})
    status = OfficeClient(office.url, "t").filing("2026-0001")
    assert status.state == "submitted"
    assert status.model_extra == {"colour": "blue"}


@pytest.mark.parametrize("wrapped", [True, False])
def test_lists_come_bare_or_paged(office: Office, wrapped: bool) -> None:
    rows = [{"number": "MoNi-1", "name": "示例助手"}]
    office.will("GET /api/v1/register", {"items": rows, "count": 1} if wrapped else rows)
    entries = OfficeClient(office.url).register_search("示例 助手", state="in_force")
    assert [entry.number for entry in entries] == ["MoNi-1"]
    assert office.asked[0][1] == "/api/v1/register?q=%E7%A4%BA%E4%BE%8B+%E5%8A%A9%E6%89%8B&state=in_force"
    assert "Authorization" not in office.asked[0][2]


CALLS: list[tuple[str, Callable[[OfficeClient], object], object]] = [
    ("GET /api/v1/filings", lambda c: c.filings(), []),
    ("POST /api/v1/filings/1/rounds", lambda c: c.answer_supplement("1", Round("m"), [{"item": 1}]), {"number": "1"}),
    (
        "POST /api/v1/filings/1/acts/accept",
        lambda c: c.act("1", "accept", {"note": "x"}),
        {"state": "provincial_review"},
    ),
    ("GET /api/v1/filings/1/changes/2", lambda c: c.changes("1", 2), [{"path": "service.name", "old": 1, "new": 2}]),
    ("POST /api/v1/changes", lambda c: c.open_change("MoNi-1", "更换模型"), {"number": "2"}),
    ("GET /api/v1/register/MoNi-1", lambda c: c.register_entry("MoNi-1"), {"number": "MoNi-1"}),
    ("POST /api/v1/notices/1/objections", lambda c: c.object_to_notice("1", "scope", "s", "c"), {"receipt": "R"}),
    ("GET /api/v1/objections/R", lambda c: c.objection("R"), {"receipt": "R"}),
    ("POST /api/v1/objections/R/verify", lambda c: c.verify_objection("R", "t"), {"receipt": "R"}),
    ("POST /api/v1/objections/R/answer", lambda c: c.answer_objection("R", "t", is_upheld=True), {"receipt": "R"}),
    ("POST /api/v1/complaints", lambda c: c.file_complaint("MoNi-1", "t"), {"receipt": "R"}),
    ("GET /api/v1/complaints/R", lambda c: c.complaint("R"), {"receipt": "R"}),
    ("POST /api/v1/complaints/R/forward", lambda c: c.forward_complaint("R"), {"receipt": "R"}),
    ("POST /api/v1/complaints/R/answer", lambda c: c.answer_complaint("R", "t"), {"receipt": "R"}),
    ("POST /api/v1/complaints/R/close", lambda c: c.close_complaint("R", "t"), {"receipt": "R"}),
    ("POST /api/v1/drift", lambda c: c.report_drift("shili-kefu", []), {"is_material": True}),
    ("GET /ledger/checkpoint", lambda c: c.ledger_checkpoint(), b"origin\n1\n"),
    ("GET /ledger/public-key", lambda c: c.ledger_public_key(), b"key"),
    ("GET /ledger/entries.jsonl", lambda c: c.ledger_entries(), b"{}\n"),
    ("GET /ledger/receipt/3.json", lambda c: c.ledger_receipt(3), b"{}"),
    ("GET /ledger/receipt/4.json", lambda c: c.ledger_receipt("/ledger/receipt/4.json"), b"{}"),
]


@pytest.mark.parametrize(("request_line", "call", "content"), CALLS, ids=[line for line, _, _ in CALLS])
def test_every_call_goes_to_its_place(
    office: Office, request_line: str, call: Callable[[OfficeClient], object], content: object
) -> None:
    office.will(request_line, content)
    call(OfficeClient(office.url, "t"))
    method, path, _, _ = office.asked[0]
    assert f"{method} {path}" == request_line


def test_number_with_a_slash_stays_one_part_of_the_path(office: Office) -> None:
    office.will("GET /api/v1/filings/..%2Fregister", {"number": "x", "state": "draft"})
    assert OfficeClient(office.url, "t").filing("../register").number == "x"


def test_problem_details_become_a_fault_in_the_offices_words(office: Office) -> None:
    problem = {"title": "拒绝", "detail": "公示期未满", "code": "notice-open", "clause": "政策 1", "remedy": "等到期满"}
    office.will("POST /api/v1/filings/1/acts/close_notice", problem, 409, "application/problem+json")
    with pytest.raises(Fault) as caught:
        OfficeClient(office.url, "t").act("1", "close_notice")
    fault = caught.value
    assert (fault.code, fault.message, fault.remedy) == ("notice-open", "公示期未满（依据：政策 1）", "等到期满")


def test_every_problem_the_office_names_reaches_the_reader(office: Office) -> None:
    named = [{"label": "基本情况·法定代表人", "message": "没有填写"}, {"path": "scope.content", "message": "应为文字"}]
    problem = {"detail": "服务清单有 2 处要改", "code": "manifest-incomplete", "problems": [*named, "?"]}
    office.will("POST /api/v1/filings/1/rounds", problem, 422, "application/problem+json")
    with pytest.raises(OfficeRefusal) as caught:
        OfficeClient(office.url, "t").submit_round("1", Round("m"))
    assert caught.value.message == "服务清单有 2 处要改：基本情况·法定代表人 没有填写；scope.content 应为文字"
    assert (caught.value.status, len(caught.value.problems)) == (422, 2)


@pytest.mark.parametrize("content", [b"<html>", b"", b"[1]", b'"x"', b"\xff"])
@pytest.mark.parametrize("status", [400, 401, 404, 500, 502])
def test_refusal_without_details_still_names_the_status(office: Office, status: int, content: bytes) -> None:
    office.will("GET /api/v1/filings", content, status)
    with pytest.raises(Fault, match=str(status)) as caught:
        OfficeClient(office.url, "t").filings()
    assert caught.value.remedy


@pytest.mark.parametrize("content", [b"<html>", b'{"state": 1}', b"null", b"\xff"])
def test_answer_of_another_shape_is_a_fault(office: Office, content: bytes) -> None:
    office.will("GET /api/v1/filings/1", content)
    with pytest.raises(Fault) as caught:
        OfficeClient(office.url, "t").filing("1")
    assert caught.value.code == "office-reply"


def test_redirect_is_not_followed(office: Office) -> None:
    office.will("GET /api/v1/filings", b"", 302)
    with pytest.raises(Fault) as caught:
        OfficeClient(office.url, "t").filings()
    assert caught.value.code == "office-302"


def test_office_that_does_not_run_is_named_with_its_address(office: Office) -> None:
    office.server.shutdown()
    office.server.server_close()
    with pytest.raises(Fault, match=r"连不上备案机构 http://127\.0\.0\.1") as caught:
        OfficeClient(office.url, "t").filings()
    assert "没有提交任何内容" in caught.value.remedy


@pytest.mark.parametrize("spoken", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_office_that_breaks_off_is_a_fault_that_advises_to_ask_first(spoken: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(spoken)

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(Fault, match="连不上") as caught:
            OfficeClient(f"http://127.0.0.1:{server.getsockname()[1]}", "t").act("1", "accept")
        thread.join()
    assert "请先查询是否已收到" in caught.value.remedy


def test_office_that_does_not_answer_in_time_is_a_fault() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(Fault, match="等候超时"),
    ):
        OfficeClient(f"http://127.0.0.1:{server.getsockname()[1]}", "t", timeout=0.05).filings()


@pytest.mark.parametrize("token", ["", " \n", "甲", "a b", "a\nX-Other: 1"])
def test_what_is_no_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(Fault) as caught:
        OfficeClient("http://127.0.0.1:1", token)
    assert caught.value.code == "office-token"


def test_token_file_may_end_with_a_line_feed(office: Office) -> None:
    office.will("GET /api/v1/filings", [])
    OfficeClient(office.url, "secret\n").filings()
    assert office.asked[0][2]["Authorization"] == "Bearer secret"


def test_proxy_of_the_environment_is_not_used(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    office.will("GET /api/v1/filings", [])
    assert OfficeClient(office.url, "t").filings() == []


@pytest.mark.parametrize(
    "url", ["http://beian.example.cn", "ftp://127.0.0.1", "file:///etc/passwd", "beian.example.cn", ""]
)
def test_token_is_not_sent_in_the_clear_nor_to_what_is_no_office(url: str) -> None:
    with pytest.raises(Fault) as caught:
        OfficeClient(url, "secret")
    assert caught.value.code == "office-address"
    assert "secret" not in caught.value.text()


@pytest.mark.parametrize("url", ["https://beian.example.cn", "http://localhost:8000", "http://[::1]:8000"])
def test_protected_or_local_addresses_are_accepted(url: str) -> None:
    assert OfficeClient(url, "secret").base_url == url
