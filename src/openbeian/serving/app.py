"""The door of a served model as raw ASGI: whether it lives, what it is, and the one endpoint its kind of run has."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import uvicorn

from openbeian import studio
from openbeian.manifest import Fault, sha256_file
from openbeian.serving.chat import ChatEndpoint
from openbeian.serving.images import ImagesEndpoint
from openbeian.studio.runs.folder import RUN, WEIGHTS, is_run, load_run
from openbeian.wire import BadRequest, Message, Receive, Send, answer_error, answer_json, check_port, read_json

PICTURES_FAMILY = "image-"


class Endpoint(Protocol):
    """What one kind of model answers: its path under POST, its name, and the facts that `/v1/models` tells of it."""

    path: str
    name: str

    @property
    def facts(self) -> dict[str, Any]:
        """`weights_sha256` of the loaded weights, `trained_sha256` of the record, and what else clients need."""

    async def answer(self, request: dict[str, Any], send: Send) -> None:
        """Answer one request; raises BadRequest."""


class ModelApp:
    """Serves one model."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            return
        try:
            await self._route(scope["method"], scope["path"], receive, send)
        except BadRequest as error:
            await answer_error(send, error)

    async def _route(self, method: str, path: str, receive: Receive, send: Send) -> None:
        if (method, path) == ("GET", "/livez"):
            await answer_json(send, 200, {"status": "ok"})
        elif (method, path) == ("GET", "/v1/models"):
            await answer_json(send, 200, self._models())
        elif (method, path) == ("POST", self._endpoint.path):
            await self._endpoint.answer(await read_json(receive), send)
        else:
            raise BadRequest(404, "not-found", f"没有这个接口；这个模型的接口是 POST {self._endpoint.path}")

    def _models(self) -> dict[str, Any]:
        model = {
            "id": self._endpoint.name,
            "object": "model",
            "owned_by": "openbeian",
            "openbeian": self._endpoint.facts,
        }
        return {"object": "list", "data": [model]}


def create_app(run: Path, *, producer: str | None = None) -> ModelApp:
    """Return the ASGI application over a finished training run: replies over chat completions, pictures over image generations.

    Args:
        run: folder of the run.
        producer: who provides the service, by code or name in visible ASCII; written into generated files as their
            implicit label (GB 45438-2025, appendix E). None writes no label: a run does not know its provider.

    Raises:
        Fault: `run-unfinished`, `run-broken`, `run-collapsed`; `run-other` for a kind that has no endpoint; those of
            loading its model; `label-characters` for a producer that no label can carry.
    """
    # A folder without a record is either kind's; the studio's reader knows whether it can be resumed.
    if is_run(run) or not (run / RUN).exists():
        return ModelApp(_pictures(run, load_run(run), producer))
    return ModelApp(ChatEndpoint(studio.ReplyModel.load(run)))


def _pictures(run: Path, facts: dict[str, Any], producer: str | None) -> ImagesEndpoint:
    try:
        _check(run, str(facts["family"]), str(facts["outcome"]), str(facts.get("words", "")))
        return ImagesEndpoint(studio.ImageModel.load(run), sha256_file(run / WEIGHTS), producer)
    except KeyError as reason:
        raise Fault("run-broken", f"训练运行的记录缺少 {reason}", "重新训练", file=str(run / RUN)) from reason


def _check(run: Path, family: str, outcome: str, words: str) -> None:
    """Raise the fault of a run that has no endpoint."""
    if not family.startswith(PICTURES_FAMILY):
        raise Fault("run-other", f"{family} 模型没有可提供的接口", "现有接口：客服答复、图片生成", file=str(run))
    if outcome != "finished":
        raise Fault("run-collapsed", f"训练没有正常结束：{words or outcome}", "重新训练，再提供服务", file=str(run))


def serve(run: Path, *, host: str, port: int, producer: str | None = None) -> None:
    """Serve a run until stopped.

    Raises:
        Fault: `port-busy`; those of `create_app`.
    """
    app = create_app(run, producer=producer)
    check_port(host, port)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, lifespan="off")
