"""One pass over the text without separators: words written apart, over fields, in a column, and in their other spellings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.characters import FIELD, LINE, SENTENCE
from openbeian.screening.disguises.entries import ALLOWED, Entries
from openbeian.screening.disguises.facts import syllables
from openbeian.screening.disguises.gates import rows_with_letters
from openbeian.screening.disguises.judging import NOTHING, judged_apart
from openbeian.screening.disguises.lexicon import Candidates, Windows
from openbeian.screening.disguises.matches import DERIVED, REVIEW, VIAS, DisguisedMatches, matches_of
from openbeian.screening.disguises.neighbourhood import Neighbourhood
from openbeian.screening.disguises.sounds import reads_as_english
from openbeian.screening.matching import columns_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

PLAIN: Final = VIAS.index("plain")
PINYIN: Final = VIAS.index("pinyin")
_PARTS: Final = VIAS.index("parts")
_MOJIBAKE: Final = VIAS.index("mojibake")
_ACRONYM: Final = re.compile("(?<![A-Za-z])[A-Z]{1,3}(?![A-Za-z])")  # as in CI儿童: no syllable
_SHORT: Final = 5  # letters; a shorter word of syllables must be written apart


class JoinedPass:
    """Finds all spellings in the text as it reads without separators."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._lexicon, self._latin = entries.joined(), entries.latin()

    def search(self, texts: pa.LargeStringArray) -> Candidates:
        """Return every spelling in a column of texts, whatever stands between its characters; it means the entry."""
        rows = rows_with_letters(*columns_of(texts))
        found = [self._lexicon.find(texts)]
        if len(rows):
            found.append(self._latin.find(texts.take(rows) if len(rows) < len(texts) else texts))
            found[1].row = rows[found[1].row]
        return Candidates.joined(found)

    def find(self, texts: pa.LargeStringArray) -> tuple[DisguisedMatches, Candidates]:
        """Return the mentions in disguise, and where keywords stand in plain (meaning the keyword)."""
        found, entries = self.search(texts), self._entries
        is_plain = entries.via[found.meaning] == PLAIN
        is_allowed = entries.keyword[found.meaning] == ALLOWED
        stands = is_plain & ~is_allowed & (found.end - found.start == entries.written[found.meaning])
        plain, allowed = found[stands], found[is_allowed]
        hidden = found[~stands & ~is_allowed]
        hidden = hidden[~hidden.inside(allowed)]
        plain.meaning = entries.keyword[plain.meaning]
        return judged(hidden, texts, entries), plain


def judged(found: Candidates, texts: pa.LargeStringArray, entries: Entries) -> DisguisedMatches:
    """Return the candidates that hold, with their tiers."""
    if not len(found):
        return matches_of([np.empty(0, np.int64)] * 6)
    tier, via = judge(found, Windows(texts, found), entries)
    kept = tier != NOTHING
    found = found[kept]
    return matches_of([found.row, found.start, found.end, entries.keyword[found.meaning], via[kept], tier[kept]])


def judge(found: Candidates, windows: Windows, entries: Entries) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return the tier of each candidate, or NOTHING, and its way, by the windows in which they stand."""
    around = windows.neighbourhood
    spelled = entries.via[found.meaning]
    free = entries.free[found.meaning]
    tier, via = judged_apart(around, entries.own_gaps[found.meaning], free)
    other = _judged_spellings(around, spelled, free)
    is_plain = spelled == PLAIN
    tier, via = np.where(is_plain, tier, other), np.where(is_plain, via, spelled)
    for index in np.flatnonzero((spelled == PINYIN) & (tier != NOTHING)).tolist():
        if not _is_syllabic(*windows.span(index), entries.forms[int(found.meaning[index])]):
            tier[index] = NOTHING
    return tier, via


def _judged_spellings(around: Neighbourhood, spelled: NDArray[np.int8], free: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the tiers of spellings other than the plain one: together, or with gaps that no sentence has."""
    refused = around.has(SENTENCE, LINE, FIELD) | around.has_wide_gap | (around.touches & ~free)
    refused |= (around.gaps > 0) & (spelled != PINYIN) & (spelled != _PARTS)
    tier = np.where(spelled == _MOJIBAKE, DERIVED, REVIEW)
    return np.where(refused, NOTHING, tier).astype(np.int8)


def _is_syllabic(text: str, start: int, end: int, form: str) -> bool:
    """Tell whether Latin syllables are no acronym, no single syllable and no English."""
    if not form.isascii():
        return not _ACRONYM.search(text[start:end])
    if (len(form) < _SHORT or form in syllables()) and " " not in form:
        return False
    return not reads_as_english(text, start, end)
