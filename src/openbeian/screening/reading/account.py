"""The account of a shard: every row and every byte of it, whatever became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from openbeian.manifest import Fault

ROWS_DAMAGED: Final = "corpus-rows-damaged"  # the fault of a file whose lost rows were counted
SHOWN: Final = 20
NAMES_SHOWN: Final = 50
LONGEST_NAME: Final = 24  # characters


def shown(name: str) -> str:
    """Return the name of a field as it is told to people: where a file has no header, it is a text of the corpus, so it is cut."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not handed out, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class FileFault:
    """Why a file, or the rest of it, was not read; `place` says where in it."""

    code: str
    message: str
    remedy: str
    file: str
    place: str = ""

    def as_fault(self) -> Fault:
        """Return the fault to raise."""
        return Fault(
            self.code, f"{self.place}：{self.message}" if self.place else self.message, self.remedy, file=self.file
        )


@dataclass
class Account:
    """What became of the rows and bytes of one shard.

    Attributes:
        rows_in: rows that were met; always `rows_given + blank + rejected`.
        rows_given: rows whose text was handed out.
        pieces: pieces beyond the first of rows that were cut because they are too long; the batches hold
            `rows_given + pieces` texts.
        blank: rows without a text.
        rejected: rows that cannot be read, by reason.
        rejections: the first of them.
        bytes_in: raw bytes of the shard that were read, or given up with a fault; at the end always the shard's size.
        bytes_rejected: those of them given up because of the fault.
        text_bytes_given: UTF-8 bytes of the texts handed out.
        encoding: what the bytes were read as; "" when none was needed.
        broken_bytes: bytes that are no character in this encoding; each run of them was read as U+FFFD.
        unread: names of fields that were not read because others hold the text; the first of them.
        notes: what else a person should know, in Chinese.
        fault: why reading ended early, or what of it could not be read.
        is_done: the shard was read to its end, or to its fault.
    """

    rows_in: int = 0
    rows_given: int = 0
    pieces: int = 0
    blank: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    bytes_in: int = 0
    bytes_rejected: int = 0
    text_bytes_given: int = 0
    encoding: str = ""
    broken_bytes: int = 0
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fault: FileFault | None = None
    is_done: bool = False

    def reject(self, row: int, reason: str) -> None:
        """Count a row that is not handed out."""
        self.rows_in += 1
        self.rejected[reason] += 1
        if len(self.rejections) < SHOWN:
            self.rejections.append(Rejection(row, reason))

    def reject_all(self, rows: range, reason: str) -> None:
        """Count rows that are not handed out, however many."""
        self.rows_in += len(rows)
        self.rejected[reason] += len(rows)
        self.rejections += [Rejection(row, reason) for row in rows[: max(0, SHOWN - len(self.rejections))]]

    def skip_blank(self, rows: int = 1) -> None:
        """Count rows without a text."""
        self.rows_in += rows
        self.blank += rows

    def note(self, text: str) -> None:
        """Add a note, once."""
        if text not in self.notes and len(self.notes) < SHOWN:
            self.notes.append(text)

    def leave_unread(self, names: list[str]) -> None:
        """Remember fields that are not read."""
        for name in map(shown, names):
            if len(self.unread) < NAMES_SHOWN and name not in self.unread:
                self.unread.append(name)

    def imbalance(self, size: int) -> str | None:
        """Return what does not add up after a shard of `size` bytes was read, or None."""
        rejected = sum(self.rejected.values())
        if self.rows_in != self.rows_given + self.blank + rejected:
            return f"读入 {self.rows_in} 行 ≠ 保留 {self.rows_given} + 空行 {self.blank} + 剔除 {rejected}"
        if not self.is_done:
            return "没有读完"
        return None if self.bytes_in == size else f"读入 {self.bytes_in} 字节 ≠ 分片 {size} 字节"

    def as_json(self) -> dict[str, Any]:
        """Return the account as plain JSON."""
        return {**asdict(self), "rejected": dict(self.rejected)}
