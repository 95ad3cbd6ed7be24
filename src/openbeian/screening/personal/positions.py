"""From characters to bytes in a column of UTF-8 texts, without decoding what is not asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK: Final = 64  # bytes whose characters are counted together
_LAST_CONTINUATION: Final = -65  # bytes 0x80 to 0xBF, as signed numbers, go on with a character


class Positions:
    """The line of all characters of a column: `first[row]` is the number of the first character of a text.

    Args:
        data: the bytes of the column.
        bounds: where each text begins in them, and where the last ends.
    """

    def __init__(self, data: NDArray[np.uint8], bounds: NDArray[np.int64]) -> None:
        self._data = data[bounds[0] : bounds[-1]]
        self._bounds = bounds - bounds[0]
        heads = np.zeros(-(-len(self._data) // _BLOCK) * _BLOCK + _BLOCK, bool)
        np.greater(self._data.view(np.int8), _LAST_CONTINUATION, out=heads[: len(self._data)])
        self._heads = heads.reshape(-1, _BLOCK)
        counts = np.bitwise_count(np.packbits(heads).view(np.uint64))
        self._before = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        block, rest = np.divmod(self._bounds, _BLOCK)
        is_before = np.arange(_BLOCK) < rest[:, None]
        self.first = self._before[block] + (self._heads[block] & is_before).sum(axis=1)

    def last(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of the character after the last one of each text."""
        return self.first[row + 1]

    def row_of(self, character: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the text in which each character stands; not for places at the end of a text."""
        return np.searchsorted(self.first, character, "right").astype(np.int64) - 1

    def texts(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> list[str]:
        """Return the stretches of characters from `start` to `stop`."""
        data = self._data
        pairs = zip(self._bytes(start).tolist(), self._bytes(stop).tolist(), strict=True)
        return [data[left:right].tobytes().decode() for left, right in pairs]

    def _bytes(self, character: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the byte at which each character begins, or the end of the data."""
        block = np.searchsorted(self._before, character, "right") - 1
        block = np.minimum(block, len(self._heads) - 1)
        rest = character - self._before[block]
        reached = np.cumsum(self._heads[block], axis=1, dtype=np.int8) > rest[:, None]
        found = block * _BLOCK + reached.argmax(axis=1)
        return np.where(reached.any(axis=1), found, len(self._data))
