"""The rows of one file as strings of Python, for callers that look at few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from openbeian.screening.folding import FIELD_BREAK
from openbeian.screening.reading.account import Account, Rejection
from openbeian.screening.reading.formats import ReadOptions, format_of
from openbeian.screening.reading.listing import list_corpus
from openbeian.screening.reading.opening import open_shard
from openbeian.screening.reading.shards import Shard


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a corpus: its number in the file, its text, or why it was rejected."""

    number: int
    text: str
    rejected: str | None = None


@dataclass
class _FullAccount(Account):
    """An account that keeps every rejection until it is asked for."""

    waiting: list[Rejection] = field(default_factory=list)

    def reject(self, row: int, reason: str) -> None:
        super().reject(row, reason)
        self.waiting.append(Rejection(row, reason))

    def take(self) -> Iterator[Row]:
        for each in self.waiting:
            yield Row(each.row, "", each.reason)
        self.waiting = []


def read_rows(path: Path, options: ReadOptions | None = None) -> Iterator[Row]:
    """Yield the rows of one file that hold a text, batch by batch in order; what cannot be read comes as a rejected row.

    Several fields of a record stand on lines of their own, for people to read.

    Raises:
        Fault: the file, or the rest of it, cannot be read; as `list_corpus`.
    """
    (file,) = list_corpus([path]).files
    kind = format_of(path)
    assert kind is not None, "list_corpus lists known formats only"
    account = _FullAccount()
    for batch in open_shard(Shard(0, file, kind, 0, file.size), options, account):
        numbers, texts = (column.to_pylist() for column in batch.columns)
        rows = [Row(number, text.replace(FIELD_BREAK, "\n")) for number, text in zip(numbers, texts, strict=True)]
        yield from sorted((*account.take(), *rows), key=lambda row: row.number)
    yield from account.take()
    if account.fault is not None:
        raise account.fault.as_fault()
