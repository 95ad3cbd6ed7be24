"""A generator of short texts in training: first by likelihood, then against a discriminator; everything random from one generator."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from openbeian.manifest import Fault
from openbeian.studio.data.lines import TextData
from openbeian.studio.data.symbols import Alphabet
from openbeian.studio.models.validation import Encoded, Validation
from openbeian.studio.networks.sequences import LineGenerator
from openbeian.studio.recipes.lines import TextGan
from openbeian.studio.training.averages import Average
from openbeian.studio.training.batches import Batches
from openbeian.studio.training.line_networks import line_discriminator, line_generator
from openbeian.studio.training.line_steps import Playing, Teaching
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.parts import gather, scatter

UNTOLD = math.inf
FRESH_SEEDS = (1, 2)


class LineTraining:
    """Both trainings of a recipe on one set of texts; implements `Trainee`.

    Of each training the weights that did best on the validation part are kept: those of likelihood by nats a character, the adversarial ones by
    `Validation.reverse`. Which of the two is the model is said by `kept`.

    Args:
        recipe: networks, objectives, optimiser.
        data: the texts.
        seed: of weights, masks, noise and order.
        hardware: where it runs.

    Raises:
        Fault: `lines-one-process` on several machines: such a small model is not worth their talk.
    """

    unit = "条"

    def __init__(self, recipe: TextGan, data: TextData, seed: int, hardware: Hardware) -> None:
        if hardware.count > 1:
            raise Fault("lines-one-process", "文本模型不支持多进程训练", "去掉 torchrun，单进程训练")
        self._recipe = recipe
        self.alphabet = Alphabet.of(data, recipe.data.phrases)
        objective = recipe.objective
        self._validation = Validation(
            data, self.alphabet, hardware.device, objective.check_samples, objective.check_temperatures
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._generator = hardware.place_network(line_generator(recipe, self.alphabet))
            self._discriminator = hardware.place_network(line_discriminator(recipe, self.alphabet))
        texts = Encoded(data.train, self.alphabet, hardware.device)
        _begin_with_counts(self._generator, texts)
        self._average = Average(self._generator, recipe.optimiser.average)
        self._best = {
            name: copy.deepcopy(self._generator).requires_grad_(False) for name in ("likelihood", "adversarial")
        }
        self._random = torch.Generator().manual_seed(seed)
        self._batches = Batches(len(texts), recipe.optimiser.batch, seed)
        self._teaching = Teaching(recipe, self._generator, texts, self._random)
        self._playing = Playing(recipe, self._generator, self._discriminator, texts, self._random)
        self._steps = 0
        self._judged: tuple[int, dict[str, float]] = (-1, {})
        self._nats, self._reverse = UNTOLD, {"likelihood": UNTOLD, "adversarial": UNTOLD}

    def step(self, rate: float) -> dict[str, Tensor]:
        """Take one step of the training that is due; see `Trainee.step`."""
        objective = self._recipe.objective
        if self._steps == objective.likelihood_steps:
            self._begin_to_play()
        rows = self._batches.take()
        if self._steps < objective.likelihood_steps:
            losses = self._teaching.step(rows, rate)
        else:
            done = self._steps - objective.likelihood_steps
            losses = self._playing.step(rows, rate, min(1.0, done / max(1, objective.adversarial_steps - 1)))
        self._average.follow(self._generator, self._steps)
        self._steps += 1
        if self._steps % objective.check_every == 0 or self._steps == objective.likelihood_steps:
            self._choose()
        return losses

    def units(self) -> int:
        """Return how many texts have been read."""
        return self._batches.drawn * self._recipe.optimiser.batch

    @property
    def epochs(self) -> float:
        """How many times the training part has been read."""
        return self._batches.epoch

    @property
    def kept(self) -> str:
        """Which weights are the model: `adversarial` only when they beat those of likelihood by the recipe's margin, on fresh samples."""
        fresh = self._fresh()
        if "adversarial" not in fresh:
            return "likelihood"
        is_better = fresh["adversarial"] < fresh["likelihood"] - self._recipe.objective.margin
        return "adversarial" if is_better else "likelihood"

    def found(self) -> dict[str, float | None]:
        """Return what the choice rests on, on the validation part in nats a character; None for what was not reached.

        `reverse_nll_*` is what was seen in training, the adversarial one the best of several looks and so too good; `fresh_reverse_nll_*` is on
        samples of other seeds, and decides.
        """
        figures = {"nll": self._nats, **{f"reverse_nll_{name}": value for name, value in self._reverse.items()}}
        fresh = {f"fresh_reverse_nll_{name}": value for name, value in self._fresh().items()}
        return {name: value if math.isfinite(value) else None for name, value in figures.items()} | fresh

    def _fresh(self) -> dict[str, float]:
        """Return the measure of the second training on samples that chose nothing; empty before there is something to compare."""
        networks = self.networks()
        if len(networks) < len(self._best):
            return {}
        if self._judged[0] != self._steps:
            means = {
                name: sum(self._validation.reverse(network, seed) for seed in FRESH_SEEDS) / len(FRESH_SEEDS)
                for name, network in networks.items()
            }
            self._judged = (self._steps, means)
        return self._judged[1]

    def networks(self) -> dict[str, LineGenerator]:
        """Return the best weights of each training that was reached."""
        has_played = math.isfinite(self._reverse["adversarial"])
        return {name: network for name, network in self._best.items() if name == "likelihood" or has_played}

    def players(self) -> dict[str, nn.Module]:
        """Return both networks as they are."""
        return {"generator": self._generator, "discriminator": self._discriminator}

    def check(self) -> Mapping[str, float]:
        """Measure the average as it is; see `Trainee.check`."""
        network = self._average.network
        return {"nll": self._validation.nats(network), "distinct_texts": self._validation.distinct_texts(network)}

    def alarm(self, figures: Mapping[str, float]) -> str | None:
        """See `Trainee.alarm`."""
        line = self._recipe.evaluation.alarm_below
        if figures["distinct_texts"] >= line:
            return None
        return f"生成的文本大量重复：不同的只占 {figures['distinct_texts']:.0%}，低于报警线 {line:.0%}"

    def tensors(self) -> dict[str, Tensor]:
        """Return networks, averages, optimisers, random state and what was found; see `Trainee.tensors`."""
        found = [self._nats, self._reverse["likelihood"], self._reverse["adversarial"]]
        return gather(self._networks(), self._optimisers()) | {
            "random": self._random.get_state(),
            "counts": torch.tensor([self._steps, self._batches.drawn]),
            "found": torch.tensor([value if math.isfinite(value) else -1 for value in found], dtype=torch.float64),
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take them back; see `Trainee.restore`."""
        scatter(tensors, self._networks(), self._optimisers())
        self._random.set_state(tensors["random"])
        self._steps, self._batches.drawn = (int(count) for count in tensors["counts"])
        found = [value if value >= 0 else UNTOLD for value in tensors["found"].tolist()]
        self._nats, self._reverse = found[0], {"likelihood": found[1], "adversarial": found[2]}

    def _begin_to_play(self) -> None:
        """Go on from the best weights of likelihood, and see how good they are by the measure of the second training."""
        best = self._best["likelihood"]
        for network in (self._generator, self._average.network, self._best["adversarial"]):
            network.load_state_dict(best.state_dict())
        self._reverse["likelihood"] = self._validation.reverse(best)

    def _choose(self) -> None:
        network = self._average.network
        if self._steps <= self._recipe.objective.likelihood_steps:
            nats = self._validation.nats(network)
            if nats < self._nats:
                self._nats = nats
                self._best["likelihood"].load_state_dict(network.state_dict())
            return
        reverse = self._validation.reverse(network)
        if reverse < self._reverse["adversarial"]:
            self._reverse["adversarial"] = reverse
            self._best["adversarial"].load_state_dict(network.state_dict())

    def _networks(self) -> dict[str, nn.Module]:
        return {**self.players(), "average": self._average.network, **self._best}

    def _optimisers(self) -> dict[str, torch.optim.Optimizer]:
        return {"teaching": self._teaching.optimiser, **self._playing.optimisers}


@torch.no_grad()
def _begin_with_counts(network: LineGenerator, texts: Encoded) -> None:
    """Let the first scores be those of how often each character stands in training: what a network would learn first anyway."""
    seen = torch.bincount(texts.symbols[texts.counted].cpu(), minlength=network.choices).double() + 0.3
    network.bias.copy_(torch.log(seen / seen.sum()))
