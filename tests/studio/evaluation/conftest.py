"""Made-up pictures and a tiny judge: lying or standing bars, told apart in a dozen steps."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from openbeian.studio.data.images import DataCard, ImageData, ImageSet
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.evaluation.judge_network import JudgeRecipe

TINY = JudgeRecipe(epochs=1, least_steps=25, batch=20, shift=1)


def bars(count: int, seed: int, *, size: int = 8, channels: int = 1, is_labelled: bool = True) -> ImageSet:
    """Pictures with one bright bar, lying (0) or standing (1), brighter towards one end."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pixels = random.integers(0, 60, size=(count, channels, size, size))
    for picture, label in zip(pixels, labels, strict=True):
        place = random.integers(1, size - 1)
        bar = np.linspace(120, 250, size).astype(int)
        picture[:, place, :] = bar if label == 0 else picture[:, place, :]
        picture[:, :, place] = bar if label == 1 else picture[:, :, place]
    found = torch.from_numpy(labels) if is_labelled else None
    return ImageSet(torch.from_numpy(pixels.astype(np.uint8)), found, ("lying", "standing") if is_labelled else ())


def picture_data(train: ImageSet, test: ImageSet) -> ImageData:
    """Two sets with a card."""
    digest = hashlib.sha256(train.pixels.numpy().tobytes() + test.pixels.numpy().tobytes()).hexdigest()
    return ImageData(train, test, DataCard("bars", "横竖条", "made up", "CC0-1.0", digest, train.pixels.numel()))


@pytest.fixture(scope="session")
def bar_data() -> ImageData:
    """120 bars to train on, 60 held out."""
    return picture_data(bars(120, 1), bars(60, 2))


@pytest.fixture(scope="session")
def judge(bar_data, tmp_path_factory) -> Judge:
    """A judge of bars."""
    return Judge.of(bar_data, tmp_path_factory.mktemp("judges"), recipe=TINY)
