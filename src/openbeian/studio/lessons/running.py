"""A lesson from its name to a folder: `results.json`, and of each variant its samples and the course of its losses."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import torch

from openbeian.files import write_whole
from openbeian.manifest import Fault, reason_of
from openbeian.studio.data.images import DataCard, ImageData
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.evaluation.samples import judge_samples
from openbeian.studio.lessons import chapter15, chapter17, chapter18
from openbeian.studio.lessons.curves import curves_png, thinned
from openbeian.studio.lessons.model import AnyLesson, Played
from openbeian.studio.recipes import Machine
from openbeian.studio.runs.pictures import grid_png, write_png
from openbeian.studio.training.machine import hardware

LESSONS: Final[dict[str, AnyLesson]] = {
    lesson.name: lesson for lesson in (chapter15.LESSON, chapter17.LESSON, chapter18.LESSON)
}
POINTS: Final = 100
SHOWN, COLUMNS = 32, 8
TAIL: Final = 20  # steps whose mean is called the last loss
Tell = Callable[[str, float], None]


def lesson(name: str) -> AnyLesson:
    """Return a lesson by its name.

    Raises:
        Fault: `lesson-unknown`.
    """
    if name not in LESSONS:
        near = get_close_matches(name, LESSONS, 1)
        raise Fault("lesson-unknown", f"没有课 {name}", f"可能想写 {near[0]}" if near else f"有 {'、'.join(LESSONS)}")
    return LESSONS[name]


def run_lesson(
    name: str,
    out: Path,
    *,
    seed: int = 1,
    steps: int | None = None,
    source: str | None = None,
    only: Sequence[str] = (),
    measure: Measure | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Run the variants of a lesson one after another on one thread; what is done is written after each.

    Args:
        name: of the lesson.
        out: the folder, made when missing.
        seed: of weights, noise, dropout and order, the same for each variant.
        steps: of each variant; the lesson's own without.
        source: other data than the lesson's own.
        only: names of variants; all without.
        measure: measures samples; without, only `variety` is measured.
        tell: told what is done and which share of all.

    Returns:
        What `results.json` holds.

    Raises:
        Fault: `lesson-unknown`, `lesson-variant`, `run-unwritable`, or what loading the data and the judge raises.
    """
    found = lesson(name)
    chosen = _chosen(found, only)
    measure = measure or Measure()
    with hardware(Machine(device="cpu", threads=1)):
        data = found.load(source or found.source)
        results = _head(found, data, seed, steps or found.steps, measure)
        for place, variant in enumerate(chosen):
            if tell is not None:
                tell(variant.change, place / len(chosen))
            begun = time.process_time()
            played = variant.play(data, round((steps or found.steps) * variant.share) or 1, seed)
            spent = time.process_time() - begun
            row = {"name": variant.name, "change": variant.change, "cpu_seconds": round(spent, 1)}
            results["variants"].append(row | _described(played, measure(played, data, seed)))
            _draw(out, variant.name, played, found.floors.get(variant.name))
            _write(out / "results.json", results)
    return results


class Measure:
    """What is measured on samples: variety always, the judge's figures where there is a judge.

    Args:
        reference: real pictures to measure against, in the eyes of their judge; None for variety alone.
        cache: the judge's folder; needed with `reference`.

    Raises:
        Fault: as `Judge.of`.
    """

    def __init__(self, reference: ImageData | None = None, cache: Path | None = None) -> None:
        self._reference = reference
        self._judge = Judge.of(reference, cache) if reference is not None and cache is not None else None

    def about(self) -> dict[str, Any] | None:
        """Return what the judge's figures rest on; None without a judge."""
        if self._judge is None or self._reference is None:
            return None
        card = self._reference.card
        return {"name": card.name, "sha256": card.sha256, "judge": self._judge.as_json()}

    def __call__(self, played: Played, data: Any, seed: int) -> dict[str, float]:
        """Return figures by name; samples of another size than the data's have none."""
        pixels = played.pixels
        if pixels is None or pixels.shape[2:] != data.train.pixels.shape[2:]:
            return {}
        figures = {"variety": float(_spread(pixels) / _spread(data.train.pixels))}
        if self._judge is not None and self._reference is not None:
            quality = judge_samples(self._judge, self._reference, pixels, seed=seed)
            names = ("fid_c", "floor_fid_c", "precision", "recall", "density", "coverage")
            figures |= {name: quality.estimates()[name].value for name in names}
        return figures


def _spread(pixels: torch.Tensor) -> torch.Tensor:
    """Return the root mean square over pixels of their standard deviation over pictures: 0 when all pictures are the same."""
    return pixels.double().var(0).mean().sqrt()


def _chosen(found: AnyLesson, only: Sequence[str]) -> list[Any]:
    names = [variant.name for variant in found.variants]
    for name in only:
        if name not in names:
            raise Fault("lesson-variant", f"这一课没有做法 {name}", f"有 {'、'.join(names)}")
    return [variant for variant in found.variants if not only or variant.name in only]


def _head(found: AnyLesson, data: Any, seed: int, steps: int, measure: Measure) -> dict[str, Any]:
    card: DataCard = data.card
    return {
        "lesson": found.name,
        "title": found.title,
        "seed": seed,
        "steps": steps,
        "data": {"name": card.name, "title": card.title, "sha256": card.sha256, "train": len(data.train)},
        "torch": torch.__version__,
        "measured_against": measure.about(),
        "variants": [],
    }


def _described(played: Played, figures: dict[str, float]) -> dict[str, Any]:
    return {
        "steps": played.steps,
        "stopped": played.stopped,
        "last": {name: sum(tail) / len(tail) for name, values in played.losses.items() if (tail := values[-TAIL:])},
        "least": {name: min(values) for name, values in played.losses.items() if values},
        "losses": {
            name: [round(value, 5) for value in thinned(values, POINTS)] for name, values in played.losses.items()
        },
        "figures": figures | played.figures,
        "samples": None if played.pixels is None else len(played.pixels),
        "texts": list(played.texts),
    }


def _draw(out: Path, name: str, played: Played, floor: float | None) -> None:
    if played.pixels is not None:
        write_png(
            out / f"{name}.png",
            grid_png(played.pixels[:SHOWN].numpy(), COLUMNS, 1 if played.pixels.shape[2] > 28 else 2),
        )
    if played.steps:
        curves = {key: thinned(values, POINTS) for key, values in played.losses.items()}
        write_png(out / f"{name}-losses.png", curves_png(curves, len(played.losses["discriminator"]), floor))


def _write(path: Path, results: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(results, ensure_ascii=False, indent=1) + "\n")
    except OSError as reason:
        raise Fault(
            "run-unwritable", f"结果写不进去：{reason_of(reason)}", "检查空间和权限", file=str(path)
        ) from reason
