"""Generator and discriminator for small pictures: convolution, transposed convolution, projection on the class.

DCGAN's plan (Radford 2016, arXiv 1511.06434) with the projection discriminator (Miyato 2018, arXiv 1802.05637). Plain on purpose: with
the relativistic objective and its penalties these networks reach more than larger ones with an older objective (benchmarks/results).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from openbeian.studio.networks.first import FirstConvolution

SLOPE = 0.2
HIDDEN = 128


class Generator(nn.Module):
    """Noise and class to a picture in [-1, 1]: a linear map to a small square, doubled by each transposed convolution.

    Args:
        size: edge of the picture in pixels; has to be a multiple of 2 to the power of `len(channels) - 1`.
        colours: channels of the picture, 1 or 3.
        channels: width of the square and of each doubling, widest first.
        noise: length of the noise vector.
        classes: how many classes; 0 makes an unconditional generator.
        is_normalised: batch normalisation before each activation.
        is_subpixel: the last doubling is one convolution that paints four pixels at once (Shi 2016, arXiv 1609.05158) instead of a layer of
            features at full size, which costs as much as all before it.
    """

    def __init__(
        self,
        *,
        size: int,
        colours: int,
        channels: Sequence[int],
        noise: int,
        classes: int,
        is_normalised: bool = True,
        is_subpixel: bool = False,
    ) -> None:
        super().__init__()
        self.noise = noise
        self.classes = classes
        edge = size >> (len(channels) - (0 if is_subpixel else 1))
        self._square = (edge, edge, channels[0])
        self.embedding = nn.Embedding(classes, noise) if classes else None
        self.enter = nn.Linear(noise * (2 if classes else 1), math.prod(self._square))
        layers: list[nn.Module] = [*_activated(channels[0], is_normalised)]
        for wide, narrow in pairwise(channels):
            layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1), *_activated(narrow, is_normalised)]
        self.body = nn.Sequential(*layers, *_painted(channels[-1], colours, is_subpixel), nn.Tanh())

    def forward(self, noise: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return pictures, shape (n, colours, size, size), for noise (n, noise) and labels (n,)."""
        if self.embedding is not None:
            # The class speaks as loudly as the noise: a vector of the noise's own expected length.
            said = functional.normalize(self.embedding(labels), dim=1) * math.sqrt(self.noise)
            noise = torch.cat([noise, said], dim=1)
        square = self.enter(noise).unflatten(1, self._square)
        return torch.as_tensor(self.body(square.permute(0, 3, 1, 2)))  # channels stay last in memory


def _painted(channels: int, colours: int, is_subpixel: bool) -> list[nn.Module]:  # noqa: FBT001 - a shape of the network
    if is_subpixel:
        return [nn.Conv2d(channels, 4 * colours, 3, 1, 1), nn.PixelShuffle(2)]
    return [nn.Conv2d(channels, colours, 3, 1, 1)]


def _activated(channels: int, is_normalised: bool) -> list[nn.Module]:  # noqa: FBT001 - a shape of the network
    return [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)] if is_normalised else [_leaky()]


def _leaky() -> nn.Module:
    """In place: no layer before it needs what it gave, and writing large maps anew costs more than changing them."""
    return nn.LeakyReLU(SLOPE, inplace=True)


def channels_last(pictures: Tensor) -> Tensor:
    """Return the same pictures, channels last in memory.

    With one channel both orders are the same numbers at the same places, and a tensor that does not say which it is is taken for channels first:
    the maps made from it are then turned round before the next layer, and their gradients after it.
    """
    if pictures.shape[1] == 1:
        return pictures.flatten(1, 2).unsqueeze(3).permute(0, 3, 1, 2)
    return pictures.contiguous(memory_format=torch.channels_last)


class FlattenLast(nn.Module):
    """A map of features (n, channels, height, width) as vectors, channels last.

    In that order maps lie in memory where convolutions are fastest: `nn.Flatten` would turn every map round, and every gradient back.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Return (n, height * width * channels)."""
        return features.permute(0, 2, 3, 1).flatten(1)


class Discriminator(nn.Module):
    """A picture and its class to one score: halving convolutions, no dropout, projection on the class.

    Args:
        size: edge of the picture in pixels.
        colours: channels of the picture.
        channels: width after each halving.
        classes: how many classes; 0 makes it unconditional.
        normalisation: `none`, `batch` (DCGAN; not in the first layer) or `spectral` (Miyato 2018, arXiv 1802.05957).
    """

    def __init__(
        self, *, size: int, colours: int, channels: Sequence[int], classes: int, normalisation: str = "none"
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (before, after) in enumerate(pairwise((colours, *channels))):
            # An odd edge is halved upwards by a kernel of 3, an even one exactly by a kernel of 4.
            kernel, size = (3, (size + 1) // 2) if size % 2 else (4, size // 2)
            layers.append((nn.Conv2d if number else FirstConvolution)(before, after, kernel, 2, 1))
            if normalisation == "batch" and number:
                layers.append(nn.BatchNorm2d(after))
            layers.append(_leaky())
        self.body = nn.Sequential(*layers, FlattenLast(), nn.Linear(channels[-1] * size * size, HIDDEN))
        self.score = nn.Linear(HIDDEN, 1)
        self.embedding = nn.Embedding(classes, HIDDEN) if classes else None
        if self.embedding is not None:
            nn.init.normal_(self.embedding.weight, std=0.1)
        _begin_seeing(self)
        if normalisation == "spectral":
            _bound_spectrally(self)

    def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return scores, shape (n,), larger for pictures that look real for their class."""
        seen = functional.leaky_relu(self.body(channels_last(pictures)), SLOPE)
        score = self.score(seen).squeeze(1)
        if self.embedding is not None:
            score = score + (self.embedding(labels) * seen).sum(1)
        return torch.as_tensor(score)


def _begin_seeing(network: nn.Module) -> None:
    """Let every layer pass on as much as it is given (He 2015, arXiv 1502.01852).

    A layer's usual beginning passes on a fraction only; after four of them a discriminator is nearly blind, and in a short training learning to
    see takes time that the generator waits for.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, SLOPE)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _bound_spectrally(network: nn.Module) -> None:
    """Divide every weight by its largest singular value."""
    for module in list(network.modules()):
        if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
            parametrizations.spectral_norm(module)


def as_pixels(pictures: Tensor) -> Tensor:
    """Return pictures in [-1, 1] as uint8."""
    return ((pictures.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
