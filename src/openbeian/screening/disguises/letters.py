"""Letters of other alphabets, digits and signs in place of Latin letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.facts import letter_look_alikes
from openbeian.screening.disguises.lexicon import Lexicon, Windows, columns
from openbeian.screening.disguises.matches import REVIEW, VIAS, DisguisedMatches, matches_of
from openbeian.screening.folding import FOLD, FoldTable
from openbeian.screening.keywords import Keyword

if TYPE_CHECKING:
    import pyarrow as pa

_LEAST: Final = 4  # letters of a word that is looked for so
_LETTERS: Final = VIAS.index("letters")
_ALLOWED: Final = -1
_SAME: Final = str.maketrans("ij", "ll")  # 1 and | stand for all of them


class LetterPass:
    """Finds Latin words written with look-alikes, in a column of texts."""

    def __init__(self, keywords: Sequence[Keyword], allowed: Sequence[str]) -> None:
        found = [
            (form, number) for number, keyword in enumerate(keywords) if (form := letter_form(keyword)) is not None
        ]
        shields = [(letters_table().fold(word), _ALLOWED) for word in allowed] if found else []
        self._lexicon = Lexicon(letters_table(), *columns(found + shields))
        self._words = [keyword.word.strip() for keyword in keywords]
        self._free = np.array([keyword.border is False for keyword in keywords] or [False])

    def find(self, texts: pa.LargeStringArray) -> DisguisedMatches:
        """Return the mentions with look-alikes of letters; those in true letters are none."""
        found = self._lexicon.find(texts)
        is_allowed = found.meaning == _ALLOWED
        allowed, found = found[is_allowed], found[~is_allowed]
        found = found[~found.inside(allowed)]
        if len(found):
            windows = Windows(texts, found)
            around = windows.neighbourhood
            spans = map(windows.span, range(len(found)))
            words = [self._words[meaning] for meaning in found.meaning.tolist()]
            fits = [
                is_in_look_alikes(text[start:end], word) for (text, start, end), word in zip(spans, words, strict=True)
            ]
            found = found[np.array(fits) & (~around.touches_letters | self._free[found.meaning])]
        return matches_of([found.row, found.start, found.end, found.meaning, _LETTERS, REVIEW])


@cache
def letters_table() -> FoldTable:
    """Return the fold that takes every look-alike for a letter; letters that share one become one."""
    looks = {char: min(letters).translate(_SAME) for char, letters in letter_look_alikes().items()}
    return FOLD.extended(looks | {"i": "l", "j": "l"})


def letter_form(keyword: Keyword) -> str | None:
    """Return the form of a Latin word in that table, or None for a word that is not Latin or too short."""
    word = FOLD.fold(keyword.word)
    return letters_table().fold(word) if sum("a" <= char <= "z" for char in word) >= _LEAST else None


def is_in_look_alikes(text: str, word: str) -> bool:
    """Tell whether a text is the word with some, but not all letters in look-alikes or in another alphabet."""
    seen = list(_shown(text))
    folded = FOLD.fold(word)
    if len(seen) != len(folded):
        return False
    changed = [char for char, letter in zip(seen, folded, strict=True) if char != letter]
    fits = all(
        char == letter or letter in letter_look_alikes().get(char, ())
        for char, letter in zip(seen, folded, strict=True)
    )
    signs = [char for char in changed if not char.isalpha() and ord(char) < 0x10000]
    return fits and bool(changed) and 2 * len(signs) <= len(folded)


def _shown(text: str) -> Iterator[str]:
    for char in text:
        yield from FOLD.fold(char)
