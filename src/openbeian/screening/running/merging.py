"""Putting the parts together: one Parquet file of all mentions, and the account of every file; what does not add up ends the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeian.files import whole_file
from openbeian.manifest import Fault
from openbeian.screening.reading import ROWS_DAMAGED, CorpusFile, Shard
from openbeian.screening.running.parts import GROUP, NO_PART, PART, ShardResult, open_part, read_part
from openbeian.screening.running.tallies import Tally

_NAME: Final = pa.dictionary(pa.int32(), pa.string())
AFTER_A_GAP: Final = "前面有一段没有读完，其后的行号不算那一段没读的行"
SHOWN: Final = 20  # rejected rows that are named, of each file
MENTIONS: Final = pa.schema([("source", _NAME), ("file", _NAME), *PART])


@dataclass
class FileResult:
    """The account of one file: what was read, what became of it, what was found.

    Attributes:
        rows: in, given, blank; rejected by reason.
        faults: why the file or the rest of it was not read, as `FileFault` in JSON.
        is_read: nothing of it was given up.
    """

    name: str
    source: str
    size: int
    sha256: str = ""
    rows_in: int = 0
    rows_given: int = 0
    blank: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    bytes_in: int = 0
    bytes_rejected: int = 0
    text_bytes: int = 0
    encoding: str = ""
    broken_bytes: int = 0
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    tally: Tally = field(default_factory=lambda: Tally(frozenset()))

    @property
    def is_read(self) -> bool:
        """Whether the file was read to its end."""
        return not self.faults

    def add(self, result: ShardResult) -> None:
        """Add a shard of the file; shards come in order."""
        account = result.account
        if account["rows_in"] and any(fault["code"] != ROWS_DAMAGED for fault in self.faults):
            self.notes.append(AFTER_A_GAP)
        rejections = [{**each, "row": each["row"] + self.rows_in} for each in account["rejections"]]
        self.rejections = [*self.rejections, *rejections][:SHOWN]
        for name in ("rows_in", "rows_given", "blank", "bytes_in", "bytes_rejected", "broken_bytes"):
            setattr(self, name, getattr(self, name) + account[name])
        self.text_bytes += account["text_bytes_given"]
        self.rejected.update(account["rejected"])
        self.sha256 = self.sha256 or result.sha256
        self.encoding = self.encoding or account["encoding"]
        self.unread = list(dict.fromkeys([*self.unread, *account["unread"]]))
        self.notes = list(dict.fromkeys([*self.notes, *account["notes"]]))
        self.faults += [account["fault"]] if account["fault"] else []
        self.tally = Tally.total([self.tally, Tally.from_json(result.tally)])

    def as_json(self) -> dict[str, Any]:
        """Return the account as plain JSON; mentions are counted, no text stands in it."""
        return {
            "file": self.name,
            "source": self.source,
            "sha256": self.sha256,
            "size_bytes": self.size,
            "rows": {
                "read": self.rows_in,
                "kept": self.rows_given,
                "blank": self.blank,
                "rejected": dict(sorted(self.rejected.items())),
            },
            "bytes": {"read": self.bytes_in, "given_up": self.bytes_rejected, "text": self.text_bytes},
            "encoding": self.encoding,
            "broken_bytes": self.broken_bytes,
            "unread_fields": self.unread,
            "notes": self.notes,
            "faults": self.faults,
            "rejections": self.rejections,
            "tally": self.tally.as_json(),
        }


class Results:
    """The results of shards, each read from its part when it is asked for: a corpus may have any number of them."""

    def __init__(self, parts: Path) -> None:
        self.parts = parts
        self._part: dict[int, int] = {}  # of each shard that is done
        self._given_up: dict[int, ShardResult] = {}
        self._last: tuple[int, dict[int, ShardResult]] = NO_PART, {}

    def add(self, result: ShardResult) -> None:
        """Remember that a shard is done; one that was given up has no part, so its result is kept."""
        self._part[result.index] = result.part
        if result.part == NO_PART:
            self._given_up[result.index] = result

    def __contains__(self, shard: Shard) -> bool:
        return shard.index in self._part

    def __len__(self) -> int:
        return len(self._part)

    def in_part(self, number: int) -> dict[int, ShardResult]:
        """Return the results in a part by the index of their shard, in the order of its mentions."""
        if self._last[0] != number:
            self._last = number, {result.index: result for result in read_part(number, self.parts)}
        return self._last[1]

    def placed(self, shards: Sequence[Shard]) -> Iterator[tuple[Shard, ShardResult, int]]:
        """Yield each shard, its result and the rows of its file that stand before it.

        Raises:
            Fault: `scan-unbalanced` when a part is gone.
        """
        name, base = "", 0
        for shard in shards:
            base = base if shard.file.name == name else 0
            name, result = shard.file.name, self._of(shard)
            yield shard, result, base
            base += int(result.account["rows_in"])

    def _of(self, shard: Shard) -> ShardResult:
        number = self._part[shard.index]
        if number == NO_PART:
            return self._given_up[shard.index]
        result = self.in_part(number).get(shard.index)
        if result is None:
            raise Fault("scan-unbalanced", "已完成的分片不见了", "再运行同一条命令", file=shard.file.name)
        return result


def merge_files(files: Sequence[CorpusFile], shards: Sequence[Shard], results: Results) -> list[FileResult]:
    """Return the account of each file, its shards added in order.

    Raises:
        Fault: `scan-unbalanced` when the shards of a file do not cover it.
    """
    found = {file.name: FileResult(file.name, file.source, file.size) for file in files}
    for shard, result, _ in results.placed(shards):
        found[shard.file.name].add(result)
    for file in found.values():
        if file.bytes_in != file.size:
            raise Fault(
                "scan-unbalanced",
                f"字节数对不上：分片共 {file.bytes_in} ≠ 文件 {file.size}",
                "这是程序的错误，请报告",
                file=file.name,
            )
    return list(found.values())


def write_mentions(path: Path, shards: Sequence[Shard], results: Results, expected: int) -> None:
    """Write all mentions as one Parquet file, by file and row; row numbers count through a file, whatever its shards.

    Raises:
        Fault: `scan-unbalanced` when a mention is lost.
        OSError: it cannot be written.
    """
    written = 0
    with whole_file(path) as file, pq.ParquetWriter(file, MENTIONS, compression="zstd") as writer:
        for group in _groups(_placed(shards, results)):
            writer.write_table(group, row_group_size=GROUP)
            written += group.num_rows
    if written != expected:
        raise Fault(
            "scan-unbalanced", f"命中 {expected} 处 ≠ 汇总 {written} 处", "这是程序的错误，请报告", file=str(path)
        )


def _placed(shards: Sequence[Shard], results: Results) -> Iterator[pa.Table]:
    """Yield the mentions of all shards, part by part, names as plain strings, rows counted through each file."""
    for number, group in groupby(results.placed(shards), key=lambda placed: placed[1].part):
        if number != NO_PART:
            yield from _of_part(number, list(group), results)


def _of_part(number: int, placed: list[tuple[Shard, ShardResult, int]], results: Results) -> Iterator[pa.Table]:
    """Yield the mentions in a part that are of these shards; a part may hold others, which were scanned again since."""
    in_part = results.in_part(number)
    wanted = {result.index: slot for slot, (_, result, _) in enumerate(placed)}
    slots = np.array([wanted.get(index, -1) for index in in_part])
    ends = np.cumsum([result.part_rows for result in in_part.values()])
    sources, names = (pa.array([getattr(shard.file, name) for shard, _, _ in placed]) for name in ("source", "name"))
    bases = np.array([base for _, _, base in placed])
    before = 0
    for batch in _batches(number, results.parts) if ends[-1] else ():
        slot = slots[np.searchsorted(ends, np.arange(before, before + len(batch)), side="right")]
        before += len(batch)
        kept, slot = batch.filter(pa.array(slot >= 0)), slot[slot >= 0]
        rows = pc.add(kept.column("row"), pa.array(bases[slot]))
        columns = [sources.take(slot), names.take(slot), rows, *(kept.column(name) for name in PART.names[1:])]
        yield pa.table([_plain(column) for column in columns], names=MENTIONS.names)


def _groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield the same rows in groups of one size, so that the file is the same whatever the shards were."""
    waiting: list[pa.Table] = []
    held = 0
    for table in tables:
        waiting.append(table)
        held += table.num_rows
        while held >= GROUP:
            joined = pa.concat_tables(waiting)
            yield _named(joined.slice(0, GROUP))
            waiting, held = [joined.slice(GROUP)], held - GROUP
    if held:
        yield _named(pa.concat_tables(waiting))


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _named(table: pa.Table) -> pa.Table:
    """Return a group with its names as dictionaries, in the order in which they come in it."""
    columns = [column.combine_chunks() for column in table.columns]
    for place, wanted in enumerate(MENTIONS.types):
        if pa.types.is_dictionary(wanted):
            coded = columns[place].dictionary_encode()
            columns[place] = pa.DictionaryArray.from_arrays(coded.indices.cast(wanted.index_type), coded.dictionary)
    return pa.table(columns, schema=MENTIONS)


def _batches(number: int, parts: Path) -> Iterator[pa.RecordBatch]:
    with open_part(number, parts) as part:
        for batch in part.iter_batches():
            yield batch.cast(PART)
