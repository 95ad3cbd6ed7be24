"""The guard in front of a model: what was filed is what happens, or it is reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import uvicorn

from openbeian.gateway.chat import ChatGate
from openbeian.gateway.config import GatewayConfig
from openbeian.gateway.drift import Running, check_drift
from openbeian.gateway.guard import Guard
from openbeian.gateway.pictures import PicturesGate
from openbeian.gateway.upstream import ModelRefused, Upstream, report
from openbeian.manifest import load_manifest
from openbeian.wire import BadRequest, Message, Receive, Send, answer_error, answer_json, check_port, read_json


class Gateway:
    """One guarded service."""

    def __init__(self, config: GatewayConfig, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._config = config
        self._now = clock
        self._filed = load_manifest(config.manifest_path).manifest
        self._guard = Guard(self._filed, config, clock)
        self._upstream = Upstream(config.upstream_url)
        gates = (ChatGate(self._guard, self._upstream), PicturesGate(self._guard, self._upstream))
        self._gates: dict[str, ChatGate | PicturesGate] = {gate.path: gate for gate in gates}
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
            except ModelRefused as error:
                # The model's own words pass the same cleaning as its answers.
                await self._fail(BadRequest(error.status, error.code, self._guard.clean(error.message)), send)
            except BadRequest as error:
                await self._fail(error, send)

    async def _fail(self, error: BadRequest, send: Send) -> None:
        self._guard.keep_error(error.code)
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
        elif method == "POST" and path in self._gates:
            await self._gates[path].answer(await read_json(receive), send)
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
        running = Running(weights, self._filed.technical.model.name, self._guard.label, self._filed.scope.scenarios)
        self._problem, self._running, self._checked_at = None, running, self._now()
        before, self._guard.drift = self._guard.drift, check_drift(self._filed, running)
        if self._config.office_url and self._config.office_token and (self._guard.drift or before or self._unreported):
            await self._tell_office()

    async def _tell_office(self) -> None:
        assert self._config.office_url is not None
        assert self._config.office_token is not None
        items = [
            {"item": d.item, "filed": d.filed, "running": d.running, "is_material": d.is_material}
            for d in self._guard.drift
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
                "label": self._guard.label,
            },
            "drift": [item.as_json() for item in self._guard.drift],
            "is_material": any(item.is_material for item in self._guard.drift),
            "not_reported": self._unreported,
            "requests": dict(self._guard.records.counts),
        }


def create_app(config: GatewayConfig) -> Gateway:
    """Return the ASGI application of a gateway; raises the faults of reading manifest and library."""
    return Gateway(config)


def run(config: GatewayConfig, *, host: str, port: int) -> None:
    """Run a gateway until stopped."""
    app = create_app(config)
    check_port(host, port)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, lifespan="on")
