"""JSON: a row a line, or a row for each value of a file that holds an array, one record, or several behind each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from openbeian.screening.reading.account import Account
from openbeian.screening.reading.batches import encoded, settled_batches, strings_of_bytes
from openbeian.screening.reading.encodings import ASCII, UTF8, mended, utf8_blocks
from openbeian.screening.reading.lines import Lines, split_lines
from openbeian.screening.reading.raw import Reading, blocks
from openbeian.screening.reading.records import TOO_LONG, Picker, RecordError
from openbeian.screening.reading.trees import tree_batches

NOT_JSON: Final = "不是 JSON"


def jsonl_batches(reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the records of a shard of JSON lines. Raises as `blocks`."""
    shard = reading.shard
    decoded = utf8_blocks(blocks(reading), reading.account, encoding=shard.encoding, is_start=not shard.start)
    yield from _line_batches(decoded, reading)


def json_batches(reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the records of a `.json` file, which may be lines all the same. Raises as `blocks` and `tree_batches`."""
    decoded = utf8_blocks(blocks(reading), reading.account, is_mended=True)
    head = next(decoded, b"")
    rest = chain((head,), decoded)
    yield from _line_batches(rest, reading) if _is_lines(head) else tree_batches(rest, reading)


def _is_lines(head: bytes) -> bool:
    """Tell whether the first line is a value by itself; an array only when more follows, else its parts are the rows."""
    line, newline, rest = head.lstrip().partition(b"\n")
    if not newline and not line.startswith(b"{"):
        return False
    try:
        value = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return not isinstance(value, list) or bool(rest.strip())


def _line_batches(decoded: Iterator[bytes], reading: Reading) -> Iterator[pa.RecordBatch]:
    row = 0
    picker = Picker(reading.options.column, reading.account)
    for part in split_lines(decoded, reading.options.longest):
        if isinstance(part, Lines):
            lines = part.data.split(b"\n")
            if not lines[-1]:
                lines.pop()
            rows, texts = _records(lines, row, picker, reading.account)
            yield from settled_batches(np.array(rows, np.int64), strings_of_bytes(texts), reading)
            row += len(lines)
        elif part.is_first:
            row += 1
            reading.account.reject(row, TOO_LONG)


def _records(lines: list[bytes], before: int, picker: Picker, account: Account) -> tuple[list[int], list[bytes]]:
    """Return the rows that can be read, and their texts; orjson checks the encoding of each line on its way."""
    loads, pick = orjson.loads, picker.text
    rows, texts = [], []
    for row, line in enumerate(lines, before + 1):
        try:
            text = pick(loads(line)).encode()
        except (orjson.JSONDecodeError, RecordError, UnicodeEncodeError):
            second = _second_try(line, row, picker, account)
            if second is None:
                continue
            text = encoded(second)
        rows.append(row)
        texts.append(text)
    return rows, texts


def _second_try(line: bytes, row: int, picker: Picker, account: Account) -> str | None:
    """Read a line with broken bytes, NaN or half a surrogate pair all the same; count one that is blank or no JSON."""
    if not line.strip():
        account.skip_blank()
        return None
    if account.encoding in {UTF8, ASCII}:
        line = mended(line, account)
    try:
        return picker.text(_loads(line))
    except RecordError as error:
        account.reject(row, str(error))
    except (ValueError, RecursionError):
        account.reject(row, NOT_JSON)
    return None


def _loads(line: bytes) -> Any:
    return json.loads(line.decode())
