"""Reading one shard: batches of rows on one side, the account of every row and byte on the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pyarrow as pa

from openbeian.manifest import Fault, reason_of
from openbeian.screening.reading.account import Account, FileFault
from openbeian.screening.reading.csv_rows import csv_batches
from openbeian.screening.reading.docx_rows import docx_batches
from openbeian.screening.reading.files import printable
from openbeian.screening.reading.formats import ReadOptions
from openbeian.screening.reading.json_rows import json_batches, jsonl_batches
from openbeian.screening.reading.parquet_rows import parquet_batches
from openbeian.screening.reading.raw import Reading
from openbeian.screening.reading.shards import Shard
from openbeian.screening.reading.text_rows import text_batches
from openbeian.screening.reading.yaml_rows import yaml_batches

Reader = Callable[[Reading], Iterator[pa.RecordBatch]]
_READERS: Final[dict[str, Reader]] = {
    "parquet": parquet_batches,
    "jsonl": jsonl_batches,
    "json": json_batches,
    "csv": csv_batches,
    "tsv": csv_batches,
    "text": text_batches,
    "docx": docx_batches,
    "yaml": yaml_batches,
}
_MANY_BROKEN: Final = 100  # one byte in so many


class ShardReading:
    """The batches of a shard, once; `account` is filled as they come and is complete when it says `is_done`.

    A file that cannot be read, or not to its end, ends the batches and stands in `account.fault`; nothing is raised.
    """

    def __init__(self, shard: Shard, options: ReadOptions, account: Account) -> None:
        self.shard = shard
        self.account = account
        self._reading = Reading(shard, options, account)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        account = self.account
        try:
            yield from _READERS[self.shard.format.kind](self._reading)
        except Fault as fault:
            self._give_up(fault.code, fault.message, fault.remedy)
        except OSError as error:
            self._give_up("corpus-unreadable", f"读不了语料：{reason_of(error)}", "检查路径和权限")
        if account.fault is None and account.bytes_in != self.shard.size:
            self._give_up("corpus-changed", "文件在扫描期间变短了", "等文件写完再扫描")
        if account.broken_bytes * _MANY_BROKEN > account.bytes_in:
            account.note(f"按 {account.encoding or 'utf-8'} 读入时坏字节很多：可能混有别的编码，或不是文本")
        account.is_done = True

    def _give_up(self, code: str, message: str, remedy: str) -> None:
        """Record why the rest is not read; its bytes are accounted for as rejected."""
        account = self.account
        place = f"第 {account.rows_in} 行之后" if account.rows_in else ""
        if self.shard.start:
            place = f"第 {self.shard.start} 字节起的分片" + place
        account.fault = FileFault(code, message, remedy, printable(self.shard.file.path), place)
        account.bytes_rejected += self.shard.size - account.bytes_in
        account.bytes_in = self.shard.size


def open_shard(shard: Shard, options: ReadOptions | None = None, account: Account | None = None) -> ShardReading:
    """Return the reading of a shard; nothing is opened before its batches are asked for."""
    return ShardReading(shard, options or ReadOptions(), account or Account())
