"""Hands papers in to an office and asks it things, over its JSON API.

Every refusal of the office (RFC 9457 problem details) becomes a `Fault` with the office's own words. No proxy, no
redirect: the token goes to the office that was named, and nowhere else.
"""

import base64
import hashlib
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import JsonValue, TypeAdapter, ValidationError

from openbeian.dossier.replies import (
    Acted,
    ChangeRow,
    DriftTaken,
    Entry,
    Filed,
    FilingStatus,
    Receipted,
)
from openbeian.manifest import Fault, reason_of

_API = "/api/v1"
_TIMEOUT_SECONDS = 30.0
_LARGEST_REPLY_BYTES = 64 * 1024 * 1024

JsonObject = Mapping[str, JsonValue]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a round; `duty` is the number of the annex it fulfils, as the pack names it."""

    duty: str
    name: str
    content: bytes

    def as_json(self) -> dict[str, JsonValue]:
        """Return the attachment as the API takes it."""
        return {
            "duty": self.duty,
            "name": self.name,
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "content_base64": base64.b64encode(self.content).decode("ascii"),
        }


@dataclass(frozen=True, slots=True)
class Round:
    """What one round hands in: the manifest as written, and what was found about it."""

    manifest_source: str
    findings: Sequence[JsonValue] = ()
    evidence: Sequence[JsonValue] = ()
    note: str = ""
    attachments: Sequence[Attachment] = ()

    def as_json(self) -> dict[str, JsonValue]:
        """Return the round as the API takes it."""
        return {
            "manifest_source": self.manifest_source,
            "findings": list(self.findings),
            "evidence": list(self.evidence),
            "note": self.note,
            "attachments": [attachment.as_json() for attachment in self.attachments],
        }


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to a host nobody named."""

    def redirect_request(self, *_about: object) -> None:
        """Follow nothing: the redirect itself becomes the refusal."""


class OfficeClient:
    """One office, and the caller's bearer token for it (None for what the public may do).

    Plain http is accepted for a loopback address only, unless `may_be_plain` says that something else protects the way.
    """

    def __init__(
        self, base_url: str, token: str | None = None, *, timeout: float = _TIMEOUT_SECONDS, may_be_plain: bool = False
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._token = _checked(token)
        self._timeout = timeout
        _check_address(self.base_url, is_plain_allowed=may_be_plain or token is None)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    # Filings

    def submit_filing(self, track_answers: Mapping[str, str], first: Round) -> Filed:
        """Start a filing by the answers to the track questions and submit its first round."""
        body = first.as_json() | {"track_answers": dict(track_answers)}
        return self._call("POST", f"{_API}/filings", Filed, body)

    def filings(self) -> list[FilingStatus]:
        """The filings the caller may see."""
        return self._call("GET", f"{_API}/filings", list[FilingStatus])

    def filing(self, number: str) -> FilingStatus:
        """One filing: state, rounds, supplements, deadlines."""
        return self._call("GET", f"{_API}/filings/{_part(number)}", FilingStatus)

    def submit_round(self, number: str, following: Round, answers: Sequence[JsonValue] = ()) -> Filed:
        """Submit a further round: after a return, or with the answers to a supplement request (答复补正)."""
        body = following.as_json() | {"answers": list(answers)}
        return self._call("POST", f"{_API}/filings/{_part(number)}/rounds", Filed, body)

    def answer_supplement(self, number: str, following: Round, answers: Sequence[JsonValue]) -> Filed:
        """Answer every item of the open supplement request with a further round."""
        return self.submit_round(number, following, answers)

    def act(self, number: str, act: str, payload: JsonObject | None = None) -> Acted:
        """Do one act of the office on a filing; `act` is its id in the process pack."""
        return self._call("POST", f"{_API}/filings/{_part(number)}/acts/{_part(act)}", Acted, dict(payload or {}))

    def changes(self, number: str, round_number: int) -> list[ChangeRow]:
        """What a round changed against the one before it."""
        return self._call("GET", f"{_API}/filings/{_part(number)}/changes/{round_number}", list[ChangeRow])

    def open_change(self, registration: str, reason: str) -> Filed:
        """Open a change filing for a registration; its first round follows by `submit_round`."""
        return self._call("POST", f"{_API}/changes", Filed, {"registration": registration, "reason": reason})

    # Register

    def register_search(self, text: str = "", **filters: str) -> list[Entry]:
        """Search the public register."""
        query = urlencode({"q": text, **filters})
        return self._call("GET", f"{_API}/register?{query}", list[Entry])

    def register_entry(self, number: str) -> Entry:
        """One entry of the public register."""
        return self._call("GET", f"{_API}/register/{_part(number)}", Entry)

    # Notice and objections

    def object_to_notice(self, number: str, part: str, statement: str, contact: str = "") -> Receipted:
        """Object to a part of a published notice; the contact is sealed by the office."""
        body: dict[str, JsonValue] = {"part": part, "statement": statement, "contact": contact}
        return self._call("POST", f"{_API}/notices/{_part(number)}/objections", Receipted, body)

    def objection(self, receipt: str) -> Receipted:
        """Where an objection stands."""
        return self._call("GET", f"{_API}/objections/{_part(receipt)}", Receipted)

    def verify_objection(self, receipt: str, text: str) -> Receipted:
        """Write down what the verification of an objection found."""
        return self._call("POST", f"{_API}/objections/{_part(receipt)}/verify", Receipted, {"text": text})

    def answer_objection(self, receipt: str, text: str, *, is_upheld: bool = False) -> Receipted:
        """Answer an objection."""
        body: dict[str, JsonValue] = {"text": text, "is_upheld": is_upheld}
        return self._call("POST", f"{_API}/objections/{_part(receipt)}/answer", Receipted, body)

    # Complaints

    def file_complaint(self, registration: str, text: str, contact: str = "") -> Receipted:
        """Complain about a registered service; the contact is sealed by the office."""
        body: dict[str, JsonValue] = {"registration": registration, "text": text, "contact": contact}
        return self._call("POST", f"{_API}/complaints", Receipted, body)

    def complaint(self, receipt: str) -> Receipted:
        """Where a complaint stands."""
        return self._call("GET", f"{_API}/complaints/{_part(receipt)}", Receipted)

    def forward_complaint(self, receipt: str) -> Receipted:
        """Hand a complaint to the provider (转办)."""
        return self._call("POST", f"{_API}/complaints/{_part(receipt)}/forward", Receipted, {})

    def answer_complaint(self, receipt: str, text: str) -> Receipted:
        """Answer a complaint as the provider."""
        return self._call("POST", f"{_API}/complaints/{_part(receipt)}/answer", Receipted, {"text": text})

    def close_complaint(self, receipt: str, text: str) -> Receipted:
        """Close a complaint with the office's answer."""
        return self._call("POST", f"{_API}/complaints/{_part(receipt)}/close", Receipted, {"text": text})

    # Oversight

    def report_drift(self, service: str, items: Sequence[JsonObject], checked_at: str = "") -> DriftTaken:
        """Report what runs otherwise than filed; no items says that the service runs as filed."""
        body: dict[str, JsonValue] = {"service": service, "items": [dict(i) for i in items], "checked_at": checked_at}
        return self._call("POST", f"{_API}/drift", DriftTaken, body)

    # Ledger

    def ledger_checkpoint(self) -> str:
        """The newest signed head of the public ledger."""
        return self._fetch("GET", "/ledger/checkpoint").decode()

    def ledger_public_key(self) -> str:
        """The key that signs the heads."""
        return self._fetch("GET", "/ledger/public-key").decode()

    def ledger_entries(self) -> bytes:
        """Every entry, one canonical JSON leaf a line."""
        return self._fetch("GET", "/ledger/entries.jsonl")

    def ledger_receipt(self, entry: int | str) -> bytes:
        """The receipt of one entry, as JSON, to keep and to verify offline.

        `entry` is its index, or the address that an answer of the office gave (`Filed.receipt`).
        """
        index = entry if isinstance(entry, int) else int(entry.rpartition("/")[2].removesuffix(".json"))
        return self._fetch("GET", f"/ledger/receipt/{index}.json")

    # The way there

    def _call(self, method: str, path: str, shape: type[_T], body: JsonValue = None) -> _T:
        data = self._fetch(method, path, body)
        try:
            return TypeAdapter(shape).validate_json(_items(data, shape))
        except (ValidationError, ValueError) as error:
            raise Fault(
                code="office-reply",
                message=f"备案机构 {self.base_url}{path} 的答复无法读取。",
                remedy="请核对网址是否为备案机构的系统，以及双方的 OpenBeian 版本。",
            ) from error

    def _fetch(self, method: str, path: str, body: JsonValue = None) -> bytes:
        headers = {"Accept": "application/json, application/problem+json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        # The scheme was checked when the client was made.
        request = urllib.request.Request(self.base_url + path, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout) as reply:
                content: bytes = reply.read(_LARGEST_REPLY_BYTES + 1)
                # A bounded read does not notice by itself that the other side broke off.
                if len(content) < min(int(reply.headers.get("Content-Length") or 0), _LARGEST_REPLY_BYTES):
                    raise IncompleteRead(content)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error) from error
        except (OSError, HTTPException, ValueError) as error:
            raise self._unreachable(error) from error
        if len(content) > _LARGEST_REPLY_BYTES:
            raise Fault(
                code="office-reply", message="备案机构的答复过大，已停止读取。", remedy="请缩小查询范围后再试。"
            )
        return content

    def _unreachable(self, error: OSError | HTTPException | ValueError) -> Fault:
        reason = getattr(error, "reason", error)
        # Refused or unknown: nothing left this machine. Anything later may have arrived.
        is_untouched = isinstance(reason, ConnectionRefusedError | socket.gaierror)
        started = "请核对网址，确认备案机构的系统已启动（本机演示用 `openbeian office run`），再试；没有提交任何内容。"
        return Fault(
            code="office-unreachable",
            message=f"连不上备案机构 {self.base_url}：{_why(reason)}。",
            remedy=started if is_untouched else "连接中途断开，请先查询是否已收到，再决定是否重新提交。",
        )


def _why(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "等候超时"
    if isinstance(reason, socket.gaierror):
        return "查不到这个网址"
    return reason_of(reason) if isinstance(reason, ConnectionError) else str(reason) or type(reason).__name__


def _check_address(base_url: str, *, is_plain_allowed: bool) -> None:
    parts = urlsplit(base_url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and (is_plain_allowed or _is_loopback(parts.hostname)):
        return
    raise Fault(
        code="office-address",
        message=f"备案机构的网址 {base_url} 不可用：须以 https:// 开头，明文 http:// 只用于本机。",
        remedy="请写完整网址，例如 https://beian.example.cn 或 http://127.0.0.1:8000。",
    )


def _checked(token: str | None) -> str | None:
    """A token is one line of plain characters; what surrounds it in a file is not part of it."""
    if token is None:
        return None
    bare = token.strip()
    if not bare or not all("!" <= character <= "~" for character in bare):
        raise Fault("office-token", "令牌为空，或含有令牌中不会有的字符", "请核对令牌文件，只留备案机构发给的那一行")
    return bare


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _part(text: str) -> str:
    return quote(text, safe="")


def _items(data: bytes, shape: object) -> bytes:
    """A list may come bare or as `{"items": [...]}`, the form of a paged answer."""
    value = json.loads(data or b"{}")
    if getattr(shape, "__origin__", None) is list and isinstance(value, dict):
        value = value.get("items", value)
    return json.dumps(value).encode()


class OfficeRefusal(Fault):
    """The office turned something down: its words, the HTTP status, and every problem it named."""

    def __init__(self, fault: Fault, status: int, problems: list[str]) -> None:
        super().__init__(fault.code, fault.message, fault.remedy, path=fault.path)
        self.status = status
        self.problems = problems


def _refusal(error: urllib.error.HTTPError) -> OfficeRefusal:
    """Turn the office's problem details into a fault; an answer without them still names the status."""
    try:
        problem = json.loads(error.read(_LARGEST_REPLY_BYTES) or b"{}")
    except (ValueError, OSError, HTTPException):
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    words = str(problem.get("detail") or problem.get("title") or f"备案机构答复状态 {error.code}")
    problems = _problems(problem.get("problems"))
    named = "：" + "；".join(problems[:_PROBLEMS_SHOWN]) if problems else ""
    clause = problem.get("clause")
    fault = Fault(
        code=str(problem.get("code") or f"office-{error.code}"),
        message=f"{words}{named}" + (f"（依据：{clause}）" if clause else ""),
        remedy=str(problem.get("remedy") or _REMEDIES.get(error.code, "请按上述说明处理后再试。")),
        path=str(problem["path"]) if problem.get("path") else None,
    )
    return OfficeRefusal(fault, error.code, problems)


_PROBLEMS_SHOWN = 3


def _problems(listed: object) -> list[str]:
    """Write each problem of the office in a few words: field and what is wrong."""
    if not isinstance(listed, list):
        return []
    found = [item for item in listed if isinstance(item, dict)]
    return [f"{item.get('label') or item.get('path') or ''} {item.get('message', '')}".strip() for item in found]


_REMEDIES = {
    301: "网址已变，请改用新网址。",
    302: "网址已变，请改用新网址。",
    401: "令牌缺失或已失效，请向备案机构重新领取。",
    403: "当前令牌无权办理此事，请换用有权限的账号。",
    404: "没有找到，或者当前令牌看不到；请核对编号与账号。",
    409: "情况已有变化，请刷新后按最新状态办理。",
    413: "附件过大，请拆分或压缩后再提交。",
    422: "请按指出的字段修改后再提交。",
    429: "请求过于频繁，请稍后再试。",
}
