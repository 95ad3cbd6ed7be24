"""The judge's network and its training: always the same recipe, on one thread, so that the same pictures give the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from openbeian.manifest import Fault
from openbeian.studio.data.images import ImageData, ImageSet

FEATURES: Final = 128
CHUNK: Final = 250  # pictures a pass: the activations of more do not stay in the cache (measured: 1,000 cost 1.8 times as much each)
TURNS: Final = 4
LARGEST_MAP: Final = 8  # edge of the last maps; larger pictures get one more stage

Task = Literal["class", "turn"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class JudgeRecipe:
    """How a judge is trained. Another recipe is another judge, whose figures cannot be compared.

    Attributes:
        epochs: passes over the training pictures.
        least_steps: a small set is passed over more often, until so many steps are made.
        batch: pictures a step at most.
        least_batch: pictures a step at least, where there are so many.
        parts: between these two an epoch has so many steps, so that a judge of a few pictures does not cost as much as one of many.
        peak: highest learning rate of the one cycle (Smith 2018, arXiv 1708.07120).
        weight_decay: of AdamW.
        smoothing: of the labels (Szegedy 2016, arXiv 1512.00567).
        shift: pictures are moved by up to so many pixels, one offset a batch.
        dropout: share of the last maps left out in training.
        seed: of weights, order and shifts.
    """

    epochs: int = 4
    least_steps: int = 480
    batch: int = 250
    least_batch: int = 25
    parts: int = 40
    peak: float = 4e-3
    weight_decay: float = 1e-2
    smoothing: float = 0.05
    shift: int = 2
    dropout: float = 0.3
    seed: int = 0

    def batch_for(self, count: int) -> int:
        """Return the pictures a step for a set of `count`."""
        return min(self.batch, max(self.least_batch, count // self.parts), count)

    def steps_for(self, count: int) -> int:
        """Return all steps for a set of `count`."""
        return max(self.epochs * (count // self.batch_for(count)), self.least_steps)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a judge looks at and what it decides.

    Attributes:
        task: `class`, or `turn` for sets without labels.
        channels: of the pictures.
        height: in pixels.
        width: in pixels.
        answers: number of classes, or of turns.
    """

    task: Task
    channels: int
    height: int
    width: int
    answers: int

    @staticmethod
    def of(pictures: ImageSet) -> Shape:
        """Return the shape a set of pictures needs.

        Raises:
            Fault: `judge-square` for oblong pictures without labels.
        """
        _, channels, height, width = pictures.pixels.shape
        if pictures.labels is not None:
            return Shape("class", channels, height, width, len(pictures.classes))
        if height != width:
            raise Fault("judge-square", f"没有标签的图片要是正方形，这里是 {height}×{width}", "先裁成正方形")
        return Shape("turn", channels, height, width, TURNS)

    def as_json(self) -> dict[str, Any]:
        """Return the shape as plain JSON."""
        return asdict(self)


class JudgeNetwork(nn.Module):
    """Small convolutional classifier; its 128 last features are the space in which samples are measured.

    Two stages of 32 and 64 channels, each of two 3x3 convolutions with batch normalisation, and a third for pictures above 32 pixels.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        stages = [*_stage(shape.channels, 32), *_stage(32, 64)]
        height, width = shape.height // 4, shape.width // 4
        while max(height, width) > LARGEST_MAP:
            stages += _stage(64, 64)
            height, width = height // 2, width // 2
        self.body = nn.Sequential(
            *stages,
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(64 * height * width, FEATURES),
            nn.BatchNorm1d(FEATURES),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Linear(FEATURES, shape.answers)
        # Same arithmetic as without, with ReLU in place in 0.64 of the time (AVX2; bfloat16 costs 8 times as much there).
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (n, 128) and logits (n, answers) of pictures in [-1, 1]."""
        features = self.body(pictures.contiguous(memory_format=torch.channels_last))
        return features, self.head(features)


def train_network(data: ImageData, recipe: JudgeRecipe, progress: Progress | None = None) -> JudgeNetwork:
    """Train a judge on the training part of a set.

    Args:
        data: with labels the judge learns the classes; without, which way a picture is turned (Gidaris 2018, arXiv 1803.07728).
        recipe: see there.
        progress: told the steps done and all steps.
    """
    shape = Shape.of(data.train)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = JudgeNetwork(shape, recipe.dropout)
        _fit(network, shape.task, data.train, recipe, progress)
    network.eval()
    return network


def measure_accuracy(network: JudgeNetwork, task: Task, pictures: ImageSet) -> float:
    """Return the share of right answers on unseen pictures; for the turn task over all four turns of each."""
    if task == "class":
        assert pictures.labels is not None
        return float(apply(network, pictures.pixels)[1].argmax(1).eq(pictures.labels).double().mean())
    right = [
        apply(network, torch.rot90(pictures.pixels, turn, (2, 3)))[1].argmax(1).eq(turn).double().mean()
        for turn in range(TURNS)
    ]
    return float(torch.stack(right).mean())


@torch.inference_mode()
def apply(network: JudgeNetwork, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Return features (n, 128) and logits (n, answers) of uint8 pictures, both float32, on one thread."""
    with one_thread():
        parts = [network(_floats(chunk)) for chunk in torch.split(pixels.cpu(), CHUNK)]
    return torch.cat([features for features, _ in parts]), torch.cat([logits for _, logits in parts])


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread, where sums have one order, and so with the same bits on every run.

    The smallest numbers count as zero, whatever the caller had chosen; afterwards both are as before.
    """
    threads, was_flushing = torch.get_num_threads(), bool(torch.tensor([1e-40]).mul(1).eq(0))
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(was_flushing)


def _stage(into: int, out: int) -> list[nn.Module]:
    return [*_convolution(into, out), *_convolution(out, out), nn.MaxPool2d(2)]


def _convolution(into: int, out: int) -> list[nn.Module]:
    return [nn.Conv2d(into, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]


def _fit(network: JudgeNetwork, task: Task, pictures: ImageSet, recipe: JudgeRecipe, progress: Progress | None) -> None:
    batch, steps = recipe.batch_for(len(pictures)), recipe.steps_for(len(pictures))
    optimiser = torch.optim.AdamW(network.parameters(), recipe.peak, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.peak, total_steps=steps)
    random = torch.Generator().manual_seed(recipe.seed)
    network.train()
    for step, rows in enumerate(_batches(len(pictures), batch, steps, random), 1):
        floats, answers = _questions(task, pictures, rows, random)
        _, logits = network(_shifted(floats, recipe.shift, random))
        optimiser.zero_grad()
        functional.cross_entropy(logits, answers, label_smoothing=recipe.smoothing).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(step, steps)


def _batches(count: int, batch: int, steps: int, random: torch.Generator) -> Iterator[Tensor]:
    """Yield rows in a new order each epoch; a last part smaller than a batch waits for the next epoch."""
    left = steps
    while left > 0:
        order = torch.randperm(count, generator=random)
        yield from torch.split(order[: count - count % batch], batch)[:left]
        left -= count // batch


def _questions(task: Task, pictures: ImageSet, rows: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    pixels = pictures.pixels[rows]
    if task == "class":
        assert pictures.labels is not None
        return _floats(pixels), pictures.labels[rows]
    turns = torch.randint(TURNS, (len(rows),), generator=random)
    turned = torch.stack([torch.rot90(picture, int(turn), (1, 2)) for picture, turn in zip(pixels, turns, strict=True)])
    return _floats(turned), turns


def _shifted(floats: Tensor, most: int, random: torch.Generator) -> Tensor:
    height, width = floats.shape[2:]
    padded = functional.pad(floats, (most, most, most, most), value=-1.0)
    down, right = torch.randint(2 * most + 1, (2,), generator=random).tolist()
    return padded[:, :, down : down + height, right : right + width]


def _floats(pixels: Tensor) -> Tensor:
    return pixels.float() / 127.5 - 1
