"""Adaptive discriminator augmentation: few pictures, shown changed, as often as the discriminator begins to know them by heart.

Karras 2020, arXiv 2006.06676. What the discriminator sees, real or not, is changed in the same ways; the generator learns the pictures themselves as
long as a change is not applied always. Penalties on the gradient are taken at what the discriminator sees.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from openbeian.studio.recipes import Augmentation

SHIFT, STRETCH, TURN = 0.125, 0.2, math.pi / 12
"""The farthest a picture is moved (share of its edge), stretched (logarithm) and turned (radians)."""
LIGHT, CONTRAST, HOLE = 0.2, 0.5, 0.5
"""The most its grey levels move ([-1, 1]), its contrast changes (logarithm) and the edge of the hole cut (share)."""


class AdaptiveAugmentation:
    """Changes pictures with a probability that follows how surely the discriminator tells real from fake.

    Args:
        settings: the sureness aimed at, how many pictures it takes from never to always, and the most.
        random: source of all draws.
    """

    def __init__(self, settings: Augmentation, random: torch.Generator) -> None:
        self._settings, self._random = settings, random
        self.probability = 0.0

    def __call__(self, pictures: Tensor) -> Tensor:
        """Return pictures (n, channels, size, size), each changed in each way with the same probability; differentiable."""
        if not self.probability:
            return pictures
        return self._holed(self._lit(self._moved(pictures)))

    def adapt(self, sureness: Tensor, count: int) -> None:
        """Follow the scores of one batch.

        Args:
            sureness: mean sign of (score of a real picture - score of its fake). The paper asks how often the score of a real
                picture is positive; scores of a relativistic game have no zero. 0 is a discriminator that knows nothing.
            count: pictures of the batch.
        """
        step = count / self._settings.images_to_full
        moved = self.probability + math.copysign(step, float(sureness) - self._settings.target)
        self.probability = min(self._settings.most, max(0.0, moved))

    def _chosen(self, count: int) -> Tensor:
        return (torch.rand(count, generator=self._random) < self.probability).float()

    def _drawn(self, count: int, most: float) -> Tensor:
        """Draw from [-most, most] where chosen, else 0."""
        return (torch.rand(count, generator=self._random) * 2 - 1) * most * self._chosen(count)

    def _moved(self, pictures: Tensor) -> Tensor:
        """Mirror, move, stretch and turn, in one resampling."""
        count = len(pictures)
        mirrored = 1 - 2 * self._chosen(count) * (torch.rand(count, generator=self._random) < 0.5).float()
        stretch = torch.exp(self._drawn(count, STRETCH))
        turn = self._drawn(count, TURN)
        across, down = self._drawn(count, 2 * SHIFT), self._drawn(count, 2 * SHIFT)
        cosine, sine = torch.cos(turn) * stretch, torch.sin(turn) * stretch
        rows = [torch.stack([cosine * mirrored, -sine, across], 1), torch.stack([sine * mirrored, cosine, down], 1)]
        grid = functional.affine_grid(
            torch.stack(rows, 1).to(pictures.device), list(pictures.shape), align_corners=False
        )
        return functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)

    def _lit(self, pictures: Tensor) -> Tensor:
        count = len(pictures)
        contrast = torch.exp(self._drawn(count, CONTRAST)).view(-1, 1, 1, 1).to(pictures.device)
        light = self._drawn(count, LIGHT).view(-1, 1, 1, 1).to(pictures.device)
        return pictures * contrast + light

    def _holed(self, pictures: Tensor) -> Tensor:
        """Cut a square to grey."""
        count, size = len(pictures), pictures.shape[-1]
        place = torch.arange(size).view(1, -1) + 0.5
        chosen = self._chosen(count).view(-1, 1, 1)
        across, down = (torch.rand(count, 1, generator=self._random) * size for _ in range(2))
        inside = [((place - middle).abs() < HOLE * size / 2).float() for middle in (down, across)]
        hole = inside[0].unsqueeze(2) * inside[1].unsqueeze(1) * chosen
        return pictures * (1 - hole.unsqueeze(1).to(pictures.device))
