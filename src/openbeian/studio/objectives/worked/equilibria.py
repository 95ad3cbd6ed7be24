"""Where the games come to rest, and how they differ: the best discriminator, all games at one point, distances, penalties."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from openbeian.studio.objectives.adversarial import (
    GAMES,
    gradient_penalty,
    interpolated_penalty,
    logistic_discriminator,
    non_saturating_generator,
    wasserstein_discriminator,
)
from openbeian.studio.objectives.worked.games import FAKE, REAL, Judged, judged, score


@dataclass(frozen=True)
class Optimum:
    """The best discriminator on pictures of a few kinds, `real` and `fake` of ten being of each kind."""

    real: tuple[int, ...]
    fake: tuple[int, ...]
    formula: tuple[float, ...]
    descended: tuple[float, ...]
    loss: float
    divergence: float
    from_divergence: float


def optimum(real: tuple[int, ...] = (5, 4, 1), fake: tuple[int, ...] = (1, 4, 5), steps: int = 150) -> Optimum:
    """Return p / (p + q) beside what descent of the loss finds from D = 1/2, and the loss beside 2 ln 2 - 2 JSD."""
    scores = torch.zeros(len(real), dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        (slope,) = torch.autograd.grad(_loss_of_kinds(scores, real, fake), scores)
        scores = (scores - 4 * slope).detach().requires_grad_()
    divergence = jensen_shannon([n / sum(real) for n in real], [n / sum(fake) for n in fake])
    return Optimum(
        real,
        fake,
        tuple(p / (p + q) for p, q in zip(real, fake, strict=True)),
        tuple(torch.sigmoid(scores).tolist()),
        _loss_of_kinds(scores, real, fake).item(),
        divergence,
        2 * math.log(2) - 2 * divergence,
    )


def _loss_of_kinds(scores: Tensor, real: Sequence[int], fake: Sequence[int]) -> Tensor:
    return logistic_discriminator(
        scores.repeat_interleave(torch.tensor(real)), scores.repeat_interleave(torch.tensor(fake))
    )


def jensen_shannon(p: Sequence[float], q: Sequence[float]) -> float:
    """Return the Jensen-Shannon divergence of two discrete distributions: 0 when equal, ln 2 when disjoint."""
    pairs = list(zip(p, q, strict=True))
    towards = sum(a * math.log(2 * a / (a + b)) for a, b in pairs if a)
    back = sum(b * math.log(2 * b / (a + b)) for a, b in pairs if b)
    return (towards + back) / 2


def at_the_example() -> list[Judged]:
    """Return every game at the scores of chapter 13."""
    return [judged(game, score(REAL), score(FAKE)) for game in GAMES.values()]


def at_equilibrium() -> list[Judged]:
    """Return every game where real and generated agree and the discriminator is at its best: a regression rests at 1/2, else score 0."""
    undecided = {"least-squares": torch.tensor([0.5], dtype=torch.float64)}
    return [judged(game, *[undecided.get(name, score(0.5))] * 2) for name, game in GAMES.items()]


@dataclass(frozen=True)
class Apart:
    """All real pictures at one point and all generated ones at a distance from it, under two games."""

    distance: float
    divergence: float
    wasserstein: float


def apart(distances: Sequence[float] = (0.0, 0.5, 1.0, 5.0)) -> list[Apart]:
    """Return what the logistic game and the Wasserstein game see of a distance; the best critic falls with slope 1."""
    rows = []
    for distance in distances:
        here, there = torch.zeros(1, dtype=torch.float64), torch.tensor([distance], dtype=torch.float64)
        seen = -wasserstein_discriminator(-here, -there, drift=0.0).item()
        rows.append(Apart(distance, jensen_shannon((1, 0), (0, 1)) if distance else 0.0, seen))
    return rows


@dataclass(frozen=True)
class Penalties:
    """The penalties of a linear critic with weights (3, 4), whose gradient has norm 5 everywhere."""

    r1: float
    interpolated: float


def penalties() -> Penalties:
    """Return the squared gradient norm, and its distance from norm 1 squared."""
    weights = torch.tensor([3.0, 4.0], dtype=torch.float64)
    images = torch.tensor([[1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    half = torch.tensor([0.5], dtype=torch.float64)
    return Penalties(
        gradient_penalty(images @ weights, images).item(),
        interpolated_penalty(lambda x: x @ weights, images, -images, half).item(),
    )


@dataclass(frozen=True)
class Played:
    """How far both players together are from the equilibrium (0, 0) after each of `TURNS`."""

    gamma: float
    distances: tuple[float, ...]


TURNS = (0, 10, 20, 40, 80, 160)
RATE = 0.2


def alternation(gamma: float) -> Played:
    """Play the least game there is, in turns: one real point 0, one generated point, and a score that is slope times point.

    Without a penalty the players circle the equilibrium and near it ever more slowly; R1 with weight gamma / 2 brings them home at a steady
    rate. Mescheder et al. 2018, arXiv 1801.04406, the Dirac-GAN.
    """
    real = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    place, slope = (torch.tensor(at, dtype=torch.float64, requires_grad=True) for at in (1.0, 0.0))
    distances = [math.hypot(place.item(), slope.item())]
    for _ in range(TURNS[-1]):
        score_real = (slope * real).squeeze(1)
        loss = logistic_discriminator(score_real, slope * place) + gamma / 2 * gradient_penalty(score_real, real).mean()
        slope = _descended(loss, slope)
        place = _descended(non_saturating_generator(score_real, slope * place), place)
        distances.append(math.hypot(place.item(), slope.item()))
    return Played(gamma, tuple(distances[turn] for turn in TURNS))


def _descended(loss: Tensor, parameter: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(loss, parameter)
    return (parameter - RATE * gradient).detach().requires_grad_()
