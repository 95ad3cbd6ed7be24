"""Scanning shards into a part: read, scan, count, write the mentions, and prove that nothing was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openbeian.manifest import Fault, sha256_file
from openbeian.screening.columns import CLASSIFIER, HITS, Screen, scan_batch
from openbeian.screening.reading import Account, FileFault, ReadOptions, Shard, changed, open_shard
from openbeian.screening.running.bundles import Bundle
from openbeian.screening.running.parts import PART, PLACES, ShardResult, read_part, write_part
from openbeian.screening.running.samples import Sampler
from openbeian.screening.running.tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE: Final = 2_048  # characters on each side of a mention that are read with it where its row is cut into pieces
OVERLAP: Final = 2 * SIDE  # characters of a piece that are scanned once more with the next piece of its row
TOGETHER: Final = 2**20  # bytes of small batches that are scanned as one


@dataclass(frozen=True)
class Settings:
    """What decides a scan's outcome beside the corpus: what is looked for, what is read, which risks count as harmful."""

    screen: Screen
    options: ReadOptions
    harmful: frozenset[str]


class _Changed(Exception):
    """A file is not what was listed, so that what was yielded of it does not count."""

    def __init__(self, shard: Shard, why: str) -> None:
        super().__init__(why)
        self.shard, self.why = shard, why


class _ShardScan:
    """One shard while it is scanned."""

    def __init__(self, shard: Shard, settings: Settings) -> None:
        self.shard = shard
        self.reading = open_shard(shard, settings.options)
        self._tally, self._sampler, self._pieces = Tally(settings.harmful), Sampler(), _Pieces()
        self._mentions = 0

    def batches(self) -> Iterator[_Batch]:
        """Yield what is to be scanned."""
        ahead = iter(self.reading)
        following = next(ahead, None)
        while (rows := following) is not None:
            following = next(ahead, None)
            yield _Batch(self, rows, *self._pieces.taken(rows, following))

    def add(self, batch: _Batch, mentions: pa.RecordBatch) -> pa.RecordBatch:
        """Count a batch and what was found in it; return the mentions as they are written."""
        mentions = batch.own(mentions)
        self._tally.add(batch.rows, mentions)
        self._sampler.add(batch.scanned, mentions, iter(self._tally.mentions), batch.begins)
        self._mentions += mentions.num_rows
        return _moved(mentions, batch.begins)

    def finish(self, part: int) -> ShardResult:
        """Return what it came to. Raises _Changed, and Fault `scan-unbalanced` when rows, bytes or mentions were lost."""
        self._check_unchanged()  # before it is opened again: a pipe that took its place would be waited for without end
        sha256 = _digest(self.shard)
        self._check_unchanged()
        balance(self.shard, self.reading.account, self._tally, self._mentions)
        return ShardResult(
            index=self.shard.index,
            account=self.reading.account.as_json(),
            tally=self._tally.as_json(),
            samples=[sample.as_json() for sample in self._sampler.samples],
            sha256=sha256,
            part=part,
            part_rows=self._mentions,
        )

    def _check_unchanged(self) -> None:
        if why := changed(self.shard.file):
            raise _Changed(self.shard, why)


class _Batch(NamedTuple):
    """A batch of rows of a shard.

    Attributes:
        rows: as they were read.
        scanned: what is scanned: the same, or one row with the end of the piece before it.
        begins: characters of its row that stand before what is scanned.
        first, stop: where in what is scanned its own mentions begin, half open; others are those of the pieces beside it,
            which hold more of what stands around them. A stop of None is the end.
    """

    scan: _ShardScan
    rows: pa.RecordBatch
    scanned: pa.RecordBatch
    begins: int
    first: int
    stop: int | None

    def own(self, mentions: pa.RecordBatch) -> pa.RecordBatch:
        """Return the mentions that are this batch's own; what a classifier says of a piece always is."""
        if not self.first and self.stop is None:
            return mentions
        start = mentions.column("start")
        is_own = pc.greater_equal(start, self.first)
        if self.stop is not None:
            is_own = pc.and_(is_own, pc.less(start, self.stop))
        return mentions.filter(pc.or_(is_own, pc.equal(mentions.column("kind").cast(pa.string()), CLASSIFIER)))


def _scan(
    bundle: Bundle, settings: Settings, number: int, progress: Callable[[int], None], results: list[ShardResult]
) -> Iterator[pa.RecordBatch]:
    """Yield the mentions of shards in their order, batch by batch; afterwards `results` holds what each came to."""
    scans: list[_ShardScan] = []
    for waiting in _gathered(bundle, settings, scans):
        for batch, mentions in _scanned(waiting, settings.screen):
            written = batch.scan.add(batch, mentions)
            if written.num_rows:
                yield written
        progress(sum(scan.reading.account.bytes_in for scan in scans))
    results += [scan.finish(number) for scan in scans]


def _gathered(bundle: Bundle, settings: Settings, scans: list[_ShardScan]) -> Iterator[list[_Batch]]:
    """Yield the batches of shards, those of small files several at a time."""
    waiting: list[_Batch] = []
    held = 0
    for shard in bundle:
        scan = _ShardScan(shard, settings)
        scans.append(scan)
        for batch in scan.batches():
            waiting.append(batch)
            held += batch.rows.nbytes
            if len(bundle) == 1 or held >= TOGETHER:
                yield waiting
                waiting, held = [], 0
    if waiting:
        yield waiting


def _scanned(waiting: list[_Batch], screen: Screen) -> Iterator[tuple[_Batch, pa.RecordBatch]]:
    """Scan batches as if they were one, and yield each with its mentions: what is found in a row hangs on that row alone."""
    if len(waiting) == 1:
        yield waiting[0], scan_batch(waiting[0].scanned, screen)
        return
    texts = pa.concat_arrays([batch.scanned.column("text") for batch in waiting])
    found = scan_batch(pa.RecordBatch.from_pydict({"text": texts}), screen)
    place = found.column("row").to_numpy()
    ends = np.cumsum([batch.rows.num_rows for batch in waiting])
    cuts = [0, *np.searchsorted(place, ends).tolist()]
    for batch, end, (a, b) in zip(waiting, ends, pairwise(cuts), strict=True):
        numbers = batch.rows.column("row").take(pa.array(place[a:b] - (end - batch.rows.num_rows)))
        yield batch, found.slice(a, b - a).set_column(0, HITS.field("row"), numbers)


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


class _Pieces:
    """Rows too long for one text come in pieces, each a batch by itself: where a row is cut changes nothing."""

    def __init__(self) -> None:
        self._row, self._length, self._end = 0, 0, ""

    def taken(
        self, rows: pa.RecordBatch, following: pa.RecordBatch | None
    ) -> tuple[pa.RecordBatch, int, int, int | None]:
        """Return what is to be scanned, the characters of its row before it, and where in it its own mentions begin."""
        numbers, texts = rows.column("row"), rows.column("text")
        goes_on = following is not None and following.column("row")[0].as_py() == numbers[-1].as_py()
        before, again = (self._length, self._end) if numbers[0].as_py() == self._row else (0, "")
        text = again + str(texts[-1].as_py())
        begins = before - len(again)
        self._row, self._length, self._end = numbers[-1].as_py(), begins + len(text), text[-OVERLAP:]
        if again:
            rows = pa.RecordBatch.from_arrays([numbers, pa.array([text], texts.type)], schema=rows.schema)
        return rows, begins, max(0, len(again) - SIDE), max(0, len(text) - SIDE) if goes_on else None


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
    bundle: Bundle, settings: Settings, folder: Path, progress: Callable[[int], None] = lambda _: None
) -> list[ShardResult]:
    """Scan shards into a part: one Parquet file of their mentions that carries their results, whole or not at all.

    A part that is there already is taken as it is, so that a run which was killed goes on where it was. A file that changes
    meanwhile is left out of it, with the reason.

    Raises:
        Fault: `scan-unbalanced`, which ends the run.
        OSError: the part cannot be written.
    """
    number = bundle[0].index
    if done := read_part(number, folder):
        return done
    given_up: dict[int, ShardResult] = {}
    while True:
        left = tuple(shard for shard in bundle if shard.index not in given_up)
        results: list[ShardResult] = []
        try:
            mentions = _scan(left, settings, number, progress, results)
            return write_part(number, folder, mentions, results, given_up)
        except _Changed as change:
            given_up |= {result.index: replace(result, part=number) for result in _given_up(change, left)}


def _given_up(change: _Changed, bundle: Bundle) -> Iterator[ShardResult]:
    """Yield the result of every file that has changed, not only of the first: each would cost another scan of the rest."""
    for shard in bundle:
        if why := change.why if shard is change.shard else changed(shard.file):
            fault = Fault("corpus-changed", why, "等文件写完后再扫描一次", file=shard.file.name)
            yield spoilt(shard, fault)
