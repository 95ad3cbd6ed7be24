"""One run of a text model, from its data to its figures: what `train` asks of every family of recipes (`Job`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from openbeian.manifest import Fault
from openbeian.studio.data.lines import TextData, TextSet, load_lines
from openbeian.studio.data.symbols import FORMS, Form, form_of
from openbeian.studio.models.line_quality import LineQuality
from openbeian.studio.models.lines import LineModel, alphabet_of, load_networks, load_own
from openbeian.studio.recipes.lines import TextGan
from openbeian.studio.runs import model_card, report_html
from openbeian.studio.runs.folder import CARD, REPORT, SAMPLES, load_run
from openbeian.studio.training.checkpoint import write_file
from openbeian.studio.training.lines import LineTraining
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.parts import count_parameters

Tell = Callable[[str, float], None]

SHOWN = 3
"""Texts shown for each occasion or title."""
OCCASIONS = 24
TITLES = 12


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

    def leave(self, folder: Path, facts: dict[str, Any], rows: list[dict[str, float]]) -> None:
        """Write samples as they come, good and bad, then report and card."""
        samples = self._samples()
        write_file(folder / SAMPLES, json.dumps(samples, ensure_ascii=False, indent=1))
        write_file(folder / REPORT, report_html(facts, rows, {}, samples))
        write_file(folder / CARD, model_card(facts))

    def _samples(self) -> dict[str, list[dict[str, Any]]]:
        """Return a few texts for each occasion, or for the first titles of the test part; the place is the seed."""
        model, test = self.model(), self.data.test
        forms = {title: form_of(text) for title, text in zip(test.conditions, test.texts, strict=True)}
        asked = self.data.occasions[:OCCASIONS] or tuple(forms)[:TITLES]
        return {
            condition: _drawn(model, condition, seed, forms.get(condition, FORMS[0]))
            for seed, condition in enumerate(asked)
        }


def measure_lines(folder: Path, recipe: TextGan, data: str | Path | None, tell: Tell) -> dict[str, Any]:
    """Measure a finished run again; return `results` as in its record.

    Args:
        folder: of the run.
        recipe: of the run, perhaps with another number of samples.
        data: another set, whose test part the samples are held against; texts that were trained on are left out of it.
        tell: told what is being done.

    Raises:
        Fault: those of `load_run`, `load_own`, `load_networks`; `lines-*` for data that cannot be read; `lines-condition` for an occasion
            that the run does not know; `lines-too-few` when everything in it was trained on.
    """
    facts = load_run(folder)
    alphabet, own = alphabet_of(facts), load_own(facts, recipe)
    networks = load_networks(folder, recipe, alphabet)
    if data is None:
        return LineQuality(recipe, own, alphabet).results(networks, facts["model"]["kept"], tell)
    other = load_lines(str(data), kind=recipe.data.condition, is_verse=recipe.data.is_verse)
    held = replace(own, test=_unseen(other.test, own, str(data)))
    return LineQuality(recipe, held, alphabet, other.card).results(networks, facts["model"]["kept"], tell)


def _unseen(texts: TextSet, own: TextData, source: str) -> TextSet:
    """Return the texts that were not trained on."""
    strange = set(texts.conditions) - set(own.occasions) if own.occasions else set()
    if strange:
        said = "、".join(sorted(strange)[:5])
        raise Fault(
            "lines-condition", f"模型没有学过这些场合：{said}", f"可选：{'、'.join(own.occasions)}", file=source
        )
    known = {*own.train.texts, *own.validation.texts}
    rows = [row for row, text in enumerate(texts.texts) if text not in known]
    if not rows:
        raise Fault("lines-too-few", "这些文本训练时都用过，不能拿来评估", "换一套没有用过的文本", file=source)
    return TextSet(tuple(texts.texts[row] for row in rows), tuple(texts.conditions[row] for row in rows))


def _drawn(model: LineModel, condition: str, seed: int, form: Form) -> list[dict[str, Any]]:
    """Return texts as they come; none for a title in which the model knows no character."""
    try:
        return [asdict(drawn) for drawn in model.draw(condition, SHOWN, seed, form)]
    except Fault:
        return []
