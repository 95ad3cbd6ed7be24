"""An OpenAI-compatible service on loopback that misbehaves as the question tells it to."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web

FINGERPRINT = "sha256:" + "ab" * 32
MEBIBYTE = 2**20

Act = Callable[["FakeService", web.Request, str], Awaitable[web.StreamResponse]]


def body(text: str, **message: object) -> dict[str, object]:
    return {
        "id": "x",
        "object": "chat.completion",
        "model": "fake",
        "system_fingerprint": FINGERPRINT,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
        ],
    }


def chunk(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    data = {"model": "fake", "system_fingerprint": FINGERPRINT, "choices": [choice]}
    return b"data: " + json.dumps(data).encode() + b"\n\n"


async def answer(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    if not (await request.json()).get("stream"):
        return web.json_response(body("答：" + question))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    whole = chunk("答：") + chunk(question, "stop") + b"data: [DONE]\n\n"
    for start in range(0, len(whole), 7):
        await response.write(whole[start : start + 7])
    return response


def drawn(prompt: str) -> bytes:
    """Return a picture of one grey dot that carries its prompt."""
    dot = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = (
        (b"IHDR", dot),
        (b"tEXt", b"prompt\0" + prompt.encode()),
        (b"IDAT", zlib.compress(b"\0\x80")),
        (b"IEND", b""),
    )
    whole = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(whole)


def pictures(*files: bytes, **more: object) -> dict[str, object]:
    data = [
        {"b64_json": base64.b64encode(file).decode(), "revised_prompt": "牌子上写着：抱歉，这个问题我不能回答"}
        for file in files
    ]
    return {"created": 1, "data": data, "openbeian": {"weights_sha256": "ab" * 32}, **more}


async def draw(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    return web.json_response(pictures(drawn(question)))


async def html(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    return web.Response(text="<html><h1>网关维护</h1></html>", content_type="text/html")


async def half(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(chunk("只说了一"))
    return response


async def broken(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "500"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    request.transport.close()
    return response


async def huge(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(100):
        await response.write(b" " * MEBIBYTE)
        service.bytes_sent += MEBIBYTE
    return response


async def squeezed(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    whole = gzip.compress(b" " * (100 * MEBIBYTE), 1)
    return web.Response(body=whole, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


async def vanish(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    """Stop listening and drop every connection, as a service does that is killed."""
    service.is_gone = True
    await service.site.stop()
    return await drop(service, request, question)


async def drop(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    request.transport.close()
    return web.Response(status=500)


async def hang(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def flaky(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
    if service.asked[question] < 3:
        return web.Response(status=503)
    return await answer(service, request, question)


def refuse_with(status: int, **headers: str) -> Act:
    async def act(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
        return web.Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return act


def reply_with(value: object, status: int = 200) -> Act:
    async def act(service: FakeService, request: web.Request, question: str) -> web.StreamResponse:
        return web.json_response(value, status=status)

    return act


class FakeService:
    """Runs in a thread of its own. `acts` maps a word in the question to what happens; else it answers."""

    def __init__(self, acts: dict[str, Act] | None = None, *, weights: str | None = None) -> None:
        self.acts = acts or {}
        self.weights = weights
        self.asked: Counter[str] = Counter()
        self.keys: set[str | None] = set()
        self.bytes_sent = 0
        self.is_gone = False
        self.hold_after: int | None = None
        self.url = ""
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/images/generations", self._pictures)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01, handler_cancellation=True)
        await self._runner.setup()
        self.site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await self.site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _models(self, _: web.Request) -> web.Response:
        own = {"openbeian": {"weights_sha256": self.weights}} if self.weights else {}
        return web.json_response({"object": "list", "data": [{"id": "fake", "object": "model", **own}]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._act(request, (await request.json())["messages"][-1]["content"], answer)

    async def _pictures(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        assert set(said) <= {"model", "prompt", "n", "quality"}
        return await self._act(request, said["prompt"], draw)

    async def _act(self, request: web.Request, question: str, usual: Act) -> web.StreamResponse:
        if self.is_gone:
            return await drop(self, request, question)
        self.asked[question] += 1
        self.keys.add(request.headers.get("Authorization"))
        with self._changed:
            self._changed.notify_all()
        if self.hold_after is not None and self.asked.total() > self.hold_after:
            await asyncio.Event().wait()
        act = next((act for word, act in self.acts.items() if word in question), usual)
        return await act(self, request, question)

    def wait_until_asked(self, count: int) -> None:
        """Return once the service has been asked so often in all."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked.total() >= count, timeout=60)
