"""Real servers on loopback for tests: an ASGI application under uvicorn in a thread, ready before it is handed out."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator

import uvicorn


@contextlib.contextmanager
def served(app, *, lifespan: str = "off") -> Iterator[int]:
    """Serve an application and yield its port; the server has ended when the block has."""
    listening = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()

    class Told(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            ready.set()

    server = Told(uvicorn.Config(app, log_level="critical", lifespan=lifespan, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        assert ready.wait(30), "the server did not start"
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


def request(port: int, method: str, path: str, body: object = None) -> tuple[int, dict, bytes]:
    """Send one request and return status, headers and body; bytes go as they are, anything else as JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def ask(port: int, question, **more) -> tuple[int, dict, bytes]:
    """Ask a chat endpoint."""
    return request(port, "POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": question}], **more})


def streamed_text(body: bytes) -> str:
    """Return the text of a stream of server-sent events put together."""
    chunks = [json.loads(line[6:]) for line in body.split(b"\n\n") if line.startswith(b"data: {")]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if "choices" in chunk)
