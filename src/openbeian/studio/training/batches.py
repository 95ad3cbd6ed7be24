"""The order in which a training set is read: shuffled anew for each pass, and known from the seed and the place alone."""

from __future__ import annotations

import torch
from torch import Tensor


class Batches:
    """Row numbers of batches, without end. A pass that does not fill its last batch begins anew.

    Args:
        rows: size of the training set.
        batch: rows of a batch, at most `rows`.
        seed: of all passes.
        part: which of `parts` machines this one is; each takes its share of every batch.
        parts: how many machines read together.
    """

    def __init__(self, rows: int, batch: int, seed: int, part: int = 0, parts: int = 1) -> None:
        self._rows, self._batch, self._seed = rows, min(batch, rows), seed
        self._part, self._parts = part, parts
        self._order = torch.empty(0, dtype=torch.int64)
        self._epoch = -1
        self.drawn = 0

    @property
    def epoch(self) -> float:
        """How many times the whole set has been read."""
        return self.drawn / (self._rows // self._batch)

    def take(self) -> Tensor:
        """Return the row numbers of the next batch, shape (batch // parts,)."""
        a_pass = self._rows // self._batch
        epoch, place = divmod(self.drawn, a_pass)
        if epoch != self._epoch:
            random = torch.Generator().manual_seed(self._seed * 1_000_003 + epoch)
            self._order, self._epoch = torch.randperm(self._rows, generator=random), epoch
        self.drawn += 1
        rows = self._order[place * self._batch : (place + 1) * self._batch]
        return rows.chunk(self._parts)[self._part] if self._parts > 1 else rows
