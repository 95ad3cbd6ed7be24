"""Who is whose neighbour in a feature space: precision, recall, density, coverage, and the nearest training picture.

Precision and recall after Kynkäänniemi (2019, arXiv 1904.06991), density and coverage after Naeem (2020, arXiv 2002.09797). Distances are
made in strips, so that memory grows with the points and not with their square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from openbeian.studio.evaluation.points import check_points

NEIGHBOURS: Final = 5
STRIP: Final = 1 << 22  # distances held at once: 16 MiB


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """How two sets of points lie in one another.

    Attributes:
        precision: share of fakes within reach of a real point; high also when all fakes are one good picture.
        recall: share of real points within reach of a fake.
        density: how many real points reach a fake, over k; can exceed 1.
        coverage: share of real points whose reach holds a fake.
    """

    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True, eq=False)
class Reached:
    """What holds at each point; the means are the figures.

    Attributes:
        reaching: int64 (fakes,), how many real points reach the fake.
        recalled: bool (reals,), whether a fake reaches the real point.
        covered: bool (reals,), whether the real point reaches a fake.
        neighbours: k.
    """

    reaching: Tensor
    recalled: Tensor
    covered: Tensor
    neighbours: int

    def neighbourhood(self) -> Neighbourhood:
        """Return the four figures."""
        return Neighbourhood(
            precision=float((self.reaching > 0).double().mean()),
            recall=float(self.recalled.double().mean()),
            density=float(self.reaching.double().mean() / self.neighbours),
            coverage=float(self.covered.double().mean()),
        )


def neighbourhood(real: Tensor, fake: Tensor, k: int = NEIGHBOURS) -> Neighbourhood:
    """Return precision, recall, density and coverage.

    Args:
        real: features (n, d) of real pictures.
        fake: features (m, d) of samples.
        k: a point reaches as far as its k-th neighbour in its own set.

    Raises:
        Fault: fewer than k + 1 points in a set, or some that are not finite.
    """
    return reached(real, fake, k).neighbourhood()


def reached(real: Tensor, fake: Tensor, k: int = NEIGHBOURS) -> Reached:
    """Return what holds at each point; arguments and faults as `neighbourhood`."""
    for points in (real, fake):
        check_points(points, k + 1)
    real, fake = _centred(real, fake)
    real_reach, fake_reach = _reach(real, k), _reach(fake, k)
    reaching = torch.zeros(len(fake), dtype=torch.int64)
    recalled, covered = [], []
    for rows in _strips(len(real), len(fake)):
        squared = _squared(real[rows], fake)
        is_reached = squared < real_reach[rows, None]
        reaching += is_reached.sum(0)
        covered.append(is_reached.any(1))
        recalled.append((squared < fake_reach).any(1))
    return Reached(reaching, torch.cat(recalled), torch.cat(covered), k)


def nearest_distances(samples: Tensor, references: Tensor) -> Tensor:
    """Return the Euclidean distance of each sample to the nearest reference.

    Args:
        samples: (n, d).
        references: (m, d).

    Returns:
        float32 (n,). The nearest is found by matrix products; its distance is then taken directly, so that a copy is at exactly 0.

    Raises:
        Fault: an empty set, or points that are not finite.
    """
    for points in (samples, references):
        check_points(points, 1)
    samples, references = _centred(samples, references)
    half = references.square().sum(1) / 2
    found = [
        torch.addmm(half, samples[rows], references.T, alpha=-1).argmin(1)
        for rows in _strips(len(samples), len(references))
    ]
    return (samples - references[torch.cat(found)]).square().sum(1).sqrt()


def _centred(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Move both sets so that b's mean is the origin: short vectors lose less to rounding."""
    origin = b.float().mean(0)
    return a.float() - origin, b.float() - origin


def _strips(rows: int, columns: int) -> list[slice]:
    height = max(1, STRIP // columns)
    return [slice(start, start + height) for start in range(0, rows, height)]


def _squared(rows: Tensor, columns: Tensor) -> Tensor:
    lengths = columns.square().sum(1)
    squared = torch.addmm(lengths, rows, columns.T, alpha=-2)
    return squared.add_(rows.square().sum(1, keepdim=True)).clamp_(min=0)


def _reach(points: Tensor, k: int) -> Tensor:
    """Return the squared distance of each point to its k-th neighbour; the point itself comes first and does not count."""
    strips = _strips(len(points), len(points))
    return torch.cat(
        [_squared(points[rows], points).topk(k + 1, dim=1, largest=False).values[:, -1] for rows in strips]
    )
