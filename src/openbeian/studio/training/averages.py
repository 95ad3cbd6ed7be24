"""The running average of a network's weights: better samples than the last step's, for nothing (Yazici 2019, arXiv 1806.04498)."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from openbeian.studio.networks.images import Generator

N = TypeVar("N", bound=nn.Module)
BATCHES = 20
"""How many batches the statistics of an averaged network are counted on."""


class Average(Generic[N]):
    """A copy of a network that follows it slowly.

    Args:
        network: what is followed.
        decay: how much of the average stays at each step, 0 to 1; 0 makes it the network itself. The first steps count more, so that the average
            does not remember where training began.
    """

    def __init__(self, network: N, decay: float) -> None:
        self.network: N = copy.deepcopy(network).requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def follow(self, network: N, step: int) -> None:
        """Move towards the network as it is after step number `step` (from 0)."""
        decay = min(self._decay, (step + 1) / (step + 10))
        ours: list[torch.Tensor] = list(self.network.parameters())
        theirs: list[torch.Tensor] = list(network.parameters())
        torch._foreach_lerp_(ours, theirs, 1 - decay)
        for our, their in zip(self.network.buffers(), network.buffers(), strict=True):
            our.copy_(their)


@torch.no_grad()
def fresh_statistics(network: Generator, batch: int, seed: int = 0) -> Generator:
    """Count a generator's batch-normalisation statistics anew and return it in evaluation mode.

    The statistics that came along belong to the weights of one step; averaged weights make others. A generator without batch normalisation is
    only put into evaluation mode.
    """
    layers = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    if layers:
        random = torch.Generator().manual_seed(seed)
        momentum = [layer.momentum for layer in layers]
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # a plain mean over all batches
        network.train()
        device = next(network.parameters()).device
        for _ in range(BATCHES):
            noise, labels = drawn(network, max(batch, 256), random)
            network(noise.to(device), labels.to(device) if labels is not None else None)
        for layer, kept in zip(layers, momentum, strict=True):
            layer.momentum = kept
    return network.eval()


def drawn(network: Generator, count: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Draw noise (count, noise) and labels (count,), None for an unconditional generator."""
    noise = torch.randn(count, network.noise, generator=random)
    return noise, torch.randint(network.classes, (count,), generator=random) if network.classes else None
