"""What a generator of short texts is worth: quality and variety at every temperature, copies, fit, and which training did better.

One figure alone is bought cheaply: quality by always saying the same, variety by saying anything. So both trainings are drawn at the same
temperatures (Caccia 2020, "Language GANs Falling Short", arXiv 1811.02549) and compared where each is best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openbeian.studio.data.images import DataCard
from openbeian.studio.data.lines import TextData
from openbeian.studio.data.symbols import Alphabet
from openbeian.studio.evaluation.spread import Estimate, centred
from openbeian.studio.evaluation.texts import bleu, distinct, self_bleu
from openbeian.studio.models.line_samples import SAMPLE_SEED, LineSamples
from openbeian.studio.models.ngrams import NgramModel
from openbeian.studio.models.validation import Encoded, counts_of, plain, spoken
from openbeian.studio.networks.sequences import LineGenerator
from openbeian.studio.recipes.lines import TextGan

Tell = Callable[[str, float], None]
Sums = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Nats and characters of each held-out text."""

RESAMPLES = 1000


@dataclass(frozen=True)
class Point:
    """One training at one temperature.

    Attributes:
        temperature: of the draws.
        bleu: against the test part: quality.
        self_bleu: low is varied.
        distinct_2: share of different pairs of characters.
        reverse_nll: nats a character of the test part under counts of the samples: quality and variety at once.
        validated: the same on the validation part, by which the best temperature is chosen.
        sums: what `reverse_nll` is made of.
    """

    temperature: float
    bleu: Estimate
    self_bleu: Estimate
    distinct_2: float
    reverse_nll: float
    validated: float
    sums: Sums

    def as_json(self) -> dict[str, Any]:
        """Return the point's figures, with the spread of those that have one."""
        spread = {"bleu": self.bleu, "self_bleu": self.self_bleu, "reverse_nll": resampled(self.sums)}
        return {
            "temperature": self.temperature,
            "bleu": self.bleu.value,
            "self_bleu": self.self_bleu.value,
            "distinct_2": self.distinct_2,
            "reverse_nll": self.reverse_nll,
            "spread": {name: [figure.low, figure.high] for name, figure in spread.items()},
        }


class LineQuality:
    """Measures the networks of one run.

    Args:
        recipe: counts, temperatures, how the model speaks.
        data: the texts; `test` is what everything is held against.
        alphabet: of the run.
        reference: what is known of the test part where it is of another set.
    """

    def __init__(self, recipe: TextGan, data: TextData, alphabet: Alphabet, reference: DataCard | None = None) -> None:
        self._recipe, self._data, self._alphabet = recipe, data, alphabet
        self._reference = reference or data.card
        self._samples = LineSamples(recipe, data, alphabet)

    def results(self, networks: Mapping[str, LineGenerator], kept: str, tell: Tell) -> dict[str, Any]:
        """Return the `results` of a record for the kept network, and the comparison of all."""
        curves = self._curves(networks, tell)
        best = {name: min(points, key=lambda point: point.validated) for name, points in curves.items()}
        seen, copies = self._samples.measure(networks[kept])
        figures = self._likelihood(networks[kept]) | {"reverse_nll": resampled(best[kept].sums)} | seen
        compared = compare(curves, best)
        return {
            **{name: figure.value for name, figure in figures.items()},
            **copies,
            "temperature": self._recipe.speaking.temperature,
            "spread": {name: [figure.low, figure.high] for name, figure in figures.items()},
            "spread_methods": {name: figure.method for name, figure in figures.items()},
            "floor": self._samples.floors(),
            "baselines": self._baselines(),
            "curves": {name: [point.as_json() for point in points] for name, points in curves.items()},
            "comparison": compared,
            "conclusion": conclusion(compared),
            "reference": {
                "name": f"{self._reference.name} 测试部分",
                "sha256": self._reference.sha256,
                "count": len(self._data.test),
            },
            "samples": self._recipe.evaluation.samples,
            "curve_samples": self._recipe.evaluation.curve_samples,
            "judge": self._samples.judged(),
        }

    def _curves(self, networks: Mapping[str, LineGenerator], tell: Tell) -> dict[str, list[Point]]:
        temperatures = self._recipe.evaluation.temperatures
        curves: dict[str, list[Point]] = {}
        for number, (name, network) in enumerate(networks.items()):
            curves[name] = []
            for place, temperature in enumerate(temperatures):
                tell("在各个温度下生成并评审", (number + place / len(temperatures)) / len(networks))
                curves[name].append(self._point(network, temperature))
        return curves

    def _point(self, network: LineGenerator, temperature: float) -> Point:
        count = self._recipe.evaluation.curve_samples
        texts, _ = spoken(network, self._alphabet, self._data.train, count, temperature, SAMPLE_SEED)
        counts, bare_texts = counts_of(texts, self._alphabet), plain(texts, self._alphabet)
        sums = _sums(counts, plain(self._data.test.texts, self._alphabet))
        return Point(
            temperature,
            bleu(bare_texts, plain(self._data.test.texts, self._alphabet)),
            self_bleu(bare_texts),
            distinct(bare_texts, 2),
            float(sums[0].sum() / sums[1].sum()),
            counts.per_character(plain(self._data.validation.texts, self._alphabet)),
            sums,
        )

    def _likelihood(self, network: LineGenerator) -> dict[str, Estimate]:
        device = next(network.parameters()).device
        nats, counts = Encoded(self._data.test, self._alphabet, device).nats(network)
        return {"nll": resampled((nats.double().numpy(), counts.double().numpy()))}

    def _baselines(self) -> dict[str, float]:
        """Return nats a character of the test part under plain counts of the training part."""
        held = plain(self._data.test.texts, self._alphabet)
        names = {1: "nll_unigram", 2: "nll_bigram", 3: "nll_trigram"}
        return {
            name: counts_of(self._data.train.texts, self._alphabet, order).per_character(held)
            for order, name in names.items()
        }


def compare(curves: Mapping[str, list[Point]], best: Mapping[str, Point]) -> dict[str, Any] | None:
    """Return how the adversarial training compares with likelihood; None when it was not reached.

    `difference` is adversarial minus likelihood in nats a character of the test part under counts of samples, each at the temperature that was
    best on the validation part: below 0 the adversarial samples explain real texts better. `dominated` is the share of the adversarial points
    that have a worse BLEU than likelihood has at the same self-BLEU; `compared` counts the points for which there is such a one.
    """
    if "adversarial" not in curves:
        return None
    ours, theirs = best["likelihood"], best["adversarial"]
    gap = theirs.reverse_nll - ours.reverse_nll
    draws = _draws(len(ours.sums[0]))
    found = centred_signed(gap, _ratios(theirs.sums, draws) - _ratios(ours.sums, draws))
    dominated, compared = _dominated(curves["likelihood"], curves["adversarial"])
    return {
        "likelihood": ours.as_json(),
        "adversarial": theirs.as_json(),
        "difference": gap,
        "difference_spread": found,
        "dominated": dominated / compared if compared else None,
        "compared": compared,
    }


def conclusion(compared: dict[str, Any] | None) -> str:
    """Return in one sentence what the numbers say of the adversarial training."""
    if compared is None:
        return "没有可比的对抗训练权重，模型就是按似然训练的模型。"
    gap, (low, high) = compared["difference"], compared["difference_spread"]
    figures = f"测试文本在样本计数模型下每字的负对数似然相差 {gap:+.3f} 奈特（对抗减似然，95% 区间 {low:+.3f} 至 {high:+.3f}）"
    said = (
        "对抗训练好于按似然训练再调温度" if high < 0 else "对抗训练不如按似然训练再调温度" if low > 0 else "对抗训练与按似然训练再调温度分不出高下"
    )  # fmt: skip
    beaten = (
        f"；在同样的多样性下，{compared['compared']} 个温度中有 {compared['dominated']:.0%} 的质量低于似然曲线"
        if compared["compared"]
        else ""
    )
    return f"{said}：{figures}{beaten}。"


def resampled(sums: Sums) -> Estimate:
    """Return nats a character over all texts, its spread from texts drawn with repetition."""
    value = float(sums[0].sum() / sums[1].sum())
    return centred(value, _ratios(sums, _draws(len(sums[0]))))


def centred_signed(value: float, draws: NDArray[np.float64]) -> list[float]:
    """Return the 95 % bounds of a figure that may be negative."""
    low, middle, high = np.quantile(draws, [0.025, 0.5, 0.975])
    return [value + float(low - middle), value + float(high - middle)]


def _dominated(ours: list[Point], theirs: list[Point]) -> tuple[int, int]:
    places = sorted((point.self_bleu.value, point.bleu.value) for point in ours)
    varied, quality = [place[0] for place in places], [place[1] for place in places]
    within = [point for point in theirs if varied[0] <= point.self_bleu.value <= varied[-1]]
    below = [point.bleu.value < float(np.interp(point.self_bleu.value, varied, quality)) for point in within]
    return sum(below), len(within)


def _sums(counts: NgramModel, texts: list[str]) -> Sums:
    found = [counts.nats(text) for text in texts]
    return np.array([nats for nats, _ in found]), np.array([float(count) for _, count in found])


def _draws(count: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(count, size=(RESAMPLES, count))


def _ratios(sums: Sums, draws: NDArray[np.int64]) -> NDArray[np.float64]:
    ratios: NDArray[np.float64] = sums[0][draws].sum(1) / sums[1][draws].sum(1)
    return ratios
