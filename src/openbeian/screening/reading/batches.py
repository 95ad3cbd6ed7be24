"""Making batches of rows: `row` and `text`, whole rows, about a mebibyte of text each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbeian.manifest import Fault
from openbeian.screening.reading.raw import Reading
from openbeian.screening.reading.records import TOO_LONG

SCHEMA: Final = pa.schema(
    [pa.field("row", pa.int64(), nullable=False), pa.field("text", pa.large_string(), nullable=False)]
)
_IDEOGRAPHIC: Final = "\u3000".encode()
_HEAD: Final = 12  # bytes that tell most texts from blank ones
_MAYBE_BLANK: Final = np.zeros(256, bool)  # first bytes of white space in UTF-8
_MAYBE_BLANK[[*range(0x21), 0xC2, 0xE1, 0xE2, 0xE3]] = True
Numbers = npt.NDArray[np.int64]


def settled_batches(rows: Numbers, texts: pa.LargeStringArray, reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the texts that can be handed out as batches; count the blank ones, and reject those that are too long."""
    if texts.null_count:
        texts = texts.fill_null("")
    ends = offsets_of(texts)
    lengths = np.diff(ends)
    blank = _blank(texts, ends, lengths)
    long = lengths > reading.options.longest
    if (dropped := blank | long).any():
        reading.account.skip_blank(int(np.count_nonzero(blank)))
        for row in rows[long & ~blank]:
            reading.account.reject(int(row), TOO_LONG)
        texts, rows = texts.filter(pa.array(~dropped)), rows[~dropped]
    yield from _batches(rows, texts, reading)


def _blank(texts: pa.LargeStringArray, ends: Numbers, lengths: Numbers) -> npt.NDArray[np.bool_]:
    """Return which texts hold nothing but white space; only those that begin with it are looked at."""
    blank: npt.NDArray[np.bool_] = lengths == 0
    _, _, data = texts.buffers()
    if data is None or not data.size:
        return blank
    begins = np.minimum(ends[:-1], data.size - 1)
    raw = np.frombuffer(data, np.uint8)
    maybe = np.flatnonzero(_MAYBE_BLANK[raw[begins]] & ~blank)
    # Chinese stops and brackets begin with the byte that the ideographic space begins with
    is_stop = (raw[begins[maybe]] == _IDEOGRAPHIC[0]) & (
        raw[np.minimum(begins[maybe] + 2, len(raw) - 1)] != _IDEOGRAPHIC[2]
    )
    maybe = maybe[~is_stop]
    view = memoryview(data)
    for place in maybe.tolist():
        blank[place] = _is_space(view[ends[place] : ends[place + 1]])
    return blank


def _is_space(text: memoryview) -> bool:
    head = bytes(text[:_HEAD]).decode("utf-8", "ignore")
    return head.isspace() and bytes(text).decode().isspace()


def _batches(rows: Numbers, texts: pa.LargeStringArray, reading: Reading) -> Iterator[pa.RecordBatch]:
    """Cut texts into batches, without copying, and count them as given; each is one row."""
    options = reading.options
    ends = offsets_of(texts)
    begin, count = 0, len(texts)
    while begin < count:
        end = int(np.searchsorted(ends, ends[begin] + options.batch_bytes, side="right")) - 1
        end = min(max(end, begin + 1), begin + options.batch_rows, count)
        reading.account.rows_in += end - begin
        reading.account.rows_given += end - begin
        reading.account.text_bytes_given += int(ends[end] - ends[begin])
        yield pa.RecordBatch.from_arrays([pa.array(rows[begin:end]), texts[begin:end]], schema=SCHEMA)
        begin = end


def piece_of(row: int, text: bytes, reading: Reading, *, is_first: bool) -> pa.RecordBatch:
    """Return one piece of a row that is too long for one text, and count it; the row counts with its first piece."""
    account = reading.account
    account.rows_in += is_first
    account.rows_given += is_first
    account.pieces += not is_first
    account.text_bytes_given += len(text)
    texts = strings(text, np.array([0, len(text)], np.int64))
    return pa.RecordBatch.from_arrays([pa.array([row], pa.int64()), texts], schema=SCHEMA)


def strings(data: bytes, ends: Numbers) -> pa.LargeStringArray:
    """Return the texts of a buffer of UTF-8 as an Arrow array over the same memory."""
    return pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))


def strings_of_bytes(texts: list[bytes]) -> pa.LargeStringArray:
    """Return texts of UTF-8 as an Arrow array."""
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=ends[1:])
    return strings(b"".join(texts), ends)


def offsets_of(texts: pa.LargeStringArray) -> Numbers:
    """Return the byte at which each text of an array begins, and where the last one ends."""
    _, ends, _ = texts.buffers()
    return np.frombuffer(ends, np.int64, len(texts) + 1, texts.offset * 8)


def gathered(rows: Iterator[tuple[int, str]], reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield rows of Python as batches; blank ones are counted and dropped. What came before a fault is handed out first."""
    gathering = _Gathering(reading)
    try:
        for row, text in rows:
            if gathering.add(row, text):
                yield from gathering.flush()
    except (Fault, OSError):
        yield from gathering.flush()
        raise
    yield from gathering.flush()


class _Gathering:
    """Texts of Python gathered to batches; `add` returns True when it is time to `flush`."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.rows: list[int] = []
        self.texts: list[str] = []
        self._room = reading.options.batch_bytes
        self._left = self._room

    def add(self, row: int, text: str) -> bool:
        """Take a row; a blank one is counted and dropped."""
        if not text or text.isspace():
            self._reading.account.skip_blank()
            return False
        self.rows.append(row)
        self.texts.append(text)
        self._left -= len(text)
        return self._left < 0 or len(self.rows) >= self._reading.options.batch_rows

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Yield what was gathered."""
        if self.rows:
            rows, texts = np.array(self.rows, np.int64), strings_of_bytes(list(map(encoded, self.texts)))
            self.rows, self.texts, self._left = [], [], self._room
            yield from _batches(rows, texts, self._reading)


def encoded(text: str) -> bytes:
    """Return a text as UTF-8; half a surrogate pair, which JSON may name by an escape, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
