"""Plain text: a row a line, straight from the bytes of the file into Arrow."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from openbeian.screening.reading.batches import piece_of, settled_batches, strings
from openbeian.screening.reading.encodings import mended, utf8_blocks
from openbeian.screening.reading.lines import Lines, split_lines
from openbeian.screening.reading.raw import Reading, blocks

_NEWLINE: Final = 10


def text_batches(reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a text shard. Raises as `blocks`."""
    shard = reading.shard
    decoded = utf8_blocks(blocks(reading), reading.account, encoding=shard.encoding, is_start=not shard.start)
    line = 1
    longest = min(reading.options.piece, reading.options.longest)
    for part in split_lines(decoded, longest):
        if isinstance(part, Lines):
            count = yield from _lines(mended(part.data, reading.account), line, reading)
            line += count
            continue
        data = part.data.removesuffix(b"\r") if part.is_last else part.data
        reading.account.note(f"第 {line} 行超过 {longest} 字节，分段读入")
        yield piece_of(line, mended(data, reading.account), reading, is_first=part.is_first)
        line += part.is_last


def _lines(data: bytes, first: int, reading: Reading) -> Generator[pa.RecordBatch, None, int]:
    """Yield the lines of a buffer; return their number."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
    count = len(newlines) + (data[-1:] != b"\n")
    ends = np.empty(count + 1, np.int64)
    ends[0] = 0
    ends[1 : len(newlines) + 1] = newlines - np.arange(len(newlines))
    body = data.replace(b"\n", b"")
    ends[-1] = len(body)
    yield from settled_batches(np.arange(first, first + count), strings(body, ends), reading)
    return count
