"""What a recipe says: data, networks, objective, optimiser, budget, evaluation. Needs no torch.

Every field has a name a paper would use and a value that can be set from the command line (`--set objective.real_penalty=2`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Game = Literal["minimax", "non-saturating", "least-squares", "hinge", "wasserstein", "relativistic"]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Widths = Annotated[tuple[Count, ...], Field(min_length=1, max_length=8)]


class Part(BaseModel):
    """A part of a recipe; a field it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Pictures(Part):
    """Which pictures: a built-in set (`digits`, `faces`) or a path; edge in pixels; channels; how many at most."""

    source: str = "digits"
    size: Annotated[int, Field(ge=8, le=256)] = 28
    channels: Literal[1, 3] = 1
    limit: Annotated[int, Field(ge=100)] | None = None
    is_conditional: bool = True


class GeneratorNetwork(Part):
    """Noise length; width of the first square and of each doubling; batch normalisation; whether the last doubling paints pixels at once."""

    noise: Count = 64
    channels: Widths = (64, 32, 16)
    is_normalised: bool = True
    is_subpixel: bool = False


class DiscriminatorNetwork(Part):
    """Width after each halving; which normalisation."""

    channels: Widths = (16, 32, 64)
    normalisation: Literal["none", "batch", "spectral"] = "none"


class Objective(Part):
    """Which game, with which penalties.

    `real_penalty` and `fake_penalty` are gamma of R1 and R2, applied every `penalty_every` steps with that weight; `interpolated_penalty` is
    lambda of WGAN-GP; `critic_steps` are steps of the discriminator for one of the generator.
    """

    game: Game = "relativistic"
    real_penalty: Annotated[float, Field(ge=0)] = 1.0
    fake_penalty: Annotated[float, Field(ge=0)] = 1.0
    penalty_every: Count = 4
    interpolated_penalty: Annotated[float, Field(ge=0)] = 0.0
    critic_steps: Count = 1


class GanOptimiser(Part):
    """Adam's rates and moments, batch size, the decay of the generator's running average."""

    generator_rate: Positive = 5e-4
    discriminator_rate: Positive = 5e-4
    first_moment: Share = 0.0
    second_moment: Share = 0.999
    batch: Count = 64
    average: Share = 0.998
    warm_up: Annotated[int, Field(ge=0)] = 0
    fall: Share = 0.0


class Augmentation(Part):
    """Adaptive augmentation of what the discriminator sees (ADA, Karras 2020): how surely it may tell real from fake."""

    target: Share = 0.6
    images_to_full: Positive = 100_000
    most: Share = 0.8


class Budget(Part):
    """How long: process CPU minutes of training or steps, whichever ends first."""

    cpu_minutes: Positive | None = 3.0
    steps: Count | None = None

    @model_validator(mode="after")
    def _has_an_end(self) -> Budget:
        if self.cpu_minutes is None and self.steps is None:
            raise ValueError("预算要有 cpu_minutes 或 steps，否则训练不会结束")
        return self


class Target(Part):
    """What a figure has to reach: at most, or at least."""

    most: float | None = None
    least: float | None = None


class JudgeTraining(Part):
    """Passes of the judge over the training set, and the fewest steps, for small sets. Another number is another judge."""

    epochs: Count = 4
    least_steps: Count = 480


class Evaluation(Part):
    """How the judge is trained; how many samples are judged; importance samples a picture; targets; when training is stopped."""

    samples: Annotated[int, Field(ge=100)] = 10_000
    importance_samples: Annotated[int, Field(ge=0)] = 500
    check_samples: Annotated[int, Field(ge=100)] = 1_000
    alarm_below: Share = 0.1
    alarm_after_steps: Annotated[int, Field(ge=0)] = 500
    targets: dict[str, Target] = {}
    judge: JudgeTraining = JudgeTraining()


class Machine(Part):
    """Device (`auto` takes CUDA where there is one), threads (0: one under CI, else all cores), precision of the networks' passes."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: Annotated[int, Field(ge=0)] = 0
    precision: Literal["float32", "bfloat16"] = "float32"


class Recipe(Part):
    """What every recipe has."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    title: str
    budget: Budget = Budget()
    machine: Machine = Machine()


class ImageGan(Recipe):
    """A generative adversarial network for pictures (M2, M3)."""

    family: Literal["image-gan"]
    data: Pictures = Pictures()
    generator: GeneratorNetwork = GeneratorNetwork()
    discriminator: DiscriminatorNetwork = DiscriminatorNetwork()
    objective: Objective = Objective()
    optimiser: GanOptimiser = GanOptimiser()
    augmentation: Augmentation | None = None
    evaluation: Evaluation = Evaluation()


class LatentNetwork(Part):
    """`plain`: one hidden layer, as textbooks have it; `residual`: a ladder of latent levels on residual blocks.

    With `is_centred` training begins at the mean picture instead of finding it first.
    """

    network: Literal["plain", "residual"] = "residual"
    width: Count = 384
    levels: Widths = (24, 24, 24)
    blocks: Count = 1
    is_centred: bool = True


class VaeObjective(Part):
    """What a pixel's distribution is, and over how many steps the KL term comes in.

    `bernoulli` draws black and white anew for each batch; `gaussian` takes the best variance (sigma-VAE); `squared-error` is what the
    founding document prints, a fixed variance of one half.
    """

    observation: Literal["bernoulli", "gaussian", "squared-error"] = "bernoulli"
    kl_warm_up: Annotated[int, Field(ge=0)] = 2_000
    importance_samples: Count = 1


class VaeOptimiser(Part):
    """AdamW's rate, moments and decay of weights, batch size, running average, rise and fall of the rate."""

    rate: Positive = 2e-3
    first_moment: Share = 0.9
    second_moment: Share = 0.99
    weight_decay: Annotated[float, Field(ge=0)] = 1e-3
    batch: Count = 256
    average: Share = 0.998
    warm_up: Annotated[int, Field(ge=0)] = 300
    fall: Share = 0.6
    gradient_norm: Positive = 200.0


class ImageVae(Recipe):
    """A variational autoencoder for pictures (M4)."""

    family: Literal["image-vae"]
    data: Pictures = Pictures(is_conditional=False)
    network: LatentNetwork = LatentNetwork()
    objective: VaeObjective = VaeObjective()
    optimiser: VaeOptimiser = VaeOptimiser()
    evaluation: Evaluation = Evaluation()


def as_plain(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain JSON, every default spelled out."""
    return recipe.model_dump(mode="json")
