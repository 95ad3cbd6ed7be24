"""The guard in front of a model: what was filed is what happens, or it is reported."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from openbeian.gateway.drift import Drift, Running, check_drift
from openbeian.gateway.records import RecordLog, text_digest
from openbeian.gateway.strikes import Strikes
from openbeian.gateway.upstream import Upstream, report
from openbeian.manifest import load_manifest
from openbeian.protection import AigcLabel, label_text, provider_code, pseudonym, secret
from openbeian.rules import legal_day
from openbeian.screening import HoldBack, Library, mask
from openbeian.wire import (
    BadRequest,
    Message,
    Receive,
    Send,
    answer_error,
    answer_json,
    check_port,
    end_events,
    read_json,
    send_event,
    start_events,
)  # fmt: skip

HEARTBEAT_S = 60.0
REFUSED = "您的问题含有本服务不能处理的内容，未予回答。"
SUSPENDED = "因多次输入不当内容，今日暂停为您服务。如有异议，请通过投诉途径联系我们。"


@dataclass(frozen=True)
class GatewayConfig:
    """How a gateway runs. `label_prefix` and `scope` are what is really configured; None takes the filed ones."""

    manifest_path: Path
    upstream_url: str
    records_dir: Path
    office_url: str | None = None
    office_token: str | None = None
    library_path: Path | None = None
    label_prefix: str | None = None
    heartbeat_s: float = HEARTBEAT_S


class Gateway:
    """One guarded service."""

    def __init__(self, config: GatewayConfig, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._config = config
        self._now = clock
        self._filed = load_manifest(config.manifest_path).manifest
        self._label = config.label_prefix or self._filed.security.labelling.text_prefix
        label_text("", self._label)  # a label without the required words is refused at start
        self._library = Library.load(config.library_path) if config.library_path else None
        self._upstream = Upstream(config.upstream_url)
        self._records = RecordLog(config.records_dir)
        self._strikes = Strikes.of(self._filed)
        self._salt = secret(config.records_dir / "keys", "users")
        self._producer = provider_code(self._filed.basic.uscc, "KF01")
        self._drift: list[Drift] = []
        self._running: Running | None = None
        self._checked_at: datetime | None = None
        self._unreported: str | None = None
        self._problem: str | None = None
        self._heart: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                await self._route(scope["method"], scope["path"], receive, send)
            except BadRequest as error:
                self._records.append(
                    {"id": secrets.token_hex(8), "action": "error", "code": error.code}, now=self._now()
                )
                await answer_error(send, error)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.check()
                self._heart = asyncio.create_task(self._beat())
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._heart is not None:
                    self._heart.cancel()
                await self._upstream.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._config.heartbeat_s)
            await self.check()

    async def _route(self, method: str, path: str, receive: Receive, send: Send) -> None:
        if (method, path) == ("GET", "/livez"):
            await answer_json(send, 200, {"status": "ok"})
        elif (method, path) == ("GET", "/gateway/status"):
            await answer_json(send, 200, self.status())
        elif (method, path) == ("POST", "/gateway/check"):
            await self.check()
            await answer_json(send, 200, self.status())
        elif (method, path) == ("GET", "/v1/models"):
            await answer_json(send, 200, {"object": "list", "data": [await self._upstream.models()]})
        elif (method, path) == ("POST", "/v1/chat/completions"):
            await self._complete(await read_json(receive), send)
        else:
            raise BadRequest(404, "not-found", "没有这个接口")

    async def check(self) -> None:
        """Hold the running service against the filing, and tell the office what differs or that nothing does."""
        try:
            model = await self._upstream.models()
        except BadRequest as error:
            self._problem = error.message
            return
        facts = model.get("openbeian")
        weights = facts.get("weights_sha256") if isinstance(facts, dict) else None
        # Our own service names its recipe; the filed name is what the public knows. A weightless endpoint has nothing to compare.
        running = Running(weights, self._filed.technical.model.name, self._label, self._filed.scope.scenarios)
        self._problem, self._running, self._checked_at = None, running, self._now()
        before, self._drift = self._drift, check_drift(self._filed, running)
        if self._config.office_url and self._config.office_token and (self._drift or before or self._unreported):
            await self._tell_office()

    async def _tell_office(self) -> None:
        assert self._config.office_url is not None
        assert self._config.office_token is not None
        items = [
            {"item": d.item, "filed": d.filed, "running": d.running, "is_material": d.is_material} for d in self._drift
        ]
        payload = {"service": self._filed.service.id, "items": items, "checked_at": self._now().isoformat()}
        self._unreported = await report(
            self._upstream.session(), self._config.office_url, self._config.office_token, payload
        )

    def status(self) -> dict[str, Any]:
        """Return what the status page shows."""
        return {
            "service": self._filed.service.id,
            "checked_at": self._checked_at.isoformat() if self._checked_at else None,
            "problem": self._problem,
            "filed": {
                "weights_sha256": self._filed.technical.model.weights_sha256,
                "label": self._filed.security.labelling.text_prefix,
            },
            "running": {
                "weights_sha256": self._running.weights_sha256 if self._running else None,
                "label": self._label,
            },
            "drift": [item.as_json() for item in self._drift],
            "is_material": any(item.is_material for item in self._drift),
            "not_reported": self._unreported,
            "requests": dict(self._records.counts),
        }

    async def _complete(self, request: dict[str, Any], send: Send) -> None:
        guarded, replaced, question = self._guard(request)
        user = pseudonym(self._salt, str(request.get("user") or "anonymous"))
        today = legal_day(self._now())
        record: dict[str, Any] = {
            "id": secrets.token_hex(8),
            "user": user,
            "replaced": replaced,
            "question_sha256": text_digest(question),
        }
        is_bad = bool(self._library and self._library.scan(question))
        is_suspended = self._strikes.is_suspended(user, today)
        self._strikes.note(user, today, is_bad=is_bad)
        if is_suspended or is_bad:
            text = label_text(SUSPENDED if is_suspended else REFUSED, self._label)
            self._keep(record, "suspended" if is_suspended else "refused", text)
            await self._answer_fixed(text, stream=request.get("stream") is True, send=send)
        elif request.get("stream") is True:
            await self._stream(guarded, record, send)
        else:
            await self._whole(guarded, record, send)

    def _guard(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[str], str]:
        """Replace personal information in everything the user said; return the new request, the kinds, the last question."""
        messages = request.get("messages")
        if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
            raise BadRequest(400, "no-messages", "messages 应为列表")
        kinds: list[str] = []
        kept, question = [], ""
        for message in messages:
            content = _plain_text(message.get("content"))
            masked, spans = mask(content)
            kinds += [span.kind.value for span in spans]
            kept.append({**message, "content": masked})
            if message.get("role") == "user":
                question = masked
        guarded = {key: value for key, value in request.items() if key != "user"}
        return {**guarded, "messages": kept}, kinds, question

    def _clean(self, text: str) -> str:
        """Return a model's text without personal information and without the words of the library."""
        masked, _ = mask(text)
        if self._library is None:
            return masked
        pieces, end = [], 0
        for hit in self._library.scan(masked):
            if hit.start >= end:
                pieces += [masked[end : hit.start], "＊" * (hit.end - hit.start)]
                end = hit.end
        return "".join([*pieces, masked[end:]])

    async def _whole(self, request: dict[str, Any], record: dict[str, Any], send: Send) -> None:
        answer = await self._upstream.complete(request)
        try:
            message = answer["choices"][0]["message"]
            text = label_text(self._clean(str(message["content"])), self._label)
        except (KeyError, IndexError, TypeError) as reason:
            raise BadRequest(502, "model-answer", "模型服务的答复不合规定") from reason
        message["content"] = text
        self._keep(
            {**record, "model": answer.get("system_fingerprint")}, "answered", text
        )  # no answer without its record
        await answer_json(send, 200, answer, self._headers(record))

    async def _stream(self, request: dict[str, Any], record: dict[str, Any], send: Send) -> None:
        chunks = self._upstream.stream(request)
        async with contextlib.aclosing(chunks):  # type: ignore[type-var]
            first = await anext(chunks, None)
            if first is None:
                raise BadRequest(502, "model-half-answer", "模型服务没有答复")
            said = [self._label]
            try:
                await start_events(send, self._headers(record))
                await self._relay(first, chunks, send, said)
            finally:  # also when the user leaves in the middle: what went out is on record
                self._keep({**record, "model": first.get("system_fingerprint")}, "answered", "".join(said))
        await end_events(send)

    async def _relay(self, first: dict[str, Any], chunks: Any, send: Send, said: list[str]) -> None:
        """Pass a stream on through the hold-back, the label first; add what goes out to `said`."""
        held = HoldBack(self._clean)
        await send_event(send, _with_text(first, self._label + held.feed(_delta(first))))
        try:
            async for chunk in chunks:
                text = held.feed(_delta(chunk))
                is_last = bool(chunk.get("choices") and chunk["choices"][0].get("finish_reason"))
                text += held.end() if is_last else ""
                said.append(text)
                if text or is_last:
                    await send_event(send, _with_text(chunk, text))
        except BadRequest as error:
            await send_event(send, {"error": {"message": error.message, "type": "server_error", "code": error.code}})

    async def _answer_fixed(self, text: str, *, stream: bool, send: Send) -> None:
        head = {
            "id": f"chatcmpl-{secrets.token_hex(8)}",
            "created": int(self._now().timestamp()),
            "model": self._filed.technical.model.name,
        }
        if not stream:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "content_filter"}
            await answer_json(send, 200, {**head, "object": "chat.completion", "choices": [choice]})
            return
        await start_events(send)
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": "content_filter"}
        await send_event(send, {**head, "object": "chat.completion.chunk", "choices": [choice]})
        await end_events(send)

    def _headers(self, record: dict[str, Any]) -> tuple[tuple[bytes, bytes], ...]:
        """Return the implicit label as a header: a text stream has no file that could carry it."""
        if not self._filed.security.labelling.implicit:
            return ()
        return ((b"x-openbeian-aigc", AigcLabel(self._producer, str(record["id"])).to_json().encode()),)

    def _keep(self, record: dict[str, Any], action: str, text: str) -> None:
        drift = [item.item for item in self._drift]
        self._records.append(
            {**record, "action": action, "answer_sha256": text_digest(text), "drift": drift}, now=self._now()
        )


def _plain_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def _delta(chunk: dict[str, Any]) -> str:
    choices = chunk.get("choices") or [{}]
    return str((choices[0].get("delta") or {}).get("content") or "")


def _with_text(chunk: dict[str, Any], text: str) -> dict[str, Any]:
    choice = (chunk.get("choices") or [{"index": 0}])[0]
    delta = {**(choice.get("delta") or {}), "content": text}
    return {**chunk, "choices": [{**choice, "delta": delta}]}


def create_app(config: GatewayConfig) -> Gateway:
    """Return the ASGI application of a gateway; raises the faults of reading manifest and library."""
    return Gateway(config)


def run(config: GatewayConfig, *, host: str, port: int) -> None:
    """Run a gateway until stopped."""
    app = create_app(config)
    check_port(host, port)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, lifespan="on")
