"""CSV and TSV: a row a record; a quote that is never closed costs one record, not the rest of the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Final

import pyarrow as pa

from openbeian.screening.folding import FIELD_BREAK
from openbeian.screening.reading.account import shown
from openbeian.screening.reading.batches import gathered
from openbeian.screening.reading.encodings import mended, utf8_blocks
from openbeian.screening.reading.lines import Piece, split_lines
from openbeian.screening.reading.raw import Reading, blocks
from openbeian.screening.reading.records import LACKS, TEXT_KEYS, TOO_LONG

UNCLOSED: Final = "引号没有闭合"
_DELIMITERS: Final = (",", ";", "\t")
_SAMPLE_LINES: Final = 20


def csv_batches(reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the records of a CSV file. Raises as `blocks`, and `corpus-column`."""
    yield from gathered(_texts(reading), reading)


def _texts(reading: Reading) -> Iterator[tuple[int, str]]:
    """The first record names the columns when one of them is known or asked for; else it is text like any other."""
    records = iter(_Records(reading))
    first = next(records, None)
    if first is None:
        return
    header = [name.strip() for name in first[1]]
    columns = _columns(header, reading)
    if columns is None:
        for row, fields in chain((first,), records):
            yield row, FIELD_BREAK.join(fields)
        return
    for row, fields in records:
        picked = [fields[each] for each in columns if each < len(fields)]
        if fields and not picked and reading.options.column is not None:
            reading.account.reject(row, LACKS)
        else:
            # what stands beyond the header belongs to no column, so that it must not be passed over
            yield row, FIELD_BREAK.join(picked + fields[len(header) :])


def _columns(header: list[str], reading: Reading) -> list[int] | None:
    """Return the places of the columns to read; None for all, when the first record is no header that we know."""
    wanted = reading.options.column
    names = (wanted,) if wanted is not None else TEXT_KEYS
    columns = [header.index(name) for name in names if name in header]
    if wanted is not None and not columns:
        raise reading.fault("corpus-column", f"没有列“{wanted}”", f"可选的列：{'、'.join(map(shown, header))[:200]}")
    if columns:
        reading.account.leave_unread([name for place, name in enumerate(header) if place not in columns])
    return columns or None


class _Unclosed(Exception):
    pass


class _TooLong(Exception):
    pass


class _Records:
    """The records of a file, with their numbers from 1."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._longest = reading.options.longest
        self._row = 0
        self._line = 0
        self._held: list[str] = []  # the lines of the record that is being read
        self._size = 0
        lines = _lines(reading)
        sample = list(islice(lines, _SAMPLE_LINES))
        self._lines = chain(sample, lines)
        with _fields_up_to(2 * self._longest):
            self._delimiter = _delimiter([line for line in sample if line is not None], reading.shard.format.kind)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            try:
                yield from self._quoted()
            except _Unclosed:
                break
            except _TooLong:
                self._reject(TOO_LONG)
            except csv.Error:
                self._reject("不是 CSV")
            else:
                return
        yield from self._unquoted()

    def _quoted(self) -> Iterator[tuple[int, list[str]]]:
        with _fields_up_to(2 * self._longest):
            for fields in csv.reader(self._feed(), delimiter=self._delimiter):
                self._next_row()
                yield self._row, fields

    def _feed(self) -> Iterator[str]:
        for line in self._lines:
            self._line += 1
            if line is None:
                raise _TooLong
            self._held.append(line)
            self._size += len(line)
            if self._size > self._longest and len(self._held) > 1:
                raise _Unclosed
            yield line
        if self._held:
            raise _Unclosed

    def _unquoted(self) -> Iterator[tuple[int, list[str]]]:
        """Read on behind the line with the open quote, where quotes mean nothing any more."""
        begun = self._line - len(self._held) + 1
        self._reading.account.note(f"第 {begun} 行的引号没有闭合；这一行剔除，此后按行读入，不再认引号")
        rest = self._held[1:]
        self._reject(UNCLOSED)
        for line in chain(rest, self._lines):
            if line is None:
                self._reject(TOO_LONG)
                continue
            self._next_row()
            yield self._row, line.rstrip("\n").split(self._delimiter)

    def _next_row(self) -> None:
        self._row += 1
        self._held, self._size = [], 0

    def _reject(self, reason: str) -> None:
        self._next_row()
        self._reading.account.reject(self._row, reason)


@contextmanager
def _fields_up_to(characters: int) -> Iterator[None]:
    """Let fields be so long: the limit is one for the whole process, and other readers of CSV rely on theirs."""
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _lines(reading: Reading) -> Iterator[str | None]:
    """Yield lines with their newline, None for one that is too long; a carriage return ends a line too."""
    decoded = utf8_blocks(blocks(reading), reading.account)
    for part in split_lines(decoded, reading.options.longest):
        if isinstance(part, Piece):
            if part.is_first:
                yield None
            continue
        text = _decoded(part.data, reading)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            yield line + "\n"


def _decoded(data: bytes, reading: Reading) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return mended(data, reading.account).decode()


def _delimiter(sample: list[str], kind: str) -> str:
    """Return the delimiter that cuts most lines into as many fields as the first; a comma when none does."""
    return "\t" if kind == "tsv" else max(_DELIMITERS, key=lambda each: _regularity(sample, each))


def _regularity(sample: list[str], delimiter: str) -> tuple[int, int]:
    try:
        widths = [len(fields) for fields in csv.reader(sample, delimiter=delimiter) if fields]
    except csv.Error:
        return 0, 0
    return (widths.count(widths[0]), widths[0]) if widths and widths[0] > 1 else (0, 0)
