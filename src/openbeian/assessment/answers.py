"""What a service sent back, read strictly: a whole reply, or the reason why it is not one.

Both forms of an OpenAI-compatible reply are read, the plain body and the event stream. Nothing half is an answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from openbeian.assessment.pictures import Picture


class Reason(StrEnum):
    """Why an attempt gave no answer."""

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    WALL_LIMIT = "wall_limit"
    RATE_LIMITED = "rate_limited"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    HALF_STREAM = "half_stream"


REASON_WORDS: dict[Reason, str] = {
    Reason.CONNECTION: "连接中断",
    Reason.TIMEOUT: "应答超时",
    Reason.WALL_LIMIT: "超过单题时限",
    Reason.RATE_LIMITED: "被限流（429）",
    Reason.CLIENT_ERROR: "请求被拒（4xx）",
    Reason.SERVER_ERROR: "服务出错（5xx）",
    Reason.REDIRECT: "被重定向",
    Reason.TOO_LARGE: "应答过大",
    Reason.NOT_JSON: "应答不是 JSON",
    Reason.WRONG_SHAPE: "应答结构不对",
    Reason.HALF_STREAM: "流式应答中断",
}


_LONGEST_NAME = 200
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


class AskError(Exception):
    """An attempt that gave no answer. `retry_after` is the wait the service asked for, in seconds."""

    def __init__(self, reason: Reason, *, is_final: bool, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.is_final = is_final
        self.detail = _mended(detail[:200])
        self.retry_after = retry_after


@dataclass(frozen=True)
class Answer:
    """A whole reply. `action` is what the service itself says it did (answer, hand_over, refuse), when it says so.

    `usage` holds the numbers of tokens as the service states them, when it does. Of a `picture`, `text` says under which name
    it is kept, and `caption` what the service says it drew.
    """

    text: str
    finish: str | None
    model: str | None
    fingerprint: str | None
    action: str | None
    usage: Mapping[str, int] | None = None
    picture: Picture | None = None
    caption: str | None = None


@dataclass
class _Parts:
    """The pieces of a reply as they arrive."""

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    finish: str | None = None
    model: str | None = None
    fingerprint: str | None = None
    action: str | None = None
    usage: dict[str, int] | None = None

    def take(self, body: dict[str, object], message_key: str) -> None:
        """Add one body or chunk; raises AskError when its shape is wrong."""
        choices = body.get("choices")
        if "error" in body or not isinstance(choices, list):
            raise AskError(Reason.WRONG_SHAPE, is_final=True, detail=str(body.get("error", "没有 choices")))
        self.model = name_of(body.get("model")) or self.model
        self.fingerprint = name_of(body.get("system_fingerprint")) or self.fingerprint
        self.action = _action_of(body) or self.action
        self.usage = _usage_of(body.get("usage")) or self.usage
        if choices:
            self._take_choice(choices[0], message_key)

    def _take_choice(self, choice: object, message_key: str) -> None:
        message = choice.get(message_key) if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            raise AskError(Reason.WRONG_SHAPE, is_final=True, detail=f"choices[0] 没有 {message_key}")
        self.texts.append(_content_of(message.get("content")))
        self.refusals.append(_text_of(message.get("refusal")) or "")
        self.finish = name_of(choice.get("finish_reason")) or self.finish
        self.action = _action_of(choice) or _action_of(message) or self.action

    def answer(self) -> Answer:
        text, refusal = _mended("".join(self.texts)), _mended("".join(self.refusals))
        action = self.action or ("refuse" if refusal else None)
        return Answer(text or refusal, self.finish, self.model, self.fingerprint, action, self.usage)


def read_body(data: bytes) -> Answer:
    """Return the answer in a plain chat completion body.

    Raises:
        AskError: `not_json` or `wrong_shape`.
    """
    parts = _Parts()
    body = object_in(data)
    parts.take(body, "message")
    if not body["choices"]:
        raise AskError(Reason.WRONG_SHAPE, is_final=True, detail="choices 为空")
    return parts.answer()


class StreamReader:
    """Reads an event stream from bytes cut anywhere; `answer()` is given only for a stream that came to its end."""

    def __init__(self) -> None:
        self._parts = _Parts()
        self._rest = b""
        self._data: list[bytes] = []
        self._is_done = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises AskError at the first event that is not what it should be."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line.rstrip(b"\r"))

    def answer(self) -> Answer:
        """Return the answer of the finished stream; raises AskError `half_stream` when it broke off."""
        self.feed(b"\n\n")
        if not self._is_done and self._parts.finish is None:
            raise AskError(Reason.HALF_STREAM, is_final=False, detail="没有结束标志")
        if not self._parts.texts:
            raise AskError(Reason.WRONG_SHAPE, is_final=True, detail="没有内容")
        return self._parts.answer()

    def _line(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            self._data.append(line[5:].strip())
        elif not line and self._data:
            event, self._data = b"\n".join(self._data), []
            if event == b"[DONE]":
                self._is_done = True
            elif not self._is_done:
                self._parts.take(object_in(event), "delta")


def object_in(data: bytes) -> dict[str, object]:
    """Return the JSON object in a body; raises AskError `not_json` or `wrong_shape`."""
    try:
        body = _loads(data)
    except (ValueError, RecursionError) as error:
        raise AskError(Reason.NOT_JSON, is_final=True, detail=data[:80].decode("utf-8", "replace")) from error
    if not isinstance(body, dict):
        raise AskError(Reason.WRONG_SHAPE, is_final=True, detail="应答不是对象")
    return body


def _loads(data: bytes) -> object:
    """Return the value in JSON bytes; the quick reader first, the patient one for what only it takes (half a surrogate)."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        value: object = json.loads(data)
        return value


def _content_of(content: object) -> str:
    """Return the text of a message, whether it is a string or a list of parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "".join(_text_of(part.get("text")) or "" for part in content)
    raise AskError(Reason.WRONG_SHAPE, is_final=True, detail="content 不是文字")


def _action_of(part: dict[str, object]) -> str | None:
    own = part.get("openbeian")
    nested = own.get("action") if isinstance(own, dict) else None
    return name_of(nested) or name_of(part.get("openbeian.action"))


def _usage_of(value: object) -> dict[str, int] | None:
    """Return the counts a service states about one answer; anything that is not a count is left out."""
    if not isinstance(value, dict):
        return None
    return {name: value[name] for name in _COUNTS if type(value.get(name)) is int and 0 <= value[name] < 2**53}


def name_of(value: object) -> str | None:
    """Return a short text about the answer, fit to be written down."""
    return _mended(value[:_LONGEST_NAME]) if isinstance(value, str) else None


def _text_of(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _mended(text: str) -> str:
    """Join surrogate pairs that two chunks shared; a lone half becomes the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
