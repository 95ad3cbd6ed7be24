"""One step of each training of a generator of texts: by likelihood, and against a discriminator."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from openbeian.studio.data.symbols import before
from openbeian.studio.models.validation import Encoded
from openbeian.studio.networks.line_discriminator import LineDiscriminator
from openbeian.studio.networks.sequences import UNKNOWN, Dropped, LineGenerator, imagine
from openbeian.studio.objectives.adversarial import GAMES, gradient_penalty
from openbeian.studio.recipes.lines import TextGan
from openbeian.studio.training.parts import set_rate


class Teaching:
    """Steps by likelihood: each next character of real texts, with parts of what is read left out."""

    def __init__(self, recipe: TextGan, generator: LineGenerator, texts: Encoded, random: torch.Generator) -> None:
        self._recipe, self._generator, self._texts, self._random = recipe, generator, texts, random
        self.optimiser = torch.optim.Adam(generator.parameters(), recipe.optimiser.rate, (0.9, 0.99))

    def step(self, rows: Tensor, rate: float) -> dict[str, Tensor]:
        """Take one step on these rows at a share of the full rate; return the loss in nats a character."""
        set_rate(self.optimiser, self._recipe.optimiser.rate * rate)
        loss = self.loss(rows)
        descend(self.optimiser, self._generator, loss, self._recipe.optimiser.gradient_norm)
        return {"likelihood": loss.detach()}

    def loss(self, rows: Tensor) -> Tensor:
        """Return nats a character with a fresh mask."""
        rows = rows.to(self._texts.symbols.device)
        symbols, counted = self._texts.symbols[rows], self._texts.counted[rows]
        scores = self._generator(self._blurred(before(symbols)), self._texts.asked.rows(rows), self._masks(len(rows)))
        return functional.cross_entropy(scores[counted], symbols[counted])

    def _blurred(self, read: Tensor) -> Tensor:
        """Return what is read with some characters unknown: what is unknown in a held-out text has then been seen before."""
        is_lost = torch.rand(read.shape, generator=self._random) < self._recipe.objective.unknown_share
        return torch.where(is_lost.to(read.device), UNKNOWN, read)

    def _masks(self, count: int) -> Dropped:
        """Return masks that are the same at all steps of a text (Gal and Ghahramani 2016, arXiv 1512.05287)."""
        objective, wanted = self._recipe.objective, self._recipe.generator
        return Dropped(
            self._mask(count, wanted.embedding, objective.embedding_dropout),
            self._mask(count, wanted.width, objective.state_dropout),
        )

    def _mask(self, count: int, length: int, share: float) -> Tensor:
        kept = torch.rand(count, 1, length, generator=self._random) >= share
        return kept.to(self._texts.symbols.device) / (1 - share)


class Playing:
    """Steps of both players on soft texts (RelGAN, Nie 2019): one pass of the generator serves both updates."""

    def __init__(
        self,
        recipe: TextGan,
        generator: LineGenerator,
        discriminator: LineDiscriminator,
        texts: Encoded,
        random: torch.Generator,
    ) -> None:
        self._recipe, self._generator, self._discriminator = recipe, generator, discriminator
        self._texts, self._random = texts, random
        self._game = GAMES[recipe.objective.game]
        self._teaching = Teaching(recipe, generator, texts, random)
        moments = (0.5, 0.99)
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "generator": torch.optim.Adam(generator.parameters(), recipe.optimiser.generator_rate, moments),
            "discriminator": torch.optim.Adam(discriminator.parameters(), recipe.optimiser.discriminator_rate, moments),
        }

    def step(self, rows: Tensor, rate: float, share: float) -> dict[str, Tensor]:
        """Take one step of each player.

        Args:
            rows: of the real texts; the generator is asked for texts for the same conditions.
            rate: share of the full rates.
            share: how much of this training is done, 0 to 1: the soft choices sharpen with it.
        """
        settings, sharpness = self._recipe.optimiser, self._recipe.objective.sharpness**share
        set_rate(self.optimisers["generator"], settings.generator_rate * rate)
        set_rate(self.optimisers["discriminator"], settings.discriminator_rate * rate)
        rows = rows.to(self._texts.symbols.device)
        asked = self._texts.asked.rows(rows)
        fake = imagine(self._generator, asked, sharpness, self._random)
        discriminator_loss, real_scores = self._discriminator_step(
            self._texts.symbols[rows], fake.detach(), asked.conditions
        )
        return {"discriminator": discriminator_loss} | self._generator_step(rows, real_scores, fake, asked.conditions)

    def _discriminator_step(self, real: Tensor, fake: Tensor, conditions: Tensor) -> tuple[Tensor, Tensor]:
        gamma = self._recipe.objective.real_penalty
        read = self._discriminator.read(real)
        real_scores = self._discriminator(read, conditions)
        loss = self._game.discriminator(real_scores, self._discriminator(self._discriminator.read(fake), conditions))
        total = loss + gamma / 2 * gradient_penalty(real_scores, read).mean() if gamma else loss
        norm = self._recipe.optimiser.gradient_norm
        descend(self.optimisers["discriminator"], self._discriminator, total, norm)
        return loss.detach(), real_scores.detach()

    def _generator_step(self, rows: Tensor, real_scores: Tensor, fake: Tensor, conditions: Tensor) -> dict[str, Tensor]:
        weight = self._recipe.objective.likelihood_weight
        self._discriminator.requires_grad_(False)
        loss = self._game.generator(real_scores, self._discriminator(self._discriminator.read(fake), conditions))
        likelihood = self._teaching.loss(rows) if weight else None
        total = loss if likelihood is None else loss + weight * likelihood
        descend(self.optimisers["generator"], self._generator, total, self._recipe.optimiser.gradient_norm)
        self._discriminator.requires_grad_(True)
        return {"generator": loss.detach()} | ({} if likelihood is None else {"likelihood": likelihood.detach()})


def descend(optimiser: torch.optim.Optimizer, network: nn.Module, loss: Tensor, longest: float) -> None:
    """Take one step down a loss, its gradient no longer than `longest`."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), longest)
    optimiser.step()
