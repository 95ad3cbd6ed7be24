"""From characters to bytes in a column of UTF-8 texts, without decoding what is not asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK: Final = 64  # bytes whose characters are counted together
_LAST_CONTINUATION: Final = -65  # bytes 0x80 to 0xBF, as signed numbers, go on with a character


class Positions:
    """The line of all characters of a column, numbered from 0.

    Args:
        data: the bytes of the column.
        bounds: where each text begins in them, and where the last ends.
    """

    def __init__(self, data: NDArray[np.uint8], bounds: NDArray[np.int64]) -> None:
        self._data = data[bounds[0] : bounds[-1]]
        self._bounds = bounds - bounds[0]
        heads = np.zeros(len(self._data) + 2 * _BLOCK - len(self._data) % _BLOCK, bool)
        np.greater(self._data.view(np.int8), _LAST_CONTINUATION, out=heads[: len(self._data)])
        self._heads = heads.reshape(-1, _BLOCK)
        counts = np.bitwise_count(np.packbits(heads).view(np.uint64))
        self._before = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))

    def first(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of the first character of each text; that of the next text is where it ends."""
        block, rest = np.divmod(self._bounds[row], _BLOCK)
        is_before = np.arange(_BLOCK) < rest[:, None]
        before: NDArray[np.int64] = self._before[block]
        inside: NDArray[np.int64] = np.count_nonzero(self._heads[block] & is_before, axis=1)
        return before + inside

    def joined(self, start: NDArray[np.int64], stop: NDArray[np.int64], between: str) -> str:
        """Return the stretches of characters from `start` to `stop`, with a text between them."""
        data = self._data.data
        pairs = zip(self._bytes(start).tolist(), self._bytes(stop).tolist(), strict=True)
        return between.encode().join([data[left:right] for left, right in pairs]).decode()

    def _bytes(self, character: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the byte at which each character begins, or the end of the data."""
        block = np.searchsorted(self._before, character, "right") - 1
        block = np.minimum(block, len(self._heads) - 1)
        rest = character - self._before[block]
        reached = np.cumsum(self._heads[block], axis=1, dtype=np.int8) > rest[:, None]
        found = block * _BLOCK + reached.argmax(axis=1)
        return np.where(reached.any(axis=1), found, len(self._data))
