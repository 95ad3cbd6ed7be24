"""The manifest of a scan: the corpus cut into shards that are read independently, each line and row in exactly one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from openbeian.screening.reading.encodings import SPLITTABLE, sniff_file
from openbeian.screening.reading.files import CorpusFile, open_regular
from openbeian.screening.reading.formats import LINE_FORMATS, MIB, Format, format_of

SHARD_BYTES: Final = 64 * MIB


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a file that is read in one go.

    Attributes:
        index: its place in the manifest, from 0.
        file: the file as it was listed.
        format: of the file.
        start, stop: bytes of the file that it accounts for, half open; the shards of a file cover it without overlap.
        first, last: row groups of a Parquet file, half open; 0, 0 for all.
        encoding: that of the whole file, when it was looked at to cut the file; "" when the reader is to find out.
    """

    index: int
    file: CorpusFile
    format: Format
    start: int
    stop: int
    first: int = 0
    last: int = 0
    encoding: str = ""

    @property
    def size(self) -> int:
        """Bytes that it accounts for."""
        return self.stop - self.start

    def as_json(self) -> dict[str, Any]:
        """Return the shard as plain JSON."""
        return {
            "index": self.index,
            "file": self.file.as_json(),
            "format": self.format.text,
            "start": self.start,
            "stop": self.stop,
            "first": self.first,
            "last": self.last,
            "encoding": self.encoding,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Shard:
        """Return the shard that `as_json` wrote."""
        return cls(**{**data, "file": CorpusFile.from_json(data["file"]), "format": Format.of_text(data["format"])})


def make_shards(files: Iterable[CorpusFile], *, size: int = SHARD_BYTES) -> list[Shard]:
    """Cut files into shards of about `size` bytes: Parquet by row groups, unpacked lines by bytes, all else by file.

    A file that cannot be read is one shard; reading it says why.
    """
    pieces = (piece for file in files for piece in _pieces(file, size))
    return [replace(piece, index=index) for index, piece in enumerate(pieces)]


def _pieces(file: CorpusFile, size: int) -> Iterator[Shard]:
    kind = format_of(file.path)
    assert kind is not None, "list_corpus lists known formats only"
    whole = Shard(0, file, kind, 0, file.size)
    if kind.kind == "parquet":
        yield from _row_groups(whole, size)
    elif kind.kind in LINE_FORMATS and not kind.packing and file.size > size:
        yield from _ranges(whole, size)
    else:
        yield whole


def _ranges(whole: Shard, size: int) -> Iterator[Shard]:
    """Cut by bytes where a newline is one byte that is part of no character: in UTF-8, ASCII and GB18030."""
    try:
        encoding = sniff_file(whole.file.path, whole.file.size)
    except OSError:
        encoding = None
    if encoding not in SPLITTABLE:
        yield replace(whole, encoding=encoding or "")
        return
    for start in range(0, whole.file.size, size):
        yield replace(whole, start=start, stop=min(start + size, whole.file.size), encoding=encoding)


def _row_groups(whole: Shard, size: int) -> Iterator[Shard]:
    groups = row_group_sizes(whole.file.path)
    first, start, held = 0, 0, 0
    for index, (begins, unpacked) in enumerate(groups):
        if held and held + unpacked > size and start < begins < whole.file.size:
            yield replace(whole, start=start, stop=begins, first=first, last=index)
            first, start, held = index, begins, 0
        held += unpacked
    yield replace(whole, start=start, first=first, last=len(groups))


def row_group_sizes(path: Path) -> list[tuple[int, int]]:
    """Return for each row group of a Parquet file the byte it begins at and its size unpacked; none when unreadable."""
    try:
        with open_regular(path) as file:
            metadata = pq.ParquetFile(file).metadata
            groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
            return [(_begins(group), group.total_byte_size) for group in groups]
    except (OSError, pa.ArrowException, ValueError):
        return []


def _begins(group: pq.RowGroupMetaData) -> int:
    columns = [group.column(index) for index in range(group.num_columns)]
    return min(
        (each.dictionary_page_offset or each.data_page_offset for each in columns),
        default=0,
    )
