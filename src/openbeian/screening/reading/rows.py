"""The rows of one file as strings of Python, for callers that look at few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from openbeian.screening.reading.account import Account, Rejection
from openbeian.screening.reading.files import list_corpus
from openbeian.screening.reading.formats import ReadOptions
from openbeian.screening.reading.opening import open_shard
from openbeian.screening.reading.shards import make_shards


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

    Raises:
        Fault: the file, or the rest of it, cannot be read; as `list_corpus`.
    """
    (shard,) = make_shards(list_corpus([path]).files, size=2**62)
    account = _FullAccount()
    for batch in open_shard(shard, options, account):
        rows = [Row(number, text) for number, text in zip(*(batch.columns[i].to_pylist() for i in (0, 1)), strict=True)]
        yield from sorted((*account.take(), *rows), key=lambda row: row.number)
    yield from account.take()
    if account.fault is not None:
        raise account.fault.as_fault()
