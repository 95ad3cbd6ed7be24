"""Generator against discriminator, in numbers: the document's own examples, its signs and labels, and saturation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from openbeian.studio.objectives.adversarial import (
    GAMES,
    Game,
    least_squares_discriminator,
    least_squares_generator,
    logistic_discriminator,
    non_saturating_generator,
)

REAL, FAKE = 0.95, 0.45  # D(x) and D(G(z)) of chapter 13
BELIEVED = 0.9  # D(G(z)) of its first example
WEIGHT = 0.5  # lambda of its weighted total
NON_SATURATING = GAMES["non-saturating"]


def score(probability: float) -> Tensor:
    """Return the score whose sigmoid is a probability, as a batch of one in double precision."""
    return torch.tensor([math.log(probability / (1 - probability))], dtype=torch.float64)


@dataclass(frozen=True)
class Judged:
    """A game at one pair of scores: both losses, and their derivatives by the scores."""

    name: str
    discriminator: float
    generator: float
    discriminator_by_real: float
    discriminator_by_fake: float
    generator_by_fake: float


def judged(game: Game, real: Tensor, fake: Tensor) -> Judged:
    """Return losses and derivatives of a game, the derivatives by differentiation of the losses used in training."""
    real, fake = real.clone().requires_grad_(), fake.clone().requires_grad_()
    loss_d, loss_g = game.discriminator(real, fake), game.generator(real, fake)
    by_real, by_fake = torch.autograd.grad(loss_d, (real, fake))
    (g_by_fake,) = torch.autograd.grad(loss_g, fake)
    return Judged(game.name, loss_d.item(), loss_g.item(), by_real.item(), by_fake.item(), g_by_fake.item())


@dataclass(frozen=True)
class FirstExample:
    """Section 13.1: D(G(z)) = 0.9."""

    generator: float
    generator_in_bits: float
    discriminator_part: float


def first_example() -> FirstExample:
    """Return the generator's loss in nats, the same in bits (what was printed), and what the discriminator pays for its belief."""
    fake = score(BELIEVED)
    loss = non_saturating_generator(fake, fake).item()
    return FirstExample(loss, loss / math.log(2), torch.nn.functional.softplus(fake).item())


@dataclass(frozen=True)
class SecondExample:
    """Sections 13.2 and 13.3: D(x) = 0.95 and D(G(z)) = 0.45."""

    ln_real: float
    ln_not_fake: float
    discriminator: float
    generator: float
    total: float
    total_by_fake: float
    total_floor: float


def second_example() -> SecondExample:
    """Return both losses, and what the weighted total of both would ask of the generated picture."""
    real, fake = score(REAL), score(FAKE).requires_grad_()
    loss_d, loss_g = NON_SATURATING.discriminator(real, fake), NON_SATURATING.generator(real, fake)
    total = WEIGHT * loss_g + (1 - WEIGHT) * loss_d
    (by_fake,) = torch.autograd.grad(total, fake)
    return SecondExample(
        ln_real=math.log(REAL),
        ln_not_fake=math.log(1 - FAKE),
        discriminator=loss_d.item(),
        generator=loss_g.item(),
        total=total.item(),
        total_by_fake=by_fake.item(),
        total_floor=-WEIGHT * math.log(WEIGHT) - (1 - WEIGHT) * math.log(1 - WEIGHT),
    )


@dataclass(frozen=True)
class Step:
    """One update of rate 1 applied to the scores themselves: the loss before, after the printed sign, after the right one."""

    before: float
    printed: float
    right: float


def generator_step() -> Step:
    """Return the generator's loss around one step of section 11.2.1, printed as theta + alpha grad L_G."""
    fake = score(FAKE)
    slope = judged(NON_SATURATING, score(REAL), fake).generator_by_fake
    before, printed, right = (non_saturating_generator(fake, fake + sign * slope).item() for sign in (0, 1, -1))
    return Step(before, printed, right)


def discriminator_step() -> Step:
    """Return the discriminator's loss around one step of section 11.2.2, printed as theta + beta grad L_D and called descent."""
    real, fake = score(REAL), score(FAKE)
    at = judged(NON_SATURATING, real, fake)
    before, printed, right = (
        logistic_discriminator(real + sign * at.discriminator_by_real, fake + sign * at.discriminator_by_fake).item()
        for sign in (0, 1, -1)
    )
    return Step(before, printed, right)


@dataclass(frozen=True)
class Slope:
    """How hard the two generator losses push a score of a given D(G(z)) upwards (derivatives; both negative)."""

    believed: float
    minimax: float
    non_saturating: float


def saturation(beliefs: Sequence[float] = (0.5, 0.1, 0.01, 0.001)) -> list[Slope]:
    """Return both derivatives for discriminators that are ever surer that a picture is generated."""
    return [
        Slope(
            belief,
            judged(GAMES["minimax"], score(REAL), score(belief)).generator_by_fake,
            judged(NON_SATURATING, score(REAL), score(belief)).generator_by_fake,
        )
        for belief in beliefs
    ]


@dataclass(frozen=True)
class Mislabelled:
    """What the training loops of chapters 15, 17 and 18 ask: derivatives by D's output or score, printed and right, and a floor."""

    logistic_printed: float
    logistic_right: float
    squares_printed: float
    squares_right: float
    floor_of_double_sigmoid: float


def mislabelled() -> Mislabelled:
    """Return the generator's derivatives at D(G(z)) = 0.45 and the least loss of a discriminator whose sigmoid is taken twice."""
    fake, output = score(FAKE).requires_grad_(), torch.tensor([FAKE], dtype=torch.float64, requires_grad=True)
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    printed = (torch.nn.functional.softplus(fake), least_squares_discriminator(one, output))
    right = (non_saturating_generator(fake, fake), least_squares_generator(output, output))
    return Mislabelled(
        torch.autograd.grad(printed[0], fake)[0].item(),
        torch.autograd.grad(right[0], fake)[0].item(),
        torch.autograd.grad(printed[1], output)[0].item(),
        torch.autograd.grad(right[1], output)[0].item(),
        logistic_discriminator(one, zero).item(),
    )
