"""A generative adversarial network in training: both players' steps, everything random from one generator."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from openbeian.studio.data.images import ImageSet
from openbeian.studio.networks.images import Discriminator, Generator, as_pixels
from openbeian.studio.objectives.adversarial import GAMES, gradient_penalty, interpolated_penalty
from openbeian.studio.recipes import ImageGan
from openbeian.studio.training.augmentation import AdaptiveAugmentation
from openbeian.studio.training.averages import Average, drawn, fresh_statistics
from openbeian.studio.training.batches import Batches
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.parts import count_parameters, gather, scatter, set_rate
from openbeian.studio.training.watching import Watch


class GanTraining:
    """Both players of a recipe on one training set; implements `Trainee`.

    Args:
        recipe: networks, objective, optimiser.
        pictures: the training set.
        seed: of weights, noise and order.
        hardware: where it runs.
        watch: looks at samples during training.
    """

    unit = "张"

    def __init__(self, recipe: ImageGan, pictures: ImageSet, seed: int, hardware: Hardware, watch: Watch) -> None:
        self._recipe, self._hardware, self._watch = recipe, hardware, watch
        self._game = GAMES[recipe.objective.game]
        classes = len(pictures.classes) if recipe.data.is_conditional and pictures.labels is not None else 0
        self._labels = pictures.labels.to(hardware.device) if classes and pictures.labels is not None else None
        self._pictures = hardware.place(pictures.floats())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator, self._discriminator = players(recipe, classes)
        self.generator, self._discriminator = (
            hardware.place_network(self.generator),
            hardware.place_network(self._discriminator),
        )
        self._average = Average(self.generator, recipe.optimiser.average)
        self._random = torch.Generator().manual_seed(seed)
        self._batches = Batches(len(pictures), recipe.optimiser.batch, seed, hardware.rank, hardware.count)
        self._augmentation = AdaptiveAugmentation(recipe.augmentation, self._random) if recipe.augmentation else None
        self._steps = 0
        self._optimisers = {
            "generator": _adam(self.generator, recipe.optimiser.generator_rate, recipe),
            "discriminator": _adam(self._discriminator, recipe.optimiser.discriminator_rate, recipe),
        }

    def step(self, rate: float) -> dict[str, Tensor]:
        """Take one step of each player (the discriminator's `critic_steps` times); see `Trainee.step`."""
        settings = self._recipe.optimiser
        set_rate(self._optimisers["generator"], settings.generator_rate * rate)
        set_rate(self._optimisers["discriminator"], settings.discriminator_rate * rate)
        for _ in range(self._recipe.objective.critic_steps - 1):
            real, labels = self._batch()
            with torch.no_grad():
                fake = self._imagine(labels)
            self._discriminator_step(real, fake, labels)
        real, labels = self._batch()
        fake = self._imagine(labels)  # one pass of the generator serves both updates
        discriminator_loss, real_scores = self._discriminator_step(real, fake.detach(), labels)
        generator_loss = self._generator_step(real_scores, fake, labels)
        self._average.follow(self.generator, self._steps)
        self._steps += 1
        return self._hardware.mean({"discriminator": discriminator_loss, "generator": generator_loss})

    def units(self) -> int:
        """Return how many pictures have been read."""
        return self._batches.drawn * self._recipe.optimiser.batch

    @property
    def epochs(self) -> float:
        """How many times the training set has been read."""
        return self._batches.epoch

    def check(self) -> Mapping[str, float]:
        """Look at samples of the averaged generator; see `Trainee.check`."""
        count = self._recipe.evaluation.check_samples
        noise, labels = drawn(self.generator, count, torch.Generator().manual_seed(0))
        with torch.no_grad():
            pictures = self.sampler()(
                self._hardware.place(noise), None if labels is None else self._hardware.place(labels)
            )
        augmented = {"augmentation": self._augmentation.probability} if self._augmentation else {}
        return self._watch.figures(as_pixels(pictures)) | augmented

    def alarm(self, figures: Mapping[str, float]) -> str | None:
        """See `Trainee.alarm`."""
        return self._watch.alarm(figures, self._steps)

    def sampler(self) -> Generator:
        """Return the averaged generator, ready to draw: its normalisation counts what its own weights make."""
        return fresh_statistics(copy.deepcopy(self._average.network), self._recipe.optimiser.batch)

    def parameters(self) -> dict[str, int]:
        """Return how many parameters each network has."""
        return {name: count_parameters(network) for name, network in self._networks().items() if name != "average"}

    def tensors(self) -> dict[str, Tensor]:
        """Return networks, average, optimisers, random state and place in the data; see `Trainee.tensors`."""
        own = {"random": self._random.get_state(), "counts": torch.tensor([self._steps, self._batches.drawn])}
        if self._augmentation:
            own["augmentation"] = torch.tensor(self._augmentation.probability, dtype=torch.float64)
        return gather(self._networks(), self._optimisers) | own

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take them back; see `Trainee.restore`."""
        scatter(tensors, self._networks(), self._optimisers)
        self._random.set_state(tensors["random"])
        self._steps, self._batches.drawn = (int(count) for count in tensors["counts"])
        if self._augmentation:
            self._augmentation.probability = float(tensors["augmentation"])

    def _networks(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "discriminator": self._discriminator, "average": self._average.network}

    def _batch(self) -> tuple[Tensor, Tensor | None]:
        rows = self._batches.take().to(self._hardware.device)
        return self._pictures[rows], self._labels[rows] if self._labels is not None else None

    def _imagine(self, labels: Tensor | None) -> Tensor:
        noise = torch.randn(self._recipe.optimiser.batch, self.generator.noise, generator=self._random)
        with self._hardware.precision():
            pictures: Tensor = self.generator(self._hardware.share(noise), labels)
        return pictures.float()

    def _discriminator_step(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """Update the discriminator; return its loss without penalties and the scores of the real pictures."""
        objective = self._recipe.objective
        is_penalised = self._steps % objective.penalty_every == 0 and bool(
            objective.real_penalty or objective.fake_penalty
        )
        real, fake = self._shown(real), self._shown(fake)
        both = torch.cat([real, fake]).requires_grad_(is_penalised)
        scores = self._scores(both, labels)
        real_scores, fake_scores = scores.chunk(2)
        loss = self._game.discriminator(real_scores, fake_scores)
        total = loss
        if is_penalised:
            slopes = gradient_penalty(scores, both)
            gammas = slopes.new_tensor([objective.real_penalty, objective.fake_penalty]).repeat_interleave(len(real))
            # gamma / 2 of the mean over each half, as much at once as is left out between.
            total = total + objective.penalty_every * (gammas * slopes).mean()
        if objective.interpolated_penalty:
            mix = self._hardware.share(torch.rand(self._recipe.optimiser.batch, generator=self._random))
            total = (
                total
                + objective.interpolated_penalty
                * interpolated_penalty(lambda x: self._score(x, labels), real, fake, mix).mean()
            )
        self._descend("discriminator", self._discriminator, total)
        if self._augmentation:
            sureness = {"sureness": torch.sign(real_scores - fake_scores).detach().mean()}
            self._augmentation.adapt(self._hardware.mean(sureness)["sureness"], self._recipe.optimiser.batch)
        return loss.detach(), real_scores.detach()

    def _generator_step(self, real_scores: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor:
        """Update the generator against the discriminator as it now is.

        The scores of the real pictures are those of the discriminator's own pass, one step old: they only shift the margin, and a pass saved is an
        eighth of the step.
        """
        self._discriminator.requires_grad_(False)
        loss = self._game.generator(real_scores, self._score(self._shown(fake), labels))
        self._descend("generator", self.generator, loss)
        self._discriminator.requires_grad_(True)
        return loss.detach()

    def _shown(self, pictures: Tensor) -> Tensor:
        return self._augmentation(pictures) if self._augmentation else pictures

    def _scores(self, both: Tensor, labels: Tensor | None) -> Tensor:
        """Score real and fake in one pass, or in two where batch normalisation must not see them mixed (Radford 2016)."""
        if self._recipe.discriminator.normalisation == "batch":
            return torch.cat([self._score(half, labels) for half in both.chunk(2)])
        return self._score(both, None if labels is None else torch.cat([labels, labels]))

    def _score(self, pictures: Tensor, labels: Tensor | None) -> Tensor:
        with self._hardware.precision():
            scores: Tensor = self._discriminator(pictures, labels)
        return scores.float()

    def _descend(self, name: str, network: nn.Module, loss: Tensor) -> None:
        optimiser = self._optimisers[name]
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._hardware.average_gradients(network)
        optimiser.step()


def players(recipe: ImageGan, classes: int) -> tuple[Generator, Discriminator]:
    """Return both networks of a recipe, with weights from the global random state."""
    size, colours = recipe.data.size, recipe.data.channels
    ours, theirs = recipe.generator, recipe.discriminator
    generator = Generator(
        size=size,
        colours=colours,
        channels=ours.channels,
        noise=ours.noise,
        classes=classes,
        is_normalised=ours.is_normalised,
        is_subpixel=ours.is_subpixel,
    )
    return generator, Discriminator(
        size=size, colours=colours, channels=theirs.channels, classes=classes, normalisation=theirs.normalisation
    )


def _adam(network: nn.Module, rate: float, recipe: ImageGan) -> torch.optim.Optimizer:
    moments = recipe.optimiser.first_moment, recipe.optimiser.second_moment
    return torch.optim.Adam(network.parameters(), rate, moments, fused=True)
