"""What a core is given and gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from openbeian.screening.folding import FoldTable

LEFT_EDGE: Final = 1
RIGHT_EDGE: Final = 2
NUMBERS: Final = -1  # in place of a form: a run of digits
LEAST_DIGITS: Final = 6
GAPS: Final = " -.·()"  # one of them may stand between two digits of a number
POINT: Final = "."  # a number goes on behind it
LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
DIGITS: Final = "0123456789"


@dataclass(frozen=True)
class Pattern:
    """What to look for: folded forms of at least two characters (equal ones are all reported), their edges, and whether runs of digits are wanted."""

    forms: Sequence[str]
    table: FoldTable
    edges: Sequence[int]
    numbers: bool


@dataclass(frozen=True)
class Found:
    """Mentions, by the number of the text and the span of its characters, in order of text, start and end.

    `form` is the place of the form in the pattern, or `NUMBERS`; those come after all others.
    """

    row: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    form: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> Found:
        return Found(self.row[kept], self.start[kept], self.end[kept], self.form[kept])
