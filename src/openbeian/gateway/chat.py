"""Guarded conversations: `/v1/chat/completions`, whole or as a stream."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from openbeian.gateway.guard import Guard
from openbeian.gateway.records import text_digest
from openbeian.gateway.upstream import Upstream
from openbeian.protection import label_text
from openbeian.screening import HoldBack, mask
from openbeian.wire import BadRequest, Send, answer_json, end_events, send_event, start_events


class ChatGate:
    """Passes questions up and answers down, both under the guard."""

    path = "/v1/chat/completions"

    def __init__(self, guard: Guard, upstream: Upstream) -> None:
        self._guard = guard
        self._upstream = upstream

    async def answer(self, request: dict[str, Any], send: Send) -> None:
        """Answer one request; raises BadRequest."""
        guarded, replaced, question = _without_persons(request)
        record, turned_away = self._guard.admit(request, question, replaced)
        if turned_away:
            text = label_text(turned_away.words, self._guard.label)
            self._keep(record, turned_away.action, text)
            await self._answer_fixed(text, stream=request.get("stream") is True, send=send)
        elif request.get("stream") is True:
            await self._stream(guarded, record, send)
        else:
            await self._whole(guarded, record, send)

    async def _whole(self, request: dict[str, Any], record: dict[str, Any], send: Send) -> None:
        answer = await self._upstream.complete(request)
        try:
            message = answer["choices"][0]["message"]
            text = label_text(self._guard.clean(str(message["content"])), self._guard.label)
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
            said = [self._guard.label]
            try:
                await start_events(send, self._headers(record))
                await self._relay(first, chunks, send, said)
            finally:  # also when the user leaves in the middle: what went out is on record
                self._keep({**record, "model": first.get("system_fingerprint")}, "answered", "".join(said))
        await end_events(send)

    async def _relay(self, first: dict[str, Any], chunks: Any, send: Send, said: list[str]) -> None:
        """Pass a stream on through the hold-back, the label first; add what goes out to `said`."""
        held = HoldBack(self._guard.clean)
        await send_event(send, _with_text(first, self._guard.label + held.feed(_delta(first))))
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
            "created": int(self._guard.now().timestamp()),
            "model": self._guard.filed.technical.model.name,
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
        label = self._guard.implicit_label(str(record["id"]))
        return ((b"x-openbeian-aigc", label.encode()),) if label else ()

    def _keep(self, record: dict[str, Any], action: str, text: str) -> None:
        self._guard.keep({**record, "answer_sha256": text_digest(text)}, action)


def _without_persons(request: dict[str, Any]) -> tuple[dict[str, Any], list[str], str]:
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
