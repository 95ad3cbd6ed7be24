"""The training loop of chapters 17 and 18, with a switch for each of its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import torch
from torch import Tensor, nn

from openbeian.studio.data.images import ImageData, load_images
from openbeian.studio.lessons.model import Played, Variant
from openbeian.studio.networks.document import EDGE, NOISE
from openbeian.studio.networks.images import as_pixels
from openbeian.studio.objectives.adversarial import Game, gradient_penalty

SAMPLES: Final = 1000
ALONE: Final = 0.4
EPSILON: Final = 1e-7  # of Adam, as the document's framework has it
SECOND_MOMENT: Final = 0.999
PENALTY_EVERY: Final = 4


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How a generator and a discriminator of pictures are trained.

    Attributes:
        generator: makes the network.
        discriminator: makes the network.
        game: what each descends; it reads whatever the discriminator returns.
        batch: pictures of a step.
        is_signed: pictures lie in [-1, 1], the range of tanh; otherwise in [0, 1].
        follows_batch: as many pictures are generated as there are real ones, also in the smaller last batch of an epoch.
        is_training: the discriminator is in training mode, so that its dropout works.
        is_in_turn: the generator meets the discriminator after its update (chapter 17), not before (chapter 18).
        rate: learning rate of both.
        first_moment: of Adam, of both.
        penalty: gamma of R1 and R2; 0 for none. Every fourth step takes it four-fold (Karras 2020, arXiv 1912.04958).
    """

    generator: Callable[[], nn.Module]
    discriminator: Callable[[], nn.Module]
    game: Game
    batch: int
    is_signed: bool
    follows_batch: bool
    is_training: bool
    is_in_turn: bool
    rate: float = 2e-4
    first_moment: float = 0.5
    penalty: float = 0.0


def picture_variant(name: str, change: str, rules: Rules) -> Variant[ImageData]:
    """Return the variant that trains by these rules."""
    return Variant(name, change, partial(_play, rules))


def single_repair(name: str, change: str, rules: Rules) -> Variant[ImageData]:
    """Return a variant with one fault put right, which takes fewer steps."""
    return Variant(name, change, partial(_play, rules), ALONE)


def load_pictures(source: str) -> ImageData:
    """Load pictures of the one size the document's networks know, 28x28 grey."""
    return load_images(source, size=EDGE, channels=1)


def _play(rules: Rules, data: ImageData, steps: int, seed: int) -> Played:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match = Match(rules)
        pictures = data.train.pixels.float() / 255
        batches = _batches(pictures * 2 - 1 if rules.is_signed else pictures, rules.batch)
        losses: list[tuple[float, float]] = []
        stopped = None
        try:
            losses.extend(match.step(next(batches)) for _ in range(steps))
        except RuntimeError as reason:  # what the printed code ends with is part of the lesson
            stopped = str(reason).partition("\n")[0]
        ours, theirs = zip(*losses, strict=True) if losses else ((), ())
        return Played(
            steps=len(losses),
            losses={"discriminator": list(ours), "generator": list(theirs)},
            stopped=stopped,
            pixels=match.samples(SAMPLES, seed),
        )


class Match:
    """Both players under some rules; weights, noise and dropout from the global random state."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.generator, self.discriminator = rules.generator(), rules.discriminator()
        self.discriminator.train(rules.is_training)
        self._steps = 0
        self._optimisers = {network: self._adam(network) for network in (self.generator, self.discriminator)}

    def step(self, real: Tensor) -> tuple[float, float]:
        """Take a step of each player on real pictures (n, 1, 28, 28); return the losses of discriminator and generator.

        Raises:
            RuntimeError: shapes do not fit, as in the code that was printed.
        """
        fake = self.generator(torch.randn(len(real) if self._rules.follows_batch else self._rules.batch, NOISE))
        loss, slopes = self._judge(real, fake.detach())
        if self._rules.is_in_turn:
            self._move(self.discriminator, slopes)
        generator_loss, generator_slopes = self._draw(real, fake)
        if not self._rules.is_in_turn:
            self._move(self.discriminator, slopes)
        self._move(self.generator, generator_slopes)
        self._steps += 1
        return loss, generator_loss

    @torch.no_grad()
    def samples(self, count: int, seed: int) -> Tensor:
        """Return pictures, uint8 (count, 1, height, width), as whoever chose the range would show them."""
        noise = torch.randn(count, NOISE, generator=torch.Generator().manual_seed(seed))
        self.generator.eval()
        drawn = torch.cat([self.generator(part) for part in noise.chunk(-(-count // 500))])
        self.generator.train()
        return as_pixels(drawn if self._rules.is_signed else drawn * 2 - 1)

    def _judge(self, real: Tensor, fake: Tensor) -> tuple[float, Sequence[Tensor]]:
        """Return the discriminator's loss and its slopes, those of the penalty with them."""
        is_penalised = self._rules.penalty > 0 and self._steps % PENALTY_EVERY == 0
        real, fake = (each.detach().requires_grad_(is_penalised) for each in (real, fake))
        of_real, of_fake = self.discriminator(real), self.discriminator(fake)
        loss = self._rules.game.discriminator(of_real, of_fake)
        total = loss
        if is_penalised:
            curbed = gradient_penalty(of_real, real).mean() + gradient_penalty(of_fake, fake).mean()
            total = loss + PENALTY_EVERY * self._rules.penalty / 2 * curbed
        return loss.item(), torch.autograd.grad(total, list(self.discriminator.parameters()))

    def _draw(self, real: Tensor, fake: Tensor) -> tuple[float, Sequence[Tensor]]:
        game = self._rules.game
        of_fake = self.discriminator(fake)
        of_real = self.discriminator(real) if game.generator_needs_real else of_fake
        loss = game.generator(of_real, of_fake)
        return loss.item(), torch.autograd.grad(loss, list(self.generator.parameters()))

    def _move(self, network: nn.Module, slopes: Sequence[Tensor]) -> None:
        for parameter, slope in zip(network.parameters(), slopes, strict=True):
            parameter.grad = slope
        self._optimisers[network].step()

    def _adam(self, network: nn.Module) -> torch.optim.Optimizer:
        moments = self._rules.first_moment, SECOND_MOMENT
        return torch.optim.Adam(network.parameters(), self._rules.rate, moments, eps=EPSILON)


def _batches(pictures: Tensor, batch: int) -> Iterator[Tensor]:
    """Yield batches without end, each epoch in a new order and to its last picture."""
    while True:
        order = torch.randperm(len(pictures))
        yield from (pictures[order[start : start + batch]] for start in range(0, len(pictures), batch))
