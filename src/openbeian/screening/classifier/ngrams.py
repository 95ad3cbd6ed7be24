"""Hashed n-grams of characters over whole batches at once: which of 2^20 places each text has, each place once.

The n-grams are those of the folded text. A batch is one array of code points; an n-gram is hashed by a rolling polynomial,
those that would reach over the end of their text are left out, and sorting leaves each place of a text once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.folding import FOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

BITS: Final = 20
PLACES: Final = 1 << BITS
LONGEST: Final = 3  # characters of an n-gram
_BATCH: Final = 1 << 16  # characters: the arrays of a batch stay in the cache of a core
_MOST_TEXTS: Final = 1 << (32 - BITS)  # text and place share 32 bits
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit is lost; 2^64 over the golden ratio
_MIX: Final = 0xBF58476D1CE4E5B9
_HALF: Final = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a batch of texts: `text[i]` is the number of the text that has `place[i]`, in order of text."""

    first: int
    count: int
    text: NDArray[np.int64]
    place: NDArray[np.uint32]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many places each text of the batch has."""
        return np.bincount(self.text, minlength=self.count)


def batches(texts: Sequence[str]) -> Iterator[Places]:
    """Yield the places of all texts, batch by batch in their order; `text` counts from the batch's `first`."""
    begin = chars = 0
    for end, text in enumerate(texts):
        if end > begin and (chars + len(text) > _BATCH or end - begin == _MOST_TEXTS):
            yield _places(texts[begin:end], begin)
            begin, chars = end, 0
        chars += len(text)
    if begin < len(texts):
        yield _places(texts[begin:], begin)


def _places(texts: Sequence[str], first: int) -> Places:
    codes, text = _folded(texts)
    keys = np.concatenate([_keys(hashes, text, length) for length, hashes in _rolling(codes)] or [text])
    keys.sort()
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
    return Places(first, len(texts), (keys >> np.uint32(BITS)).astype(np.int64), keys & np.uint32(PLACES - 1))


def _folded(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the folded code points of all texts, and the number of the text of each."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    text = np.repeat(np.arange(len(texts), dtype=np.uint32), [len(one) for one in texts])
    folded, origin = FOLD.fold_codes(codes)
    return folded, text[origin]


def _rolling(codes: NDArray[np.uint32]) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """Yield for each length the hashes of the n-grams that begin at each character."""
    wide = codes.astype(np.uint64) + np.uint64(1)
    hashes = np.zeros(len(codes), np.uint64)
    for length in range(1, min(LONGEST, len(codes)) + 1):
        begins = len(codes) - length + 1
        hashes = hashes[:begins] * _FACTOR + wide[length - 1 :]
        yield length, hashes


def _keys(hashes: NDArray[np.uint64], text: NDArray[np.uint32], length: int) -> NDArray[np.uint32]:
    """Return text and place of the n-grams that lie in one text, as one number each."""
    begins = text[: len(hashes)]
    is_whole = begins == text[length - 1 :]
    mixed = (hashes ^ (hashes >> _HALF)) * np.uint64(_MIX + 2 * length)
    place = (mixed >> np.uint64(64 - BITS)).astype(np.uint32)
    keys: NDArray[np.uint32] = ((begins << np.uint32(BITS)) | place)[is_whole]
    return keys
