"""Does a model copy its training pictures? Distances to the nearest of them, beside those of real pictures it never saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from openbeian.studio.evaluation.neighbours import nearest_distances
from openbeian.studio.evaluation.spread import Estimate, share

PERCENTILES: Final = (1, 5, 50, 95)
BINS: Final = 40


@dataclass(frozen=True)
class Memorisation:
    """How near samples lie to training pictures.

    Attributes:
        memorised: share of samples nearer to a training picture than all but 1 % of unseen real pictures are. A model that copies no
            more than chance has 0.01.
        threshold: that 1st percentile, in `unit`.
        smallest: distance of the nearest sample of all, in `unit`.
        samples: percentiles 1, 5, 50, 95 of the samples' distances.
        unseen: the same of the unseen real pictures'.
        edges: bounds of the histogram's bins.
        sample_counts: samples in each bin.
        unseen_counts: unseen pictures in each bin.
        unit: of the distances.
    """

    memorised: Estimate
    threshold: float
    smallest: float
    samples: tuple[float, ...]
    unseen: tuple[float, ...]
    edges: tuple[float, ...]
    sample_counts: tuple[int, ...]
    unseen_counts: tuple[int, ...]
    unit: str

    @staticmethod
    def of(samples: Tensor, unseen: Tensor, unit: str) -> Memorisation:
        """Compare the nearest-training distances (n,) of samples with those (m,) of real pictures not trained on."""
        drawn, real = samples.double().numpy(), unseen.double().numpy()
        levels = np.percentile(real, PERCENTILES)
        edges = np.linspace(0, max(drawn.max(), real.max(), np.finfo(np.float32).tiny), BINS + 1)
        return Memorisation(
            memorised=share(int((drawn < levels[0]).sum()), len(drawn)),
            threshold=float(levels[0]),
            smallest=float(drawn.min()),
            samples=tuple(np.percentile(drawn, PERCENTILES).tolist()),
            unseen=tuple(levels.tolist()),
            edges=tuple(edges.tolist()),
            sample_counts=tuple(np.histogram(drawn, edges)[0].tolist()),
            unseen_counts=tuple(np.histogram(real, edges)[0].tolist()),
            unit=unit,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what the report plots."""
        return {
            "threshold": self.threshold,
            "smallest": self.smallest,
            "unit": self.unit,
            "percentiles": {"levels": list(PERCENTILES), "samples": list(self.samples), "unseen": list(self.unseen)},
            "histogram": {
                "edges": list(self.edges),
                "samples": list(self.sample_counts),
                "unseen": list(self.unseen_counts),
            },
        }


def pixel_distances(pixels: Tensor, train: Tensor) -> Tensor:
    """Return how far each picture is from the nearest training picture, in grey levels.

    Args:
        pixels: uint8 (n, channels, height, width).
        train: uint8 (m, channels, height, width).

    Returns:
        float32 (n,): root of the mean squared difference over all pixels, 0 for a copy, at most 255.
    """
    flat, known = pixels.cpu().flatten(1).float(), train.flatten(1).float()
    return nearest_distances(flat, known) / torch.tensor(flat.shape[1]).sqrt()
