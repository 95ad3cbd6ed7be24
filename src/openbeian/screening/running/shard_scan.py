"""Scanning one shard: read, scan, count, write its mentions, and prove that nothing was lost on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeian.files import whole_file
from openbeian.manifest import Fault, sha256_file
from openbeian.screening.columns import HITS, Screen, scan_batch
from openbeian.screening.reading import Account, FileFault, ReadOptions, Shard, changed, open_shard
from openbeian.screening.running.samples import Sampler
from openbeian.screening.running.tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP: Final = 65_536  # mentions of a row group in a part
PLACES: Final = ("start", "end")
PART: Final = pa.schema(
    [field.with_type(pa.int64()) if field.name in PLACES else field for field in HITS]
)  # a row that was read in pieces may be longer than 32 bits count
RESULT: Final = "openbeian.result"  # the key of a shard's result in the metadata of its part


@dataclass(frozen=True)
class Settings:
    """What decides a scan's outcome beside the corpus: what is looked for, what is read, which risks count as harmful."""

    screen: Screen
    options: ReadOptions
    harmful: frozenset[str]


@dataclass(frozen=True)
class ShardResult:
    """What one shard came to, as plain JSON; the mentions themselves stand in its part."""

    index: int
    account: dict[str, Any]
    tally: dict[str, Any]
    samples: list[dict[str, Any]] = field(default_factory=list)
    sha256: str = ""
    part_rows: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain JSON."""
        return dict(self.__dict__)


def scan_shard(shard: Shard, settings: Settings, work: ShardWork) -> Iterator[pa.RecordBatch]:
    """Yield the mentions of a shard, batch by batch; afterwards `work.result` holds what it came to.

    Raises:
        Fault: `corpus-changed` when the file is not what was listed, so that what was yielded does not count;
            `scan-unbalanced` when rows or bytes were lost, which ends the run.
    """
    tally, sampler, places = Tally(settings.harmful), Sampler(), _Places()
    reading = open_shard(shard, settings.options)
    for rows in reading:
        mentions = scan_batch(rows, settings.screen)
        tally.add(rows, mentions)
        before = places.before(rows)
        sampler.add(rows, mentions, iter(tally.mentions), before)
        work.mentions += mentions.num_rows
        work.progress(reading.account.bytes_in)
        if mentions.num_rows:
            yield _moved(mentions, before)
    _unchanged(shard)  # before it is opened again: a pipe that took its place would be waited for without end
    digest = _digest(shard)
    _unchanged(shard)
    balance(shard, reading.account, tally, work.mentions)
    work.result = ShardResult(
        index=shard.index,
        account=reading.account.as_json(),
        tally=tally.as_json(),
        samples=[sample.as_json() for sample in sampler.samples],
        sha256=digest,
        part_rows=work.mentions,
    )


@dataclass
class ShardWork:
    """What goes on while a shard is scanned: bytes read are told to `progress`."""

    progress: Callable[[int], None]
    mentions: int = 0
    result: ShardResult | None = None


def balance(shard: Shard, account: Account, tally: Tally, written: int) -> None:
    """Check that in = out + rejected, by rows, by bytes and by mentions.

    Raises:
        Fault: `scan-unbalanced`.
    """
    texts, mentions = account.rows_given + account.pieces, sum(tally.mentions.values())
    wrong = account.imbalance(shard.size)
    if tally.texts != texts:
        wrong = f"读出 {texts} 段 ≠ 扫描 {tally.texts} 段"
    elif tally.text_bytes != account.text_bytes_given:
        wrong = f"读出文本 {account.text_bytes_given} 字节 ≠ 扫描 {tally.text_bytes} 字节"
    elif written != mentions:
        wrong = f"命中 {mentions} 处 ≠ 写出 {written} 处"
    if wrong:
        raise Fault("scan-unbalanced", f"行数对不上：{wrong}", "这是程序的错误，请报告", file=shard.file.name)


def _unchanged(shard: Shard) -> None:
    if why := changed(shard.file):
        raise Fault("corpus-changed", why, "等文件写完后再扫描一次", file=shard.file.name)


class _Places:
    """How many characters of a row stand before a batch that is a further piece of it."""

    def __init__(self) -> None:
        self._row, self._length = 0, 0

    def before(self, rows: pa.RecordBatch) -> int:
        """Return the characters before a batch, and remember the row that it ends in; only a piece stands by itself."""
        if not rows.num_rows:
            return 0
        last = rows.column("row")[-1].as_py()
        before = self._length if rows.column("row")[0].as_py() == self._row else 0
        length = len(rows.column("text")[-1].as_py())
        self._row, self._length = last, before + length
        return before


def _moved(mentions: pa.RecordBatch, before: int) -> pa.RecordBatch:
    """Return mentions by their place in the whole row."""
    columns = {name: mentions.column(name) for name in PART.names}
    for name in PLACES:
        columns[name] = pc.add(columns[name].cast(pa.int64()), before)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=PART)


def _digest(shard: Shard) -> str:
    """Return the digest of the whole file, once for each file."""
    with suppress(OSError):
        return "" if shard.start else sha256_file(shard.file.path)
    return ""


def spoilt(shard: Shard, fault: Fault) -> ShardResult:
    """Return the result of a shard of which nothing counts: all its bytes are rejected, with the reason."""
    account = Account(bytes_in=shard.size, bytes_rejected=shard.size, is_done=True)
    account.fault = FileFault(fault.code, fault.message, fault.remedy, shard.file.name)
    return ShardResult(shard.index, account.as_json(), Tally(frozenset()).as_json())


def scan_to_part(
    shard: Shard, settings: Settings, folder: Path, progress: Callable[[int], None] = lambda _: None
) -> ShardResult:
    """Scan a shard into its part: one Parquet file of its mentions that carries its result, whole or not at all.

    A part that is there already is taken as it is, so that a run which was killed goes on where it was.

    Raises:
        Fault: `scan-unbalanced`.
        OSError: the part cannot be written.
    """
    done = read_part(shard, folder)
    if done is not None:
        return done
    work, path = ShardWork(progress), part_file(shard.index, folder)
    try:
        return _write(scan_shard(shard, settings, work), path, work)
    except Fault as fault:
        if fault.code != "corpus-changed":
            raise
        return _write(iter(()), path, ShardWork(progress, result=spoilt(shard, fault)))


def _write(mentions: Iterator[pa.RecordBatch], path: Path, work: ShardWork) -> ShardResult:
    with whole_file(path) as file, pq.ParquetWriter(file, PART, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in mentions:
            waiting.append(batch)
            if sum(each.num_rows for each in waiting) >= GROUP:
                writer.write_table(pa.Table.from_batches(waiting, PART))
                waiting = []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, PART))
        assert work.result is not None, "the mentions have been read to their end"
        writer.add_key_value_metadata({RESULT: json.dumps(work.result.as_json(), ensure_ascii=False)})
    return work.result


def part_file(index: int, folder: Path) -> Path:
    """Return the path of a shard's part."""
    return folder / f"{index:06d}.parquet"


def read_part(shard: Shard, folder: Path) -> ShardResult | None:
    """Return the result of a shard that was scanned already, or None."""
    try:
        about = pq.read_metadata(part_file(shard.index, folder))
        result = ShardResult(**json.loads(about.metadata[RESULT.encode()]))
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException):
        return None
    return result if about.num_rows == result.part_rows else None
