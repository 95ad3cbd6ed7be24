"""What samples of short texts are worth before any is written again: likeness to real texts, variety, fit, copies; and what real texts score."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from openbeian.studio.data.lines import TextData, TextSet
from openbeian.studio.data.symbols import Alphabet
from openbeian.studio.evaluation.spread import Estimate, share
from openbeian.studio.evaluation.texts import ORDER as BLEU_ORDER
from openbeian.studio.evaluation.texts import SIGNATURE, TrainingTexts, bleu, distinct, self_bleu
from openbeian.studio.models.conditions import ConditionJudge
from openbeian.studio.models.validation import ORDER, counts_of, plain, spoken
from openbeian.studio.networks.sequences import LineGenerator
from openbeian.studio.recipes.lines import TextGan

SAMPLE_SEED = 123
"""Of the samples that are judged: another than any training seed's noise, and the same for every run."""


class LineSamples:
    """Measures what a network says at the recipe's own temperature.

    Args:
        recipe: counts, temperature, how many characters may be copied.
        data: the texts trained on, with the part that samples are held against as `test`.
        alphabet: of the run.
    """

    def __init__(self, recipe: TextGan, data: TextData, alphabet: Alphabet) -> None:
        self._recipe, self._data, self._alphabet = recipe, data, alphabet
        self._judge = ConditionJudge(data.train, data.kind)
        self._training = TrainingTexts(plain(data.train.texts, alphabet))
        self._held, self._unseen = (plain(part.texts, alphabet) for part in (data.test, data.validation))

    def measure(self, network: LineGenerator) -> tuple[dict[str, Estimate], dict[str, Any]]:
        """Return figures with their spread, and what is known of copies beside them."""
        count, limit = self._recipe.evaluation.samples, self._recipe.speaking.longest_copy
        texts, conditions = self._spoken(network, SAMPLE_SEED)
        again, _ = self._spoken(network, SAMPLE_SEED + 1)
        said = plain(texts, self._alphabet)
        runs = self._runs(said)
        known = set(plain(self._data.train.texts, self._alphabet))
        pairs = [distinct(said, 2), distinct(plain(again, self._alphabet), 2)]
        figures = {
            "bleu": bleu(said, self._held),
            "self_bleu": self_bleu(said),
            "distinct_2": Estimate(pairs[0], min(pairs), max(pairs), "two-seeds"),
            "novelty": share(sum(run <= limit for run in runs), count),
            "exact_copies": share(sum(text in known for text in said), count),
            "right_occasion": share(*self._judge.share_right(TextSet(tuple(texts), tuple(conditions)))),
        }
        return figures, self._copies(said, runs)

    def floors(self) -> dict[str, float]:
        """Return what real texts score that were not trained on, and of variety as many real texts as there are samples.

        Variety depends on the number of texts, so it is left out where there are too few real ones.
        """
        limit = self._recipe.speaking.longest_copy
        runs = self._runs(self._unseen)
        found = {
            "bleu": bleu(self._unseen, self._held).value,
            "novelty": sum(run <= limit for run in runs) / len(runs),
            "right_occasion": share(*self._judge.share_right(self._data.test)).value,
            "count": float(len(self._unseen)),
        }
        real = plain(self._data.train.texts, self._alphabet)
        count, few = self._recipe.evaluation.samples, self._recipe.evaluation.curve_samples
        if len(real) >= count:
            found |= {"self_bleu": self_bleu(real[:count]).value, "distinct_2": distinct(real[:count], 2)}
        if len(real) >= few:
            found["reverse_nll"] = counts_of(real[:few], self._alphabet).per_character(self._held)
        return found

    def judged(self) -> dict[str, Any]:
        """Return who judged, and how good a judge it is on real texts."""
        right, asked = self._judge.share_right(self._data.test)
        found, is_closed = share(right, asked), self._data.kind == "occasion"
        return {
            "name": "朴素贝叶斯（单字与双字）" if is_closed else "朴素贝叶斯（十选一认题目）",
            "accuracy": found.value,
            "accuracy_spread": [found.low, found.high],
            "chance": 1 / len(self._data.occasions) if is_closed else 0.1,
            "count": asked,
            "counts": f"字符 {ORDER} 元，Witten-Bell 插值",
            "bleu": SIGNATURE.format(order=BLEU_ORDER),
            "sha256": self._data.card.sha256,
        }

    def _spoken(self, network: LineGenerator, seed: int) -> tuple[list[str], list[str]]:
        count, warmth = self._recipe.evaluation.samples, self._recipe.speaking.temperature
        return spoken(network, self._alphabet, self._data.train, count, warmth, seed)

    def _runs(self, texts: list[str]) -> list[int]:
        return [len(self._training.longest_run(text).text) for text in texts]

    def _copies(self, said: list[str], runs: list[int]) -> dict[str, Any]:
        """Return how long the copied runs are, beside those of real texts that were not trained on, and the worst of them."""
        unseen = self._runs([*self._unseen, *self._held])
        longest, limit = max(runs), self._recipe.speaking.longest_copy
        end = max([longest, limit + 1, *unseen])
        worst = said[runs.index(longest)]
        run = self._training.longest_run(worst)
        return {
            "longest_copy": longest,
            "longest_copy_median": float(np.median(runs)),
            "copy_limit": limit,
            "copies": {
                "samples": _histogram(runs, end),
                "unseen": _histogram(unseen, end),
                "worst": {
                    "sample": worst,
                    "copied": run.text,
                    "training": self._data.train.texts[run.source] if run.source is not None else "",
                },
            },
        }


def _histogram(lengths: list[int], end: int) -> list[int]:
    """Return how many runs there are of each length, from none to `end`, which lies beyond what may be copied."""
    counts = Counter(lengths)
    return [counts[length] for length in range(end + 1)]
