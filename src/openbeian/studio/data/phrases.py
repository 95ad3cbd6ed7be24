"""Runs of characters that stand together so often that a model had better say them as one.

Byte-pair encoding (Sennrich 2016, arXiv 1508.07909) on characters, several pairs a round. A text is then cut from the left, the longest known phrase
first: the cut depends on nothing but the text and the phrases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Final

LONGEST: Final = 4  # characters of a phrase
RAREST: Final = 5  # times a pair has to stand in the texts
A_ROUND: Final = 25
STOPS: Final = frozenset("，。！？；：、,.!?;:")


def learn_phrases(texts: Iterable[str], count: int) -> tuple[str, ...]:
    """Return at most `count` phrases of 2 to 4 characters, without punctuation, in the order of code points."""
    cut = [list(text) for text in texts]
    phrases: set[str] = set()
    while len(phrases) < count:
        pairs = Counter(
            (left, right)
            for units in cut
            for left, right in pairwise(units)
            if len(left) + len(right) <= LONGEST and not STOPS & {*left, *right}
        )
        often = sorted((-times, *pair) for pair, times in pairs.items() if times >= RAREST)
        chosen = {(left, right) for _, left, right in often[: min(A_ROUND, count - len(phrases))]}
        if not chosen:
            break
        phrases |= {left + right for left, right in chosen}
        cut = [_joined(units, chosen) for units in cut]
    return tuple(sorted(phrases))


def cut_up(text: str, phrases: Collection[str]) -> list[str]:
    """Return a text as phrases and single characters, from the left, the longest first."""
    units, place = [], 0
    while place < len(text):
        lengths = range(min(LONGEST, len(text) - place), 1, -1)
        length = next((length for length in lengths if text[place : place + length] in phrases), 1)
        units.append(text[place : place + length])
        place += length
    return units


def _joined(units: list[str], pairs: Collection[tuple[str, str]]) -> list[str]:
    joined: list[str] = []
    place = 0
    while place < len(units):
        if tuple(units[place : place + 2]) in pairs:
            joined.append(units[place] + units[place + 1])
            place += 2
        else:
            joined.append(units[place])
            place += 1
    return joined
