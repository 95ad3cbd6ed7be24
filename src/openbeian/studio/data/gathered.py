"""What every reader of pictures hands over, and the words for what a reader misses."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openbeian.manifest import Fault

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]
Progress = Callable[[int, int], None]

UNSTATED: Final = "未说明"


@dataclass(frozen=True, eq=False)
class Gathered:
    """Pictures as a reader found them, before they take the size and the colours a recipe asks for.

    `pixels` are uint8 (n, height, width) or (n, height, width, 3); `labels` index `classes`; `in_test` marks the held-out rows.
    """

    name: str
    title: str
    origin: str
    licence: str
    pixels: Pixels
    in_test: Mask
    labels: Labels | None = None
    classes: tuple[str, ...] = ()
    persons: Labels | None = None
    skipped: tuple[str, ...] = ()
    cropped: int = 0


def need(module: str, what: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        Fault: `missing-extra` when it is not installed.
    """
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise Fault("missing-extra", f"没有安装{what}", "运行 make studio")
    return Path(found.origin).parent


def indexed(values: NDArray[np.generic]) -> tuple[tuple[str, ...], Labels]:
    """Return the classes in order, as text, and for each picture the index of its class."""
    names, labels = np.unique(values, return_inverse=True)
    return tuple(str(name) for name in names), labels.reshape(-1).astype(np.int64)
