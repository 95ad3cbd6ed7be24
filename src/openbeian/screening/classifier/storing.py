"""Classifiers as files: arrays and plain JSON in a zip, read without running anything in it."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile, ZipFile

import numpy as np

from openbeian.files import whole_file
from openbeian.manifest import Fault
from openbeian.screening.classifier.model import SCHEMA, Classifier, Head
from openbeian.screening.classifier.ngrams import PLACES
from openbeian.screening.classifier.quality import Group, Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST: Final = 512 * 2**20  # bytes unpacked: all 31 risks and every place
_EARLIER: Final = "openbeian/classifier/v1"
_UNREADABLE: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    RuntimeError,
    MemoryError,
    RecursionError,
    BadZipFile,
    zlib.error,
)  # what zip, numpy and JSON raise over a damaged file


def save(trained: Classifier, path: Path) -> None:
    """Write a classifier; places without weight are left out."""
    places = np.flatnonzero(trained.weights.any(axis=0)).astype(np.uint32)
    about = json.dumps(trained.about(), ensure_ascii=False, sort_keys=True).encode()
    with whole_file(path) as file:
        np.savez_compressed(
            file, places=places, values=trained.weights[:, places], about=np.frombuffer(about, dtype=np.uint8)
        )


def load(path: Path) -> Classifier:
    """Read a classifier.

    Raises:
        Fault: `classifier-unreadable`, `classifier-old` for one of an earlier version.
    """
    try:
        return _read(path)
    except _UNREADABLE as error:
        raise Fault("classifier-unreadable", "分类模型文件读不懂", "用本程序训练所得的文件", file=str(path)) from error


def _read(path: Path) -> Classifier:
    with path.open("rb") as file:
        with ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise ValueError("too large")
        file.seek(0)
        with np.load(file, allow_pickle=False) as held:  # numpy leaves its own file open
            about = json.loads(held["about"].tobytes())
            if about["schema"] == _EARLIER:
                raise Fault("classifier-old", "分类模型是旧版本训练的", "用同一份标注重新训练", file=str(path))
            places, values = held["places"], held["values"].astype(np.float32)
    if about["schema"] != SCHEMA:
        raise ValueError(about["schema"])
    heads = tuple(_head(head) for head in about["heads"])
    return Classifier(
        weights=_weights(places, values, len(heads)),
        heads=heads,
        risks=about["risks"],
        texts=about["texts"],
        training_sha256=about["training_sha256"],
        left_out=about["left_out"],
    )


def _weights(places: NDArray[np.uint32], values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    if not heads or values.shape != (heads, len(places)) or not np.isfinite(values).all():
        raise ValueError("weights")
    weights = np.zeros((heads, PLACES), np.float32)
    weights[:, places] = values
    return weights


def _head(said: dict[str, Any]) -> Head:
    quality = said["quality"]
    kept = {name: tuple(map(tuple, quality[name])) for name in ("roc", "precision_recall", "reliability")}
    groups = tuple(Group(**group) for group in quality["groups"])
    return Head(said["risk"], said["slope"], said["shift"], Quality(**{**quality, **kept, "groups": groups}))
