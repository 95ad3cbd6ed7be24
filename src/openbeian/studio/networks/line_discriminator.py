"""A convolutional discriminator of short texts, hard or soft.

Convolution over time with the largest response of each filter (Kim 2014, arXiv 1408.5882), as text GANs use it (RelGAN, Nie 2019), and the
projection on the condition (Miyato 2018, arXiv 1802.05637).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from openbeian.studio.networks.sequences import mean_embedding

SLOPE = 0.2


class LineDiscriminator(nn.Module):
    """A text and what it is for to one score.

    Args:
        symbols: how many symbols there are.
        choices: how many of them can be spoken.
        embedding: length of a character's vector.
        spans: how many characters each kind of filter sees.
        filters: of each kind.
    """

    def __init__(self, *, symbols: int, choices: int, embedding: int, spans: Sequence[int], filters: int) -> None:
        super().__init__()
        self.choices = choices
        self.embedding = nn.Embedding(symbols, embedding)
        self.filters = nn.ModuleList(nn.Conv1d(embedding, filters, span) for span in spans)
        seen = filters * len(spans)
        self.mix = nn.Linear(seen, seen)
        self.score = nn.Linear(seen, 1)
        self.condition = nn.Linear(embedding, seen)

    def read(self, text: Tensor) -> Tensor:
        """Return vectors (n, length, embedding) of symbols (n, length) or of soft choices (n, length, choices)."""
        soft = text.is_floating_point()
        read: Tensor = text @ self.embedding.weight[: self.choices] if soft else self.embedding(text)
        return read

    def forward(self, read: Tensor, conditions: Tensor) -> Tensor:
        """Return scores, shape (n,), larger for texts that look real for their condition.

        Args:
            read: vectors of the texts, (n, length, embedding).
            conditions: int64 (n, k).
        """
        along = read.transpose(1, 2)
        seen = torch.cat([functional.leaky_relu(one(along), SLOPE).amax(2) for one in self.filters], 1)
        seen = seen + functional.leaky_relu(self.mix(seen), SLOPE)
        meant = self.condition(mean_embedding(self.embedding, conditions))
        score: Tensor = self.score(seen).squeeze(1) + (meant * seen).sum(1) / seen.shape[1] ** 0.5
        return score
