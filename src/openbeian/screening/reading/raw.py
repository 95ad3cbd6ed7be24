"""The raw bytes of a shard: counted as they are read, unpacked with a limit, never from anything but a regular file."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from openbeian.manifest import Fault
from openbeian.screening.reading.account import Account
from openbeian.screening.reading.files import open_regular, printable
from openbeian.screening.reading.formats import ReadOptions
from openbeian.screening.reading.shards import Shard

_GZIP: Final = 16 + zlib.MAX_WBITS
_GZIP_MAGIC: Final = b"\x1f\x8b"
_PACKED_BLOCK: Final = 2**16


@dataclass
class Reading:
    """What the reader of a format is given: the shard, the options, and the account to fill."""

    shard: Shard
    options: ReadOptions
    account: Account = field(default_factory=Account)

    @property
    def path(self) -> Path:
        """The file."""
        return self.shard.file.path

    def fault(self, code: str, message: str, remedy: str) -> Fault:
        """Return a fault of this file."""
        return Fault(code, message, remedy, file=printable(self.path))


class CountedFile:
    """A raw file whose bytes inside the shard are counted in the account as they are read."""

    def __init__(self, file: BinaryIO, reading: Reading) -> None:
        self._file = file
        self._account = reading.account
        self._start, self._stop = reading.shard.start, reading.shard.stop
        self.place = 0
        self.closed = False

    def seek(self, place: int) -> None:
        """Go to a byte of the file."""
        self._file.seek(place)
        self.place = place

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, b"" at the end."""
        data = self._file.read(size)
        end = self.place + len(data)
        self._account.bytes_in += max(0, min(end, self._stop) - max(self.place, self._start))
        self.place = end
        return data

    def read_own(self, size: int) -> bytes:
        """Return at most `size` bytes of the shard's own range."""
        return self.read(min(size, self._stop - self.place)) if self.place < self._stop else b""


def blocks(reading: Reading) -> Iterator[bytes]:
    """Yield the bytes of a text shard, unpacked; of a range of a file exactly the lines that begin in it.

    Raises:
        OSError: the file cannot be read.
        Fault: `corpus-packed` when it does not unpack, `corpus-bomb` when it unpacks to more than the options allow.
    """
    with open_regular(reading.path) as raw:
        file = CountedFile(raw, reading)
        if reading.shard.format.packing == "gz":
            yield from _limited(_filled(_gunzip(file, reading), reading.options.block), reading)
        elif reading.shard.format.packing == "zst":
            yield from _limited(_filled(_unzstd(file, reading), reading.options.block), reading)
        else:
            yield from _lines_of_range(file, reading)


def _lines_of_range(file: CountedFile, reading: Reading) -> Iterator[bytes]:
    """A line belongs to the range that its first byte lies in: skip the rest of the one before, read on past the end."""
    shard, size = reading.shard, reading.options.block
    last = b"\n"
    if shard.start:
        file.seek(shard.start - 1)
        rest = _after_newline(file, size)
        if not rest and file.place >= shard.stop:
            return
        last = rest[-1:] or b"\n"
        if rest:
            yield rest
    while block := file.read_own(size):
        last = block[-1:]
        yield block
    if last != b"\n" and shard.stop < shard.file.size:
        yield from _to_newline(file, size, shard.file.size)


def _after_newline(file: CountedFile, size: int) -> bytes:
    """Return what follows the first newline in the block that holds it, inside the range."""
    while block := file.read_own(size):
        if cut := block.find(b"\n") + 1:
            return block[cut:]
    return b""


def _to_newline(file: CountedFile, size: int, end: int) -> Iterator[bytes]:
    while block := file.read(min(size, end - file.place)):
        if cut := block.find(b"\n") + 1:
            yield block[:cut]
            return
        yield block


def _gunzip(file: CountedFile, reading: Reading) -> Iterator[bytes]:
    """Unpack all members, as gzip does; zeros behind the last are padding."""
    unpack = zlib.decompressobj(_GZIP)
    waiting, begun = b"", False
    while waiting or (waiting := file.read_own(_PACKED_BLOCK)):
        if unpack.eof or not begun:
            waiting = _next_member(waiting, file, is_first=not begun, reading=reading)
            if not waiting:
                return
            unpack, begun = zlib.decompressobj(_GZIP), True
        try:
            data = unpack.decompress(waiting, reading.options.block)
        except zlib.error as error:
            raise _damaged(reading, "gz") from error
        waiting = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
        if data:
            yield data
    yield from _drained(unpack, reading)
    if begun and not unpack.eof:
        raise _damaged(reading, "gz", "在中途断了")


def _next_member(waiting: bytes, file: CountedFile, *, is_first: bool, reading: Reading) -> bytes:
    if not is_first:
        waiting = waiting.lstrip(b"\0")
    while len(waiting) < len(_GZIP_MAGIC) and (more := file.read_own(_PACKED_BLOCK)):
        waiting = (waiting + more) if is_first else (waiting + more).lstrip(b"\0")
    if waiting and not waiting.startswith(_GZIP_MAGIC):
        raise _damaged(reading, "gz", "" if is_first else "后面接着别的内容")
    return waiting


def _drained(unpack: zlib._Decompress, reading: Reading) -> Iterator[bytes]:
    """Yield what the unpacker still holds after all input was given to it."""
    try:
        while not unpack.eof and (data := unpack.decompress(b"", reading.options.block)):
            yield data
    except zlib.error as error:
        raise _damaged(reading, "gz") from error


def _unzstd(file: CountedFile, reading: Reading) -> Iterator[bytes]:
    import pyarrow as pa

    if not reading.shard.size:
        return
    try:
        with pa.CompressedInputStream(pa.PythonFile(_OwnRange(file), mode="r"), "zstd") as stream:
            while data := stream.read(reading.options.block):
                yield data
    except (OSError, pa.ArrowException) as error:
        why = "在中途断了" if "Truncated" in str(error) else ""
        raise _damaged(reading, "zst", why) from error


class _OwnRange:
    """What pyarrow asks of a file."""

    closed = False

    def __init__(self, file: CountedFile) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read_own(size)

    def close(self) -> None:
        self.closed = True


def _filled(parts: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Join small parts to blocks of at least `size` bytes; what came before a fault is still handed out."""
    held: list[bytes] = []
    length = 0
    fault: Fault | None = None
    while True:
        try:
            part = next(parts, b"")
        except Fault as error:
            fault, part = error, b""
        if part:
            held.append(part)
            length += len(part)
        if held and (length >= size or not part):
            yield b"".join(held)
            held, length = [], 0
        if not part:
            break
    if fault is not None:
        raise fault


def _limited(parts: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    most = reading.options.most_unpacked(reading.shard.size)
    total = 0
    for part in parts:
        total += len(part)
        if total > most:
            raise reading.fault("corpus-bomb", f"解压后超过上限 {most} 字节", "确认文件无误后先自行解压，再扫描")
        yield part


def _damaged(reading: Reading, packing: str, why: str = "") -> Fault:
    return reading.fault("corpus-packed", f"{packing} 压缩{why or '已损坏'}，后面的内容没有读到", "重新压缩或重新下载")
