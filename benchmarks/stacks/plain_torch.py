"""The loop one would write after the examples of torch: eager, float32, pictures in rows of channels, Adam.

Variants for a pair of players: `two-passes` draws fakes anew for the generator's update, `one-pass` keeps those of the
discriminator's. Pictures lie in memory: what is compared is the step, not a loader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import networks
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from turns import arguments, take_turns


class TextbookVae(nn.Module):
    """784-400-20-400-784."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.mean, self.log_variance = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.widen, self.leave = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return reconstruction, mean and logarithm of the variance."""
        hidden = functional.relu(self.enter(pixels))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        latent = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return torch.sigmoid(self.leave(functional.relu(self.widen(latent)))), mean, log_variance


def vae_step(pixels: Tensor, batch: int) -> Callable[[], object]:
    """Return one step of the textbook's autoencoder on pixels (n, 784) in [0, 1]."""
    network, order = TextbookVae(), batches(len(pixels), batch)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)

    def step() -> None:
        seen = pixels[next(order)]
        optimiser.zero_grad()
        shown, mean, log_variance = network(seen)
        error = functional.binary_cross_entropy(shown, seen, reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        ((error + divergence) / batch).backward()
        optimiser.step()

    return step


def gan_step(network: str, pictures: Tensor, batch: int, *, is_drawn_twice: bool) -> Callable[[], object]:
    """Return one step of both players on pictures (n, 1, 28, 28) in [-1, 1]."""
    generator, discriminator = networks.players(network, has_dropout=True)
    ours, theirs = (torch.optim.Adam(one.parameters(), 2e-4, (0.5, 0.999)) for one in (generator, discriminator))
    order, criterion = batches(len(pictures), batch), nn.BCEWithLogitsLoss()
    real_label, fake_label = torch.ones(batch, 1), torch.zeros(batch, 1)

    def step() -> None:
        theirs.zero_grad()
        criterion(discriminator(pictures[next(order)]), real_label).backward()
        fake = generator(torch.randn(batch, networks.NOISE))
        criterion(discriminator(fake.detach()), fake_label).backward()
        theirs.step()
        ours.zero_grad()
        if is_drawn_twice:
            fake = generator(torch.randn(batch, networks.NOISE))
        criterion(discriminator(fake), real_label).backward()
        ours.step()

    return step


def batches(rows: int, batch: int) -> Iterator[Tensor]:
    """Yield row numbers without end, each pass in a new order, full batches only."""
    while True:
        yield from torch.randperm(rows)[: rows // batch * batch].split(batch)


def main() -> None:
    """Take turns."""
    wanted = arguments()
    torch.set_num_threads(wanted.threads)
    torch.manual_seed(1)
    pixels = torch.from_numpy(np.load(wanted.pictures)).unsqueeze(1).float()
    if wanted.network == "vae":
        step = vae_step(pixels.flatten(1) / 255, wanted.batch)
    else:
        twice = wanted.variant == "two-passes"
        step = gan_step(wanted.network, pixels / 127.5 - 1, wanted.batch, is_drawn_twice=twice)
    take_turns(step, {"torch": torch.__version__})


if __name__ == "__main__":
    main()
