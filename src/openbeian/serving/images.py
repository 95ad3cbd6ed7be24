"""`/v1/images/generations` over a trained model of pictures."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openbeian.protection import AigcLabel, with_label
from openbeian.serving.prompts import ClassWords
from openbeian.studio.runs.pictures import grid_png
from openbeian.wire import PICTURES_PATH, BadRequest, Send, answer_json, read_prompt

if TYPE_CHECKING:
    from openbeian.studio import ImageModel

MAX_PICTURES = 10
MAX_EDGE = 1024
"""Dots along the edge of the largest picture."""
MAX_PROMPT_CHARS = 1000
SEED_BITS = 32
OWN_SIZE = "auto"
NOT_BY_PROMPT = "这个模型不按提示生成，提示没有用到"
_SQUARE = re.compile(r"([1-9][0-9]{0,3})x\1")


@dataclass(frozen=True)
class Order:
    """What a request asks for: a class by index or none, how many, how many dots a pixel, the first seed, and the words for what is drawn."""

    label: int | None
    count: int
    scale: int
    seed: int
    drawn: str


class ImagesEndpoint:
    """Draws pictures by class. Picture `i` of a request has its own seed, the request's plus `i`, so each can be drawn again alone.

    Args:
        model: of pictures.
        weights_sha256: of the weights file as loaded.
        producer: who provides the service, for the implicit label of the files; None writes none.
    """

    path = PICTURES_PATH

    def __init__(self, model: ImageModel, weights_sha256: str, producer: str | None) -> None:
        self._model = model
        self._words = ClassWords(model.classes)
        self._weights_sha256, self._trained_sha256 = weights_sha256, str(model.facts["weights_sha256"])
        self._producer = producer
        self.name = str(model.facts["name"])
        self._edge = int(model.facts["recipe"]["data"]["size"])
        # What cannot draw, or a producer that no label carries, is refused at start and not at the first request.
        self._picture(None, scale=1, seed=0)

    @property
    def facts(self) -> dict[str, Any]:
        """The weights loaded and those of the record; the classes and the size in which the model draws."""
        return {
            "weights_sha256": self._weights_sha256,
            "trained_sha256": self._trained_sha256,
            "classes": list(self._model.classes),
            "size": self._size(1),
        }

    async def answer(self, request: dict[str, Any], send: Send) -> None:
        """Answer one request with PNG files in base64."""
        order = self._order(request)
        seeds = [(order.seed + place) % (1 << SEED_BITS) for place in range(order.count)]
        pictures = await asyncio.to_thread(self._draw, order, seeds)
        facts = {
            "weights_sha256": self._weights_sha256,
            "class": None if order.label is None else order.drawn,
            "seed": order.seed,
            "is_labelled": self._producer is not None,
        }
        data = [
            {
                "b64_json": base64.b64encode(png).decode(),
                "revised_prompt": order.drawn,
                "openbeian": {"seed": seed},
            }
            for png, seed in zip(pictures, seeds, strict=True)
        ]
        await answer_json(
            send,
            200,
            {
                "created": int(time.time()),
                "data": data,
                "output_format": "png",
                "size": self._size(order.scale),
                "openbeian": facts,
            },
        )

    def _order(self, request: dict[str, Any]) -> Order:
        if request.get("model") not in (None, self.name):
            raise BadRequest(404, "unknown-model", f"没有这个模型；这里只有 {self.name}")
        label = self._words.find(_prompt(request))
        return Order(
            label=label,
            count=_whole(request, "n", 1, 1, MAX_PICTURES),
            scale=self._scale(request.get("size")),
            seed=_whole(request, "seed", secrets.randbits(SEED_BITS), 0, (1 << SEED_BITS) - 1),
            drawn=NOT_BY_PROMPT if label is None else self._model.classes[label],
        )

    def _scale(self, size: object) -> int:
        """Return how many dots a pixel gets."""
        if size is None or size == OWN_SIZE:
            return 1
        found = _SQUARE.fullmatch(size) if isinstance(size, str) else None
        edge = int(found[1]) if found else 0
        most = max(1, MAX_EDGE // self._edge)
        if not 1 <= edge // self._edge <= most or edge % self._edge:
            words = f"size 应为 {self._size(1)} 或它的整数倍，至多 {self._size(most)}"
            raise BadRequest(400, "bad-size", words)
        return edge // self._edge

    def _size(self, scale: int) -> str:
        return f"{self._edge * scale}x{self._edge * scale}"

    def _draw(self, order: Order, seeds: list[int]) -> list[bytes]:
        return [self._picture(order.label, scale=order.scale, seed=seed) for seed in seeds]

    def _picture(self, label: int | None, *, scale: int, seed: int) -> bytes:
        png = grid_png(self._model.sample(1, label, seed=seed).numpy(), 1, scale, gap=0)
        if self._producer is None:
            return png
        # Weights, class and seed draw the very picture again: its number leads back to it.
        number = f"{self._weights_sha256[:16]}-{'any' if label is None else label}-{seed}"
        return with_label(png, AigcLabel(self._producer, number).to_json())


def _prompt(request: dict[str, Any]) -> str:
    prompt = read_prompt(request)
    if len(prompt) > MAX_PROMPT_CHARS:
        raise BadRequest(400, "prompt-too-long", f"prompt 至多 {MAX_PROMPT_CHARS} 字")
    return prompt


def _whole(request: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    """Return a whole number of a request within bounds."""
    value = request.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(400, f"bad-{name}", f"{name} 应为 {least} 到 {most} 的整数")
    return value
