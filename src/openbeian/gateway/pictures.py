"""Guarded pictures: `/v1/images/generations`, PNG files that carry the implicit label of their provider."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from openbeian.gateway.guard import Guard, TurnedAway
from openbeian.gateway.upstream import Upstream
from openbeian.manifest import Fault
from openbeian.protection import check_png, with_label
from openbeian.screening import mask
from openbeian.wire import PICTURES_PATH, BadRequest, Send, answer_error, answer_json, read_prompt

DECLARED = ("图片", "图像", "image")
"""How a manifest may name pictures among its outputs, in small letters."""
OUT_OF_SCOPE = TurnedAway("out-of-scope", "备案的输出不含图片，本服务不提供图片生成。")
_STATUS = {"refused": 400, "suspended": 403, "out-of-scope": 403}


@dataclass(frozen=True)
class Picture:
    """One file as it goes out, and the model's words for what it drew, cleaned."""

    png: bytes
    drawn: str | None
    facts: Any

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the answer. A model may say more, or give an address: nobody has looked at that."""
        entry: dict[str, Any] = {"b64_json": base64.b64encode(self.png).decode()}
        entry |= {} if self.drawn is None else {"revised_prompt": self.drawn}
        return entry | ({"openbeian": self.facts} if isinstance(self.facts, dict) else {})

    def on_record(self) -> dict[str, Any]:
        """Return what is kept of the file: its SHA-256 and its size in bytes, never itself."""
        return {"sha256": sha256(self.png).hexdigest(), "bytes": len(self.png)}


class PicturesGate:
    """Passes prompts up and pictures down, both under the guard."""

    path = PICTURES_PATH

    def __init__(self, guard: Guard, upstream: Upstream) -> None:
        self._guard = guard
        self._upstream = upstream
        outputs = " ".join(guard.filed.service.modalities.output).casefold()
        self._is_filed = any(name in outputs for name in DECLARED)

    async def answer(self, request: dict[str, Any], send: Send) -> None:
        """Answer one request; raises BadRequest."""
        masked, spans = mask(read_prompt(request))
        record, turned_away = self._guard.admit(request, masked, [span.kind.value for span in spans])
        turned_away = turned_away or (None if self._is_filed else OUT_OF_SCOPE)
        if turned_away:
            self._guard.keep(record, turned_away.action)
            error = BadRequest(_STATUS[turned_away.action], turned_away.action, turned_away.words)
            await answer_error(send, error)
            return
        guarded = {key: value for key, value in request.items() if key != "user"}
        # Without being told, some models answer with an address instead of a file.
        await self._draw({**guarded, "prompt": masked, "response_format": "b64_json"}, record, send)

    async def _draw(self, request: dict[str, Any], record: dict[str, Any], send: Send) -> None:
        answer = await self._upstream.draw(request)
        pictures = await asyncio.to_thread(self._pictures, answer, str(record["id"]))
        told = answer.get("openbeian")
        facts = dict(told) if isinstance(told, dict) else {}
        files = [picture.on_record() for picture in pictures]
        self._guard.keep({**record, "model": _fingerprint(answer, facts), "pictures": files}, "answered")
        # The visible words belong around the picture: small pictures have no room for them.
        facts |= {"explicit_label": self._guard.label}
        facts |= {"is_labelled": True} if self._guard.filed.security.labelling.implicit else {}
        await answer_json(send, 200, {**answer, "data": [each.as_json() for each in pictures], "openbeian": facts})

    def _pictures(self, answer: dict[str, Any], number: str) -> list[Picture]:
        """Return the pictures of an answer, each labelled with its own number, which leads to the record."""
        data = answer.get("data")
        if not isinstance(data, list) or not data:
            raise BadRequest(502, "model-answer", "模型服务没有给出图片")
        return [self._picture(each, f"{number}-{place}") for place, each in enumerate(data)]

    def _picture(self, entry: Any, number: str) -> Picture:
        label = self._guard.implicit_label(number)
        try:
            png = base64.b64decode(entry["b64_json"], validate=True)
            labelled = with_label(png, label) if label else check_png(png)
        except (KeyError, TypeError, ValueError, Fault) as reason:
            raise BadRequest(502, "model-answer", "模型服务给出的不是 base64 的 PNG 图片") from reason
        drawn = entry.get("revised_prompt")
        return Picture(labelled, self._guard.clean(drawn) if isinstance(drawn, str) else None, entry.get("openbeian"))


def _fingerprint(answer: dict[str, Any], facts: dict[str, Any]) -> str | None:
    """Return which weights drew, in the form of chat completions, as far as the model says."""
    told = answer.get("system_fingerprint")
    weights = facts.get("weights_sha256")
    return str(told) if told else f"sha256:{weights}" if weights else None
