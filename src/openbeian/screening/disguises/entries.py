"""The keywords as the second pass sees them: every spelling with its keyword, in columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from openbeian.screening.disguises.characters import joined_table
from openbeian.screening.disguises.lexicon import Lexicon
from openbeian.screening.disguises.matches import VIAS
from openbeian.screening.disguises.spelling import PINYIN, PLAIN, Spelling, spellings
from openbeian.screening.folding import FOLD
from openbeian.screening.keywords import Keyword

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
        rows += [(ALLOWED, Spelling(joined_table().fold(word), PLAIN)) for word in allowed]
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

    def lexicon(self, *, latin: bool) -> Lexicon:
        """Return what finds spellings in the joined text: those in Latin syllables, or all others; it means their numbers here."""
        meanings: defaultdict[str, list[int]] = defaultdict(list)
        for number, spelling in enumerate(self.spellings):
            if self.keyword[number] == ALLOWED or (spelling.via == PINYIN) == latin:
                meanings[spelling.form].append(number)
        return Lexicon(joined_table(), meanings)
