"""How good drawn pictures are: every figure with its spread, reference set, sample count and judge, or none at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from openbeian.manifest import Fault
from openbeian.studio.data.images import ImageData
from openbeian.studio.evaluation.frechet import Moments, frechet_estimate
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.evaluation.memorisation import Memorisation, pixel_distances
from openbeian.studio.evaluation.neighbours import NEIGHBOURS, Reached, nearest_distances, neighbourhood, reached
from openbeian.studio.evaluation.reference import POINTS, Floor, Reference, order
from openbeian.studio.evaluation.spread import RESAMPLES, Estimate, centred, mean, share

QUICK: Final = 1000


@dataclass(frozen=True, slots=True)
class JudgedAgainst:
    """The real pictures a figure is measured against: the test part of a set, its digest, and how many they are."""

    name: str
    sha256: str
    count: int


@dataclass(frozen=True, kw_only=True)
class SampleQuality:
    """The figures of one set of samples. There is no way to have some without the others.

    Attributes:
        fid_c: Fréchet distance in the judge's features, all samples against all test pictures. Not an Inception FID.
        floor_fid_c: the same for training pictures in place of samples: what a perfect model would reach.
        precision: share of samples that look real. High also when all of them are one good picture: read it with recall.
        recall: share of test pictures that samples come near to.
        density: as precision, counting how many test pictures a sample is near to; can exceed 1.
        coverage: share of test pictures with a sample among their neighbours.
        right_class: share of samples the judge sees as the class they were asked for; None without classes.
        class_spread: total variation distance between the judge's answers on samples and on test pictures, 0 to 1; None without classes.
        pixels: nearest training pictures by grey levels.
        features: nearest training pictures in the judge's features.
        floor: all figures of training pictures.
        reference: what was measured against.
        samples: number of samples.
        points: number of samples, and of test pictures, in the neighbourhoods and in the search for copies: at most 5,000.
        neighbours: k of the neighbourhoods.
        judge: its digest, task and accuracy.
        seed: of the resamples and of the choice of points.
    """

    fid_c: Estimate
    floor_fid_c: Estimate
    precision: Estimate
    recall: Estimate
    density: Estimate
    coverage: Estimate
    right_class: Estimate | None
    class_spread: Estimate | None
    pixels: Memorisation
    features: Memorisation
    floor: Floor
    reference: JudgedAgainst
    samples: int
    points: tuple[int, int]
    neighbours: int
    judge: dict[str, Any]
    seed: int

    def estimates(self) -> dict[str, Estimate]:
        """Return every figure by its name in the record; those that do not apply are left out."""
        named = {
            "fid_c": self.fid_c,
            "floor_fid_c": self.floor_fid_c,
            "precision": self.precision,
            "recall": self.recall,
            "density": self.density,
            "coverage": self.coverage,
            "right_class": self.right_class,
            "class_spread": self.class_spread,
            "memorised_pixels": self.pixels.memorised,
            "memorised_features": self.features.memorised,
        }
        return {name: figure for name, figure in named.items() if figure is not None}

    def as_results(self) -> dict[str, Any]:
        """Return the figures as plain JSON for a run's record: numbers by name, then what they rest on."""
        figures = self.estimates()
        return {
            **{name: figure.value for name, figure in figures.items()},
            "spread": {name: [figure.low, figure.high] for name, figure in figures.items()},
            "spread_methods": {name: figure.method for name, figure in figures.items()},
            "reference": {
                "name": self.reference.name,
                "sha256": self.reference.sha256,
                "count": self.reference.count,
            },
            "samples": self.samples,
            "neighbours": {"k": self.neighbours, "samples": self.points[0], "reference": self.points[1]},
            "floor": self.floor.as_json(),
            "judge": dict(self.judge),
            "memorisation": {"pixels": self.pixels.as_json(), "features": self.features.as_json()},
            "evaluation_seed": self.seed,
        }


def judge_samples(
    judge: Judge, data: ImageData, pixels: Tensor, labels: Tensor | None = None, *, seed: int
) -> SampleQuality:
    """Measure samples against the pictures held out.

    Args:
        judge: in whose features distances are taken.
        data: its test part is the reference, its training part the floor and what might have been copied.
        pixels: samples, uint8 (n, channels, height, width). Fréchet distances depend on n: compare only equal numbers.
        labels: int64 (n,), the class each sample was asked for; None without classes.
        seed: of resamples and of the choice of at most 5,000 samples for neighbourhoods.

    Raises:
        Fault: `samples-labels` for labels that do not fit, `judge-pictures` for pictures of another shape, `points-too-few` for
            fewer than 6 samples.
    """
    _check_labels(judge, pixels, labels)
    reference = Reference.of(judge, data)
    features, logits = judge.look(pixels)
    chosen = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(seed))[:POINTS]
    near = _near(reached(reference.test[:POINTS], features[chosen]), seed)
    return SampleQuality(
        fid_c=frechet_estimate(features, Moments.of(reference.test), seed),
        floor_fid_c=reference.floor.fid_c,
        **near,
        right_class=_right_class(logits.argmax(1), labels),
        class_spread=_class_spread(judge, logits.argmax(1), reference.answers, seed),
        pixels=Memorisation.of(
            pixel_distances(pixels[chosen], data.train.pixels), reference.unseen_pixels, "grey levels"
        ),
        features=Memorisation.of(
            nearest_distances(features[chosen], reference.train), reference.unseen_features, "feature units"
        ),
        floor=reference.floor,
        reference=JudgedAgainst(data.card.name, data.card.sha256, len(data.test)),
        samples=len(pixels),
        points=(len(chosen), min(POINTS, len(reference.test))),
        neighbours=NEIGHBOURS,
        judge=judge.as_json(),
        seed=seed,
    )


def quick_reference(judge: Judge, data: ImageData) -> Tensor:
    """Return the features float32 (at most 1,000, 128) of test pictures for `quick_check`."""
    return judge.features(data.test.pixels[order(len(data.test))[:QUICK]])


def quick_check(judge: Judge, reference: Tensor, pixels: Tensor) -> tuple[float, float]:
    """Return recall and coverage of at most 1,000 samples, for the collapse alarm during training.

    Fewer points reach farther, so both differ from those of `judge_samples`: set an alarm's limit on these.

    Args:
        judge: about 1 CPU-second for 1,000 digits.
        reference: of `quick_reference`.
        pixels: samples, uint8 (n, channels, height, width); the first 1,000 are looked at, so mix their classes.

    Raises:
        Fault: `judge-pictures`, or `points-too-few` for fewer than 6 samples or references.
    """
    found = neighbourhood(reference, judge.features(pixels[:QUICK]))
    return found.recall, found.coverage


def _near(found: Reached, seed: int) -> dict[str, Estimate]:
    # Wilson's interval stays honest at 0 and 1, where resampling would claim a certainty that is not there.
    shares = {"precision": found.reaching > 0, "recall": found.recalled, "coverage": found.covered}
    density = mean((found.reaching / found.neighbours).double().numpy(), seed)
    return {name: share(int(value.sum()), len(value)) for name, value in shares.items()} | {"density": density}


def _right_class(answers: Tensor, labels: Tensor | None) -> Estimate | None:
    return None if labels is None else share(int(answers.eq(labels.cpu()).sum()), len(answers))


def _class_spread(judge: Judge, answers: Tensor, expected: Tensor, seed: int) -> Estimate | None:
    """Return half the summed difference of class shares, with the samples' classes drawn anew 1,000 times."""
    if judge.task != "class":
        return None
    classes = len(judge.classes)
    wanted = torch.bincount(expected, minlength=classes).double().numpy() / len(expected)
    counts = torch.bincount(answers, minlength=classes).numpy()
    drawn = np.random.default_rng(seed).multinomial(len(answers), counts / len(answers), size=RESAMPLES)
    distances = np.abs(np.vstack([counts, drawn]) / len(answers) - wanted).sum(1) / 2
    return centred(float(distances[0]), distances[1:])


def _check_labels(judge: Judge, pixels: Tensor, labels: Tensor | None) -> None:
    if labels is None:
        return
    if judge.task != "class":
        raise Fault("samples-labels", "这套数据没有类别，样本却带着标签", "不给标签，或换成有类别的数据")
    if labels.shape != pixels.shape[:1]:
        raise Fault(
            "samples-labels", f"{len(pixels)} 张样本，标签的形状却是 {tuple(labels.shape)}", "每张样本给一个标签"
        )
    if int(labels.min()) < 0 or int(labels.max()) >= len(judge.classes):
        raise Fault("samples-labels", "有标签不在类别之中", f"标签是 0 到 {len(judge.classes) - 1}")
