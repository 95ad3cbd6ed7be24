"""All mentions of a set of folded forms in a column of texts, in one pass, with spans of the original text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.core import Found, Pattern, make_core
from openbeian.screening.core.alphabet import LEFT_EDGE, NUMBERS, RIGHT_EDGE

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from openbeian.screening.core import Core
    from openbeian.screening.folding import FoldTable

__all__ = ["LEFT_EDGE", "NUMBERS", "RIGHT_EDGE", "Matcher", "Matches", "columns_of"]
Matches = Found
_LEAST: Final = 2


class Matcher:
    """Finds every mention of every form, also overlapping ones.

    Args:
        forms: what to look for, folded by `table`, at least two characters each; equal ones are all reported.
        table: how texts are folded.
        edges: for each form LEFT_EDGE, RIGHT_EDGE, both or none: where the word must end, so that a Latin letter there touches
            no other, a digit neither letter nor digit nor the decimals of a number.
        numbers: whether runs of digits (at least six, single gaps allowed) are reported too.
    """

    def __init__(
        self, forms: Sequence[str], table: FoldTable, *, edges: Sequence[int] | None = None, numbers: bool = False
    ) -> None:
        self._pattern = Pattern(tuple(forms), table, tuple(edges or [0] * len(forms)), numbers)
        if any(len(form) < _LEAST for form in forms):
            raise ValueError("a form has at least two characters")
        self._core: Core = make_core(self._pattern)

    def find(self, texts: pa.LargeStringArray) -> Matches:
        """Return the mentions in an Arrow column of texts; a null has none."""
        return self._core.find(*columns_of(texts))

    def find_text(self, text: str) -> Matches:
        """Return the mentions in one text; needs no Arrow."""
        data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
        return self._core.find(data, np.array([0, len(data)], np.int64))

    def __getstate__(self) -> Pattern:
        """Another process makes its own core from the pattern."""
        return self._pattern

    def __setstate__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._core = make_core(pattern)


def columns_of(texts: pa.LargeStringArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes and the offsets of an Arrow column without copying; nulls are empty texts."""
    if texts.null_count:
        texts = texts.fill_null("")
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data, np.uint8), bounds
