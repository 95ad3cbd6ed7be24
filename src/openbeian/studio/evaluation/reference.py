"""What samples are measured against: features of the real pictures and the floor, made once for a judge and a set, then cached."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from openbeian.files import write_whole
from openbeian.manifest import Fault, reason_of
from openbeian.studio.data.images import ImageData
from openbeian.studio.evaluation.frechet import Moments, frechet_estimate
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.evaluation.memorisation import pixel_distances
from openbeian.studio.evaluation.neighbours import NEIGHBOURS, Neighbourhood, nearest_distances, neighbourhood
from openbeian.studio.evaluation.spread import Estimate

KIND: Final = "openbeian-reference/1"
ABOUT: Final = "reference"
POINTS: Final = 5000  # pictures of each side in neighbourhoods and in the search for copies
SEED: Final = 0  # of the order in which real pictures are taken


@dataclass(frozen=True)
class Floor:
    """The figures of real training pictures measured as if they were samples: what a perfect model would reach.

    Attributes:
        fid_c: with its spread.
        neighbourhood: precision, recall, density, coverage.
        count: training pictures taken, as many as there are test pictures where that many are.
    """

    fid_c: Estimate
    neighbourhood: Neighbourhood
    count: int

    def as_json(self) -> dict[str, Any]:
        """Return the floor as plain JSON."""
        return {"fid_c": self.fid_c.value, **asdict(self.neighbourhood), "count": self.count}


@dataclass(frozen=True, eq=False)
class Reference:
    """The real pictures of a set in a judge's eyes.

    Attributes:
        test: features float32 (n, 128) of the pictures held out, in an order drawn once.
        train: features float32 (m, 128) of the training pictures.
        answers: int64 (n,), what the judge says the test pictures are.
        unseen_pixels: float32 (min(n, 5000),), distance of test pictures to the nearest training picture, in grey levels.
        unseen_features: the same in the feature space.
        floor: the figures of training pictures.
    """

    test: Tensor
    train: Tensor
    answers: Tensor
    unseen_pixels: Tensor
    unseen_features: Tensor
    floor: Floor

    @staticmethod
    def of(judge: Judge, data: ImageData) -> Reference:
        """Return the reference of a set: from beside the judge, or made now (2 CPU-minutes for 70,000 digits) and put there.

        Raises:
            Fault: `points-too-few` when fewer than 6 pictures are held out; `judge-folder` when the cache cannot be written.
        """
        if judge.cache is None:
            return _made(judge, data)
        path = judge.cache.with_name(f"{judge.cache.name}.{data.card.sha256[:16]}.reference.safetensors")
        about = {"kind": KIND, "judge": judge.digest, "data": data.card.sha256}
        return _read(path, about) or _kept(_made(judge, data), path, about)


def order(count: int) -> Tensor:
    """Return the rows of a set of real pictures in the one order in which they are taken."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(SEED))


def _made(judge: Judge, data: ImageData) -> Reference:
    shuffled = data.test.pixels[order(len(data.test))]
    test, logits = judge.look(shuffled)
    train = judge.features(data.train.pixels)
    return Reference(
        test=test,
        train=train,
        answers=logits.argmax(1),
        unseen_pixels=pixel_distances(shuffled[:POINTS], data.train.pixels),
        unseen_features=nearest_distances(test[:POINTS], train),
        floor=_floor(test, train),
    )


def _floor(test: Tensor, train: Tensor) -> Floor:
    taken = train[order(len(train))[: len(test)]]
    return Floor(
        frechet_estimate(taken, Moments.of(test), SEED),
        neighbourhood(test[:POINTS], taken[:POINTS], NEIGHBOURS),
        len(taken),
    )


def _kept(reference: Reference, path: Path, about: dict[str, str]) -> Reference:
    tensors = {name: value.contiguous() for name, value in vars(reference).items() if isinstance(value, Tensor)}
    note = json.dumps({**about, "floor": asdict(reference.floor)}, sort_keys=True)
    try:
        write_whole(path, save(tensors, {ABOUT: note}))
    except OSError as reason:
        raise Fault(
            "judge-folder", f"存不了参照特征：{reason_of(reason)}", "检查空间和权限", file=str(path)
        ) from reason
    return reference


def _read(path: Path, about: dict[str, str]) -> Reference | None:
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            note = json.loads((file.metadata() or {})[ABOUT])
            if any(note[name] != value for name, value in about.items()):
                return None
            return Reference(
                **{name: file.get_tensor(name) for name in file.keys()},  # noqa: SIM118 - no mapping
                floor=_floor_of(note["floor"]),
            )
    except (SafetensorError, KeyError, TypeError, ValueError):
        return None


def _floor_of(note: dict[str, Any]) -> Floor:
    return Floor(Estimate(**note["fid_c"]), Neighbourhood(**note["neighbourhood"]), int(note["count"]))
