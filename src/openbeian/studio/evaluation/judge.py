"""The judge: the digit (or face, or your own pictures') classifier in whose eyes samples are measured; trained once, then cached."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from openbeian.files import write_whole
from openbeian.manifest import Fault, digest, reason_of
from openbeian.studio.data.images import ImageData
from openbeian.studio.evaluation.judge_network import (
    JudgeNetwork,
    JudgeRecipe,
    Progress,
    Shape,
    Task,
    apply,
    measure_accuracy,
    train_network,
)

ABOUT: Final = "judge"  # the one entry of the file's metadata: with several, their order would change from run to run
KIND: Final = "openbeian-judge/1"
USUAL: Final = JudgeRecipe()


class Judge:
    """A classifier with its features, and what a figure has to say of it.

    Attributes:
        digest: sha256 of the weights as a safetensors file without metadata.
        recipe: how it was trained: kind, recipe, shape, and the digest of the data.
        accuracy: share of right answers on the test pictures, 0 to 1.
        task: `class`, or `turn` (which way is it turned?) for sets without labels.
        classes: names of the classes; empty for `turn`.
        cache: where figures about the data are kept beside the judge, without suffix; None without a folder.
    """

    def __init__(
        self,
        network: JudgeNetwork,
        recipe: dict[str, Any],
        accuracy: float,
        classes: tuple[str, ...],
        cache: Path | None,
    ) -> None:
        self._network = network.eval().requires_grad_(requires_grad=False)
        self.digest = sha256(save(_weights(network))).hexdigest()
        self.recipe = recipe
        self.accuracy = accuracy
        self.task: Task = recipe["shape"]["task"]
        self.classes = classes
        self.cache = cache

    @staticmethod
    def of(data: ImageData, folder: Path, *, recipe: JudgeRecipe = USUAL, progress: Progress | None = None) -> Judge:
        """Return the judge of a set: from the folder, or trained now (10 CPU-minutes for 60,000 digits) and put there.

        A second process that asks meanwhile waits for the first. A file that is broken, foreign or a pickle is never
        unpacked, only replaced.

        Args:
            data: the judge learns from the training part and is tried on the test part.
            folder: the cache, made when missing; the file's name is the sha256 of data and recipe.
            recipe: another recipe is another judge.
            progress: told the steps done and all steps while it is trained.

        Raises:
            Fault: `judge-folder` when the folder cannot be written; `judge-square` for oblong pictures without labels.
        """
        about = {
            "kind": KIND,
            "data": data.card.sha256,
            "recipe": asdict(recipe),
            "shape": Shape.of(data.train).as_json(),
        }
        cache = folder / digest(about)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(cache.with_suffix(".lock")):
                return _read(cache, data, recipe, about) or _train(cache, data, recipe, about, progress)
        except OSError as reason:
            raise Fault(
                "judge-folder", f"存不了评审模型：{reason_of(reason)}", "检查空间和权限", file=str(folder)
            ) from reason

    def features(self, pixels: Tensor) -> Tensor:
        """Return the features, float32 (n, 128), of pictures uint8 (n, channels, height, width)."""
        return self.look(pixels)[0]

    def logits(self, pixels: Tensor) -> Tensor:
        """Return the logits, float32 (n, answers), of pictures uint8 (n, channels, height, width)."""
        return self.look(pixels)[1]

    def predicted(self, pixels: Tensor) -> Tensor:
        """Return the answers, int64 (n,), of pictures uint8 (n, channels, height, width)."""
        return self.logits(pixels).argmax(1)

    def look(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits of one pass.

        Raises:
            Fault: `judge-pictures` for pictures of another size, another type, or none at all.
        """
        shape = self.recipe["shape"]
        expected = (shape["channels"], shape["height"], shape["width"])
        if pixels.dtype != torch.uint8 or tuple(pixels.shape[1:]) != expected or not len(pixels):
            found = "×".join(map(str, pixels.shape))
            raise Fault(
                "judge-pictures",
                f"评审模型只看 {'×'.join(map(str, expected))} 的 8 位图片，这里是 {found}（{pixels.dtype}）",
                "换成同样大小的图片，或另训一个评审模型",
            )
        return apply(self._network, pixels)

    def as_json(self) -> dict[str, Any]:
        """Return what every figure says of its judge."""
        return {"sha256": self.digest, "task": self.task, "accuracy": self.accuracy}


def _train(
    cache: Path, data: ImageData, recipe: JudgeRecipe, about: dict[str, Any], progress: Progress | None
) -> Judge:
    network = train_network(data, recipe, progress)
    accuracy = measure_accuracy(network, about["shape"]["task"], data.test)
    note = json.dumps({**about, "accuracy": accuracy}, sort_keys=True)
    write_whole(cache.with_suffix(".safetensors"), save(_weights(network), {ABOUT: note}))
    return Judge(network, about, accuracy, data.train.classes, cache)


def _read(cache: Path, data: ImageData, recipe: JudgeRecipe, about: dict[str, Any]) -> Judge | None:
    path = cache.with_suffix(".safetensors")
    if not path.exists():
        return None
    network = JudgeNetwork(Shape(**about["shape"]), recipe.dropout)
    try:
        with safe_open(path, "pt") as file:
            note = json.loads((file.metadata() or {})[ABOUT])
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
        if {**note, "accuracy": None} != {**about, "accuracy": None}:
            return None
        return Judge(network, about, float(note["accuracy"]), data.train.classes, cache)
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError):
        return None


def _weights(network: JudgeNetwork) -> dict[str, Tensor]:
    return {name: tensor.contiguous() for name, tensor in network.state_dict().items()}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time train; where the system has no such locks each trains the same bits for itself."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
