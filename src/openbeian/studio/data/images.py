"""Pictures to train on and pictures held out, from one door: real digits, drawn faces, or the user's own files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from openbeian.manifest import Fault, reason_of
from openbeian.studio.data.arrays import PICKLE, read_npz
from openbeian.studio.data.cards import described
from openbeian.studio.data.digits import read_digits
from openbeian.studio.data.faces import read_faces
from openbeian.studio.data.folders import read_folder
from openbeian.studio.data.gathered import Gathered, Pixels, Progress
from openbeian.studio.data.idx import is_idx_folder, read_idx_folder
from openbeian.studio.data.shaping import check_fits, check_shape, shaped
from openbeian.studio.data.splits import mixed_order, pixel_digests, spread_rows

Rows = NDArray[np.intp]

BUILT_IN: Final = ("digits", "faces")
PICKLES: Final = frozenset({".pkl", ".pickle", ".pt", ".pth", ".joblib"})
FEWEST: Final = 10  # training pictures


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Pictures in memory.

    Attributes:
        pixels: uint8 (n, channels, height, width).
        labels: int64 (n,), an index into `classes`, or None when the set has no classes.
        classes: names of the classes in order; empty without labels.
        persons: int64 (n,), who is shown, or None.
    """

    pixels: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    persons: Tensor | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    def floats(self, rows: Tensor | slice | None = None) -> Tensor:
        """Return pictures as networks see them.

        Args:
            rows: indices, a mask or a slice; all pictures without.

        Returns:
            float32 (rows, channels, height, width) in [-1, 1].
        """
        pixels = self.pixels if rows is None else self.pixels[rows]
        return pixels.float() / 127.5 - 1

    def take(self, rows: Tensor | slice) -> ImageSet:
        """Return the pictures of these rows with their labels and persons."""
        return replace(
            self,
            pixels=self.pixels[rows],
            labels=None if self.labels is None else self.labels[rows],
            persons=None if self.persons is None else self.persons[rows],
        )

    def of_class(self, label: int) -> ImageSet:
        """Return the pictures of one class, given by its index.

        Raises:
            Fault: `data-format` when the set has no classes or not this one.
        """
        if self.labels is None:
            raise Fault("data-format", "这套图片没有类别", "每类图片放进一个子文件夹，或改用不分类别的训练方案")
        if not 0 <= label < len(self.classes):
            raise Fault("data-format", f"没有第 {label} 类", f"类别是 0 到 {len(self.classes) - 1}")
        return self.take(self.labels == label)


@dataclass(frozen=True)
class DataCard:
    """What is said about a set wherever a figure rests on it.

    Attributes:
        name: short name: `digits`, `faces`, or that of the user's folder or file.
        title: name for people.
        origin: where the pictures come from.
        licence: on what terms they may be used.
        sha256: digest of pixels, labels and split as trained on: the same data have the same digest wherever they came from.
        size: bytes of the pixels under that digest.
        skipped: names of the files that could not be used.
        cropped: how many pictures were not square and lost their longer sides.
        doubled: how many training pictures stand, bit for bit, in the test set as well; figures on held-out pictures are
            flattered by them.
    """

    name: str
    title: str
    origin: str
    licence: str
    sha256: str
    size: int
    skipped: tuple[str, ...] = ()
    cropped: int = 0
    doubled: int = 0


@dataclass(frozen=True, eq=False)
class ImageData:
    """Pictures to train on, pictures held out, and what is known about them.

    In both sets the pictures stand in the order of their digests: the first n are a fair sample of all, and the order in a file
    or a folder changes neither a run nor the digest of the set.
    """

    train: ImageSet
    test: ImageSet
    card: DataCard


def load_images(
    source: str,
    *,
    size: int,
    channels: int,
    folder: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> ImageData:
    """Load pictures by name or path.

    Args:
        source: `digits`, `faces`, a folder with the four idx files of MNIST, an .npz with `images` (and `person`, `labels`), or
            a folder of pictures whose subfolders are the classes.
        size: pixels a side; other pictures are cropped to a square and resampled.
        channels: 1 for grey, 3 for colour.
        folder: where drawn faces are kept for the next run; without, they are drawn anew.
        limit: at most so many training pictures, each class in proportion; the test set stays whole, so
            that figures on it stay comparable. For `faces` it says how many are drawn (and a quarter more to hold out), 1,600 without.
        seed: of the drawn faces and of the choice under `limit`; it never moves the split.
        progress: told (done, total) while faces are drawn or a folder is read.

    Raises:
        Fault: `data-missing`, `data-unreadable`, `data-format`, `data-empty-class`, `data-too-few`, or `missing-extra`.
    """
    check_shape(size, channels)
    if limit is not None and limit < FEWEST:
        raise Fault("data-too-few", f"limit 是 {limit}，太少，不能训练", f"至少 {FEWEST} 张")
    try:
        if source == "digits":
            found = read_digits()
        elif source == "faces":
            found = read_faces(size, wanted=limit, folder=folder, seed=seed, progress=progress)
        else:
            found = _own(source, size, channels, progress)
    except OSError as reason:
        raise Fault("data-unreadable", f"读不了数据：{reason_of(reason)}", "检查路径和权限", file=source) from reason
    return _prepared(found, source, size, channels, limit, seed)


def _own(source: str, size: int, channels: int, progress: Progress | None) -> Gathered:
    path = Path(os.path.expanduser(source))  # noqa: PTH111 - Path.expanduser raises for an unknown user
    if not source.strip() or not path.exists():
        near = get_close_matches(source, BUILT_IN, 1)
        raise Fault(
            "data-missing",
            f"没有这套数据：{source}",
            f"可能想写 {near[0]}" if near else "写 digits、faces，或一个存在的文件夹或 .npz 文件",
            file=source,
        )
    return described(_read(path, size, channels, progress), path)


def _read(path: Path, size: int, channels: int, progress: Progress | None) -> Gathered:
    if path.is_dir():
        return read_idx_folder(path) if is_idx_folder(path) else read_folder(path, size, channels, progress)
    if path.suffix.lower() in PICKLES:
        raise Fault("data-format", PICKLE, "另存为 .npz（numpy.savez）或图片文件夹", file=str(path))
    if path.suffix.lower() != ".npz":
        raise Fault(
            "data-format", f"不认识的格式 {path.suffix or '（无后缀）'}", "给出文件夹或 .npz 文件", file=str(path)
        )
    return read_npz(path)


def _prepared(found: Gathered, source: str, size: int, channels: int, limit: int | None, seed: int) -> ImageData:
    check_fits(len(found.pixels), size, channels, source)
    pixels = shaped(found.pixels, size, channels)
    digests = pixel_digests(pixels)
    order = mixed_order(digests, found.labels)
    train, test = order[~found.in_test[order]], order[found.in_test[order]]
    if limit is not None and limit < len(train):
        train = train[spread_rows(None if found.labels is None else found.labels[train], len(train), limit, seed)]
    _check_enough(found, train, source)
    train_set, test_set = (_set(found, pixels, rows) for rows in (train, test))
    card = DataCard(
        name=found.name,
        title=found.title,
        origin=found.origin,
        licence=found.licence,
        sha256=_digest(train_set, test_set),
        size=train_set.pixels.numel() + test_set.pixels.numel(),
        skipped=found.skipped,
        cropped=found.cropped or len(found.pixels) * (found.pixels.shape[1] != found.pixels.shape[2]),
        doubled=_doubled(digests, train, test),
    )
    return ImageData(train_set, test_set, card)


def _doubled(digests: list[str], train: Rows, test: Rows) -> int:
    held_out = {digests[row] for row in test.tolist()}
    return sum(digests[row] in held_out for row in train.tolist())


def _check_enough(found: Gathered, train: Rows, source: str) -> None:
    if len(train) < FEWEST:
        raise Fault("data-too-few", f"只有 {len(train)} 张训练图片，不足以训练", f"至少 {FEWEST} 张", file=source)
    if found.labels is None:
        return
    counts = np.bincount(found.labels[train], minlength=len(found.classes))
    if not counts.all():
        raise Fault(
            "data-empty-class",
            f"类别 {found.classes[int(counts.argmin())]} 没有训练图片",
            "补上这一类的图片，或去掉这一类；设了 limit 时调大它",
            file=source,
        )


def _set(found: Gathered, pixels: Pixels, rows: Rows) -> ImageSet:
    return ImageSet(
        pixels=torch.from_numpy(pixels[rows]),
        labels=None if found.labels is None else torch.from_numpy(found.labels[rows]),
        classes=found.classes,
        persons=None if found.persons is None else torch.from_numpy(found.persons[rows]),
    )


def _digest(*sets: ImageSet) -> str:
    """Return the digest over shape, pixels and labels of each set in turn."""
    digest = sha256()
    for part in sets:
        digest.update(repr((tuple(part.pixels.shape), part.labels is not None)).encode())
        for tensor in (part.pixels, part.labels):
            if tensor is not None:
                array = tensor.numpy()
                digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).data)
    return digest.hexdigest()
