"""The few pieces of raw ASGI that serving and gateway share: reading a bounded body, answering JSON, sending events."""

from __future__ import annotations

import errno
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from openbeian.manifest import Fault, reason_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
MAX_BODY_BYTES = 1 << 20


class BadRequest(Exception):
    """A request that cannot be served: HTTP status and words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


async def read_json(receive: Receive) -> dict[str, Any]:
    """Return the body as a JSON object.

    Raises:
        BadRequest: 413 beyond 1 MiB, 400 when it is not a JSON object.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest(499, "client-gone", "连接已断开")
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise BadRequest(413, "too-large", f"请求超过 {MAX_BODY_BYTES} 字节")
        if not message.get("more_body"):
            break
    try:
        value = orjson.loads(bytes(body))
    except orjson.JSONDecodeError as reason:
        raise BadRequest(400, "bad-json", "请求不是 JSON") from reason
    if not isinstance(value, dict):
        raise BadRequest(400, "bad-json", "请求应为 JSON 对象")
    return value


async def answer_json(send: Send, status: int, value: Any, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Send a whole JSON answer."""
    body = orjson.dumps(value)
    head = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def answer_error(send: Send, error: BadRequest) -> None:
    """Send an error in the form OpenAI clients expect."""
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    await answer_json(
        send, error.status, {"error": {"message": error.message, "type": kind, "code": error.code, "param": None}}
    )


async def start_events(send: Send, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Begin a stream of server-sent events."""
    head = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": 200, "headers": head})


async def send_event(send: Send, value: Any) -> None:
    """Send one event; a string goes as it is."""
    data = value.encode() if isinstance(value, str) else orjson.dumps(value)
    await send({"type": "http.response.body", "body": b"data: " + data + b"\n\n", "more_body": True})


async def end_events(send: Send) -> None:
    """End the stream with the marker clients wait for."""
    await send_event(send, "[DONE]")
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def check_port(host: str, port: int) -> None:
    """Raise a fault when the port cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as reason:
            words = "端口已被占用" if reason.errno == errno.EADDRINUSE else f"不能使用端口：{reason_of(reason)}"
            raise Fault("port-busy", f"{host}:{port} {words}", "用 --port 换一个端口") from reason
