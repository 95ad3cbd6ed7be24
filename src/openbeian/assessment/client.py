"""One attempt at one question over HTTP, within limits of time and size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias
from urllib.parse import urlsplit

import aiohttp
import orjson
from multidict import CIMultiDict
from yarl import URL

from openbeian.assessment.answers import Answer, AskError, Reason, StreamReader, read_body
from openbeian.assessment.picture_answers import read_picture, read_refusal
from openbeian.manifest import Fault

_RETRYABLE = frozenset({408, 409, 429})
Clock: TypeAlias = Callable[[], datetime]
_KEY = re.compile(r"[!-~]+")
_CHAT, _PICTURES = "chat/completions", "images/generations"
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True)
class Endpoint:
    """Where and how to ask: address, model name, parameters, for words or for pictures. The key is sent and never recorded.

    Raises:
        Fault: `endpoint-address` for what is no http address; `endpoint-secret` for one that carries a name and a
            password, since addresses are recorded; `endpoint-key` for a key that no header can carry.
    """

    url: str
    model: str
    parameters: Mapping[str, int | float | str]
    is_stream: bool = False
    api_key: str | None = None
    is_pictures: bool = False

    def __post_init__(self) -> None:
        """Refuse at once what could not be asked, or must not be written down."""
        try:
            address = urlsplit(self.url)
        except ValueError:
            address = urlsplit("")
        if address.scheme not in {"http", "https"} or not address.hostname or address.query or address.fragment:
            remedy = "写成 http://主机:端口 或 https://主机/v1，不带 ? 和 #"
            raise Fault("endpoint-address", f"不是可用的接口地址：{self.url.partition('?')[0][:80]}", remedy=remedy)
        if "@" in address.netloc:
            remedy = "地址会写入记录：去掉账号密码，密钥放在环境变量里，用 --key-variable 给出"
            raise Fault("endpoint-secret", "接口地址里有账号或密码", remedy=remedy)
        if self.api_key is not None and not _KEY.fullmatch(self.api_key):
            raise Fault("endpoint-key", "接口密钥里有空白或非 ASCII 字符", remedy="核对环境变量的值")

    @property
    def address(self) -> str:
        """What is asked, chat completions or generations of pictures, whether the user gave the host, its `/v1` or all of it."""
        base = self.url.rstrip("/")
        if base.endswith(f"/{self._path}"):
            return base
        return f"{base}/{self._path}" if base.endswith("/v1") else f"{base}/v1/{self._path}"

    @property
    def _path(self) -> str:
        return _PICTURES if self.is_pictures else _CHAT

    @property
    def models_url(self) -> str:
        """The address of the list of models."""
        return self.address.removesuffix(self._path) + "models"

    def request(self, question: str) -> bytes:
        """Return the request that asks a question: the same question, model and parameters give the same bytes."""
        asked: dict[str, object] = (
            {"prompt": question, "n": 1}  # some services refuse `response_format`, and send base64 without being asked
            if self.is_pictures
            else {"messages": [{"role": "user", "content": question}], "stream": self.is_stream}
        )
        return orjson.dumps({**self.parameters, "model": self.model, **asked})

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        return headers | ({"Authorization": f"Bearer {self.api_key}"} if self.api_key else {})


@dataclass(frozen=True)
class ModelIdentity:
    """What the service says it runs: the name it lists and the digest of its weights, when it gives one."""

    listed: bool
    weights_sha256: str | None


class Client:
    """Asks one endpoint through one session; one call is one attempt, never repeated here."""

    def __init__(self, session: aiohttp.ClientSession, endpoint: Endpoint, most_bytes: int, clock: Clock) -> None:
        self._session = session
        self._endpoint = endpoint
        self._most_bytes = most_bytes
        self._clock = clock
        self._url = URL(endpoint.address)  # parsed once, not once a question
        self._headers = CIMultiDict(endpoint.headers())

    async def ask(self, body: bytes) -> Answer:
        """Return the whole answer to one request (`Endpoint.request`); raises AskError."""
        try:
            return await self._post(body)
        except TimeoutError as error:
            raise AskError(Reason.TIMEOUT, is_final=False) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            reason = Reason.HALF_STREAM if isinstance(error, aiohttp.ClientPayloadError) else Reason.CONNECTION
            raise AskError(reason, is_final=False, detail=type(error).__name__) from error

    async def _post(self, body: bytes) -> Answer:
        request = self._session.post(self._url, data=body, headers=self._headers, allow_redirects=False)
        async with request as response:
            if (
                response.status == 400
                and self._endpoint.is_pictures
                and (no := read_refusal(await self._body(response)))
            ):
                return no
            if response.status != 200:
                raise _refused(response.status, response.headers.get("Retry-After"), self._clock())
            if self._endpoint.is_stream:
                return await self._stream(response)
            body = await self._body(response)
            return read_picture(body) if self._endpoint.is_pictures else read_body(body)

    async def _stream(self, response: aiohttp.ClientResponse) -> Answer:
        if response.content_type != "text/event-stream":
            return read_body(await self._body(response))
        reader, received = StreamReader(), 0
        async for chunk in response.content.iter_any():
            received = self._within(received + len(chunk), response)
            reader.feed(chunk)
        return reader.answer()

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        self._within(response.content_length or 0, response)
        received = bytearray()
        async for chunk in response.content.iter_any():
            received += chunk
            self._within(len(received), response)
        return bytes(received)

    def _within(self, size: int, response: aiohttp.ClientResponse) -> int:
        if size > self._most_bytes:
            response.close()
            raise AskError(Reason.TOO_LARGE, is_final=True, detail=f"超过 {self._most_bytes} 字节")
        return size

    async def identity(self) -> ModelIdentity:
        """Return what the service lists about the model; a service without the list is no error.

        Raises:
            AskError: `connection` or `timeout`, when nobody answers at that address at all.
        """
        try:
            request = self._session.get(
                self._endpoint.models_url, headers=self._endpoint.headers(), allow_redirects=False
            )
            async with request as response:
                return _identity_in(await self._body(response), self._endpoint.model)
        except TimeoutError as error:
            raise AskError(Reason.TIMEOUT, is_final=True) from error
        except AskError:
            return ModelIdentity(listed=False, weights_sha256=None)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise AskError(Reason.CONNECTION, is_final=True, detail=type(error).__name__) from error


def weights_of(fingerprint: str | None) -> str | None:
    """Return the weights digest in a system fingerprint of the form `sha256:<64 hex digits>`, else None."""
    match = _SHA256.fullmatch(fingerprint or "")
    return match.group(1) if match else None


def _identity_in(data: bytes, model: str) -> ModelIdentity:
    try:
        listed = json.loads(data)["data"]
        entry = next((item for item in listed if item.get("id") == model), None)
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return ModelIdentity(listed=False, weights_sha256=None)
    if entry is None:
        return ModelIdentity(listed=False, weights_sha256=None)
    own = entry.get("openbeian")
    weights = own.get("weights_sha256") if isinstance(own, dict) else entry.get("openbeian.weights_sha256")
    return ModelIdentity(listed=True, weights_sha256=weights_of(weights if isinstance(weights, str) else None))


def _refused(status: int, retry_after: str | None, now: datetime) -> AskError:
    wait, detail = wait_asked(retry_after, now), f"HTTP {status}"
    if status == 429:
        return AskError(Reason.RATE_LIMITED, is_final=False, detail=detail, retry_after=wait)
    if status >= 500:
        return AskError(Reason.SERVER_ERROR, is_final=False, detail=detail, retry_after=wait)
    if status >= 400:
        is_final = status not in _RETRYABLE
        return AskError(Reason.CLIENT_ERROR, is_final=is_final, detail=detail, retry_after=wait)
    return AskError(Reason.REDIRECT if status >= 300 else Reason.WRONG_SHAPE, is_final=True, detail=detail)


def wait_asked(retry_after: str | None, now: datetime) -> float | None:
    """Return the wait in seconds that a Retry-After header asks for: a number, or until a date; None when neither."""
    said = (retry_after or "").strip()
    if said.isdecimal():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (until - now).total_seconds()) if until.tzinfo else None


def session(concurrency: int, request_seconds: float) -> aiohttp.ClientSession:
    """Return a session for so many requests at once; no proxy, no cookies, no credentials of the machine."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency, force_close=False),
        timeout=aiohttp.ClientTimeout(total=request_seconds, sock_connect=min(10.0, request_seconds)),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )
