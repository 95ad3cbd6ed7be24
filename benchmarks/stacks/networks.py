"""The networks both torch stacks train: chapter 18's, and of the size DCGAN has for 28x28 pictures."""

from __future__ import annotations

from torch import nn

from openbeian.studio.networks.document import DROPOUT, PRINTED_SLOPE, DenseGenerator, PictureDiscriminator

NOISE = 100
WIDE, NARROW = 128, 64
SQUARE = 7


def players(network: str, *, has_dropout: bool, is_normalised: bool = True) -> tuple[nn.Module, nn.Module]:
    """Return generator and discriminator by name, `chapter-18` or `dcgan`, with weights from the global random state.

    Args:
        network: which.
        has_dropout: in chapter 18's discriminator; the other one has none.
        is_normalised: batch normalisation in DCGAN's discriminator; chapter 18's has none.
    """
    if network == "chapter-18":
        dropout = DROPOUT if has_dropout else 0.0
        discriminator = PictureDiscriminator(ends_in_sigmoid=False, slope=PRINTED_SLOPE, dropout=dropout)
        return DenseGenerator(), discriminator
    return _dcgan_generator(), _dcgan_discriminator(is_normalised=is_normalised)


def _dcgan_generator() -> nn.Module:
    return nn.Sequential(
        nn.Linear(NOISE, WIDE * SQUARE**2),
        nn.Unflatten(1, (WIDE, SQUARE, SQUARE)),
        nn.BatchNorm2d(WIDE),
        nn.ReLU(),
        nn.ConvTranspose2d(WIDE, NARROW, 4, 2, 1),
        nn.BatchNorm2d(NARROW),
        nn.ReLU(),
        nn.ConvTranspose2d(NARROW, 1, 4, 2, 1),
        nn.Tanh(),
    )


def _dcgan_discriminator(*, is_normalised: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, NARROW, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(NARROW, WIDE, 4, 2, 1),
        nn.BatchNorm2d(WIDE) if is_normalised else nn.Identity(),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(WIDE * SQUARE**2, 1),
    )
