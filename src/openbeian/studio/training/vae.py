"""A variational autoencoder in training."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from openbeian.studio.data.images import ImageSet
from openbeian.studio.networks.latent import Ladder, Passed, Plain, noise_of, shown
from openbeian.studio.objectives.variational import (
    bernoulli_log_likelihood,
    importance_weighted_bound,
    optimal_variance_log_likelihood,
    squared_error,
)
from openbeian.studio.recipes import ImageVae
from openbeian.studio.training.averages import Average
from openbeian.studio.training.batches import Batches
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.parts import count_parameters, gather, limit_gradients, scatter, set_rate
from openbeian.studio.training.watching import Watch


class VaeTraining:
    """An autoencoder of a recipe on one training set; implements `Trainee`.

    Args:
        recipe: network, objective, optimiser.
        pictures: the training set.
        seed: of weights, noise and order.
        hardware: where it runs.
        watch: looks at samples during training.
    """

    unit = "张"

    def __init__(self, recipe: ImageVae, pictures: ImageSet, seed: int, hardware: Hardware, watch: Watch) -> None:
        self._recipe, self._hardware, self._watch = recipe, hardware, watch
        self._pixels = hardware.place(pictures.pixels.flatten(1))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = hardware.place_network(autoencoder(recipe))
        if recipe.network.is_centred:
            self.network.centre(self._pixels.float().mean(0) / 255)
        self.average = Average(self.network, recipe.optimiser.average)
        self._random = torch.Generator().manual_seed(seed)
        self._batches = Batches(len(pictures), recipe.optimiser.batch, seed, hardware.rank, hardware.count)
        self._steps = 0
        settings = recipe.optimiser
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(),
            settings.rate,
            (settings.first_moment, settings.second_moment),
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def step(self, rate: float) -> dict[str, Tensor]:
        """Take one step of encoder and decoder together; see `Trainee.step`."""
        settings = self._recipe.optimiser
        set_rate(self._optimiser, settings.rate * rate)
        greys = self._pixels[self._batches.take().to(self._hardware.device)]
        is_binary = self._recipe.objective.observation == "bernoulli"
        losses, loss = self._losses(self._binarised(greys) if is_binary else greys.float() / 255)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._hardware.average_gradients(self.network)
        limit_gradients(self.network, settings.gradient_norm)
        self._optimiser.step()
        self.average.follow(self.network, self._steps)
        self._steps += 1
        return self._hardware.mean(losses)

    def units(self) -> int:
        """Return how many pictures have been read."""
        return self._batches.drawn * self._recipe.optimiser.batch

    @property
    def epochs(self) -> float:
        """How many times the training set has been read."""
        return self._batches.epoch

    def check(self) -> Mapping[str, float]:
        """Look at samples of the averaged network; see `Trainee.check`."""
        data, noise = self._recipe.data, noise_of(torch.Generator().manual_seed(0))
        with torch.no_grad():
            output = self.average.network.imagine(self._recipe.evaluation.check_samples, noise)
        return self._watch.figures(shown(output, data.channels, data.size))

    def alarm(self, figures: Mapping[str, float]) -> str | None:
        """See `Trainee.alarm`."""
        return self._watch.alarm(figures, self._steps)

    def sampler(self) -> Plain | Ladder:
        """Return the averaged network, ready to draw."""
        return self.average.network.eval()

    def parameters(self) -> dict[str, int]:
        """Return how many parameters the network has."""
        return {"network": count_parameters(self.network)}

    def tensors(self) -> dict[str, Tensor]:
        """Return network, average, optimiser, random state and place in the data; see `Trainee.tensors`."""
        counts = torch.tensor([self._steps, self._batches.drawn])
        return gather(self._networks(), {"network": self._optimiser}) | {
            "random": self._random.get_state(),
            "counts": counts,
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take them back; see `Trainee.restore`."""
        scatter(tensors, self._networks(), {"network": self._optimiser})
        self._random.set_state(tensors["random"])
        self._steps, self._batches.drawn = (int(count) for count in tensors["counts"])

    def _networks(self) -> dict[str, nn.Module]:
        return {"network": self.network, "average": self.average.network}

    def _binarised(self, greys: Tensor) -> Tensor:
        """Draw black and white anew: the same picture is another one each time (Burda 2016, section 5).

        A grey of 0 to 255 is above a number drawn from 0 to 254 in exactly that many of 255 cases.
        """
        drawn = torch.empty(self._recipe.optimiser.batch, greys.shape[1], dtype=torch.uint8)
        return (self._hardware.share(drawn.random_(0, 255, generator=self._random)) < greys).float()

    def _losses(self, pixels: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return what is told of a step, and what it descends on."""
        objective = self._recipe.objective
        times = objective.importance_samples
        with self._hardware.precision():
            passed: Passed = self.network.repeated(pixels, times, self._hardware.noise_of(self._random))
        seen = pixels.repeat_interleave(times, 0) if times > 1 else pixels
        likelihood = log_likelihood(objective.observation, passed.output.float(), seen)
        divergence = torch.stack(passed.divergences).sum(0)
        if times > 1:
            weights = (likelihood + passed.log_weight).view(-1, times).T
            loss = -importance_weighted_bound(weights).mean()
        else:
            warmth = min(1.0, self._steps / objective.kl_warm_up) if objective.kl_warm_up else 1.0
            loss = (warmth * divergence - likelihood).mean()
        told = {"likelihood": likelihood.detach().mean(), "divergence": divergence.detach().mean()}
        return told | {"bound": told["likelihood"] - told["divergence"]}, loss


def autoencoder(recipe: ImageVae) -> Plain | Ladder:
    """Return the network of a recipe, with weights from the global random state."""
    pixels = recipe.data.channels * recipe.data.size**2
    ours = recipe.network
    if ours.network == "plain":
        return Plain(pixels, ours.width, ours.levels[0])
    return Ladder(pixels, ours.width, ours.levels, ours.blocks)


def log_likelihood(observation: str, output: Tensor, pixels: Tensor) -> Tensor:
    """Return ln p(x | z), shape (n,), of pixels in [0, 1] (0 or 1 for `bernoulli`) under a network's raw output, shape (n, pixels)."""
    if observation == "bernoulli":
        return bernoulli_log_likelihood(output, pixels)
    mean = torch.sigmoid(output)
    if observation == "gaussian":
        return optimal_variance_log_likelihood(pixels, mean)
    return -squared_error(pixels, mean)


def unit_pixels(pictures: ImageSet) -> Tensor:
    """Return pictures as rows in [0, 1], float32 (n, pixels)."""
    return pictures.pixels.flatten(1).float() / 255
