"""A trained model of short texts: it writes for an occasion or a title, the same texts for the same seed, and copies none."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import torch

from openbeian.manifest import Fault
from openbeian.studio.data.lines import TextData, load_lines
from openbeian.studio.data.symbols import FORMS, Alphabet, Form
from openbeian.studio.data.verse import bare
from openbeian.studio.evaluation.texts import TrainingTexts
from openbeian.studio.networks.sequences import LineGenerator, speak
from openbeian.studio.recipes.lines import Speaking, TextGan
from openbeian.studio.runs.folder import WEIGHTS, load_run
from openbeian.studio.training.checkpoint import read_tensors
from openbeian.studio.training.line_networks import line_generator
from openbeian.studio.training.parts import part

MOST: Final = 10_000  # texts at once
ROUNDS: Final = 20
STOPS: Final = "。！？!?~…"


@dataclass(frozen=True)
class Drawn:
    """A text as it came: how many characters it copies at a stretch, and whether `LineModel.write` would let it pass."""

    text: str
    copied: int
    is_good: bool


class LineModel:
    """A generator with what it needs to write.

    Attributes:
        network: the generator.
        alphabet: how its texts are numbered.
        speaking: how it speaks unless told otherwise.
        facts: the content of `run.json`; empty before there is one.
    """

    def __init__(
        self,
        network: LineGenerator,
        alphabet: Alphabet,
        speaking: Speaking,
        training: tuple[str, ...] = (),
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Take a network; `training` are the texts it must not copy."""
        self.network = network.eval().requires_grad_(False)
        self.alphabet, self.speaking, self.facts = alphabet, speaking, facts or {}
        self._training = (
            TrainingTexts([bare(text) for text in training] if alphabet.is_verse else training) if training else None
        )
        self._pairs = {pair for text in training for pair in pairwise(text)}

    @staticmethod
    def load(folder: Path | str) -> LineModel:
        """Load a finished run. The texts it was trained on are read again, so that none is copied.

        Raises:
            Fault: `run-unfinished`, `run-broken`; `run-other` for a run of another kind; `weights-broken`; `lines-*` when the training texts are not
                there; `lines-other` when they are no longer those of the run.
        """
        folder = Path(folder)
        facts = load_run(folder)
        if facts.get("family") != "text-gan":
            raise Fault("run-other", "这不是文本模型的运行", "换一个运行文件夹", file=str(folder))
        recipe = TextGan.model_validate(facts["recipe"])
        alphabet = alphabet_of(facts)
        data = load_own(facts, recipe)
        networks = load_networks(folder, recipe, alphabet)
        return LineModel(networks[facts["model"]["kept"]], alphabet, recipe.speaking, data.train.texts, facts)

    @property
    def results(self) -> dict[str, Any]:
        """The figures of the run's record."""
        return dict(self.facts["results"])

    @property
    def occasions(self) -> tuple[str, ...]:
        """The occasions it can be asked for; empty for a model that takes titles."""
        return self.alphabet.words if self.alphabet.kind == "occasion" else ()

    def write(
        self,
        condition: str,
        count: int = 1,
        temperature: float | None = None,
        seed: int = 0,
        form: Form = "七言",
    ) -> list[str]:
        """Write different texts.

        Args:
            condition: an occasion, or a title.
            count: how many, 1 to 10,000.
            temperature: 0.1 to 3; the recipe's own when None.
            seed: the same seed writes the same texts.
            form: of quatrains.

        Raises:
            Fault: `lines-condition` for an occasion it does not know or a title it cannot read; `lines-count`, `lines-temperature`;
                `lines-unwritten` when not so many different texts pass.
        """
        warmth = self.speaking.temperature if temperature is None else temperature
        self._check(condition, count, warmth, form)
        random = torch.Generator().manual_seed(seed)
        written: dict[str, None] = {}
        for _ in range(ROUNDS):
            for text in self._draw(condition, form, max(64, 2 * count), warmth, random):
                if self._is_good(text):
                    written[text] = None
            if len(written) >= count:
                return list(written)[:count]
        raise Fault(
            "lines-unwritten",
            f"只写出 {len(written)} 条互不相同、不照抄又通顺的文本，要 {count} 条",
            "少要几条，改 temperature，或放宽 speaking 的 longest_copy、is_gated",
        )

    def draw(self, condition: str, count: int = 1, seed: int = 0, form: Form = "七言") -> list[Drawn]:
        """Draw texts as they come, the bad ones too: what `write` chooses from.

        Args:
            condition: an occasion, or a title.
            count: how many, 1 to 10,000.
            seed: the same seed draws the same texts.
            form: of quatrains.

        Raises:
            Fault: `lines-condition`, `lines-count`.
        """
        warmth = self.speaking.temperature
        self._check(condition, count, warmth, form)
        texts = self._draw(condition, form, count, warmth, torch.Generator().manual_seed(seed))
        return [Drawn(text, len(self.longest_run(text)), self._is_good(text)) for text in texts]

    def longest_run(self, text: str) -> str:
        """Return the longest run of characters a text shares with a training text; verse without its stops."""
        if self._training is None:
            return ""
        return self._training.longest_run(bare(text) if self.alphabet.is_verse else text).text

    def _draw(self, condition: str, form: str, count: int, temperature: float, random: torch.Generator) -> list[str]:
        forms = [form] * count if self.alphabet.is_verse else ()
        asked = self.alphabet.ask([condition] * count, forms).to(next(self.network.parameters()).device)
        return self.alphabet.decode(speak(self.network, asked, temperature, random).cpu())

    def _is_good(self, text: str) -> bool:
        """Tell whether a text came to its end, copies no more than it may, and is not plainly broken."""
        if not self.alphabet.is_verse and text[-1:] not in STOPS:
            return False
        if self.speaking.is_redrawn and len(self.longest_run(text)) > self.speaking.longest_copy:
            return False
        return not self.speaking.is_gated or self.alphabet.is_verse or self._is_fluent(text)

    def _is_fluent(self, text: str) -> bool:
        """Tell whether all neighbouring characters have been neighbours in training and no three come twice.

        A coarse gate, but cheap, sure and explainable: most broken texts of a small model break a word or say something again.
        """
        triples = [text[place : place + 3] for place in range(len(text) - 2)]
        is_known = not self._pairs or all(pair in self._pairs for pair in pairwise(text))
        return is_known and len(set(triples)) == len(triples)

    def _check(self, condition: str, count: int, temperature: float, form: str) -> None:
        if not 1 <= count <= MOST:
            raise Fault("lines-count", f"一次写 {count} 条", f"写 1 到 {MOST} 条")
        if not 0.1 <= temperature <= 3:
            raise Fault("lines-temperature", f"temperature 是 {temperature}", "取 0.1 到 3")
        if self.alphabet.is_verse and form not in FORMS:
            raise Fault("lines-condition", f"没有这种体裁：{form}", f"可选：{'、'.join(FORMS)}")
        if self.occasions and condition not in self.occasions:
            near = get_close_matches(condition, self.occasions, 1)
            raise Fault(
                "lines-condition",
                f"没有这个场合：{condition}",
                (f"是不是 {near[0]}？" if near else "") + f"可选：{'、'.join(self.occasions)}",
            )
        if not self.occasions and not set(condition) & set(self.alphabet.characters):
            raise Fault("lines-condition", f"题目里没有模型认识的字：{condition or '（空）'}", "换一个题目")


def load_own(facts: dict[str, Any], recipe: TextGan) -> TextData:
    """Read the texts a run was trained on. Raises `lines-other` when they are no longer those, and as `load_lines`."""
    data = load_lines(recipe.data.source, kind=recipe.data.condition, is_verse=recipe.data.is_verse)
    if data.card.sha256 != facts["data"]["sha256"]:
        raise Fault("lines-other", "训练用的文本变了，无法核对是否照抄", "换回原来的文本", file=recipe.data.source)
    return data


def alphabet_of(facts: dict[str, Any]) -> Alphabet:
    """Return the alphabet a run's record holds. Raises `run-broken`."""
    try:
        found = facts["model"]["alphabet"]
        return Alphabet(
            tuple(found["characters"]),
            tuple(found["phrases"]),
            tuple(found["words"]),
            found["kind"],
            found["is_verse"],
            found["longest"],
        )
    except (KeyError, TypeError) as reason:
        raise Fault("run-broken", "训练运行的记录里没有字表", "重新训练") from reason


def load_networks(folder: Path, recipe: TextGan, alphabet: Alphabet) -> dict[str, LineGenerator]:
    """Return the networks of a run by the training that made them. Raises `weights-broken`."""
    tensors, _ = read_tensors(folder / WEIGHTS)
    networks = {}
    for name in sorted({name.partition(".")[0] for name in tensors}):
        networks[name] = line_generator(recipe, alphabet)
        try:
            networks[name].load_state_dict(part(tensors, f"{name}."))
        except RuntimeError as reason:
            raise Fault(
                "weights-broken", "权重属于另一种结构的网络", "换回原来的权重，或重新训练", file=str(folder / WEIGHTS)
            ) from reason
    return networks
