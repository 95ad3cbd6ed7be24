"""Parquet: the text columns alone, batch by batch, without making strings of Python where Arrow can do it.

A damaged row group costs its own rows, which are rejected, not those behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeian.screening.folding import FIELD_BREAK
from openbeian.screening.reading.account import ROWS_DAMAGED, FileFault, shown
from openbeian.screening.reading.batches import settled_batches, strings_of_bytes
from openbeian.screening.reading.encodings import mended
from openbeian.screening.reading.files import open_regular, printable
from openbeian.screening.reading.formats import MIB
from openbeian.screening.reading.raw import Reading
from openbeian.screening.reading.records import RecordError, at_path, known_keys, strings_of

DAMAGED: Final = "所在的行组已损坏"
_BROKEN: Final = (pa.ArrowException, ValueError, OverflowError, OSError)
_BATCH_BYTES: Final = 4 * MIB
_FEWEST, _MOST = 16, 8192
_TEXT_TYPES: Final = frozenset({pa.string(), pa.large_string(), pa.binary(), pa.large_binary()})


def parquet_batches(reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the shard's row groups.

    Raises:
        OSError: the file cannot be read.
        Fault: `corpus-damaged`, `corpus-column` when the column asked for is not there.
    """
    try:
        with open_regular(reading.path) as raw:
            file = pq.ParquetFile(raw, buffer_size=MIB, pre_buffer=False, page_checksum_verification=True)
            yield from _rows(file, reading)
    except pa.ArrowNotImplementedError as error:
        raise reading.fault(
            "corpus-column", f"Parquet 里有读不了的列或压缩：{error}", "换一种类型或压缩重新导出"
        ) from error
    except _BROKEN as error:
        if not _is_damage(error):
            raise
        raise _damaged(reading) from error
    reading.account.bytes_in = reading.shard.size


def _is_damage(error: Exception) -> bool:
    """Tell whether an error is due to what the file holds: neither to the system nor to a type that is not read."""
    return not (isinstance(error, pa.ArrowNotImplementedError) or (isinstance(error, OSError) and error.errno))


def _damaged(reading: Reading) -> Exception:
    return reading.fault("corpus-damaged", "Parquet 文件不完整或已损坏，从这里起没有读到", "重新导出")


def _rows(file: pq.ParquetFile, reading: Reading) -> Iterator[pa.RecordBatch]:
    shard = reading.shard
    is_whole = (shard.start, shard.stop) == (0, shard.file.size)
    groups = list(range(file.num_row_groups) if is_whole else range(shard.first, shard.last))
    if groups and groups[-1] >= file.num_row_groups:
        raise _damaged(reading)
    columns = _columns(file.schema_arrow, reading)
    for row, batch in _numbered(file, groups, columns, reading):
        numbers = np.arange(row, row + batch.num_rows)
        if batch.num_columns == 0:
            reading.account.skip_blank(batch.num_rows)
        elif reading.options.column in {None, *columns} and all(map(_is_plain, batch.schema.types)):
            yield from settled_batches(numbers, _joined(batch, reading), reading)
        else:
            yield from _by_hand(numbers, batch, columns, reading)


def _numbered(
    file: pq.ParquetFile, groups: list[int], columns: list[str], reading: Reading
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the batches with the number of their first row, past what is damaged."""
    row = 1
    try:
        for batch in _batches(file, groups, columns):
            yield row, batch
            row += batch.num_rows
    except _BROKEN as error:
        if not _is_damage(error):
            raise
        yield from _beside_damage(file, groups, columns, reading, row)


def _beside_damage(
    file: pq.ParquetFile, groups: list[int], columns: list[str], reading: Reading, row: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield what can be read of each group, from a row on; the rest is rejected."""
    begin = 1
    for group in groups:
        end = begin + file.metadata.row_group(group).num_rows
        for batch in _before_damage(file, group, columns, row - begin) if row < end else ():
            yield row, batch
            row += batch.num_rows
        if row < end:
            _lose(reading, file.metadata.row_group(group), row, end)
        begin = row = max(row, end)


def _batches(file: pq.ParquetFile, groups: list[int], columns: list[str]) -> Iterator[pa.RecordBatch]:
    return iter(file.iter_batches(_batch_rows(file, groups), groups, columns, use_threads=False))


def _before_damage(file: pq.ParquetFile, group: int, columns: list[str], skipped: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a group up to its damage, without the first ones, which were read before."""
    try:
        for batch in _batches(file, [group], columns):
            kept = batch.slice(skipped)
            skipped = max(0, skipped - batch.num_rows)
            if kept.num_rows:
                yield kept
    except _BROKEN as error:
        if not _is_damage(error):
            raise


def _lose(reading: Reading, group: pq.RowGroupMetaData, row: int, end: int) -> None:
    """Reject the rows of a group that cannot be read, and say so."""
    account = reading.account
    account.reject_all(range(row, end), DAMAGED)
    size = sum(group.column(index).total_compressed_size for index in range(group.num_columns))
    account.bytes_rejected = min(account.bytes_rejected + size, reading.shard.size)
    account.fault = FileFault(
        ROWS_DAMAGED,
        f"有行组损坏，{account.rejected[DAMAGED]} 行没有读到，其余照常",
        "重新导出",
        printable(reading.path),
        account.fault.place if account.fault else f"第 {row} 行起",
    )


def _batch_rows(file: pq.ParquetFile, groups: list[int]) -> int:
    sizes = [file.metadata.row_group(each) for each in groups]
    rows, size = sum(each.num_rows for each in sizes), sum(each.total_byte_size for each in sizes)
    return int(min(max(rows * _BATCH_BYTES // max(size, 1), _FEWEST), _MOST))


def _columns(schema: pa.Schema, reading: Reading) -> list[str]:
    wanted = reading.options.column
    if wanted is not None:
        for name in (wanted, wanted.partition(".")[0]):
            if name in schema.names:
                return [name]
        raise reading.fault(
            "corpus-column", f"没有列“{wanted}”", f"可选的列：{'、'.join(map(shown, schema.names))[:200]}"
        )
    readable = tuple(field.name for field in schema if _is_readable(field.type))
    known = known_keys(readable)
    reading.account.leave_unread([name for name in schema.names if name not in known])
    return list(known)


def _is_readable(kind: pa.DataType) -> bool:
    return not (pa.types.is_boolean(kind) or pa.types.is_temporal(kind) or pa.types.is_null(kind))


def _is_plain(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return _is_text(kind) or types.is_integer(kind) or types.is_decimal(kind)


def _is_text(kind: pa.DataType) -> bool:
    return kind in _TEXT_TYPES


def _joined(batch: pa.RecordBatch, reading: Reading) -> pa.LargeStringArray:
    texts = [_as_text(column, reading) for column in batch.columns]
    return (
        texts[0]
        if len(texts) == 1
        else pc.binary_join_element_wise(*texts, pa.scalar(FIELD_BREAK, pa.large_string()), null_handling="skip")
    )


def _as_text(column: pa.Array, reading: Reading) -> pa.LargeStringArray:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_text(column.type):
        return column.cast(pa.large_string())
    wide = column.cast(pa.large_string() if pa.types.is_string(column.type) else pa.large_binary())
    texts = wide.view(pa.large_string()) if pa.types.is_large_binary(wide.type) else wide
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return _mended(texts, reading)
    return texts


def _mended(texts: pa.LargeStringArray, reading: Reading) -> pa.LargeStringArray:
    values = [mended(value or b"", reading.account) for value in texts.view(pa.large_binary()).to_pylist()]
    return strings_of_bytes(values)


def _by_hand(
    numbers: np.ndarray, batch: pa.RecordBatch, columns: list[str], reading: Reading
) -> Iterator[pa.RecordBatch]:
    """Read columns of lists, structs and floats value by value."""
    kept, texts = [], []
    for place, number in enumerate(numbers.tolist()):
        try:
            values: list[Any] = [column[place].as_py() for column in batch.columns]
            if reading.options.column is not None:
                values = at_path({columns[0]: values[0]}, reading.options.column)
            texts.append(FIELD_BREAK.join(strings_of(values)))
            kept.append(number)
        except RecordError as error:
            reading.account.reject(number, str(error))
        except ValueError:
            reading.account.reject(number, "不是 UTF-8")
    yield from settled_batches(np.array(kept, np.int64), pa.array(texts, pa.large_string()), reading)
