"""Which formats a corpus may have, told by the ending of a file's name, and the limits of reading them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

MIB: Final = 2**20
PACKINGS: Final = {".gz": "gz", ".zst": "zst", ".zstd": "zst"}
TEXT_ENDINGS: Final = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "text",
    ".md": "text",
    ".yaml": "yaml",
    ".yml": "yaml",
}
WHOLE_ENDINGS: Final = {".parquet": "parquet", ".docx": "docx"}
KNOWN: Final = "、".join((*TEXT_ENDINGS, *WHOLE_ENDINGS, "文本格式另加 .gz 或 .zst"))
LINE_FORMATS: Final = frozenset({"jsonl", "text"})


@dataclass(frozen=True, slots=True)
class Format:
    """A format and how the file is packed: `gz`, `zst` or not at all."""

    kind: str
    packing: str = ""

    @property
    def text(self) -> str:
        """The two as one word, such as `jsonl.gz`."""
        return f"{self.kind}.{self.packing}" if self.packing else self.kind

    @classmethod
    def of_text(cls, text: str) -> Format:
        """Return the format that `text` names."""
        kind, _, packing = text.partition(".")
        return cls(kind, packing)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Which text of a record is read, and the limits, in bytes.

    Attributes:
        column: a name, or names joined by dots, of the field that holds the text; None: the known ones, else all.
        longest: of one record or cell.
        piece: of a line of plain text; a longer one is read in pieces.
        unpacked: a packed file may unpack to this much in any case,
        unpacked_times: and beyond that to this many times its size.
        whole: of a file that is read as one tree (yaml), or of one value of a `.json` file.
        block: read at a time.
        batch_bytes: of the texts of a batch, about.
        batch_rows: rows of a batch, at most.
    """

    column: str | None = None
    longest: int = 16 * MIB
    piece: int = 2 * MIB
    unpacked: int = 1024 * MIB
    unpacked_times: int = 1000
    whole: int = 16 * MIB
    block: int = MIB // 2  # stays in the cache of a core
    batch_bytes: int = MIB
    batch_rows: int = 8192

    def most_unpacked(self, size: int) -> int:
        """Return how many bytes a packed file of `size` bytes may unpack to."""
        return max(self.unpacked, self.unpacked_times * size)


def format_of(path: PurePath) -> Format | None:
    """Return the format that the name tells, or None when it is not one that is read."""
    ending = path.suffix.lower()
    packing = PACKINGS.get(ending, "")
    if packing:
        ending = PurePath(path.stem).suffix.lower()
    kind = TEXT_ENDINGS.get(ending) or (None if packing else WHOLE_ENDINGS.get(ending))
    return Format(kind, packing) if kind else None
