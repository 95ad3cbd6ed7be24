"""A JSON file that is no lines: the values of its array, or those that stand one behind the other, one at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from openbeian.screening.reading.batches import gathered
from openbeian.screening.reading.raw import Reading
from openbeian.screening.reading.records import Picker, RecordError

_SPACE: Final = " \t\r\n"


def tree_batches(decoded: Iterator[bytes], reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the records of JSON text; a row is a part of the outermost array, or a value that stands by itself.

    Raises:
        Fault: `corpus-json` where it is no JSON, `corpus-record-too-long` for a value longer than the options allow; the
            rows before it were handed out.
    """
    yield from gathered(_rows(decoded, reading), reading)


def _rows(decoded: Iterator[bytes], reading: Reading) -> Iterator[tuple[int, str]]:
    picker = Picker(reading.options.column, reading.account)
    for row, value in enumerate(_Values(decoded, reading), 1):
        try:
            text = picker.text(value)
        except RecordError as error:
            reading.account.reject(row, str(error))
        else:
            yield row, text


class _Values:
    """The values of a stream of JSON text, parsed one by one from a window of it."""

    def __init__(self, decoded: Iterator[bytes], reading: Reading) -> None:
        self._texts = (block.decode() for block in decoded)
        self._reading = reading
        self._window = ""
        self._at = 0
        self._met = 0
        self._decoder = json.JSONDecoder()

    def __iter__(self) -> Iterator[Any]:
        while self._next_character():
            if self._window[self._at] == "[":
                self._at += 1
                yield from self._parts()
            else:
                yield self._value()

    def _parts(self) -> Iterator[Any]:
        """Yield the parts of an array that was begun."""
        if self._next_character() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            mark = self._next_character()
            self._at += 1
            if mark == "]":
                return
            if mark != ",":
                raise self._fault()

    def _value(self) -> Any:
        self._next_character()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._window, self._at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._more():
                    raise self._fault() from error
                continue
            # a number may go on behind the end of the window
            if end == len(self._window) and not isinstance(value, str | list | dict) and self._more():
                continue
            self._at = end
            self._met += 1
            return value

    def _next_character(self) -> str:
        """Skip white space; return the character that follows, "" at the end."""
        while True:
            length = len(self._window)
            while self._at < length and self._window[self._at] in _SPACE:
                self._at += 1
            if self._at < length:
                return self._window[self._at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Add to the window as much as it holds, so that a long value is not parsed again and again."""
        held = self._window[self._at :]
        if len(held) > self._reading.options.whole:
            raise self._reading.fault(
                "corpus-record-too-long",
                f"第 {self._met + 1} 个值超过长度上限，从这里起没有读到",
                "改为 jsonl，一行一条",
            )
        parts, length = [held], 0
        for text in self._texts:
            parts.append(text)
            length += len(text)
            if length >= len(held):
                break
        self._window, self._at = "".join(parts), 0
        return length > 0

    def _fault(self) -> Any:
        return self._reading.fault(
            "corpus-json", f"第 {self._met + 1} 个值不是 JSON，从这里起没有读到", "检查括号和引号"
        )
