"""The second pass over a column of texts: every way to undo a disguise, each where it can apply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openbeian.screening.disguises.encoded import EncodedPass
from openbeian.screening.disguises.entries import Entries
from openbeian.screening.disguises.joined import JoinedPass
from openbeian.screening.disguises.letters import LetterPass
from openbeian.screening.disguises.matches import DisguisedMatches, merged
from openbeian.screening.disguises.sounds import SoundPass
from openbeian.screening.keywords import Keyword

if TYPE_CHECKING:
    import pyarrow as pa


class Disguises:
    """Looks for keywords in disguise; picklable with all spellings, so that another process need not write them anew.

    Args:
        keywords: the library; matches name them by place.
        allowed: longer words that shield the words inside them, disguised likewise.
    """

    def __init__(self, keywords: Sequence[Keyword], allowed: Sequence[str]) -> None:
        entries = Entries(keywords, allowed)
        self._joined = JoinedPass(entries)
        self._encoded = EncodedPass(entries, self._joined.search)
        self._sounds = SoundPass(keywords, allowed)
        self._letters = LetterPass(keywords, allowed)

    def find(self, texts: pa.LargeStringArray) -> DisguisedMatches:
        """Return the mentions in disguise in a column of texts, in reading order, each once.

        A mention that stands there in plain is none; one beside it that overlaps it may be.
        """
        joined, plain = self._joined.find(texts)
        parts = [joined, self._sounds.find(texts, plain), self._letters.find(texts), self._encoded.find(texts)]
        return merged(parts)
