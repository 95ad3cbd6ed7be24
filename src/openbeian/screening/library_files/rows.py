"""A row of a keyword library as text, with its place, and a mistake in one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from openbeian.manifest import Fault


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says: name of the column → text; `sheet` is the sheet's title where a workbook has several."""

    line: int
    values: dict[str, str]
    sheet: str = ""
    defect: str = ""

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


def unreadable(
    path: Path, message: str, remedy: str, line: int | None = None, code: str = "library-unreadable"
) -> Fault:
    """Return the fault of a file that cannot be read as a library."""
    return Fault(code, message, remedy, file=str(path), line=line)
