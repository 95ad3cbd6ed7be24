"""Asking the model behind the gateway, and reporting to the office; every failure is a word, not a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson

from openbeian.wire import PICTURES_PATH, BadRequest

TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5, sock_read=60)
MAX_ANSWER_BYTES = 8 << 20
MAX_PICTURES_BYTES = 32 << 20
MAX_REASON_BYTES, MAX_REASON_CHARS = 1 << 14, 500
_USERS_MISTAKES = frozenset({400, 422})


class ModelRefused(BadRequest):
    """The model names the user's mistake, in its own words: they are not cleaned yet."""


class Upstream:
    """An OpenAI-compatible endpoint."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def session(self) -> aiohttp.ClientSession:
        """Return the session, made in the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        return self._session

    async def models(self) -> dict[str, Any]:
        """Return the endpoint's first model.

        Raises:
            BadRequest: 502 or 504.
        """
        answer = await self._json("GET", "/v1/models", None)
        data = answer.get("data")
        if not isinstance(data, list) or not data or not isinstance(data[0], dict):
            raise BadRequest(502, "model-answer", "模型服务没有列出模型")
        return data[0]

    async def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a whole answer."""
        return await self._json("POST", "/v1/chat/completions", {**request, "stream": False})

    async def draw(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return an answer with pictures."""
        return await self._json("POST", PICTURES_PATH, request, MAX_PICTURES_BYTES)

    async def stream(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Yield the chunks of a streamed answer; a stream that ends without `[DONE]` is an error."""
        try:
            async with self.session().post(
                f"{self._url}/v1/chat/completions", json={**request, "stream": True}
            ) as answer:
                await _must_be_ok(answer)
                async for line in answer.content:
                    data = line.strip()
                    if data == b"data: [DONE]":
                        return
                    if data.startswith(b"data: "):
                        yield _object(data[6:])
        except TimeoutError as reason:
            raise BadRequest(504, "model-timeout", "模型服务没有在时限内答复") from reason
        except (aiohttp.ClientError, OSError) as reason:
            raise BadRequest(502, "model-unreachable", "模型服务中断") from reason
        raise BadRequest(502, "model-half-answer", "模型服务的答复没有说完")

    async def _json(
        self, method: str, path: str, body: dict[str, Any] | None, most: int = MAX_ANSWER_BYTES
    ) -> dict[str, Any]:
        try:
            async with self.session().request(method, self._url + path, json=body) as answer:
                await _must_be_ok(answer)
                data = bytearray()
                async for part in answer.content.iter_chunked(1 << 16):
                    data += part
                    if len(data) > most:
                        raise BadRequest(502, "model-answer", "模型服务的答复过大")
                return _object(bytes(data))
        except TimeoutError as reason:
            raise BadRequest(504, "model-timeout", "模型服务没有在时限内答复") from reason
        except (aiohttp.ClientError, OSError) as reason:
            raise BadRequest(502, "model-unreachable", "连不上模型服务，请稍后再试") from reason


async def _must_be_ok(answer: aiohttp.ClientResponse) -> None:
    if answer.status in _USERS_MISTAKES and (words := _reason(await answer.content.read(MAX_REASON_BYTES))):
        raise ModelRefused(400, "model-refused", words)
    if answer.status != 200:
        await answer.release()
        raise BadRequest(502, "model-answer", f"模型服务答复状态 {answer.status}")


def _reason(data: bytes) -> str | None:
    """Return the words of an error in the form of OpenAI, if these are some."""
    try:
        words = orjson.loads(data)["error"]["message"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    return words[:MAX_REASON_CHARS] if isinstance(words, str) and words.strip() else None


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as reason:
        raise BadRequest(502, "model-answer", "模型服务的答复不是 JSON") from reason
    if not isinstance(value, dict):
        raise BadRequest(502, "model-answer", "模型服务的答复不是 JSON 对象")
    return value


async def report(session: aiohttp.ClientSession, office_url: str, token: str, payload: dict[str, Any]) -> str | None:
    """Send a drift report to the office; return None when it arrived, else why not."""
    try:
        async with session.post(
            f"{office_url.rstrip('/')}/api/v1/drift",
            json=payload,
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=10),
        ) as answer:
            return None if answer.status == 200 else f"备案机构答复状态 {answer.status}"
    except (TimeoutError, aiohttp.ClientError, OSError, asyncio.CancelledError) as reason:
        if isinstance(reason, asyncio.CancelledError):
            raise
        return "连不上备案机构，下次再报"
