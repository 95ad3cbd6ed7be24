"""The keywords as the second pass sees them: every spelling with its keyword, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np

from openbeian.screening.disguises.characters import joined_table, spaced_table
from openbeian.screening.disguises.lexicon import Lexicon
from openbeian.screening.disguises.matches import VIAS
from openbeian.screening.disguises.spelling import PINYIN, PLAIN, spellings
from openbeian.screening.folding import FOLD
from openbeian.screening.keywords import Keyword
from openbeian.screening.matching import LEFT_EDGE, RIGHT_EDGE

ALLOWED = -1  # in place of a keyword
_WAYS = {name: number for number, name in enumerate(VIAS)}
_MIXED_UP_TO = 20_000  # keywords; above it no words of Latin syllables and characters in turn


class Entries:
    """All spellings of all keywords, and the allowed words.

    Attributes:
        forms: the spellings.
        keyword: for each spelling its keyword, `ALLOWED` for an allowed word.
        via: for each spelling how it is reached.
        written: how many characters the folded word has when nothing is done to it.
        own_gaps: how many places the word itself is written apart.
        free: whether it may touch letters and digits beside it.
    """

    def __init__(self, keywords: Sequence[Keyword], allowed: Sequence[str]) -> None:
        self._allowed = {joined_table().fold(word): word for word in allowed}
        forms, vias, numbers = _columns(keywords, list(self._allowed))
        real = {form for form, via in zip(forms, vias, strict=True) if via == PLAIN}
        kept = [via == PLAIN or form not in real for form, via in zip(forms, vias, strict=True)]
        self.forms = list(compress(forms, kept))
        self.via = np.array([_WAYS[via] for via in compress(vias, kept)], np.int8)
        self.keyword = np.array(list(compress(numbers, kept)), np.int64)
        words = [keyword.word.strip() for keyword in keywords]
        written = np.array([len(FOLD.fold(word)) for word in words] or [0], np.int64)
        own_gaps = np.array([len(FOLD.fold(word)) - len(joined_table().fold(word)) for word in words] or [0], np.int64)
        free = np.array([keyword.border is False for keyword in keywords] or [False])
        self.written, self.own_gaps, self.free = written[self.keyword], own_gaps[self.keyword], free[self.keyword]

    def joined(self) -> Lexicon:
        """Return what finds spellings in the text without separators; what is found means their numbers here."""
        chosen = np.flatnonzero(self.via != _WAYS[PINYIN]).tolist()
        return Lexicon(joined_table(), [self.forms[number] for number in chosen], chosen)

    def latin(self) -> Lexicon:
        """Return what finds spellings in Latin syllables, as words of their own; it means their numbers here."""
        chosen = np.flatnonzero(self.via == _WAYS[PINYIN]).tolist()
        forms = [self.forms[number] for number in chosen]
        edges = np.where(self.free[chosen], 0, LEFT_EDGE | RIGHT_EDGE).tolist()
        allowed = np.flatnonzero(self.keyword == ALLOWED).tolist() if chosen else []
        shields = [spaced_table().fold(self._allowed[self.forms[number]]) for number in allowed]
        return Lexicon(spaced_table(), forms + shields, chosen + allowed, edges + [0] * len(allowed))


def _columns(keywords: Sequence[Keyword], allowed: Sequence[str]) -> tuple[list[str], list[str], list[int]]:
    """Return all spellings: forms, ways, and the keywords they belong to."""
    mixed = len(keywords) <= _MIXED_UP_TO
    forms, vias, numbers = list[str](), list[str](), list[int]()
    # Columns of plain values: half a million small objects would keep the collector of garbage busy for seconds.
    for number, keyword in enumerate(keywords):
        for form, via in spellings(keyword, mixed=mixed):
            if len(form) > 1:
                forms.append(form)
                vias.append(via)
                numbers.append(number)
    return forms + list(allowed), vias + [PLAIN] * len(allowed), numbers + [ALLOWED] * len(allowed)
