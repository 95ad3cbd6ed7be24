"""A part: the mentions of some shards in one Parquet file, which carries what each shard came to; whole or not there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from openbeian.files import whole_file
from openbeian.screening.columns import HITS

GROUP: Final = 65_536  # mentions of a row group in a part
PLACES: Final = ("start", "end")
PART: Final = pa.schema(
    [field.with_type(pa.int64()) if field.name in PLACES else field for field in HITS]
)  # a row that was read in pieces may be longer than 32 bits count
RESULTS: Final = "openbeian.results"  # the key of the shards' results in the metadata of their part
LONGEST_RESULTS: Final = 2**31 - 1  # bytes; many classes in many files make more than the 100 MB that pyarrow allows
NO_PART: Final = -1


@dataclass(frozen=True)
class ShardResult:
    """What one shard came to, as plain JSON; the mentions themselves stand in its part.

    Attributes:
        index: of the shard.
        part: the number of the part that its mentions stand in; NO_PART when it was given up.
        part_rows: how many mentions; those of the shards of a part stand one after another.
    """

    index: int
    account: dict[str, Any]
    tally: dict[str, Any]
    samples: list[dict[str, Any]] = field(default_factory=list)
    sha256: str = ""
    part: int = NO_PART
    part_rows: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain JSON."""
        return dict(self.__dict__)


def write_part(
    number: int,
    folder: Path,
    mentions: Iterator[pa.RecordBatch],
    results: list[ShardResult],
    given_up: Mapping[int, ShardResult],
) -> list[ShardResult]:
    """Write a part, whole or not at all; return its results by the index of their shard.

    Args:
        number: of the part.
        folder: of the parts.
        mentions: in the order of the shards.
        results: of the shards, there once the mentions have been read to their end.
        given_up: results of shards that have none.

    Raises:
        OSError: it cannot be written.
    """
    with whole_file(part_file(number, folder)) as file, pq.ParquetWriter(file, PART, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in mentions:
            waiting.append(batch)
            if sum(each.num_rows for each in waiting) >= GROUP:
                writer.write_table(pa.Table.from_batches(waiting, PART))
                waiting = []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, PART))
        found = sorted([*results, *given_up.values()], key=lambda result: result.index)
        said = json.dumps([result.as_json() for result in found], ensure_ascii=False)
        writer.add_key_value_metadata({RESULTS: said})
    return found


def part_file(number: int, folder: Path) -> Path:
    """Return the path of a part; its number is that of its first shard."""
    return folder / f"{number:06d}.parquet"


def open_part(number: int, folder: Path) -> pq.ParquetFile:
    """Open a part for reading. Raises OSError and pyarrow.ArrowException."""
    names = [name for name in PART.names if pa.types.is_dictionary(PART.field(name).type)]
    return pq.ParquetFile(part_file(number, folder), read_dictionary=names, thrift_string_size_limit=LONGEST_RESULTS)


def read_part(number: int, folder: Path) -> list[ShardResult]:
    """Return the results in a part, in the order of its mentions; none when there is no such part or it is not whole."""
    try:
        with open_part(number, folder) as part:
            about = part.metadata
        results = [ShardResult(**result) for result in json.loads(about.metadata[RESULTS.encode()])]
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException):
        return []
    return results if about.num_rows == sum(result.part_rows for result in results) else []
