"""Variational autoencoders in numbers: the divergence, the reconstruction, the bound, and the gradient through a draw.

Whatever is drawn comes from a seeded NumPy generator, and is shown with its standard error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from openbeian.studio.objectives.variational import (
    elbo,
    gaussian_kl,
    gaussian_kl_between,
    gaussian_log_likelihood,
    importance_weighted_bound,
    optimal_variance_log_likelihood,
    reparametrise,
    squared_error,
)


def vector(*values: float) -> Tensor:
    """Return numbers as one vector in double precision."""
    return torch.tensor(values, dtype=torch.float64)


def normals(seed: int, *shape: int) -> Tensor:
    """Return standard normal draws in double precision, the same on every machine."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


@dataclass(frozen=True)
class Estimate:
    """A mean over draws and its standard error."""

    value: float
    error: float
    draws: int


def estimate(draws: Tensor) -> Estimate:
    """Return the mean of independent draws, shape (n,)."""
    count = draws.numel()
    return Estimate(draws.mean().item(), draws.std().item() / math.sqrt(count), count)


@dataclass(frozen=True)
class Divergence:
    """KL(N(1, 0.5^2) || N(0, 1)): closed form, by chance, as the printed sum on two grids, and the other way round."""

    closed: float
    drawn: Estimate
    sum_coarse: float
    sum_fine: float
    integral: float
    reverse: float


COARSE, FINE = 0.1, 0.01
SPREAD = 0.5  # sigma of the examples' posterior; its mean is 1


def divergence(draws: int = 100_000) -> Divergence:
    """Return the divergence of section 12.3.2 in every way it can be had."""
    mean, log_variance, zero = vector(1.0), vector(2 * math.log(SPREAD)), vector(0.0)
    z = reparametrise(mean, log_variance, normals(1, draws, 1))
    excess = gaussian_log_likelihood(z, mean, log_variance) - gaussian_log_likelihood(z, zero, zero)
    coarse, fine = (_printed_sum(mean, log_variance, step) for step in (COARSE, FINE))
    return Divergence(
        gaussian_kl(mean, log_variance).item(),
        estimate(excess),
        coarse,
        fine,
        fine * FINE,
        gaussian_kl_between(zero, zero, mean, log_variance).item(),
    )


def _printed_sum(mean: Tensor, log_variance: Tensor, step: float) -> float:
    z = torch.arange(-10, 10 + step / 2, step, dtype=torch.float64).unsqueeze(1)
    ln_q, ln_p = gaussian_log_likelihood(z, mean, log_variance), gaussian_log_likelihood(z, vector(0.0), vector(0.0))
    return (ln_q.exp() * (ln_q - ln_p)).sum().item()


@dataclass(frozen=True)
class Coded:
    """One of five pictures of chapter 14, coded and decoded."""

    pixels: tuple[float, ...]
    output: tuple[float, ...]
    mean: float
    sigma: float
    error: float
    divergence: float


@dataclass(frozen=True)
class Loss:
    """Means over the pictures: squared error, divergence, their sum, and minus the bound with the best variance in place of 1/2."""

    error: float
    divergence: float
    total: float
    fitted: float


@dataclass(frozen=True)
class FivePictures:
    """Section 14.2 with numbers, and beside it an encoder that looks at nothing and a decoder that draws the mean picture."""

    rows: tuple[Coded, ...]
    coded: Loss
    blind: Loss


PICTURES = vector(0, 0, 0, 1, 1, 0, 1, 1, 0.5, 0.5).reshape(5, 2)
OUTPUTS = vector(0.1, 0.1, 0.2, 0.8, 0.9, 0.1, 0.8, 0.9, 0.5, 0.4).reshape(5, 2)
MEANS = vector(-1.5, -0.5, 0.5, 1.5, 0.0).unsqueeze(1)
SIGMAS = vector(0.4, 0.5, 0.5, 0.4, 0.6).unsqueeze(1)


def five_pictures() -> FivePictures:
    """Return the loss of five pictures of two pixels, and that of an encoder which always answers N(0, 1)."""
    errors, divergences = squared_error(PICTURES, OUTPUTS), gaussian_kl(MEANS, 2 * SIGMAS.log())
    columns = (PICTURES, OUTPUTS, MEANS.squeeze(1), SIGMAS.squeeze(1), errors, divergences)
    rows = tuple(
        Coded(tuple(x), tuple(y), *numbers) for x, y, *numbers in zip(*(c.tolist() for c in columns), strict=True)
    )
    nothing = torch.zeros_like(MEANS)
    return FivePictures(
        rows, _loss(OUTPUTS, divergences), _loss(PICTURES.mean(0).expand_as(PICTURES), gaussian_kl(nothing, nothing))
    )


def _loss(outputs: Tensor, divergences: Tensor) -> Loss:
    errors = squared_error(PICTURES, outputs)
    fitted = -elbo(optimal_variance_log_likelihood(PICTURES, outputs), divergences)
    return Loss(*(part.mean().item() for part in (errors, divergences, errors + divergences, fitted)))


@dataclass(frozen=True)
class Noisy:
    """A pixel 0.8 decoded as N(0.6, sigma^2): what chapter 14 squares, in expectation, and what the likelihood says."""

    sigma: float
    printed: float
    right: float


PIXEL, DECODED = 0.8, 0.6


def noisy_pixel(sigmas: Sequence[float] = (0.05, 0.1, 0.2, 0.3, math.sqrt(0.5))) -> list[Noisy]:
    """Return E(x - mu - sigma eps)^2 = (x - mu)^2 + sigma^2, least at sigma 0, beside minus the likelihood, least at |x - mu|."""
    x, mean = vector(PIXEL), vector(DECODED)
    return [
        Noisy(
            sigma,
            squared_error(x, mean).item() + sigma**2,
            -gaussian_log_likelihood(x, mean, vector(2 * math.log(sigma))).item(),
        )
        for sigma in sigmas
    ]


@dataclass(frozen=True)
class Variances:
    """A hundred pixels, each wrong by 0.1: the likelihood under the variance 1/2 of squared error and under the best one."""

    error: float
    likelihood_half: float
    likelihood_best: float
    weight_half: float
    weight_best: float


def variances(pixels: int = 100, wrong: float = 0.1) -> Variances:
    """Return both likelihoods, and what each weighs a unit of squared error against the divergence: 1 / (2 sigma^2)."""
    x, mean = torch.zeros(pixels, dtype=torch.float64), torch.full((pixels,), wrong, dtype=torch.float64)
    return Variances(
        squared_error(x, mean).item(),
        gaussian_log_likelihood(x, mean, vector(math.log(0.5)).expand(pixels)).item(),
        optimal_variance_log_likelihood(x, mean).item(),
        1.0,
        1 / (2 * wrong**2),
    )


@dataclass(frozen=True)
class Bounds:
    """z from N(0, 1), x from N(z, 0.5^2), x = 1.5 seen, and a posterior guessed as N(1, 0.4): what bounds ln p(x) and how tightly."""

    evidence: float
    elbo: float
    gap: float
    elbo_of_posterior: float
    weighted: tuple[tuple[int, Estimate], ...]


SEEN, NOISE = 1.5, 0.25
GUESS = (1.0, 0.4)
POSTERIOR = (SEEN / (1 + NOISE), NOISE / (1 + NOISE))


def bounds(ks: Sequence[int] = (1, 5, 50, 500), repeats: int = 2000) -> Bounds:
    """Return ln p(x) exactly, the lower bound of the guess and of the true posterior, and the bounds of k importance samples."""
    guess = (vector(GUESS[0]), vector(GUESS[1]).log())
    posterior = (vector(POSTERIOR[0]), vector(POSTERIOR[1]).log())
    return Bounds(
        gaussian_log_likelihood(vector(SEEN), vector(0.0), vector(1 + NOISE).log()).item(),
        _exact_elbo(*guess),
        gaussian_kl_between(*guess, *posterior).item(),
        _exact_elbo(*posterior),
        tuple((k, estimate(importance_weighted_bound(log_weights(*guess, normals(k, k, repeats, 1))))) for k in ks),
    )


def _exact_elbo(mean: Tensor, log_variance: Tensor) -> float:
    # The likelihood is quadratic in z: its mean over q is its value at the mean, less half the curvature times the variance.
    at_mean = gaussian_log_likelihood(vector(SEEN), mean, vector(NOISE).log())
    averaged = at_mean - 0.5 * log_variance.exp().sum() / NOISE
    return elbo(averaged, gaussian_kl(mean, log_variance)).item()


def log_weights(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Return ln p(x, z) - ln q(z) of the example, for draws z of q; noise has shape (k, n, 1), the result (k, n)."""
    z, zero = reparametrise(mean, log_variance, noise), vector(0.0)
    joint = gaussian_log_likelihood(vector(SEEN), z, vector(NOISE).log()) + gaussian_log_likelihood(z, zero, zero)
    return joint - gaussian_log_likelihood(z, mean, log_variance)


@dataclass(frozen=True)
class ThroughTheDraw:
    """The derivative of E[z^2] by the mean of z from N(1, 0.5^2): exact, through the draw, and without looking through it."""

    exact: float
    reparametrised: Estimate
    scored: Estimate


def through_the_draw(draws: int = 10_000) -> ThroughTheDraw:
    """Return both estimators on the same noise; each draw has its own mean, so that its derivative can be seen alone."""
    means = torch.ones(draws, 1, dtype=torch.float64, requires_grad=True)
    log_variance = vector(2 * math.log(SPREAD))
    z = reparametrise(means, log_variance, normals(2, draws, 1))
    (through,) = torch.autograd.grad(z.square().sum(), means)
    fixed = z.detach()
    scored = gaussian_log_likelihood(fixed, means, log_variance) * fixed.square().squeeze(1)
    (around,) = torch.autograd.grad(scored.sum(), means)
    return ThroughTheDraw(2.0, estimate(through.squeeze(1)), estimate(around.squeeze(1)))
