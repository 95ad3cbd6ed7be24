"""Undoing encodings in their place: the text as it reads, and for each character the stretch of the original it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.pieces import pieces_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNTOUCHED: Final = -1


@dataclass(frozen=True)
class Undone:
    """Texts with their encodings undone.

    Attributes:
        row: for each text the row it comes from.
        texts: what the rows read as.
        first: where the characters of each text begin in the columns below, and where the last one ends.
        start: for each character where the stretch of the original begins that it came from.
        end: where that stretch ends.
        via: how it was undone (`UNTOUCHED`: it stands there as it is).
    """

    row: NDArray[np.int64]
    texts: list[str]
    first: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    via: NDArray[np.int8]

    def then(self, inner: Undone) -> Undone:
        """Return what was undone in these texts, with rows and stretches of the first original."""
        base = np.repeat(self.first[inner.row], np.diff(inner.first))
        first, last = base + inner.start, base + inner.end - 1
        via = np.where(inner.via == UNTOUCHED, self.via[first], inner.via)
        return Undone(self.row[inner.row], inner.texts, inner.first, self.start[first], self.end[last], via)


def undone(texts: Sequence[tuple[int, str, Iterable[int]]]) -> Undone:
    """Return those texts that hold an encoded stretch, with every one undone.

    Args:
        texts: number of the row, its text, and the places in it where a stretch may begin.
    """
    held = [(row, text, pieces) for row, text, places in texts if (pieces := list(pieces_at(text, places)))]
    base, pieces, counts = 0, [], []
    for _, text, found in held:
        # An empty piece at the end of each row, so that no text between two pieces runs over it.
        found.append((len(text), len(text), "", UNTOUCHED))
        pieces += [(base + first, base + last, form, way) for first, last, form, way in found]
        counts.append(len(found))
        base += len(text)
    return _put_together(held, pieces, np.array(counts, np.int64))


def _put_together(
    held: Sequence[tuple[int, str, object]], pieces: Sequence[tuple[int, int, str, int]], counts: NDArray[np.int64]
) -> Undone:
    """Return the texts with their pieces in place; `counts` says how many pieces each text has."""
    whole = "".join(text for _, text, _ in held)
    forms = [form for _, _, form, _ in pieces]
    first, last, way = (np.array([piece[column] for piece in pieces], np.int64) for column in (0, 1, 3))
    done = np.concatenate([np.zeros(min(len(last), 1), np.int64), last[:-1]])  # where the text before a piece begins
    lengths = _in_turn(first - done, np.array([*map(len, forms)], np.int64))
    literal = np.repeat(np.arange(len(lengths)) % 2 == 0, lengths)
    within = np.arange(len(literal)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    start = np.repeat(_in_turn(done, first), lengths) + np.where(literal, within, 0)
    end = np.where(literal, start + 1, np.repeat(_in_turn(done, last), lengths))
    via = np.repeat(_in_turn(np.full(len(done), UNTOUCHED), way), lengths).astype(np.int8)
    between = map(whole.__getitem__, map(slice, done.tolist(), first.tolist()))
    read = "".join(chain.from_iterable(zip(between, forms, strict=True)))
    ends = np.append(0, np.cumsum(lengths))[2 * np.append(0, np.cumsum(counts))]
    sizes = np.array([len(text) for _, text, _ in held], np.int64)
    base = np.repeat(np.cumsum(sizes) - sizes, np.diff(ends))
    texts = [read[a:b] for a, b in pairwise(ends.tolist())]
    return Undone(np.array([row for row, _, _ in held], np.int64), texts, ends, start - base, end - base, via)


def _in_turn(one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([one, two], axis=1).ravel()
