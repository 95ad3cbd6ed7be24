"""The studio in a few calls: train by a recipe, load what was trained, measure it again.

from openbeian.studio import train
model = train("digits-gan", out="runs/one", seed=1, cpu_minutes=3)
print(model.results["fid_c"], model.results["recall"])
pictures = model.sample(64, label=7, seed=0)  # uint8 (64, 1, 28, 28)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from openbeian.manifest import Fault
from openbeian.studio.data.images import load_images
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.models.images import ImageModel
from openbeian.studio.models.lines import LineModel
from openbeian.studio.recipes import ImageGan, ImageVae, Recipe, Replies, TextGan, load_recipe, recipe_of
from openbeian.studio.replies.model import ReplyModel
from openbeian.studio.replies.pairs import project_pairs
from openbeian.studio.replies.training import train_replies
from openbeian.studio.runs.folder import RUN, is_run, load_run
from openbeian.studio.training.checkpoint import write_file
from openbeian.studio.training.images import Tell, judge_recipe, measure
from openbeian.studio.training.line_job import measure_lines
from openbeian.studio.training.loop import Progress, Rhythm
from openbeian.studio.training.run import RunOptions, Watcher, run_recipe

Model = ImageModel | LineModel | ReplyModel
USUAL = Rhythm()


def train(  # noqa: PLR0913 - one argument for each thing a caller may want otherwise
    recipe: str | Path | Recipe,
    *,
    out: str | Path,
    seed: int = 1,
    settings: Iterable[str] = (),
    cpu_minutes: float | None = None,
    steps: int | None = None,
    data: str | Path | None = None,
    cache: str | Path | None = None,
    is_resumed: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    tell: Tell = lambda _words, _share: None,
    is_stopped: Callable[[], bool] = lambda: False,
    rhythm: Rhythm = USUAL,
) -> Model:
    """Train by a recipe and return the model; its record, figures and report lie in `out`.

    Args:
        recipe: name of a shipped recipe, path of a YAML file, or a recipe.
        out: folder of the run; an older run in it is replaced.
        seed: the same seed gives the same bits on one thread.
        settings: `objective.game=hinge` and the like.
        cpu_minutes: process CPU time of the training (evaluation is not counted).
        steps: an exact number of steps instead.
        data: `digits`, `faces`, or a path, in place of the recipe's own.
        cache: folder of judges and drawn data; beside `out` by default.
        is_resumed: go on from the last checkpoint in `out`.
        progress: told after every row of metrics.
        tell: told what else is being done.
        is_stopped: asked between steps.
        rhythm: how often it is checked and saved.

    Raises:
        Fault: for a recipe, data, disk or machine that is not as needed; `run-interrupted`, `run-collapsed`, `run-not-finite`.
    """
    out = Path(out)
    wanted = (
        recipe if isinstance(recipe, Recipe) else load_recipe(str(recipe), _all(settings, cpu_minutes, steps, data))
    )
    options = RunOptions(seed, out, _cache(out, cache), is_resumed, rhythm)
    if isinstance(wanted, Replies):
        _train_replies(wanted, options, tell)
    else:
        run_recipe(wanted, options, Watcher(progress, tell, is_stopped))
    return load(out)


def _train_replies(recipe: Replies, options: RunOptions, tell: Tell) -> None:
    """Train the reply model: too short to be stopped and resumed, so it has a loop of its own."""
    train_replies(
        Path(recipe.data.source) if recipe.data.source else project_pairs(),
        options.out,
        seed=options.seed,
        settings=recipe.training,
        progress=lambda done, total, note: tell(f"训练答复模型 {note}", done / max(1, total)),
    )


def load(folder: str | Path) -> Model:
    """Load a finished run of any kind. Raises as `ImageModel.load`, `LineModel.load` and `ReplyModel.load`."""
    folder = Path(folder)
    if (folder / RUN).exists() and not is_run(folder):
        return ReplyModel.load(folder)
    is_text = load_run(folder)["family"] == "text-gan"
    return LineModel.load(folder) if is_text else ImageModel.load(folder)


def evaluate(
    folder: str | Path,
    *,
    data: str | Path | None = None,
    samples: int | None = None,
    cache: str | Path | None = None,
    tell: Tell = lambda _words, _share: None,
) -> dict[str, Any]:
    """Measure a finished run of pictures or texts again; return `results` as in its record, which stays as it was.

    Args:
        folder: of the run.
        data: another set than the run's own. Texts of another set are held against by its test part; copies are still looked for among those
            trained on.
        samples: another number of samples than the recipe's.
        cache: as in `train`.
        tell: told what is being done.

    Raises:
        Fault: `run-stopped` for a run that ended early; `run-other` for one of the reply model; those of `load`.
    """
    folder = Path(folder)
    if (folder / RUN).exists() and not is_run(folder):
        raise Fault(
            "run-other", "答复模型的数字在训练时一次量完", "看它的 report.html；要重新量就重新训练", file=str(folder)
        )
    facts = load_run(folder)
    if facts["outcome"] != "finished":
        raise Fault("run-stopped", f"这次训练中途停下：{facts['words']}", "重新训练后再评估", file=str(folder))
    recipe = recipe_of(facts)
    assert isinstance(recipe, ImageGan | ImageVae | TextGan)
    if samples is not None:
        recipe = recipe.model_copy(update={"evaluation": recipe.evaluation.model_copy(update={"samples": samples})})
    if isinstance(recipe, TextGan):
        results = measure_lines(folder, recipe, data, tell)
    else:
        results = _measure_images(folder, recipe, data, _cache(folder, cache), tell)
    write_file(
        folder / "evaluation.json",
        json.dumps({"run": facts["weights_sha256"], "results": results}, ensure_ascii=False, indent=1),
    )
    return results


def _measure_images(
    folder: Path, recipe: ImageGan | ImageVae, data: str | Path | None, cache: Path, tell: Tell
) -> dict[str, Any]:
    model, wanted = ImageModel.load(folder), recipe.data
    found = load_images(
        str(data or wanted.source), size=wanted.size, channels=wanted.channels, folder=cache, limit=wanted.limit
    )
    judge = Judge.of(
        found,
        cache / "judges",
        recipe=judge_recipe(recipe.evaluation),
        progress=lambda done, total: tell("训练评审模型", done / total),
    )
    return measure(model, recipe, found, judge, tell)


def _cache(folder: Path, cache: str | Path | None) -> Path:
    return Path(cache) if cache else folder.resolve().parent / "cache"


def _all(settings: Iterable[str], cpu_minutes: float | None, steps: int | None, data: str | Path | None) -> list[str]:
    """Return everything that was said beside the recipe as settings."""
    found = list(settings)
    if steps is not None:
        found += [f"budget.steps={steps}", "budget.cpu_minutes=null"]
    if cpu_minutes is not None:
        found += [f"budget.cpu_minutes={cpu_minutes}"] + ([] if steps is not None else ["budget.steps=null"])
    if data is not None:
        found.append(f"data.source={json.dumps(str(data), ensure_ascii=False)}")
    return found
