"""How well an autoencoder explains pictures it has not seen: the bound it was trained on, and a tighter one by importance sampling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from openbeian.studio.evaluation.spread import Estimate, mean
from openbeian.studio.networks.latent import Autoencoder, Noise, noise_of
from openbeian.studio.objectives.variational import importance_weighted_bound

ROWS = 10_000
"""Latents decoded at once."""

LogLikelihood = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Explained:
    """In nats a picture: the evidence lower bound, its KL, and the negative log-likelihood, on `count` pictures.

    `nll` is None when no importance samples were asked for.
    """

    elbo: Estimate
    divergence: Estimate
    nll: Estimate | None
    importance_samples: int
    count: int


@torch.inference_mode()
def explain(
    network: Autoencoder,
    pixels: Tensor,
    likelihood: LogLikelihood,
    *,
    importance_samples: int,
    seed: int,
    tell: Callable[[float], None] = lambda _: None,
) -> Explained:
    """Measure on all pictures given.

    The negative log-likelihood is the importance-weighted bound with k samples (Burda 2016, arXiv 1509.00519, section 5; k stated): still a bound, so
    the model is at least as good as it says.

    Args:
        network: in evaluation mode.
        pixels: float (n, pixels), 0 or 1 for a Bernoulli model: binarised once, by the caller.
        likelihood: (output, pixels) to ln p(x | z).
        importance_samples: k; 0 leaves the likelihood out.
        seed: of all draws.
        tell: called with the share done.
    """
    noise = noise_of(torch.Generator().manual_seed(seed))
    bounds, divergences = [], []
    for batch in torch.split(pixels, 1000):
        passed = network(batch, noise)
        divergence = torch.stack(passed.divergences).sum(0)
        divergences.append(divergence)
        bounds.append(likelihood(passed.output, batch) - divergence)
    nll = None
    if importance_samples:
        nll = mean(
            _negative_log_likelihood(network, pixels, likelihood, importance_samples, noise, tell).double().numpy(),
            seed,
        )
    return Explained(
        mean(torch.cat(bounds).double().numpy(), seed),
        mean(torch.cat(divergences).double().numpy(), seed),
        nll,
        importance_samples,
        len(pixels),
    )


def _negative_log_likelihood(
    network: Autoencoder,
    pixels: Tensor,
    likelihood: LogLikelihood,
    times: int,
    noise: Noise,
    tell: Callable[[float], None],
) -> Tensor:
    found, done = [], 0
    for batch in torch.split(pixels, max(1, ROWS // times)):
        passed = network.repeated(batch, times, noise)
        weights = likelihood(passed.output, batch.repeat_interleave(times, 0)) + passed.log_weight
        found.append(-importance_weighted_bound(weights.view(-1, times).T))
        done += len(batch)
        tell(done / len(pixels))
    return torch.cat(found)
