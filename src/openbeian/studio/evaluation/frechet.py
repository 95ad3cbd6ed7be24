"""Fréchet distance of two sets of features (Heusel 2017, arXiv 1706.08500), and its spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from openbeian.studio.evaluation.points import check_points
from openbeian.studio.evaluation.spread import LEVEL, Estimate, centred

FEWEST = 2
RESAMPLES = 200


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean (d,) and unbiased covariance (d, d) of a set of features, float64."""

    mean: Tensor
    covariance: Tensor

    @staticmethod
    def of(points: Tensor, counts: Tensor | None = None) -> Moments:
        """Return the moments of points (n, d), each counted as often as `counts` (n,) says, or once.

        Raises:
            Fault: fewer than two points, or some that are not finite.
        """
        check_points(points, FEWEST)
        return _moments(points.double(), counts)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Return the squared Fréchet distance of the Gaussians fitted to two sets of features, in squared feature units.

    |mean a - mean b|² + tr(A + B - 2 (AB)^½). It depends on the features, the number of points and the reference: name all three.

    Args:
        a: (n, d).
        b: (m, d).

    Raises:
        Fault: fewer than two points, or some that are not finite.
    """
    return moments_distance(Moments.of(a), Root.of(Moments.of(b)))


def frechet_estimate(points: Tensor, reference: Moments, seed: int) -> Estimate:
    """Return the distance of points (n, d) to a fixed reference with its 95 % spread, method `bootstrap-centred`.

    The points are drawn anew with repetition 200 times; the reference stays, since the figure is a distance to just that set. A resample
    is farther from the reference than the points are (it repeats some), so the quantiles are moved by the median of the resamples
    onto the figure. The spread says how far the figure depends on which pictures the model drew, not on how it was trained.
    """
    check_points(points, FEWEST)
    double, root = points.double(), Root.of(reference)
    random = np.random.default_rng(seed)
    count = len(points)
    resampled = [moments_distance(_moments(double, _drawn(random, count)), root) for _ in range(RESAMPLES)]
    return centred(moments_distance(_moments(double, None), root), np.array(resampled), LEVEL)


@dataclass(frozen=True, eq=False)
class Root:
    """Moments with the symmetric root of the covariance, made once for many distances to one reference."""

    moments: Moments
    root: Tensor

    @staticmethod
    def of(moments: Moments) -> Root:
        """Return the root of a covariance; eigenvalues below zero are rounding and count as zero."""
        values, vectors = torch.linalg.eigh(moments.covariance)
        return Root(moments, (vectors * values.clamp(min=0).sqrt()) @ vectors.T)


def moments_distance(a: Moments, b: Root) -> float:
    """Return the squared Fréchet distance of two Gaussians.

    (AB)^½ has the eigenvalues of (B^½ A B^½)^½, a symmetric matrix: exact for singular covariances, where a matrix root of AB is not.
    """
    between = b.root @ a.covariance @ b.root
    cross = torch.linalg.eigvalsh((between + between.T) / 2).clamp(min=0).sqrt().sum()
    shift = (a.mean - b.moments.mean).square().sum()
    return float(shift + a.covariance.trace() + b.moments.covariance.trace() - 2 * cross)


def _moments(points: Tensor, counts: Tensor | None) -> Moments:
    if counts is None:
        mean = points.mean(0)
        offset = points - mean
        return Moments(mean, offset.T @ offset / (len(points) - 1))
    total = counts.sum()
    mean = counts @ points / total
    offset = (points - mean) * counts.sqrt()[:, None]
    return Moments(mean, offset.T @ offset / (total - 1))


def _drawn(random: np.random.Generator, count: int) -> Tensor:
    """Return how often each of `count` points is drawn in `count` draws with repetition."""
    return torch.from_numpy(np.bincount(random.integers(count, size=count), minlength=count).astype(np.float64))
