"""Variational autoencoders for small pictures: the textbook's one hidden layer, and a ladder of latent levels.

Both speak one language: `encode` draws latents with the log-weights that bounds are made of, `decode` turns latents into what the recipe's
observation model wants (logits or means), `imagine` draws from the prior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from openbeian.studio.objectives.variational import (
    gaussian_kl,
    gaussian_kl_between,
    gaussian_log_likelihood,
    reparametrise,
)

Noise = Callable[[Tensor], Tensor]
"""From a tensor to standard normal noise of its shape, on its device."""

EDGE = 1e-3
"""The mean picture's pixels are taken to be on at least so often, and off."""

LEAST, MOST = -8.0, 3.0
"""Bounds of what a level may add to the logarithm of a variance: beyond them lie infinities, not models."""


@dataclass(frozen=True)
class Passed:
    """One pass of an autoencoder over n pictures.

    Attributes:
        output: what the observation model wants, shape (n, pixels).
        divergences: KL of each level in nats, each of shape (n,).
        log_weight: ln p(z) - ln q(z | x) of the latents drawn, shape (n,).
    """

    output: Tensor
    divergences: tuple[Tensor, ...]
    log_weight: Tensor


class Autoencoder(Protocol):
    """What training, evaluation and drawing need of either network."""

    latent_size: int

    def __call__(self, pixels: Tensor, noise: Noise) -> Passed:
        """Encode pixels in [0, 1], shape (n, pixels), and decode them again."""

    def repeated(self, pixels: Tensor, times: int, noise: Noise) -> Passed:
        """Encode once, draw and decode `times` latents a picture; rows of one picture follow each other."""

    def centre(self, mean: Tensor) -> None:
        """Begin at the mean picture, shape (pixels,): see it as nothing, and say it when nothing is known."""

    def imagine(self, count: int, noise: Noise, warmth: float = 1.0) -> Tensor:
        """Draw from the prior, its standard deviations scaled by `warmth`; output as in `Passed`."""

    def decode_top(self, latent: Tensor) -> Tensor:
        """Decode latents of the top level, shape (n, latent_size), everything below at its mean."""


class Plain(nn.Module):
    """One hidden layer each way (Kingma and Welling 2014, arXiv 1312.6114, section 5): what textbooks and the founding document show."""

    def __init__(self, pixels: int, width: int = 400, latent: int = 20) -> None:
        super().__init__()
        self.latent_size = latent
        self.encoder = nn.Sequential(nn.Linear(pixels, width), nn.ReLU(), nn.Linear(width, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(latent, width), nn.ReLU(), nn.Linear(width, pixels))

    def forward(self, pixels: Tensor, noise: Noise) -> Passed:
        """See `Autoencoder`."""
        return self.repeated(pixels, 1, noise)

    def repeated(self, pixels: Tensor, times: int, noise: Noise) -> Passed:
        """See `Autoencoder`."""
        mean, log_variance = self.encoder(pixels).repeat_interleave(times, 0).chunk(2, 1)
        latent = reparametrise(mean, log_variance, noise(mean))
        nothing = torch.zeros_like(mean)
        return Passed(
            self.decoder(latent),
            (gaussian_kl(mean, log_variance),),
            gaussian_log_likelihood(latent, nothing, nothing) - gaussian_log_likelihood(latent, mean, log_variance),
        )

    def centre(self, mean: Tensor) -> None:
        """See `Autoencoder`."""
        _centre(self.encoder[0], mean, self.decoder[-1], mean)

    def imagine(self, count: int, noise: Noise, warmth: float = 1.0) -> Tensor:
        """See `Autoencoder`."""
        empty = next(self.parameters()).new_empty(count, self.latent_size)
        return self.decode_top(noise(empty) * warmth)

    def decode_top(self, latent: Tensor) -> Tensor:
        """Decode latents (n, latent_size)."""
        return torch.as_tensor(self.decoder(latent))


class Ladder(nn.Module):
    """Levels of latents drawn from the top down, each seeing what was drawn above it (Sønderby 2016, arXiv 1602.02282).

    Residual blocks with layer normalisation; the posterior of a level is its prior plus a learnt shift (Vahdat and Kautz 2020, arXiv 2007.03898),
    so that a level with nothing to say costs nothing.
    """

    def __init__(self, pixels: int, width: int = 384, levels: Sequence[int] = (24, 24, 24), blocks: int = 1) -> None:
        super().__init__()
        self.enter = nn.Linear(pixels, width)
        self.up = nn.ModuleList(_blocks(width, blocks) for _ in levels)
        self.top = nn.Parameter(torch.zeros(width))
        self.priors = nn.ModuleList(nn.Linear(width, 2 * size) for size in levels[1:])
        self.posteriors = nn.ModuleList(_posterior(width, size) for size in levels)
        self.inject = nn.ModuleList(nn.Linear(size, width) for size in levels)
        self.down = nn.ModuleList(_blocks(width, blocks) for _ in levels)
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, pixels))
        self._sizes = tuple(levels)
        self.latent_size = levels[0]
        for network in (*self.priors, *self.posteriors):
            _begin_near(network)

    def forward(self, pixels: Tensor, noise: Noise) -> Passed:
        """See `Autoencoder`."""
        return self.repeated(pixels, 1, noise)

    def repeated(self, pixels: Tensor, times: int, noise: Noise) -> Passed:
        """See `Autoencoder`."""
        seen, climbed = self.enter(pixels * 2 - 1), []
        for block in self.up:
            seen = block(seen)
            climbed.append(seen.repeat_interleave(times, 0) if times > 1 else seen)
        state = self.top.expand(len(climbed[0]), -1)
        divergences, log_weight = [], state.new_zeros(len(state))
        for level, below in enumerate(reversed(climbed)):
            prior_mean, prior_log = self._prior(level, state)
            shift, widening = self.posteriors[level](torch.cat([state, below], 1)).float().chunk(2, 1)
            mean, log_variance = prior_mean + shift, prior_log + widening.clamp(LEAST, MOST)
            latent = reparametrise(mean, log_variance, noise(mean))
            divergences.append(gaussian_kl_between(mean, log_variance, prior_mean, prior_log))
            log_weight = log_weight + gaussian_log_likelihood(latent, prior_mean, prior_log)
            log_weight = log_weight - gaussian_log_likelihood(latent, mean, log_variance)
            state = self.down[level](state + self.inject[level](latent))
        return Passed(self.leave(state), tuple(divergences), log_weight)

    def centre(self, mean: Tensor) -> None:
        """See `Autoencoder`."""
        _centre(self.enter, mean * 2 - 1, self.leave[-1], mean)

    def imagine(self, count: int, noise: Noise, warmth: float = 1.0) -> Tensor:
        """See `Autoencoder`."""
        return self._imagined(noise(self.top.new_empty(count, self.latent_size)) * warmth, noise, warmth)

    def decode_top(self, latent: Tensor) -> Tensor:
        """Decode latents of the top level (n, latent_size), the levels below at their means."""
        return self._imagined(latent, None, 0.0)

    def _imagined(self, latent: Tensor, noise: Noise | None, warmth: float) -> Tensor:
        state = self.top.expand(len(latent), -1)
        for level in range(len(self._sizes)):
            if level:
                latent, log_variance = self._prior(level, state)
                if noise is not None:
                    latent = latent + noise(latent) * torch.exp(0.5 * log_variance) * warmth
            state = self.down[level](state + self.inject[level](latent))
        return torch.as_tensor(self.leave(state))

    def _prior(self, level: int, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of a level's prior; the top one is standard normal."""
        if level == 0:
            nothing = state.new_zeros(len(state), self._sizes[0])
            return nothing, nothing
        mean, log_variance = self.priors[level - 1](state).float().chunk(2, 1)
        return mean, log_variance.clamp(LEAST, MOST)


class _Residual(nn.Module):
    """x + f(x), with f nothing at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.first, self.second = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(x + self.second(functional.gelu(self.first(self.norm(x)))))


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_Residual(width) for _ in range(count)))


def _posterior(width: int, size: int) -> nn.Sequential:
    return nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, 2 * size))


@torch.no_grad()
def _centre(enter: nn.Module, seen: Tensor, leave: nn.Module, mean: Tensor) -> None:
    """Take what is seen of the mean picture off the first layer; add the mean picture, as logits, to the last."""
    kept = mean.clamp(EDGE, 1 - EDGE)  # a pixel that is never on is no reason for an infinite logit
    torch.as_tensor(enter.bias).copy_(-(torch.as_tensor(enter.weight) @ seen))
    torch.as_tensor(leave.bias).copy_(torch.logit(kept))


def _begin_near(network: nn.Module) -> None:
    """Let a prior or posterior begin near all others, and near the standard normal."""
    last = [layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1]
    last.weight.data *= 0.1
    last.bias.data.zero_()


def noise_of(random: torch.Generator) -> Noise:
    """Return a source of standard normal noise. Drawn on the CPU, it is the same on every device."""
    return lambda tensor: torch.randn(tensor.shape, generator=random).to(tensor.device)


def shown(output: Tensor, channels: int, size: int) -> Tensor:
    """Return the mean of an autoencoder's raw output (n, pixels) as pictures, uint8 (n, channels, size, size): pixel noise is no detail."""
    return (torch.sigmoid(output) * 255).round().to(torch.uint8).view(-1, channels, size, size)
