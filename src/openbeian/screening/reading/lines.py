"""Lines at constant memory, however long one is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_NEAR_END: Final = 4096
_STOPS: Final = (b" ", "。".encode(), "，".encode())


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines, none longer than the limit, each with its newline but perhaps the last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line longer than the limit, without the newline; `is_last` ends the line."""

    data: bytes
    is_first: bool
    is_last: bool


def split_lines(blocks: Iterator[bytes], longest: int) -> Iterator[Lines | Piece]:
    """Yield whole lines, and in pieces those longer than `longest` bytes of UTF-8, cut at characters."""
    splitter = _Splitter(longest)
    for block in blocks:
        for start in range(0, len(block), longest):
            yield from splitter.feed(block[start : start + longest] if len(block) > longest else block)
    yield from splitter.end()


class _Splitter:
    """Holds the line that is not yet complete, and of one that is too long only the last piece."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._held: list[bytes] = []
        self._length = 0
        self._is_inside = False  # pieces of this line went out already

    def feed(self, block: bytes) -> Iterator[Lines | Piece]:
        first = block.find(b"\n") + 1
        if not first:
            self._take(block)
            if self._length > self._longest:
                yield from self._pieces()
            return
        if self._is_inside or self._length + first - 1 > self._longest:
            self._take(block[: first - 1])
            yield from self._last_pieces()
            block = block[first:]
        last = block.rfind(b"\n") + 1
        if last:
            data = b"".join((*self._held, memoryview(block)[:last])) if self._held or last < len(block) else block
            self._held, self._length = [], 0
            yield Lines(data)
        self._take(block[last:])

    def end(self) -> Iterator[Lines | Piece]:
        if self._is_inside:
            yield from self._last_pieces()
        elif self._length:
            yield Lines(self._given())

    def _take(self, data: bytes) -> None:
        if data:
            self._held.append(data)
            self._length += len(data)

    def _given(self) -> bytes:
        data = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held, self._length = [], 0
        return data

    def _pieces(self) -> Iterator[Piece]:
        data = self._given()
        while len(data) > self._longest:
            cut = _cut(data, self._longest)
            yield Piece(data[:cut], is_first=not self._is_inside, is_last=False)
            self._is_inside = True
            data = data[cut:]
        self._take(data)

    def _last_pieces(self) -> Iterator[Piece]:
        yield from self._pieces()
        yield Piece(self._given(), is_first=False, is_last=True)
        self._is_inside = False


def _cut(data: bytes, longest: int) -> int:
    """Return a place to cut near the limit: after a blank or a stop, so that no word is torn, else between characters."""
    near = max(longest - _NEAR_END, longest // 2)
    stop = max(data.rfind(stop, near, longest) + len(stop) if stop in data[near:longest] else 0 for stop in _STOPS)
    if stop:
        return stop
    cut = longest
    while cut > longest - 4 and data[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut
