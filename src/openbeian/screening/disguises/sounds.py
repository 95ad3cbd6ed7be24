"""By sound: characters in place of others of the same syllable, and syllables in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, islice, product
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.facts import english_words, readings, same_sound, syllables
from openbeian.screening.disguises.gates import rows_beyond_latin
from openbeian.screening.disguises.lexicon import Candidates, Lexicon, columns, rows_of
from openbeian.screening.disguises.matches import REVIEW, VIAS, DisguisedMatches, matches_of
from openbeian.screening.folding import FOLD, FoldTable
from openbeian.screening.keywords import Keyword
from openbeian.screening.matching import columns_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_LEAST: Final = 3  # characters of a word that is compared by sound without being asked for
_MOST: Final = 4
_SOUND: Final = VIAS.index("sound")
_ALLOWED: Final = -1
_NEAR: Final = 40  # characters on each side that tell whether a text is English
_SURE_SYLLABLES: Final = 3
_WORD: Final = re.compile("[a-z]+")


class SoundPass:
    """Finds characters that sound like a word, in a column of texts."""

    def __init__(self, keywords: Sequence[Keyword], allowed: Sequence[str]) -> None:
        self._words = [FOLD.fold(keyword.word.strip()) for keyword in keywords]
        self._asked = [bool(keyword.sound) for keyword in keywords]
        self._shortest = 2 if any(self._asked) else _LEAST
        found = [(form, number) for number, keyword in enumerate(keywords) for form in sound_forms(keyword)]
        shields = [(sound_table().fold(word), _ALLOWED) for word in allowed] if found else []
        self._lexicon = Lexicon(sound_table(), *columns(found + shields))

    def find(self, texts: pa.LargeStringArray, plain: Candidates) -> DisguisedMatches:
        """Return the mentions by sound; `plain` are those that need no ear."""
        rows = rows_beyond_latin(*columns_of(texts))
        found = self._lexicon.find(texts.take(rows) if len(rows) < len(texts) else texts)
        found.row = rows[found.row]
        is_allowed = found.meaning == _ALLOWED
        allowed, found = found[is_allowed], found[~is_allowed]
        found = found[~found.inside(allowed)]
        if len(found):
            plain = plain[plain.end - plain.start >= self._shortest]
            found = found[~np.isin(_keys(found), _keys(plain))]
            found = found[self._has_enough_in_common(found, texts)]
        return matches_of([found.row, found.start, found.end, found.meaning, _SOUND, REVIEW])

    def _has_enough_in_common(self, found: Candidates, texts: pa.LargeStringArray) -> NDArray[np.bool_]:
        """Tell which are longer than three characters, share one with the word, or were asked for."""
        kept = np.ones(len(found), np.bool_)
        short = np.flatnonzero(found.end - found.start <= _LEAST)
        if len(short):
            shown, place = rows_of(texts, found.row[short])
            for index, row in zip(short.tolist(), place.tolist(), strict=True):
                meaning = int(found.meaning[index])
                heard = FOLD.fold(shown[row][found.start[index] : found.end[index]])
                kept[index] = self._asked[meaning] or any(map(str.__eq__, heard, self._words[meaning]))
        return kept


def _keys(found: Candidates) -> NDArray[np.int64]:
    """Return one number for row, start and keyword; two that differ share one by chance in 10^18 only."""
    return np.asarray(((found.row << 32) + found.start) * 0x9E3779B1 + found.meaning * 0x2545F4914F6CDD1D)


@cache
def sound_table() -> FoldTable:
    """Return the fold that makes one character out of all of one syllable."""
    return FOLD.extended(same_sound())


def sound_forms(keyword: Keyword) -> Iterator[str]:
    """Return how a word sounds, in the characters that stand for syllables; nothing for words too short to tell."""
    word = FOLD.fold(keyword.word.strip())
    spoken = sum(char in readings() for char in word)
    if keyword.sound is False or spoken < (2 if keyword.sound else _LEAST):
        return
    usual = sound_table().fold(word)
    ways = [_sounds_like().get(char, char) for char in word]
    yield from dict.fromkeys(chain([usual], islice(map("".join, product(*ways)), _MOST)))


@cache
def _sounds_like() -> dict[str, str]:
    """Return for each character those that stand for its syllables."""
    stands_for = {readings()[char][0]: char for char in same_sound().values()}
    found = {char: "".join(stands_for[s] for s in ways if s in stands_for) for char, ways in readings().items()}
    return {char: sounds for char, sounds in found.items() if sounds}


def reads_as_english(text: str, start: int, end: int) -> bool:
    """Tell whether Latin syllables are rather English: a known word, a part of one, or words among other Latin words.

    Args:
        text: the row.
        start: where the syllables start.
        end: where they end.
    """
    found = _WORD.findall(FOLD.fold(text[start:end]))
    if any(word in english_words() for word in found):
        return True
    around = FOLD.fold(text[max(0, start - _NEAR) : start] + "·" + text[end : end + _NEAR])
    others = [word for word in _WORD.findall(around) if word not in syllables()]
    chinese = sum("一" <= char <= "鿿" for char in around)
    return len(others) > 1 and len(others) * 2 > chinese and len("".join(found)) < _SURE_SYLLABLES * 4
