"""A row of a keyword library as text, with its place, and a mistake in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from openbeian.manifest import Fault

SHOWN: Final = 5  # examples in a note


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says: name of the column → text; `sheet` is the sheet's title where a workbook has several.

    `defect` says why the row cannot be used at all, `remedy` what to do when that is more than to correct it.
    """

    line: int
    values: dict[str, str]
    sheet: str = ""
    defect: str = ""
    remedy: str = ""

    @property
    def place(self) -> str:
        """Where the row stands, in words."""
        return (f"表“{self.sheet}”" if self.sheet else "") + f"第 {self.line} 行"


@dataclass(slots=True)
class Notes:
    """What a reader should know about a library that can be used all the same."""

    said: list[str] = field(default_factory=list)

    def say(self, words: str) -> None:
        """Add a note, once."""
        if words not in self.said:
            self.said.append(words)


def note(words: str, examples: Sequence[str]) -> Iterator[str]:
    """Yield a note with the number of its examples and the first of them; nothing when there is none."""
    if examples:
        yield words.format(len(examples), "，".join(examples[:SHOWN]) + (" 等" if len(examples) > SHOWN else ""))


def unreadable(
    path: Path, message: str, remedy: str, line: int | None = None, code: str = "library-unreadable"
) -> Fault:
    """Return the fault of a file that cannot be read as a library."""
    return Fault(code, message, remedy, file=str(path), line=line)
