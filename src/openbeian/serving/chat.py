"""`/v1/chat/completions` over a trained reply model."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any

from openbeian.wire import BadRequest, Send, answer_json, end_events, send_event, start_events

if TYPE_CHECKING:
    from openbeian.studio import ReplyModel
    from openbeian.studio.replies.model import Reply

PIECE_CHARS = 8
MAX_MESSAGES = 200


class ChatEndpoint:
    """Answers the last question of a conversation. Every answer names the hash of the weights that are loaded."""

    path = "/v1/chat/completions"

    def __init__(self, model: ReplyModel) -> None:
        self._model = model
        self.name = str(model.run.facts["recipe"]["name"])
        self._fingerprint = f"sha256:{model.weights_sha256}"

    @property
    def facts(self) -> dict[str, Any]:
        """The weights loaded and those of the record."""
        return {"weights_sha256": self._model.weights_sha256, "trained_sha256": self._model.run.weights_sha256}

    async def answer(self, request: dict[str, Any], send: Send) -> None:
        """Answer one request, whole or as a stream."""
        question = _question(request)
        reply = await asyncio.to_thread(self._model.answer, question)
        head = {
            "id": f"chatcmpl-{secrets.token_hex(8)}",
            "created": int(time.time()),
            "model": self.name,
            "system_fingerprint": self._fingerprint,
        }
        if request.get("stream") is True:
            await self._stream(reply, head, send)
            return
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": reply.text},
            "finish_reason": "stop",
            "openbeian": _facts(reply),
        }
        usage = {
            "prompt_tokens": len(question),
            "completion_tokens": len(reply.text),
            "total_tokens": len(question) + len(reply.text),
        }
        await answer_json(send, 200, {**head, "object": "chat.completion", "choices": [choice], "usage": usage})

    async def _stream(self, reply: Reply, head: dict[str, Any], send: Send) -> None:
        chunk = {**head, "object": "chat.completion.chunk"}
        await start_events(send)
        await send_event(
            send,
            {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
        )
        for start in range(0, len(reply.text), PIECE_CHARS):
            piece = {"content": reply.text[start : start + PIECE_CHARS]}
            await send_event(send, {**chunk, "choices": [{"index": 0, "delta": piece, "finish_reason": None}]})
        last = {"index": 0, "delta": {}, "finish_reason": "stop", "openbeian": _facts(reply)}
        await send_event(send, {**chunk, "choices": [last]})
        await end_events(send)


def _question(request: dict[str, Any]) -> str:
    """Return the last thing the user said.

    Raises:
        BadRequest: 400 when there is none.
    """
    messages = request.get("messages")
    if not isinstance(messages, list) or not 0 < len(messages) <= MAX_MESSAGES:
        raise BadRequest(400, "no-messages", f"messages 应为 1 到 {MAX_MESSAGES} 条的列表")
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, list):
                content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
            if isinstance(content, str) and content.strip():
                return content
    raise BadRequest(400, "no-question", "没有用户的提问")


def _facts(reply: Reply) -> dict[str, Any]:
    return {
        "action": reply.action.value,
        "probability": round(reply.probability, 6),
        "gate": round(reply.gate, 6),
        "source_id": reply.source_id,
    }
