"""The games a generator and a discriminator play, as losses on raw scores, and the penalties that keep the discriminator smooth.

A score is what the discriminator says before any sigmoid. Where a formula speaks of a probability it is D = sigmoid(score); working on
scores keeps every loss finite, and its gradient exact, where D itself has rounded to 0 or 1. Every player *descends* its own loss; there is
no common loss of both.

`real` and `fake` are scores of any shape, usually (n,). Losses are means over all entries, scalars, in nats where they are logarithmic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

DRIFT = 1e-3

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Game:
    """One objective: what each player minimises, as a function of (real scores, fake scores).

    Attributes:
        name: the key in `GAMES`, and the word in a recipe.
        discriminator: the loss of the discriminator (or critic).
        generator: the loss of the generator; it does not read the real scores unless `generator_needs_real`.
        generator_needs_real: whether the update of the generator needs scores of real images.
        probabilistic: whether sigmoid(score) is a probability. Otherwise the score is a regression value or a height without a zero.
    """

    name: str
    discriminator: Loss
    generator: Loss
    generator_needs_real: bool = False
    probabilistic: bool = False


def logistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return -E[ln D(real)] - E[ln(1 - D(fake))], the cross-entropy of telling real from fake.

    Its minimum over D is 2 ln 2 - 2 JSD(real, fake), so 2 ln 2 when both agree. Goodfellow et al. 2014, arXiv 1406.2661, equation 1.
    """
    return softplus(-real).mean() + softplus(fake).mean()


def minimax_generator(_real: Tensor, fake: Tensor) -> Tensor:
    """Return E[ln(1 - D(fake))], the generator's side of the zero-sum game.

    Its gradient by the score is -D(fake): it *saturates*, vanishing just where the generator is worst. Goodfellow et al. 2014, section 3.
    """
    return -softplus(fake).mean()


def non_saturating_generator(_real: Tensor, fake: Tensor) -> Tensor:
    """Return -E[ln D(fake)], the generator's loss in practice.

    Same fixed point as `minimax_generator`; its gradient by the score is D(fake) - 1, strong where the generator is worst. Goodfellow et al.
    2014, section 3.
    """
    return softplus(-fake).mean()


def least_squares_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E[(real - 1)^2] + E[fake^2]: scores are regressed on 1 and 0, without a sigmoid.

    Mao et al. 2017, arXiv 1611.04076, equation 9 with the factor 1/2 left out, which scales both players alike.
    """
    return (real - 1).square().mean() + fake.square().mean()


def least_squares_generator(_real: Tensor, fake: Tensor) -> Tensor:
    """Return E[(fake - 1)^2]: the generator pulls its scores to those of real images.

    Pulling to 0 would be the discriminator's own aim. Mao et al. 2017, equation 9, without the factor 1/2.
    """
    return (fake - 1).square().mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E[max(0, 1 - real)] + E[max(0, 1 + fake)]: a score beyond its margin of 1 asks for no more.

    Lim and Ye 2017, arXiv 1705.02894; Miyato et al. 2018, arXiv 1802.05957, equation 16.
    """
    return relu(1 - real).mean() + relu(1 + fake).mean()


def critic_generator(_real: Tensor, fake: Tensor) -> Tensor:
    """Return -E[fake], the generator's loss of the hinge and Wasserstein games.

    Miyato et al. 2018, equation 17; Arjovsky et al. 2017, arXiv 1701.07875, algorithm 1.
    """
    return -fake.mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor, drift: float = DRIFT) -> Tensor:
    """Return E[fake] - E[real] + drift E[real^2]: minus the distance seen by the critic, plus a leash on its free constant.

    Minus the first two terms is the Wasserstein-1 distance when the critic is the best 1-Lipschitz function, which `interpolated_penalty`
    sees to. Arjovsky et al. 2017, equation 2; the drift is from Karras et al. 2018, arXiv 1710.10196, appendix A.1 (1e-3), and 0 gives WGAN-GP as
    first published.
    """
    return fake.mean() - real.mean() + drift * real.square().mean()


def relativistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E[softplus(fake - real)] = -E[ln sigmoid(real - fake)]: each real score should exceed that of its paired fake.

    Jolicoeur-Martineau 2018, arXiv 1807.00734 (RpGAN); with R1 and R2, Huang et al. 2024, arXiv 2501.05441.

    Raises:
        ValueError: the scores do not come in pairs; broadcasting would compare every one with every other, silently.
    """
    return softplus(-_margin(real, fake)).mean()


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E[softplus(real - fake)]: the discriminator's loss with the roles of real and fake exchanged.

    Sources as for `relativistic_discriminator`.

    Raises:
        ValueError: the scores do not come in pairs.
    """
    return softplus(_margin(real, fake)).mean()


def _margin(real: Tensor, fake: Tensor) -> Tensor:
    if real.shape != fake.shape:
        raise ValueError(f"scores come in pairs: {tuple(real.shape)} real against {tuple(fake.shape)} fake")
    return real - fake


GAMES: Mapping[str, Game] = MappingProxyType(
    {
        game.name: game
        for game in (
            Game("minimax", logistic_discriminator, minimax_generator, probabilistic=True),
            Game("non-saturating", logistic_discriminator, non_saturating_generator, probabilistic=True),
            Game("least-squares", least_squares_discriminator, least_squares_generator),
            Game("hinge", hinge_discriminator, critic_generator),
            Game("wasserstein", wasserstein_discriminator, critic_generator),
            Game("relativistic", relativistic_discriminator, relativistic_generator, generator_needs_real=True),
        )
    }
)


def gradient_penalty(score: Tensor, images: Tensor) -> Tensor:
    """Return the squared norm of the score's gradient at each image, shape (n,), differentiable by the discriminator's weights.

    At real images this is R1, at generated ones R2; either enters the discriminator's loss as gamma / 2 times its mean. The score is taken as
    already computed, so that one pass serves loss and penalty. Each score must depend on its own image only: no batch normalisation in the
    discriminator. Mescheder et al. 2018, arXiv 1801.04406, equations 9 and 10.

    Args:
        score: scores, shape (n,), computed from `images`.
        images: images with `requires_grad`, shape (n, ...).
    """
    return _gradients(score, images).square().flatten(1).sum(1)


def interpolated_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """Return (gradient norm - 1)^2 at one point between each real image and its fake, shape (n,).

    Its mean enters the critic's loss ten-fold. The point is a new leaf: neither images nor generator receive a gradient. Gulrajani et al.
    2017, arXiv 1704.00028, equation 3.

    Args:
        critic: from images (n, ...) to scores (n,); labels, where there are any, are bound inside.
        real: images, shape (n, ...).
        fake: images of the same shape.
        mix: where between real (0) and fake (1), uniform draws of shape (n,).
    """
    weight = mix.reshape(-1, *[1] * (real.dim() - 1))
    point = torch.lerp(real.detach(), fake.detach(), weight).requires_grad_()
    norm: Tensor = torch.linalg.vector_norm(_gradients(critic(point), point).flatten(1), dim=1)
    return (norm - 1).square()


def _gradients(score: Tensor, images: Tensor) -> Tensor:
    gradients: Tensor = torch.autograd.grad(score.sum(), images, create_graph=True)[0]
    return gradients
