"""The same scan on a Spark cluster, by `mapInArrow` (extra `spark`): shards of files, or the rows of a table.

Workers need this package installed. For files, the corpus and the output folder lie on storage that every node sees under the same path.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from openbeian.manifest import Fault
from openbeian.screening.columns import HITS, Screen, scan_batch
from openbeian.screening.reading import Shard
from openbeian.screening.running.parts import ShardResult, part_file, read_part
from openbeian.screening.running.pool import write_fault
from openbeian.screening.running.shard_scan import Settings, scan_to_part

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import DataFrame, SparkSession

    from openbeian.screening.running.bundles import Bundle

_SQL: Final = {pa.int32(): "int", pa.float32(): "float"}
_PLACED: Final = ", ".join(f"`{field.name}` {_SQL.get(field.type, 'string')}" for field in list(HITS)[1:])
_LOCAL: Final = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


class SparkRunner:
    """Scans shards on Spark; a `Runner` for `run_scan`. Without `master` it takes the session or the settings there are."""

    def __init__(self, master: str | None = None) -> None:
        self._master = master

    def __call__(
        self, bundles: Sequence[Bundle], settings: Settings, folder: Path, jobs: int, progress: Callable[[int], None]
    ) -> Iterator[ShardResult]:
        """Yield the results of shards, each bundle written to its part in `folder` by the worker that scanned it.

        Raises:
            Fault: `missing-extra` without Spark or Java; what scanning a shard raises.
        """
        session = spark_session(self._master)
        written = [(json.dumps([shard.as_json() for shard in bundle]),) for bundle in bundles]
        manifest = session.createDataFrame(written, "bundle string")
        spread = manifest.repartition(max(1, min(len(bundles), jobs * 4)))
        shipped = session.sparkContext.broadcast(
            settings
        )  # each worker unpacks it once, whatever the number of its bundles
        with _quiet():
            scanned = spread.mapInArrow(_scanner(shipped, folder), "fault string")
        for row in _with_progress(scanned, bundles, folder, progress):
            code, message, remedy, file = json.loads(row.fault)
            raise Fault(code, message, remedy, file=file)
        for bundle in bundles:
            yield from read_part(bundle[0].index, folder)


def _scanner(
    settings: Broadcast[Settings], folder: Path
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return what a worker does: scan each bundle into its part, and yield a row only for what must end the run."""

    def scan(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for text in batch.column("bundle").to_pylist():
                try:
                    bundle = tuple(Shard.from_json(shard) for shard in json.loads(text))
                    scan_to_part(bundle, settings.value, folder)
                except (Fault, OSError) as error:
                    fault = error if isinstance(error, Fault) else write_fault(error, folder)
                    words = json.dumps((fault.code, fault.message, fault.remedy, fault.file))
                    yield pa.RecordBatch.from_pydict({"fault": [words]})

    return scan


def _with_progress(
    scanned: DataFrame, bundles: Sequence[Bundle], folder: Path, progress: Callable[[int], None]
) -> list[Any]:
    """Run the job, telling about the parts that appear meanwhile."""
    told: set[int] = set()
    with ThreadPoolExecutor(1) as waiting:
        job = waiting.submit(scanned.collect)
        while True:
            is_done = bool(wait([job], timeout=1).done)
            for bundle in bundles:
                number = bundle[0].index
                if number not in told and part_file(number, folder).exists():
                    told.add(number)
                    progress(sum(shard.size for shard in bundle))
            if is_done:
                return job.result()


@dataclass(frozen=True)
class TableScan:
    """The mentions in a table, one row each with the row's key, and how many rows and bytes of text were scanned."""

    hits: DataFrame
    rows: int
    text_bytes: int


def scan_table(frame: DataFrame, screen: Screen, *, key: str, column: str = "text") -> TableScan:
    """Scan a column of a table by the same function as a batch, and check that every row was scanned.

    Args:
        frame: the table.
        screen: what to look for.
        key: the column that names a row in the result.
        column: of the texts; a null has no mentions.

    Raises:
        Fault: `scan-unbalanced` when the workers scanned more or fewer rows than the table has.
    """
    from pyspark import StorageLevel

    kind = frame.schema[key].dataType.simpleString()
    schema = f"`{key}` {kind}, {_PLACED}, scanned bigint, scanned_bytes bigint"
    shipped = frame.sparkSession.sparkContext.broadcast(screen)
    with _quiet():
        scanned = frame.select(key, column).mapInArrow(_table_scanner(shipped, key, column), schema)
    scanned = scanned.persist(StorageLevel.MEMORY_AND_DISK)
    account = scanned.selectExpr("coalesce(sum(scanned), 0) rows", "coalesce(sum(scanned_bytes), 0) bytes").first()
    rows = frame.count()
    if account is None or account.rows != rows:
        found = 0 if account is None else account.rows
        raise Fault("scan-unbalanced", f"表有 {rows} 行 ≠ 扫描 {found} 行", "检查 Spark 作业有没有丢失或重复的分区")
    return TableScan(scanned.where("scanned is null").drop("scanned", "scanned_bytes"), rows, int(account.bytes))


def _table_scanner(
    screen: Broadcast[Screen], key: str, column: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def scan(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from _table_batches(batch, screen.value, key, column)

    return scan


def _table_batches(batch: pa.RecordBatch, screen: Screen, key: str, column: str) -> Iterator[pa.RecordBatch]:
    """Yield the mentions of a batch, and one row more that says how much was scanned."""
    texts = batch.column(column).cast(pa.large_string())
    rows = pa.RecordBatch.from_pydict({"text": texts})
    found = scan_batch(rows, screen)
    keys = batch.column(key)
    strings = {name: found.column(name).cast(_plain(name)) for name in HITS.names[1:]}
    nothing = pa.nulls(found.num_rows, pa.int64())
    columns = {key: keys.take(found.column("row")), **strings, "scanned": nothing, "scanned_bytes": nothing}
    yield pa.RecordBatch.from_pydict(columns)
    size = int(np.sum(pa.compute.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)))
    account: dict[str, Any] = {key: pa.nulls(1, keys.type), **{name: pa.nulls(1, _plain(name)) for name in strings}}
    yield pa.RecordBatch.from_pydict(
        {**account, "scanned": pa.array([batch.num_rows]), "scanned_bytes": pa.array([size])}
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what pyspark says of versions of pandas: nothing here goes through pandas."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
        yield


def _plain(name: str) -> pa.DataType:
    kind = HITS.field(name).type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def spark_session(master: str | None = None) -> SparkSession:
    """Return the running session, or start one that stays on this machine when `master` says `local`.

    Raises:
        Fault: `missing-extra` without Spark, `no-java` when it does not start.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Fault("missing-extra", "在 Spark 上扫描需要 pyspark", "pip install 'openbeian[spark]'") from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("openbeian scan")
    if master:
        builder = builder.master(master)
        for name, value in _LOCAL.items() if master.startswith("local") else ():
            builder = builder.config(name, value)
    try:
        with _quiet():
            return builder.getOrCreate()
    except Exception as error:  # pyspark lets the errors of finding and starting Java through
        raise Fault("no-java", "Spark 没有启动起来", "装好 Java 17 或更新的版本，检查 --master") from error
