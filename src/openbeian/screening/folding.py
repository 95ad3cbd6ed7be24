"""The fold: one form for one character, so that width, case, marks, traditional forms and invisible characters cannot hide a word.

The table is data (`tables/fold.tsv`, written by `tools/fold_table.py`), the same with every version of Python.
It works code point by code point, so fold(x + y) == fold(x) + fold(y): a text cut anywhere folds to the same, and a stream
needs no memory of what came before.  NFKC over whole strings, which composes across the cut, has not this property.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIELD_BREAK: Final = "\x1e"  # joins the text fields of one record; no word is matched across it by the fold alone
_LIMIT: Final = sys.maxunicode + 1
_MANY: Final = 1 << 31  # marks, in the table of code points, one that becomes several characters


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `origin[i]` is the index in the original of the folded character i."""

    text: str
    origin: NDArray[np.int32]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of a folded one."""
        return int(self.origin[start]), int(self.origin[end - 1]) + 1


class FoldTable:
    """What each code point becomes: itself, another character, several, or nothing.

    `mapping` names the code points that do not stay as they are; an empty string drops one.
    """

    def __init__(self, mapping: Mapping[int, str]) -> None:
        self.mapping = {code: form for code, form in mapping.items() if form != chr(code)}

    def fold(self, text: str) -> str:
        """Return the folded text."""
        return text.translate(self.mapping)

    def with_origin(self, text: str) -> Folded:
        """Return the folded text with the way back to the original."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        folded, origin = self.fold_codes(codes)
        return Folded(folded.tobytes().decode("utf-32-le", "surrogatepass"), origin)

    def fold_codes(self, codes: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        """Return code points folded, and for each the index in `codes` that it came from."""
        folded = self._table[codes]
        origin = np.flatnonzero(folded).astype(np.int32)
        folded = folded[origin]
        return self._expanded(folded, origin) if (folded >= _MANY).any() else (folded, origin)

    def _expanded(
        self, folded: NDArray[np.uint32], origin: NDArray[np.int32]
    ) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        starts, lengths, forms = self._several
        places = np.flatnonzero(folded >= _MANY)
        number = (folded[places] - np.uint32(_MANY)).astype(np.int64)
        folded[places] = forms[starts[number]]
        further = lengths[number] - 1
        at = np.repeat(places, further)
        within = np.arange(len(at)) - np.repeat(np.cumsum(further) - further, further)
        values = forms[np.repeat(starts[number] + 1, further) + within]
        return np.insert(folded, at + 1, values), np.insert(origin, at + 1, origin[at])

    @cached_property
    def _table(self) -> NDArray[np.uint32]:
        """The character of each code point: 0 where it is dropped, above `_MANY` the number of one that becomes several."""
        table = np.arange(_LIMIT, dtype=np.uint32)
        for code, form in self.mapping.items():
            table[code] = ord(form) if len(form) == 1 else 0
        for number, code in enumerate(self._many):
            table[code] = _MANY + number
        return table

    @cached_property
    def _many(self) -> list[int]:
        return [code for code, form in self.mapping.items() if len(form) > 1]

    @cached_property
    def _several(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]:
        forms = [self.mapping[code] for code in self._many] or [""]
        lengths = np.array([len(form) for form in forms], np.int64)
        joined = np.frombuffer("".join(forms).encode("utf-32-le"), np.uint32)
        return np.cumsum(lengths) - lengths, lengths, joined

    def extended(self, further: Mapping[str, str]) -> FoldTable:
        """Return a table that folds by this one first and then maps the characters that come out by `further`."""
        second = str.maketrans(dict(further))
        codes = {*self.mapping, *(ord(char) for char in further)}
        return FoldTable({code: self.fold(chr(code)).translate(second) for code in codes})

    def __getstate__(self) -> dict[str, object]:
        """Leave the derived arrays behind: they are made again in half the time it takes to carry them."""
        return {"mapping": self.mapping}


def _fold_table(data: bytes) -> FoldTable:
    rows = (line.split("\t") for line in data.decode().split("\n") if line)
    return FoldTable({int(code, 16): form for code, form in rows})


_DATA: Final = (files(__package__) / "tables" / "fold.tsv").read_bytes()
FOLD: Final = _fold_table(_DATA)
FOLD_SHA256: Final = hashlib.sha256(_DATA).hexdigest()


def fold(text: str) -> str:
    """Return the folded text."""
    return FOLD.fold(text)
