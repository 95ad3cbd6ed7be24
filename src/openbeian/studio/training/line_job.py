"""One run of a text model, from its data to its figures: what `train` asks of every family of recipes (`Job`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from openbeian.manifest import Fault
from openbeian.studio.data.lines import TextData, load_lines
from openbeian.studio.models.line_quality import LineQuality
from openbeian.studio.models.lines import LineModel
from openbeian.studio.recipes.lines import TextGan
from openbeian.studio.training.checkpoint import write_file
from openbeian.studio.training.lines import LineTraining
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.parts import count_parameters

Tell = Callable[[str, float], None]

SAMPLES = "samples.json"
SHOWN = 3
"""Texts shown for each occasion or title."""
TITLES = 8


class LineJob:
    """A recipe for short texts on its data.

    Args:
        recipe: what is trained.
        seed: of the training.
        hardware: where it runs.
    """

    def __init__(self, recipe: TextGan, seed: int, hardware: Hardware) -> None:
        self._recipe = recipe
        wanted = recipe.data
        self.data: TextData = load_lines(wanted.source, kind=wanted.condition, is_verse=wanted.is_verse)
        self.trainee = LineTraining(recipe, self.data, seed, hardware)

    @property
    def data_sha256(self) -> str:
        """The digest of the texts trained on."""
        return self.data.card.sha256

    def facts(self) -> dict[str, Any]:
        """Return what the record says of data and model."""
        card, alphabet = self.data.card, self.trainee.alphabet
        return {
            "data": {
                "name": card.name, "title": card.title, "origin": card.origin, "licence": card.licence, "sha256": card.sha256, "size": card.size,
                "train": len(self.data.train), "validation": len(self.data.validation), "test": len(self.data.test),
                "classes": list(self.data.occasions), "skipped": list(card.skipped),
            },
            "model": {
                "kept": self.trainee.kept, "validation": self.trainee.found(),
                "alphabet": {
                    "characters": "".join(alphabet.characters), "phrases": list(alphabet.phrases),
                    "words": list(alphabet.words), "kind": alphabet.kind,
                    "is_verse": alphabet.is_verse, "longest": alphabet.longest,
                },
            },
            "epochs": round(self.trainee.epochs, 2),
            "parameters": {name: count_parameters(network) for name, network in self.trainee.players().items()},
        }  # fmt: skip

    def weights(self) -> dict[str, Tensor]:
        """Return the best weights of both trainings: the kept ones to write with, the others to compare with."""
        return {
            f"{name}.{key}": tensor.cpu().contiguous()
            for name, network in self.trainee.networks().items()
            for key, tensor in network.state_dict().items()
        }

    def evaluate(self, _facts: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Measure both networks; return the `results` of the record."""
        quality = LineQuality(self._recipe, self.data, self.trainee.alphabet)
        return quality.results(self.trainee.networks(), self.trainee.kept, tell)

    def model(self) -> LineModel:
        """Return the kept network, ready to write."""
        network = self.trainee.networks()[self.trainee.kept]
        return LineModel(network, self.trainee.alphabet, self._recipe.speaking, self.data.train.texts)

    def leave(self, folder: Path, _facts: dict[str, Any], _rows: list[dict[str, float]]) -> None:
        """Write samples as they come, good and bad; none where all that came were copies."""
        model = self.model()
        asked = self.data.occasions or tuple(dict.fromkeys(self.data.test.conditions))[:TITLES]
        shown = {condition: _shown(model, condition, place) for place, condition in enumerate(asked)}
        write_file(folder / SAMPLES, json.dumps(shown, ensure_ascii=False, indent=1))


def _shown(model: LineModel, condition: str, seed: int) -> list[str]:
    try:
        return model.write(condition, SHOWN, seed=seed)
    except Fault:
        return []
