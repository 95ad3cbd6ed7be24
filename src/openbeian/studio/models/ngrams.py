"""Counts of characters as a language model: the baseline of the recurrent one, and the judge of its samples.

Interpolated with Witten and Bell's weights (1991): a history seen n times, with t different successors, keeps n / (n + t) for its own counts and
leaves the rest to the shorter history; below single characters everything is equally likely. Nothing is tuned, so nothing can be tuned in favour of a
model.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

EDGE = ""


class NgramModel:
    """A model of the next character given the `order - 1` before.

    Args:
        texts: what is counted; a text may be a string or a sequence of characters.
        alphabet: what may come; characters outside are not predicted and not counted in figures.
        order: 1 for single characters, 3 for trigrams.
        has_end: whether a text's end is one more thing to predict.
    """

    def __init__(self, texts: Iterable[str], alphabet: Collection[str], order: int, *, has_end: bool) -> None:
        self._known = frozenset(alphabet)
        self._floor = 1 / (len(self._known) + has_end)
        self._order, self._has_end = order, has_end
        self._counts: list[dict[tuple[str, ...], Counter[str]]] = [defaultdict(Counter) for _ in range(order)]
        for text in texts:
            self._count(text)
        self._totals = [{history: found.total() for history, found in level.items()} for level in self._counts]

    def nats(self, text: str) -> tuple[float, int]:
        """Return the negative log-likelihood of a text in nats and over how many characters it goes."""
        read = self._framed(text)
        total, count = 0.0, 0
        for place in range(self._order - 1, len(read)):
            if read[place] in self._known or (self._has_end and read[place] == EDGE):
                total -= math.log(self._chance(tuple(read[place - self._order + 1 : place]), read[place]))
                count += 1
        return total, count

    def per_character(self, texts: Iterable[str]) -> float:
        """Return nats a character over all texts together."""
        sums = [self.nats(text) for text in texts]
        return sum(nats for nats, _ in sums) / max(1, sum(count for _, count in sums))

    def _framed(self, text: str) -> list[str]:
        return [*[EDGE] * (self._order - 1), *text, *([EDGE] if self._has_end else [])]

    def _count(self, text: str) -> None:
        read = self._framed(text)
        for place in range(self._order - 1, len(read)):
            if read[place] not in self._known and not (self._has_end and read[place] == EDGE):
                continue
            for length, level in enumerate(self._counts):
                level[tuple(read[place - length : place])][read[place]] += 1

    def _chance(self, history: Sequence[str], character: str) -> float:
        chance = self._floor
        for length, (level, totals) in enumerate(zip(self._counts, self._totals, strict=True)):
            seen = tuple(history[len(history) - length :])
            found = level.get(seen)
            if found is None:
                break
            total, kinds = totals[seen], len(found)
            chance = (found[character] + kinds * chance) / (total + kinds)
        return chance
