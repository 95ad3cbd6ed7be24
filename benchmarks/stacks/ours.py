"""Our own training step, as `openbeian train` takes it, on the networks of the comparison.

Variants: `same` plays the other stacks' game, `bfloat16` the same in that precision, `recommended` the objective of the
shipped recipe, relativistic with lazy R1 and R2, which is what these networks would be trained with.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from unittest.mock import patch

import networks
import numpy as np
import torch
from torch import Tensor, nn
from turns import arguments, take_turns

from openbeian.studio.data.images import ImageSet
from openbeian.studio.networks.document import PictureDiscriminator
from openbeian.studio.networks.first import FirstConvolution
from openbeian.studio.networks.images import FlattenLast, channels_last
from openbeian.studio.recipes import Evaluation, Machine, load_recipe
from openbeian.studio.training import gan
from openbeian.studio.training.gan import GanTraining
from openbeian.studio.training.machine import Hardware, hardware
from openbeian.studio.training.vae import VaeTraining
from openbeian.studio.training.watching import Watch

SAME_GAME = (
    "objective.game=non-saturating",
    "objective.real_penalty=0",
    "objective.fake_penalty=0",
    "optimiser.generator_rate=2.0e-4",
    "optimiser.discriminator_rate=2.0e-4",
    "optimiser.first_moment=0.5",
)
TEXTBOOK = (
    "network.network=plain",
    "network.width=400",
    "network.levels=[20]",
    "network.is_centred=false",
    "optimiser.rate=1.0e-3",
)
UNWATCHED = Watch(lambda _: (1.0, 1.0), Evaluation())


class Unconditional(nn.Module):
    """A network as `GanTraining` calls one, without classes, on maps that lie channels last as those of the studio's own networks."""

    noise = networks.NOISE
    classes = 0

    def __init__(self, body: nn.Module, *, is_scoring: bool = False) -> None:
        super().__init__()
        self.body, self._is_scoring = body, is_scoring

    def forward(self, entering: Tensor, _labels: Tensor | None = None) -> Tensor:
        """Return pictures (n, 1, 28, 28) for noise, or scores (n,) for pictures."""
        leaving = self.body(channels_last(entering) if self._is_scoring else entering)
        return leaving.squeeze(1) if self._is_scoring else leaving


def as_built_here(discriminator: nn.Module) -> nn.Module:
    """Return a discriminator of the same layers and widths, built as the studio builds its own: one way back to the picture, maps never turned.

    A line of nothing on the right and below, or all around, is the same network on pictures seen in a mirror; within the convolution it costs
    nothing.
    """
    given = discriminator.body if isinstance(discriminator, PictureDiscriminator) else discriminator
    layers: list[nn.Module] = []
    for layer in given.children():
        if isinstance(layer, nn.Conv2d):
            made = nn.Conv2d if layer.in_channels > 1 else FirstConvolution
            layers.append(made(layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, 1))
        elif isinstance(layer, nn.Flatten):
            layers.append(FlattenLast())
        elif isinstance(layer, nn.LeakyReLU):
            layers.append(nn.LeakyReLU(layer.negative_slope, inplace=True))
        elif not isinstance(layer, nn.ZeroPad2d | nn.Dropout | nn.Identity):
            layers.append(layer)
    return nn.Sequential(*layers)


def stepper(wanted: Namespace, pictures: ImageSet, where: Hardware) -> Callable[[], object]:
    """Return what takes one step."""
    usual = [f"optimiser.batch={wanted.batch}", "data.is_conditional=false"]
    if wanted.network == "vae":
        trained = VaeTraining(load_recipe("digits-vae", [*usual, *TEXTBOOK]), pictures, 1, where, UNWATCHED)
        return lambda: trained.step(1.0)
    is_same = wanted.variant != "recommended"
    normalised = (
        wanted.network == "dcgan" and is_same
    )  # a penalty on gradients and batch normalisation exclude each other
    settings = [
        *usual,
        f"discriminator.normalisation={'batch' if normalised else 'none'}",
        *(SAME_GAME if is_same else ()),
    ]
    made = networks.players(wanted.network, has_dropout=False, is_normalised=normalised)
    both = Unconditional(made[0]), Unconditional(as_built_here(made[1]), is_scoring=True)
    # Recipes know one family of networks; only which networks are made is replaced, the step is the real one.
    with patch.object(gan, "players", lambda *_: both):
        playing = GanTraining(load_recipe("digits-gan", settings), pictures, 1, where, UNWATCHED)
    return lambda: playing.step(1.0)


def main() -> None:
    """Take turns."""
    wanted = arguments()
    pixels = torch.from_numpy(np.load(wanted.pictures)).unsqueeze(1)
    precision = "bfloat16" if wanted.variant == "bfloat16" else "float32"
    torch.manual_seed(1)
    with hardware(Machine(device="cpu", threads=wanted.threads, precision=precision)) as where:
        take_turns(stepper(wanted, ImageSet(pixels, None, (), None), where), {"torch": torch.__version__})


if __name__ == "__main__":
    main()
