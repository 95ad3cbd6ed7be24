"""Likelihoods, divergences and bounds of variational autoencoders, in nats.

The last dimension is that of one datum (pixels of a flattened image) or of one latent vector, and is summed; all dimensions before it are kept
and broadcast, so that k draws of the latent for a batch of n are tensors (k, n, d). Gaussians are diagonal and given by mean and *log*
variance, which needs no constraint. Encoder and decoder are trained together, by one descent on minus the bound.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

LEAST_VARIANCE = 1e-6  # about that of rounding a value of [0, 1] to 8 bits, 1 / (12 * 255^2)

_LOG_TWO_PI = math.log(2 * math.pi)


def reparametrise(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Return mean + sigma * noise: a draw from the Gaussian through which gradients reach mean and variance.

    Kingma and Welling 2014, arXiv 1312.6114, section 2.4.

    Args:
        mean: shape (..., d).
        log_variance: ln sigma^2, shape (..., d).
        noise: standard normal, of a shape that broadcasts, such as (k, n, d).
    """
    return mean + torch.exp(0.5 * log_variance) * noise


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, sigma^2) || N(0, I)) = 1/2 sum(sigma^2 + mean^2 - 1 - ln sigma^2), shape (...).

    Never negative, 0 only at mean 0 and variance 1. Kingma and Welling 2014, appendix B.
    """
    # expm1 keeps the digits that exp(v) - 1 - v would cancel near v = 0, where an unused latent lies.
    return 0.5 * (torch.expm1(log_variance) - log_variance + mean.square()).sum(-1)


def gaussian_kl_between(mean: Tensor, log_variance: Tensor, prior_mean: Tensor, prior_log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, sigma^2) || N(prior mean, prior sigma^2)), shape (...).

    The divergence of one level of a hierarchy from its learnt prior. Not symmetric: the first distribution is the one averaged over.
    """
    ratio = log_variance - prior_log_variance
    distance = (mean - prior_mean).square() * torch.exp(-prior_log_variance)
    return 0.5 * (torch.expm1(ratio) - ratio + distance).sum(-1)


def bernoulli_log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """Return ln p(x) = sum(x ln p + (1 - x) ln(1 - p)) with p = sigmoid(logits), shape (...).

    Args:
        logits: shape (..., d).
        x: 0 or 1, of a shape that broadcasts to that of the logits. Grey values between give a cross-entropy, not a likelihood.
    """
    return -binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)


def gaussian_log_likelihood(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return ln N(x; mean, sigma^2) = -1/2 sum(ln 2 pi + ln sigma^2 + (x - mean)^2 / sigma^2), shape (...).

    A density: it may be positive, and figures compare only on the same scale of x. Also ln p(z) and ln q(z | x) of a latent.
    """
    scaled = (x - mean).square() * torch.exp(-log_variance)
    return -0.5 * (_LOG_TWO_PI + log_variance + scaled).sum(-1)


def optimal_log_variance(x: Tensor, mean: Tensor, least: float = LEAST_VARIANCE) -> Tensor:
    """Return ln of the one variance for all pixels of the batch that makes it likeliest: ln of the mean squared error, a scalar.

    Rybkin, Daniilidis and Levine 2021, arXiv 2006.13202.

    Args:
        x: data, shape (..., d).
        mean: the decoder's mean, same shape or broadcasting.
        least: a floor in the units of x squared; without it a perfect reconstruction has infinite likelihood.
    """
    return (x - mean).square().mean().clamp(min=least).log()


def optimal_variance_log_likelihood(x: Tensor, mean: Tensor, least: float = LEAST_VARIANCE) -> Tensor:
    """Return ln N(x; mean, sigma^2) with the variance of `optimal_log_variance`, shape (...).

    Its sum over n data is -1/2 n d (ln 2 pi + ln MSE + 1) above the floor: squared error balanced against the divergence by the data, not by
    a weight that someone chose. Rybkin, Daniilidis and Levine 2021.
    """
    return gaussian_log_likelihood(x, mean, optimal_log_variance(x, mean, least))


def squared_error(x: Tensor, output: Tensor) -> Tensor:
    """Return sum((x - output)^2), shape (...).

    The founding document's reconstruction loss. Minus it is the Gaussian log-likelihood with the variance fixed at 1/2, up to the constant
    d/2 ln pi; on pixels of [0, 1] so wide a Gaussian blurs.
    """
    return (x - output).square().sum(-1)


def elbo(log_likelihood: Tensor, *divergences: Tensor) -> Tensor:
    """Return ln p(x | z) minus the divergence of every level: an estimate of the evidence lower bound on ln p(x), same shape.

    With one draw of z it is the bound in expectation only. Kingma and Welling 2014, equation 3.
    """
    return log_likelihood - sum(divergences, start=torch.zeros_like(log_likelihood))


def importance_weighted_bound(log_weights: Tensor) -> Tensor:
    """Return ln(1/k sum exp(log weight)), the bound of k importance samples on ln p(x), shape (n,).

    In expectation it is the ELBO at k = 1, grows with k and stays below ln p(x). Burda, Grosse and Salakhutdinov 2016, arXiv 1509.00519,
    equation 8.

    Args:
        log_weights: ln p(x, z) - ln q(z | x) for z drawn from q, shape (k, n).
    """
    return torch.logsumexp(log_weights, dim=0) - math.log(log_weights.shape[0])
