"""Tiny pictures, tiny recipes, and a watch that never alarms: a training run of milliseconds."""

from __future__ import annotations

from pathlib import Path

import torch

from openbeian.studio.data.images import ImageSet
from openbeian.studio.recipes import Evaluation, load_recipe
from openbeian.studio.training.gan import GanTraining
from openbeian.studio.training.loop import Loop, Rhythm
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.schedule import Schedule
from openbeian.studio.training.vae import VaeTraining
from openbeian.studio.training.watching import Watch

SMALL = ("data.size=8", "optimiser.batch=16", "machine.threads=1")
GAN = (*SMALL, "generator={noise: 6, channels: [8, 4]}", "discriminator.channels=[4, 8]")
VAE = (*SMALL, "network.width=16", "network.levels=[4, 3]", "objective.kl_warm_up=5", "optimiser.warm_up=2")
WATCH = Watch(lambda _: (0.5, 0.5), Evaluation(check_samples=100))


def pictures() -> ImageSet:
    """Forty-eight pictures of 8x8 in two classes: a light upper or lower half."""
    random = torch.Generator().manual_seed(5)
    pixels = torch.randint(0, 60, (48, 1, 8, 8), generator=random, dtype=torch.uint8)
    labels = torch.arange(48) % 2
    pixels[labels == 0, :, :4] += 180
    pixels[labels == 1, :, 4:] += 180
    return ImageSet(pixels, labels, ("上", "下"))


ONE = Hardware(torch.device("cpu"))


def trainee(kind: str, *settings: str, seed: int = 1, where: Hardware = ONE) -> GanTraining | VaeTraining:
    """Make a trainee of a kind of model."""
    recipe = load_recipe(f"digits-{kind}", (*(GAN if kind == "gan" else VAE), *settings))
    return (GanTraining if kind == "gan" else VaeTraining)(recipe, pictures(), seed, where, WATCH)


def loop(
    folder: Path,
    kind: str = "gan",
    *settings: str,
    steps: int = 40,
    seed: int = 1,
    rhythm: Rhythm | None = None,
    **more,
) -> Loop:
    """Make a loop that saves after every five steps and never checks."""
    folder.mkdir(parents=True, exist_ok=True)
    rhythm = rhythm or Rhythm(steps_a_row=5, check_seconds=1e9, save_seconds=0.0)
    where = more.pop("where", ONE)
    more |= {"total": where.total, "is_writing": where.rank == 0}
    made = trainee(kind, *settings, seed=seed, where=where)
    return Loop(made, Schedule(2, 0.5, None, steps), folder, more.pop("run_of", "one"), rhythm, **more)
