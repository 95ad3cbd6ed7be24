"""Chapter 15: texts from a generator of bags of words. Two faults of the loop, and three of the plan that no line repairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, one_hot

from openbeian.studio.data.lines import TextData, TextSet, load_lines
from openbeian.studio.lessons.model import Lesson, Played, Variant
from openbeian.studio.models.validation import spoken
from openbeian.studio.networks.document import NOISE, BagDiscriminator, BagGenerator, Combined
from openbeian.studio.recipes.lines import LineObjective, TextGan
from openbeian.studio.training.lines import LineTraining
from openbeian.studio.training.machine import Hardware

BATCH: Final = 32
RATE: Final = 1e-3
EPSILON: Final = 1e-7  # of Adam and of probabilities, as the document's framework has it
SAMPLES: Final = 500
SHOWN: Final = 3
LONGEST_SHOWN: Final = 30
SPEAKS: Final = 0.5  # a character is said when it is likelier than not
TEMPERATURE: Final = 0.7


@dataclass(frozen=True, kw_only=True)
class BagRules:
    """How the combined model of chapter 15 is trained.

    Attributes:
        label: of generated texts in the combined step: 0 as printed, 1 as it should be.
        is_frozen: the discriminator stays as it is in the combined step; as printed it is trained along.
    """

    label: float
    is_frozen: bool


class BagMatch:
    """Both players on bags of characters; weights and noise from the global random state.

    Args:
        rules: of the combined step.
        words: size of the vocabulary.
    """

    def __init__(self, rules: BagRules, words: int) -> None:
        self._label = rules.label
        self.generator, self.discriminator = BagGenerator(words), BagDiscriminator(words)
        self.combined = Combined(self.generator, self.discriminator)
        trained = self.generator if rules.is_frozen else self.combined
        self._for_discriminator = _adam(self.discriminator)
        self._for_combined = _adam(trained)

    def step(self, real: Tensor) -> tuple[float, float]:
        """Train on real bags (n, words): the discriminator on real, then on generated ones, then the combined model.

        Returns:
            The losses of the discriminator (mean of both) and of the combined model.
        """
        noise = torch.randn(len(real), NOISE)
        with torch.no_grad():
            fake = self.generator(noise)
        losses = [
            _descend(self._for_discriminator, self.discriminator(bags), label)
            for bags, label in ((real, 1.0), (fake, 0.0))
        ]
        return sum(losses) / 2, self.combined_step(noise, real)

    def combined_step(self, noise: Tensor, real: Tensor) -> float:
        """Take the step that is meant for the generator; return its loss."""
        return _descend(self._for_combined, self.combined(noise, real), self._label)


def moved(network: nn.Module, before: dict[str, Tensor]) -> float:
    """Return how far a network's parameters are from where they were: the length of the change."""
    changes = [(value - before[name]).square().sum() for name, value in network.state_dict().items()]
    return float(torch.stack(changes).sum().sqrt())


def kept(network: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a network's parameters."""
    return {name: value.clone() for name, value in network.state_dict().items()}


def slope_through(choices: Tensor, generator: nn.Module, judge: Tensor) -> float | None:
    """Return the length of the slope that reaches a generator through its choices; None when nothing leads back to it.

    Args:
        choices: what the generator chose, (n, words), computed from its parameters.
        generator: whose parameters.
        judge: weights (words,) of a linear discriminator.
    """
    if not choices.requires_grad:
        return None
    slopes = torch.autograd.grad((choices @ judge).sum(), list(generator.parameters()), retain_graph=True)
    return float(torch.stack([slope.square().sum() for slope in slopes]).sum().sqrt())


def hard_choice(likely: Tensor) -> Tensor:
    """Return the likeliest word of each row as 0 and 1, shape (n, words): a step function, without a slope."""
    return one_hot(likely.argmax(1), likely.shape[1]).to(likely)


def soft_choice(likely: Tensor, chance: Tensor, sharpness: float) -> Tensor:
    """Return a relaxed draw, shape (n, words), each row summing to 1, through which slopes flow (Gumbel-softmax).

    Args:
        likely: probabilities (n, words), taken up to their sum.
        chance: uniform draws in (0, 1) of the same shape.
        sharpness: the inverse temperature.
    """
    return torch.softmax((likely.log() - (-chance.log()).log()) * sharpness, 1)


def bags_of(texts: TextSet, alphabet: tuple[str, ...]) -> Tensor:
    """Return which characters stand in each text, float32 (n, characters) of 0 and 1: order, number and length are lost here."""
    places = {character: place for place, character in enumerate(alphabet)}
    bags = torch.zeros(len(texts), len(alphabet))
    for row, text in enumerate(texts.texts):
        bags[row, [places[character] for character in text if character in places]] = 1
    return bags


def _play(rules: BagRules, data: TextData, steps: int, seed: int) -> Played:
    bags = bags_of(data.train, data.alphabet)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match = BagMatch(rules, bags.shape[1])
        slopes = _slopes(match.generator, bags.shape[1], seed)
        before = kept(match.discriminator)
        match.combined_step(torch.randn(BATCH, NOISE), bags[:BATCH])
        strayed = moved(match.discriminator, before)
        losses = [match.step(bags[torch.randint(len(bags), (BATCH,))]) for _ in range(steps)]
        with torch.no_grad():
            likely = match.generator(torch.randn(SAMPLES, NOISE))
            figures = {"discriminator_moved": strayed} | _figures(match, likely, bags)
        ours, theirs = zip(*losses, strict=True)
        return Played(
            steps=steps,
            losses={"discriminator": list(ours), "generator": list(theirs)},
            texts=tuple(_shown(row, data.alphabet) for row in likely[:SHOWN]),
            figures=figures | slopes,
        )


def _figures(match: BagMatch, likely: Tensor, bags: Tensor) -> dict[str, float]:
    said = likely > SPEAKS
    return {
        "characters": float(said.sum(1).double().mean()),
        "real_characters": float(bags.sum(1).double().mean()),
        "distinct": len(torch.unique(said, dim=0)),
        "samples": len(said),
        "believed_fake": float(match.discriminator(likely).mean()),
        "believed_real": float(match.discriminator(bags[:SAMPLES]).mean()),
    }


def _slopes(generator: nn.Module, words: int, seed: int) -> dict[str, float]:
    """Return the slopes that reach an untrained generator through a hard and through a soft choice; 0 when none does.

    Its draws are its own, so that looking changes nothing in the training that follows.
    """
    random = torch.Generator().manual_seed(seed)
    likely = generator(torch.randn(BATCH, NOISE, generator=random))
    judge = torch.randn(words, generator=random)
    chance = torch.rand(likely.shape, generator=random).clamp(EPSILON, 1 - EPSILON)
    hard = slope_through(hard_choice(likely), generator, judge)
    return {
        "slope_hard": hard or 0.0,
        "slope_soft": slope_through(soft_choice(likely, chance, 1.0), generator, judge) or 0.0,
    }


def _shown(likely: Tensor, alphabet: tuple[str, ...]) -> str:
    said = "".join(alphabet[place] for place in (likely > SPEAKS).nonzero().flatten().tolist())
    return said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…（共 {len(said)} 字）"


def _play_lines(data: TextData, steps: int, seed: int) -> Played:
    """Train the project's own generator: by likelihood, then in its last quarter against a discriminator on soft texts."""
    played = max(1, steps // 4)
    taught = max(1, steps - played)
    objective = LineObjective(
        likelihood_steps=taught,
        adversarial_steps=played,
        check_every=played,
        check_samples=100,
        check_temperatures=(TEMPERATURE,),
    )
    recipe = TextGan(name="chapter-15", title=LESSON.title, family="text-gan", objective=objective)
    training = LineTraining(recipe, data, seed, Hardware(torch.device("cpu")))
    losses = [training.step(1.0) for _ in range(taught + played)][taught:]
    wanted = _one_of_each(data)
    texts, asked = spoken(training.networks()[training.kept], training.alphabet, wanted, len(wanted), TEMPERATURE, seed)
    found = {name: value for name, value in training.found().items() if value is not None}
    return Played(
        steps=taught + played,
        losses={name: [row[name].item() for row in losses] for name in ("discriminator", "generator")},
        texts=tuple(f"{occasion}：{text}" for occasion, text in zip(asked, texts, strict=True)),
        figures=found | {"adversarial_kept": float(training.kept == "adversarial"), "adversarial_steps": float(played)},
    )


def _one_of_each(data: TextData) -> TextSet:
    """Return one held-out text of each of a few occasions: what the generator is asked for."""
    rows = [data.test.conditions.index(occasion) for occasion in data.occasions if occasion in data.test.conditions]
    chosen = rows[:: max(1, len(rows) // SHOWN)][:SHOWN]
    return TextSet(tuple(data.test.texts[row] for row in chosen), tuple(data.test.conditions[row] for row in chosen))


def _descend(optimiser: torch.optim.Optimizer, believed: Tensor, label: float) -> float:
    optimiser.zero_grad()
    loss = binary_cross_entropy(believed.clamp(EPSILON, 1 - EPSILON), torch.full_like(believed, label))
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return loss.item()


def _adam(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), RATE, eps=EPSILON)


def _bags(name: str, change: str, *, label: float, is_frozen: bool) -> Variant[TextData]:
    return Variant(name, change, partial(_play, BagRules(label=label, is_frozen=is_frozen)))


LESSON: Final = Lesson[TextData](
    name="chapter-15",
    title="第 15 章：客服文本 GAN",
    source="greetings",
    steps=200,
    load=partial(load_lines, kind="occasion", is_verse=False),
    variants=(
        _bags("printed", "照印的跑", label=0.0, is_frozen=False),
        _bags("label", "只改：生成器的标签 0 → 1", label=1.0, is_frozen=False),
        _bags("frozen", "只改：合成模型里冻结 D", label=0.0, is_frozen=True),
        _bags("both", "标签和冻结都改", label=1.0, is_frozen=True),
        Variant("sequence", "换成按场合逐字写的生成器，先学似然，再用 Gumbel-softmax 对抗", _play_lines),
    ),
)
