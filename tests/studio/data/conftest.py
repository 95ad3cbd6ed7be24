"""Tiny sets of pictures, written by hand, and a short way to the fault they raise."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from openbeian.manifest import Fault

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_bytes(array: np.ndarray) -> bytes:
    """Write unsigned bytes as the format's description says: magic, sides, content."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_idx_folder(folder: Path, arrays: list[np.ndarray], *, packed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(NAMES, arrays, strict=True):
        content = idx_bytes(array)
        (folder / f"{name}{'.gz' if packed else ''}").write_bytes(gzip.compress(content) if packed else content)
    return folder


def small_set(seed: int = 0, train: int = 30, test: int = 10, side: int = 8) -> list[np.ndarray]:
    """Pictures and labels of two classes, train then test."""
    random = np.random.default_rng(seed)
    return [
        part
        for count in (train, test)
        for part in (random.integers(0, 256, (count, side, side), dtype=np.uint8), np.arange(count) % 2)
    ]


def paint(path: Path, number: int, shape: tuple[int, int] = (12, 12), mode: str = "RGB", **options: object) -> Path:
    """Save a picture of one colour that depends on the number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = (number * 7 % 256, number * 13 % 256, number * 29 % 256)
    Image.new("RGB", shape, colour).convert(mode).save(path, **options)
    return path


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Twelve pictures in each of two classes."""
    for number in range(24):
        paint(tmp_path / "own" / ("cat", "dog")[number % 2] / f"{number:02}.png", number)
    return tmp_path / "own"


@pytest.fixture
def fault_of():
    """Load and return the fault, which names a place and a remedy."""
    from openbeian.studio.data.images import load_images

    def load(source: object, size: int = 8, channels: int = 1, **options: object) -> Fault:
        with pytest.raises(Fault) as caught:
            load_images(str(source), size=size, channels=channels, **options)
        assert caught.value.remedy
        assert caught.value.text().count("\n") == 0
        return caught.value

    return load
