"""How fast a run may ask: token buckets for requests and for text, and a pause that holds every worker.

Text is counted in characters before the request leaves, because nobody but the service knows its tokens; when the
service states the tokens it used, those are charged instead. For Chinese a character is about one token or less, so the
proxy errs on the slow side; for English it is about four times too careful.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from openbeian.manifest import Fault

Ticks = Callable[[], float]
Sleep = Callable[[float], Awaitable[object]]

_ROUNDING: Final = 1e-9  # a wait that rounding left over is no wait


class Bucket:
    """A token bucket: `rate` a second, at most `burst` at once. Any time t sees at most rate * t + burst go out.

    An amount larger than the burst goes out when the bucket is full and is paid off afterwards. A clock that goes back
    neither fills the bucket nor stalls it.

    Raises:
        Fault: `assessment-rate` for a rate or burst that is not positive.
    """

    def __init__(self, rate: float, burst: float, at: float) -> None:
        if not (rate > 0 and burst > 0):
            raise Fault("assessment-rate", "限速必须大于 0", remedy="改为正数，或不设限速")
        self._rate = rate
        self._burst = burst
        self._level = float(burst)
        self._at = at

    def wait(self, amount: float, at: float) -> float:
        """Return the seconds until so much may go out; 0 when it may go now."""
        self._fill(at)
        missing = min(amount, self._burst) - self._level
        return missing / self._rate if missing > _ROUNDING * self._burst else 0.0

    def charge(self, amount: float) -> None:
        """Take so much out; the level may fall below nothing. A negative amount is given back."""
        self._level = min(self._burst, self._level - amount)

    def _fill(self, at: float) -> None:
        self._level = min(self._burst, self._level + self._rate * max(0.0, at - self._at))
        self._at = at


class Pace:
    """What all workers of a run share: who may ask next, and until when nobody may."""

    def __init__(
        self,
        ticks: Ticks,
        *,
        requests: Bucket | None = None,
        text: Bucket | None = None,
        random: Random,
        spread: float = 0.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Use `ticks` as the clock in seconds; `spread` is the jitter in seconds with which workers leave a pause."""
        self._ticks = ticks
        self._requests = requests
        self._text = text
        self._random = random
        self._spread = spread
        self._sleep = sleep
        self._until: float | None = None
        self._turn = asyncio.Lock()

    @property
    def is_free(self) -> bool:
        """Whether a worker may ask at once, without waiting for a turn."""
        return self._until is None and self._requests is None and self._text is None

    def pause(self, seconds: float) -> None:
        """Let nobody ask for so long; the later end of two pauses counts."""
        until = self._ticks() + seconds
        self._until = until if self._until is None else max(until, self._until)

    async def admit(self, characters: int) -> None:
        """Return when a request with so many characters may leave; workers are served in the order they came."""
        while (wait := self._paused()) > 0:
            await self._sleep(wait + self._random.uniform(0, self._spread))
        if self._requests is None and self._text is None:
            return
        async with self._turn:
            while (wait := max(self._paused(), self._short(characters))) > 0:
                await self._sleep(wait)
            self._charge(characters)

    def settle(self, admitted: int, used: int) -> None:
        """Correct the charge of an admitted request to what it used, answer included."""
        if self._text is not None:
            self._text.charge(used - admitted)

    def _paused(self) -> float:
        if self._until is None:
            return 0.0
        left = self._until - self._ticks()
        if left <= 0:
            self._until = None
            return 0.0
        return left

    def _short(self, characters: int) -> float:
        at = self._ticks()
        requests = self._requests.wait(1, at) if self._requests else 0.0
        return max(requests, self._text.wait(characters, at) if self._text else 0.0)

    def _charge(self, characters: int) -> None:
        if self._requests:
            self._requests.charge(1)
        if self._text:
            self._text.charge(characters)
