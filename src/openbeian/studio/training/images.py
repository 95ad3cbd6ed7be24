"""One run of a picture model, from its data to its figures: what `train` asks of every family of recipes (`Job`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from openbeian.studio.data.images import ImageData, load_images
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.evaluation.judge_network import JudgeRecipe
from openbeian.studio.evaluation.likelihood import Explained, explain
from openbeian.studio.evaluation.samples import judge_samples, quick_check, quick_reference
from openbeian.studio.models.images import ImageModel
from openbeian.studio.recipes import Evaluation, ImageGan, ImageVae
from openbeian.studio.runs import class_grid_png, grid_png, model_card, neighbours_png, pairs_png, report_html, walk_png
from openbeian.studio.runs.folder import CARD, PICTURES, REPORT
from openbeian.studio.training.checkpoint import write_file
from openbeian.studio.training.gan import GanTraining
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.vae import VaeTraining, log_likelihood, unit_pixels
from openbeian.studio.training.watching import Watch

Tell = Callable[[str, float], None]
"""Told what is being done and the share done, 0 to 1."""

SHOWN = 500
"""Samples that are drawn to be shown, and searched for the nearest to a training picture."""

SAMPLE_SEED = 123
"""Of the samples that are judged: another than any training seed's noise, and the same for every run."""


class ImageJob:
    """A picture recipe on its data.

    Args:
        recipe: of a GAN or a VAE.
        seed: of the training.
        hardware: where it runs.
        cache: folder for judges and drawn data.
        tell: told what takes long before training begins.
    """

    def __init__(self, recipe: ImageGan | ImageVae, seed: int, hardware: Hardware, cache: Path, tell: Tell) -> None:
        self._recipe = recipe
        wanted = recipe.data
        self.data: ImageData = load_images(
            wanted.source,
            size=wanted.size,
            channels=wanted.channels,
            folder=cache,
            limit=wanted.limit,
            progress=lambda done, total: tell("读取图片", done / max(1, total)),
        )
        self._judge = Judge.of(
            self.data,
            cache / "judges",
            recipe=judge_recipe(recipe.evaluation),
            progress=lambda done, total: tell("训练评审模型（只此一次）", done / total),
        )
        reference = quick_reference(self._judge, self.data)
        watch = Watch(lambda pictures: quick_check(self._judge, reference, pictures), recipe.evaluation)
        self.trainee: GanTraining | VaeTraining
        if isinstance(recipe, ImageGan):
            self.trainee = GanTraining(recipe, self.data.train, seed, hardware, watch)
        else:
            self.trainee = VaeTraining(recipe, self.data.train, seed, hardware, watch)

    @property
    def data_sha256(self) -> str:
        """The digest of the data trained on."""
        return self.data.card.sha256

    def facts(self) -> dict[str, Any]:
        """Return what the record says of data and model."""
        card, train = self.data.card, self.data.train
        return {
            "data": {
                "name": card.name, "title": card.title, "origin": card.origin, "licence": card.licence, "sha256": card.sha256, "size": card.size,
                "train": len(train), "test": len(self.data.test), "classes": list(train.classes) if self._is_conditional() else [],
                "skipped": list(card.skipped), "cropped": card.cropped, "doubled": card.doubled,
            },
            "epochs": round(self.trainee.epochs, 2),
            "parameters": self.trainee.parameters(),
        }  # fmt: skip

    def weights(self) -> dict[str, Tensor]:
        """Return what is needed to draw."""
        return {name: tensor.cpu().contiguous() for name, tensor in self.trainee.sampler().state_dict().items()}

    def evaluate(self, facts: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Measure the trained model; return the `results` of its record."""
        model = ImageModel(self.trainee.sampler(), facts, tuple(facts["data"]["classes"]))
        return measure(model, self._recipe, self.data, self._judge, tell)

    def leave(self, folder: Path, facts: dict[str, Any], rows: list[dict[str, float]]) -> None:
        """Write pictures, report and card."""
        model = ImageModel(self.trainee.sampler(), facts, tuple(facts["data"]["classes"]))
        (folder / PICTURES).mkdir(exist_ok=True)
        pictures = self._pictures(model, is_finished=facts["outcome"] == "finished")
        for name, png in pictures.items():
            write_file(folder / PICTURES / f"{name}.png", png)
        write_file(folder / REPORT, report_html(facts, rows, pictures))
        write_file(folder / CARD, model_card(facts))

    def _pictures(self, model: ImageModel, *, is_finished: bool) -> dict[str, bytes]:
        """Return what is shown of a model, drawn from fixed seeds: nobody picks the good ones."""
        drawn = model.draw(model.labels(SHOWN), SHOWN, SAMPLE_SEED)
        if not is_finished:
            return {"last": grid_png(drawn[:64].numpy(), scale=_scale(self._recipe))}
        scale = _scale(self._recipe)
        labels = model.labels(SHOWN)
        if labels is None:
            shown = {"samples": grid_png(drawn[:64].numpy(), scale=scale)}
        else:
            shown = {"samples": class_grid_png(drawn.numpy(), labels.tolist(), len(model.classes), scale=scale)}
            across = model.across(8, seed=SAMPLE_SEED)
            shown["classes"] = grid_png(across.numpy(), len(model.classes), scale=scale)
        if isinstance(self.trainee, VaeTraining):
            seen = self.data.test.pixels[:24]
            shown["reconstructions"] = pairs_png(seen.numpy(), model.reconstruct(seen).numpy(), 6, scale=scale)
        shown["walk"] = walk_png(model.walk(10, 6).numpy(), 10, scale=scale)
        shown["neighbours"] = neighbours_png(drawn.numpy(), self.data.train.pixels.numpy(), scale=scale)
        return shown

    def _is_conditional(self) -> bool:
        return (
            self._recipe.data.is_conditional
            and self.data.train.labels is not None
            and isinstance(self._recipe, ImageGan)
        )


def judge_recipe(evaluation: Evaluation) -> JudgeRecipe:
    """Return how the judge of a recipe is trained."""
    return JudgeRecipe(epochs=evaluation.judge.epochs, least_steps=evaluation.judge.least_steps)


def _scale(recipe: ImageGan | ImageVae) -> int:
    """Return how many dots a pixel is shown with."""
    return 2 if recipe.data.size < 48 else 1


def measure(
    model: ImageModel, recipe: ImageGan | ImageVae, data: ImageData, judge: Judge, tell: Tell
) -> dict[str, Any]:
    """Measure a model of pictures against data; return the `results` of a record."""
    count = recipe.evaluation.samples
    tell("生成样本", 0.0)
    labels = model.labels(count)
    pictures = model.draw(labels, count, SAMPLE_SEED)
    tell("评审样本", 0.5)
    results = judge_samples(judge, data, pictures, labels, seed=0).as_results()
    return _joined(_explained(model, recipe, data, tell), results) if isinstance(recipe, ImageVae) else results


def _explained(model: ImageModel, recipe: ImageVae, data: ImageData, tell: Tell) -> dict[str, Any]:
    """Return bound and likelihood on all test pictures, binarised once (Burda 2016) where the model is of black and white."""
    observation, pixels = recipe.objective.observation, unit_pixels(data.test)
    if observation == "bernoulli":
        pixels = (torch.rand(pixels.shape, generator=torch.Generator().manual_seed(SAMPLE_SEED)) < pixels).float()
    found = explain(
        model.autoencoder(),
        pixels,
        lambda output, seen: log_likelihood(observation, output, seen),
        importance_samples=recipe.evaluation.importance_samples if observation == "bernoulli" else 0,
        seed=SAMPLE_SEED,
        tell=lambda share: tell("用重要性采样估计似然", share),
    )
    return _likelihoods(found, observation)


def _likelihoods(found: Explained, observation: str) -> dict[str, Any]:
    figures = {"elbo": found.elbo, "kl": found.divergence} | ({"nll": found.nll} if found.nll else {})
    return {
        **{name: figure.value for name, figure in figures.items()},
        "spread": {name: [figure.low, figure.high] for name, figure in figures.items()},
        "spread_methods": {name: figure.method for name, figure in figures.items()},
        "likelihood": {
            "observation": observation,
            "importance_samples": found.importance_samples if found.nll else 0,
            "count": found.count,
            "unit": "nats",
        },
    }


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return both, their spreads together."""
    shared = {name: {**first[name], **second[name]} for name in ("spread", "spread_methods")}
    return {**first, **second, **shared}
