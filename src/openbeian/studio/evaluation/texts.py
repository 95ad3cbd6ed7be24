"""How varied generated texts are, how near to real ones, and how much of them is copied; on characters, without torch.

BLEU after Papineni (2002), self-BLEU after Zhu (2018, arXiv 1802.01886), distinct-n after Li (2016, arXiv 1510.03055). A BLEU says nothing
without how it was reckoned: `SIGNATURE` belongs beside every figure.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openbeian.manifest import Fault
from openbeian.studio.evaluation.spread import Estimate, mean, share

ORDER: Final = 4
SIGNATURE: Final = "sentence-bleu|tok:char|order:{order}|smooth:exp|effective-order:yes|refs:all|mean-of-sentences"
BETWEEN: Final = "\0"  # stands between training texts and in no sample

Integers = NDArray[np.int64]


def self_bleu(texts: Sequence[str], order: int = ORDER, *, seed: int = 0) -> Estimate:
    """Return the mean BLEU of each text against all others, 0 to 1: high means that the texts are alike.

    Args:
        texts: at least two; the figure rises with their number, so compare only equal ones.
        order: longest n-gram, in characters.
        seed: of the spread, `bootstrap-points` over the texts' own BLEU.

    Raises:
        Fault: `texts-too-few`.
    """
    _check(texts, 2)
    known = _References.of(texts, order)
    return mean(np.array([known.bleu(text, number) for number, text in enumerate(texts)]), seed)


def bleu(texts: Sequence[str], references: Sequence[str], order: int = ORDER, *, seed: int = 0) -> Estimate:
    """Return the mean BLEU of texts against real ones, 0 to 1: the quality beside the variety of `self_bleu`.

    Args:
        texts: generated.
        references: real texts not trained on, each a reference for every text.
        order: longest n-gram, in characters.
        seed: of the spread.

    Raises:
        Fault: `texts-too-few`.
    """
    _check(texts, 1)
    _check(references, 1)
    known = _References.of(references, order)
    return mean(np.array([known.bleu(text, None) for text in texts]), seed)


def distinct(texts: Sequence[str], order: int) -> float:
    """Return the share of different n-grams of characters among all, 0 to 1; 0 when no text is that long.

    The figure falls with the number and length of texts, so compare only equal ones; a bootstrap would repeat texts and so
    lower it, which is why its spread has to come from other seeds.
    """
    counts = Counter(gram for text in texts for gram in _grams(text, order))
    return len(counts) / counts.total() if counts else 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """A run of characters that stands in a training text too.

    Attributes:
        text: the run itself; empty when not one character is shared.
        source: number of a training text that has it; None when empty.
    """

    text: str
    source: int | None


class TrainingTexts:
    """Training texts, sorted by all their endings (Manber and Myers 1993), to find the longest copied run of any sample.

    A million characters are sorted in about a second; a sample of 50 is then looked up in about a millisecond. The answer is exact.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        _check(texts, 1)
        self._whole = BETWEEN.join(texts) + BETWEEN
        self._starts = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
        self._endings = _sorted_endings(self._whole, max(map(len, texts)))

    def longest_run(self, sample: str) -> Run:
        """Return the longest run of characters that a sample shares with any one training text; of equally long ones the first."""
        best, place = "", -1
        for start in range(len(sample)):
            if len(sample) - start <= len(best):
                break
            found, at = self._longest_beginning(sample[start:])
            if len(found) > len(best):
                best, place = found, at
        return Run(best, int(np.searchsorted(self._starts, place, side="right")) - 1 if best else None)

    def copied(self, samples: Sequence[str], longest: int) -> Estimate:
        """Return the share of samples with a run of more than `longest` characters from training, method `wilson`.

        Raises:
            Fault: `texts-too-few`.
        """
        _check(samples, 1)
        return share(sum(len(self.longest_run(sample).text) > longest for sample in samples), len(samples))

    def _longest_beginning(self, wanted: str) -> tuple[str, int]:
        """Return the longest beginning that stands in training, and where: a neighbour in the sorted endings has it."""
        after = bisect_left(self._endings, wanted, key=lambda at: self._whole[at : at + len(wanted)])
        found, place = "", -1
        for rank in (after - 1, after):
            if 0 <= rank < len(self._endings):
                at = int(self._endings[rank])
                shared = _shared(wanted, self._whole[at : at + len(wanted)])
                if len(shared) > len(found):
                    found, place = shared, at
        return found, place


@dataclass(frozen=True)
class _References:
    """Of each n-gram the highest count in one text, whose text that is, and the highest in any other."""

    order: int
    highest: dict[str, tuple[int, int, int]]
    lengths: Counter[int]

    @staticmethod
    def of(texts: Sequence[str], order: int) -> _References:
        highest: dict[str, tuple[int, int, int]] = {}
        for number, text in enumerate(texts):
            for gram, count in Counter(_all_grams(text, order)).items():
                first, owner, second = highest.get(gram, (0, -1, 0))
                highest[gram] = (count, number, first) if count > first else (first, owner, max(second, count))
        return _References(order, highest, Counter(map(len, texts)))

    def bleu(self, text: str, own: int | None) -> float:
        """Return the BLEU of a text against all references but its own, as sacreBLEU does for sentences (Post 2018)."""
        right, total = [0] * self.order, [0] * self.order
        for gram, count in Counter(_all_grams(text, self.order)).items():
            total[len(gram) - 1] += count
            right[len(gram) - 1] += min(count, self._most(gram, own))
        if not any(right):
            return 0.0
        logs, halved = [], 1.0
        for hits, all_grams in zip(right, total, strict=True):
            if all_grams:
                halved *= 1 if hits else 2
                logs.append(math.log(hits / all_grams if hits else 1 / (halved * all_grams)))
        closest = self._closest(len(text), 0 if own is None else 1)
        brevity = min(0.0, 1 - closest / len(text))
        return math.exp(brevity + sum(logs) / len(logs))

    def _most(self, gram: str, own: int | None) -> int:
        first, owner, second = self.highest.get(gram, (0, -1, 0))
        return second if own is not None and owner == own else first

    def _closest(self, length: int, owns: int) -> int:
        others = (known for known, count in self.lengths.items() if known != length or count > owns)
        return min(others, key=lambda known: (abs(known - length), known))


def _grams(text: str, order: int) -> Iterator[str]:
    return (text[start : start + order] for start in range(len(text) - order + 1))


def _all_grams(text: str, order: int) -> Iterator[str]:
    return (gram for size in range(1, order + 1) for gram in _grams(text, size))


def _sorted_endings(whole: str, longest: int) -> Integers:
    """Return where the endings of a text begin, in the order of their first characters, at least `longest` of them.

    Each round doubles the characters the order goes by: endings are compared by the ranks of their two halves.
    """
    characters = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), np.uint32)
    ranks = np.unique(characters, return_inverse=True)[1].astype(np.int64)
    known = 1
    while True:
        order = np.argsort(keys := _pairs(ranks, known), kind="stable")
        ranks = np.empty_like(ranks)
        ranks[order] = np.cumsum(np.append(0, np.diff(keys[order]) > 0))
        known *= 2
        if known > longest or ranks[order[-1]] == len(ranks) - 1:
            return order


def _pairs(ranks: Integers, apart: int) -> Integers:
    """Return one number for the ranks of an ending and of the one `apart` characters on; past the end comes first."""
    later = np.zeros_like(ranks)
    later[: max(0, len(ranks) - apart)] = ranks[apart:] + 1
    return ranks * (len(ranks) + 2) + later


def _shared(first: str, second: str) -> str:
    for number, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other or one == BETWEEN:
            return first[:number]
    return first[: len(second)]


def _check(texts: Sequence[str], fewest: int) -> None:
    if len(texts) < fewest:
        raise Fault("texts-too-few", f"只有 {len(texts)} 条文本，至少要 {fewest} 条", "多生成一些，或换大一点的参照集")
