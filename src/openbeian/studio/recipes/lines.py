"""What a recipe for short texts says: texts, networks, two trainings, how the model speaks, how it is measured. Needs no torch."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from openbeian.studio.recipes.model import Count, Game, Part, Positive, Recipe, Share, Target

Temperature = Annotated[float, Field(ge=0.1, le=3)]
Temperatures = Annotated[tuple[Temperature, ...], Field(min_length=1, max_length=12)]


class Lines(Part):
    """Which texts: a built-in set (`greetings`, `quatrains`) or a file; what each is for; whether they are quatrains.

    `phrases` is how many runs of characters are learnt to be said as one; quatrains are always said character by character.
    """

    source: str = "greetings"
    condition: Literal["occasion", "title"] = "occasion"
    is_verse: bool = False
    phrases: Annotated[int, Field(ge=0, le=20_000)] = 800


class LineNetwork(Part):
    """The generator: length of a character's vector, width of its recurrent state, length of the condition's vector."""

    embedding: Count = 64
    width: Count = 128
    condition: Count = 32


class LineCritic(Part):
    """The discriminator: length of a character's vector, how many characters its filters see, filters of each kind."""

    embedding: Count = 48
    spans: Annotated[tuple[Annotated[int, Field(ge=1, le=8)], ...], Field(min_length=1, max_length=8)] = (1, 2, 3, 4)
    filters: Count = 48


class LineObjective(Part):
    """Both trainings, in steps: first by likelihood, then adversarially.

    `embedding_dropout` and `state_dropout` leave out parts of vectors, `unknown_share` characters that are read. In the second training
    `sharpness` is the inverse temperature of the soft choices at its end (it grows from 1, RelGAN), `likelihood_weight` keeps the first objective in
    play, `real_penalty` is gamma of R1 on the embedded text. Both trainings are looked at every `check_every` steps; adversarial weights are kept
    only when they are better than those of likelihood by `margin` nats a character: about what chance alone gives to the better of two on
    validation parts of this size.
    """

    game: Game = "relativistic"
    likelihood_steps: Count = 600
    adversarial_steps: Annotated[int, Field(ge=0)] = 200
    embedding_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    state_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    unknown_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    sharpness: Annotated[float, Field(ge=1)] = 20.0
    likelihood_weight: Annotated[float, Field(ge=0)] = 0.0
    real_penalty: Annotated[float, Field(ge=0)] = 0.0
    check_every: Count = 50
    check_samples: Annotated[int, Field(ge=20)] = 300
    check_temperatures: Temperatures = (0.7, 0.85, 1.0)
    margin: Annotated[float, Field(ge=0)] = 0.05


class LineOptimiser(Part):
    """Rates of both trainings, batch size, running average, longest gradient, rise and fall of the rate."""

    rate: Positive = 4e-3
    generator_rate: Positive = 2e-4
    discriminator_rate: Positive = 5e-4
    batch: Count = 64
    average: Share = 0.98
    gradient_norm: Positive = 1.0
    warm_up: Annotated[int, Field(ge=0)] = 0
    fall: Share = 0.0


class Speaking(Part):
    """How the model speaks unless told otherwise.

    Drawn again are texts with a run of more than `longest_copy` characters from training (`is_redrawn`), and, quatrains apart, those in which
    characters are neighbours that never were in training or three characters come twice (`is_gated`). Figures are of texts before either.
    """

    temperature: Temperature = 0.7
    longest_copy: Annotated[int, Field(ge=2)] = 10
    is_redrawn: bool = True
    is_gated: bool = True


class LineEvaluation(Part):
    """How many samples are judged at the model's own temperature, and at each of those of the curve; targets; when training is stopped."""

    samples: Annotated[int, Field(ge=100)] = 1_000
    curve_samples: Annotated[int, Field(ge=100)] = 500
    temperatures: Temperatures = (0.5, 0.6, 0.7, 0.85, 1.0, 1.15, 1.3)
    alarm_below: Share = 0.3
    targets: dict[str, Target] = {}


class TextGan(Recipe):
    """A generator of short texts, taught by likelihood, then played against a discriminator (M1, M5)."""

    family: Literal["text-gan"]
    data: Lines = Lines()
    generator: LineNetwork = LineNetwork()
    discriminator: LineCritic = LineCritic()
    objective: LineObjective = LineObjective()
    optimiser: LineOptimiser = LineOptimiser()
    speaking: Speaking = Speaking()
    evaluation: LineEvaluation = LineEvaluation()

    @model_validator(mode="before")
    @classmethod
    def _count_steps(cls, values: Any) -> Any:
        """Take both trainings' steps together as the budget's, unless it says its own."""
        if not isinstance(values, dict):
            return values
        budget, objective = values.get("budget", {}), values.get("objective", {})
        if not isinstance(budget, dict) or not isinstance(objective, dict) or budget.get("steps") is not None:
            return values
        steps = [
            objective.get(name, LineObjective.model_fields[name].default)
            for name in ("likelihood_steps", "adversarial_steps")
        ]
        if not all(type(count) is int for count in steps):
            return values
        return {**values, "budget": {**budget, "steps": sum(steps)}}
