"""The networks the founding document describes in chapters 15, 17 and 18, each as printed and as repaired. For lessons, not for services.

They begin as their framework began them (Glorot 2010, biases at 0), so that what is seen here is what the document's reader would see.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

NOISE = 100
EDGE = 28
WIDTHS = (128, 256, 512, 1024)
PRINTED_SLOPE, USUAL_SLOPE = 0.01, 0.2
DROPOUT = 0.3


class DenseGenerator(nn.Module):
    """Chapter 18: dense layers from 100 numbers to the 784 of a picture, tanh at the end.

    Args:
        is_normalised: batch normalisation and LeakyReLU after each layer instead of ReLU alone; not in the document.
    """

    noise = NOISE

    def __init__(self, *, is_normalised: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise((NOISE, *WIDTHS)):
            layers.append(nn.Linear(before, after))
            layers += [nn.BatchNorm1d(after), nn.LeakyReLU(USUAL_SLOPE)] if is_normalised else [nn.ReLU()]
        shape = nn.Unflatten(1, (1, EDGE, EDGE))
        self.body = begun(nn.Sequential(*layers, nn.Linear(WIDTHS[-1], EDGE * EDGE), nn.Tanh(), shape))

    def forward(self, noise: Tensor) -> Tensor:
        """Return pictures, shape (n, 1, 28, 28), in [-1, 1] for noise (n, 100)."""
        return torch.as_tensor(self.body(noise))


class ConvolutionGenerator(nn.Module):
    """Chapter 17: three dense layers, then one transposed convolution of stride 2, which doubles the edge.

    Args:
        is_halved: the dense layers make four 14x14 maps, doubled to 28x28; as printed they make one 28x28 map, doubled to 56x56.
        is_bounded: tanh stands at the end; as printed it stands before the transposed convolution, whose output has no bounds.
    """

    noise = NOISE

    def __init__(self, *, is_halved: bool = True, is_bounded: bool = True) -> None:
        super().__init__()
        maps, edge = (4, EDGE // 2) if is_halved else (1, EDGE)
        dense = [nn.Linear(NOISE, 128), nn.ReLU(), nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, EDGE * EDGE)]
        inner, last = (nn.ReLU(), nn.Tanh()) if is_bounded else (nn.Tanh(), nn.Identity())
        shape = nn.Unflatten(1, (maps, edge, edge))
        self.body = begun(nn.Sequential(*dense, inner, shape, nn.ConvTranspose2d(maps, 1, 4, 2, 1), last))

    def forward(self, noise: Tensor) -> Tensor:
        """Return pictures, shape (n, 1, 28, 28), or (n, 1, 56, 56) as printed, for noise (n, 100)."""
        return torch.as_tensor(self.body(noise))


class PictureDiscriminator(nn.Module):
    """Chapters 17 and 18: two convolutions of stride 2 with LeakyReLU and dropout, one dense layer to one number.

    Args:
        ends_in_sigmoid: the number is a probability, as printed; otherwise a score.
        slope: of LeakyReLU below 0.
        dropout: share of values left out in training mode; in evaluation mode, in which the printed loops call the network, none are.
    """

    def __init__(self, *, ends_in_sigmoid: bool, slope: float = PRINTED_SLOPE, dropout: float = DROPOUT) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((1, 32), (32, 64)):
            # An even edge is halved with a line of nothing below and on the right only, as that framework does.
            layers += [nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(before, after, 3, 2)]
            layers += [nn.LeakyReLU(slope), nn.Dropout(dropout)]
        last = nn.Sigmoid() if ends_in_sigmoid else nn.Identity()
        self.body = begun(nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * (EDGE // 4) ** 2, 1), last))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return a probability or a score, shape (n, 1), for pictures (n, 1, 28, 28)."""
        return torch.as_tensor(self.body(pictures))


class BagGenerator(nn.Module):
    """Chapter 15: dense layers from noise to one probability for each word of the vocabulary. It is not told what was asked.

    Args:
        words: size of the vocabulary.
    """

    noise = NOISE

    def __init__(self, words: int) -> None:
        super().__init__()
        self.body = begun(nn.Sequential(*_dense((NOISE, *WIDTHS)), nn.Linear(WIDTHS[-1], words), nn.Sigmoid()))

    def forward(self, noise: Tensor) -> Tensor:
        """Return how likely each word is, shape (n, words), each in (0, 1) by itself, for noise (n, 100)."""
        return torch.as_tensor(self.body(noise))


class BagDiscriminator(nn.Module):
    """Chapter 15: dense layers from a bag of words to a probability.

    Args:
        words: size of the vocabulary.
    """

    def __init__(self, words: int) -> None:
        super().__init__()
        self.body = begun(nn.Sequential(*_dense((words, *WIDTHS)), nn.Linear(WIDTHS[-1], 1), nn.Sigmoid()))

    def forward(self, bags: Tensor) -> Tensor:
        """Return probabilities, shape (n, 1), for bags (n, words)."""
        return torch.as_tensor(self.body(bags))


class Combined(nn.Module):
    """Chapter 15: generator and discriminator in one model, whose second input leads nowhere.

    Args:
        generator: from noise.
        discriminator: of what the generator makes.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def forward(self, noise: Tensor, _text: Tensor) -> Tensor:
        """Return the discriminator's probabilities, shape (n, 1); the text is taken and not looked at, as printed."""
        return torch.as_tensor(self.discriminator(self.generator(noise)))


def begun(network: nn.Sequential) -> nn.Sequential:
    """Give matrices and kernels Glorot's uniform weights and set biases to 0, from the global random state."""
    for layer in network:
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    return network


def _dense(widths: Sequence[int]) -> list[nn.Module]:
    return [layer for before, after in pairwise(widths) for layer in (nn.Linear(before, after), nn.ReLU())]
