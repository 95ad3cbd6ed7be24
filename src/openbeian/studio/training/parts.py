"""Networks and optimisers as one flat set of named tensors, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


def gather(networks: Mapping[str, nn.Module], optimisers: Mapping[str, Optimizer]) -> dict[str, Tensor]:
    """Return the tensors of networks (`generator.body.0.weight`) and optimisers (`optimiser.generator.3.exp_avg`)."""
    tensors = {
        f"{name}.{key}": value for name, network in networks.items() for key, value in network.state_dict().items()
    }
    for name, optimiser in optimisers.items():
        for number, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{name}.{number}.{key}": torch.as_tensor(value) for key, value in state.items()}
    return tensors


def scatter(
    tensors: Mapping[str, Tensor], networks: Mapping[str, nn.Module], optimisers: Mapping[str, Optimizer]
) -> None:
    """Put such tensors back.

    Raises:
        RuntimeError: they belong to networks of another shape.
    """
    for name, network in networks.items():
        network.load_state_dict(part(tensors, f"{name}."))
    for name, optimiser in optimisers.items():
        learnt = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in part(tensors, f"optimiser.{name}.").items():
            number, _, field = key.partition(".")
            state.setdefault(int(number), {})[field] = _laid_like(learnt[int(number)], value)
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _laid_like(parameter: Tensor, value: Tensor) -> Tensor:
    """Return a copy of a moment in the memory order of its parameter: a fused optimiser walks through both side by side."""
    return torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value.clone()


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose name begins with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def set_rate(optimiser: Optimizer, rate: float) -> None:
    """Set the learning rate of all groups."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def count_parameters(network: nn.Module) -> int:
    """Return how many numbers of a network are learnt."""
    return sum(parameter.numel() for parameter in network.parameters())


def limit_gradients(network: nn.Module, most: float) -> None:
    """Scale all gradients of a network down together so that their norm is at most this (Pascanu 2013, arXiv 1211.5063, section 3.2).

    As `clip_grad_norm_`, but gradients that are short enough are not walked through once more. None that is not finite is touched: the loop
    names it.
    """
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    if most < norm < math.inf:
        nn.utils.clip_grads_with_norm_(network.parameters(), most, norm)
