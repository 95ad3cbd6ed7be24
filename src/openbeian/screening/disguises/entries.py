"""The keywords as the second pass sees them: every spelling with its keyword, in columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from openbeian.screening.disguises.characters import joined_table, spaced_table
from openbeian.screening.disguises.lexicon import Lexicon
from openbeian.screening.disguises.matches import VIAS
from openbeian.screening.disguises.spelling import PINYIN, PLAIN, Spelling, spellings
from openbeian.screening.folding import FOLD
from openbeian.screening.keywords import Keyword
from openbeian.screening.matching import LEFT_EDGE, RIGHT_EDGE

ALLOWED = -1  # in place of a keyword
_MIXED_UP_TO = 20_000  # keywords; above it no words of Latin syllables and characters in turn


class Entries:
    """All spellings of all keywords, and the allowed words.

    Attributes:
        keyword: for each spelling its keyword, `ALLOWED` for an allowed word.
        via: for each spelling how it is reached.
        written: how many characters the folded word has when nothing is done to it.
        own_gaps: how many places the word itself is written apart.
        free: whether it may touch letters and digits beside it.
    """

    def __init__(self, keywords: Sequence[Keyword], allowed: Sequence[str]) -> None:
        mixed = len(keywords) <= _MIXED_UP_TO
        rows = [
            (number, spelling)
            for number, keyword in enumerate(keywords)
            for spelling in spellings(keyword, mixed=mixed)
            if len(spelling.form) > 1
        ]
        self._allowed = {joined_table().fold(word): word for word in allowed}
        rows += [(ALLOWED, Spelling(form, PLAIN)) for form in self._allowed]
        real = {spelling.form for _, spelling in rows if spelling.via == PLAIN}
        rows = [row for row in rows if row[1].via == PLAIN or row[1].form not in real]
        self.spellings = [spelling for _, spelling in rows]
        self.keyword = np.array([number for number, _ in rows], np.int64)
        self.via = np.array([VIAS.index(spelling.via) for _, spelling in rows], np.int8)
        words = [keyword.word.strip() for keyword in keywords]
        written = np.array([len(FOLD.fold(word)) for word in words] or [0], np.int64)
        own_gaps = np.array([len(FOLD.fold(word)) - len(joined_table().fold(word)) for word in words] or [0], np.int64)
        free = np.array([keyword.border is False for keyword in keywords] or [False])
        self.written, self.own_gaps, self.free = written[self.keyword], own_gaps[self.keyword], free[self.keyword]

    def joined(self) -> Lexicon:
        """Return what finds spellings in the text without separators; what is found means their numbers here."""
        chosen = [number for number, spelling in enumerate(self.spellings) if spelling.via != PINYIN]
        return Lexicon(joined_table(), self._meanings(chosen))

    def latin(self) -> Lexicon:
        """Return what finds spellings in Latin syllables, as words of their own; it means their numbers here."""
        chosen = [number for number, spelling in enumerate(self.spellings) if spelling.via == PINYIN]
        meanings = self._meanings(chosen)
        edges = {form: 0 if any(self.free[numbers]) else LEFT_EDGE | RIGHT_EDGE for form, numbers in meanings.items()}
        for number in np.flatnonzero(self.keyword == ALLOWED).tolist() if meanings else ():
            form = spaced_table().fold(self._allowed[self.spellings[number].form])
            meanings[form].append(number)
            edges[form] = 0
        return Lexicon(spaced_table(), meanings, edges)

    def _meanings(self, chosen: Iterable[int]) -> defaultdict[str, list[int]]:
        meanings: defaultdict[str, list[int]] = defaultdict(list)
        for number in chosen:
            meanings[self.spellings[number].form].append(number)
        return meanings
