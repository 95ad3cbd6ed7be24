"""Whether a word written apart is one: by what stands in its gaps and around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.characters import BRACKET, FIELD, LINE, LISTING, ODD, SENTENCE
from openbeian.screening.disguises.matches import DERIVED, REVIEW, VIAS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openbeian.screening.disguises.neighbourhood import Neighbourhood

NOTHING: Final = -1
SEPARATORS, FIELDS, VERTICAL = VIAS.index("separators"), VIAS.index("fields"), VIAS.index("vertical")
_LEAST_UNITS: Final = 3


def judged_apart(
    around: Neighbourhood, own_gaps: NDArray[np.int64], free: NDArray[np.bool_]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return the tier (or NOTHING) and the way of words written apart.

    Args:
        around: the candidates in their rows.
        own_gaps: how many separators the word itself is written with.
        free: which words may touch other letters and digits.
    """
    units, gaps = around.units, around.gaps
    is_full = gaps == units - 1
    tier = np.where(_is_ordinary(around, units, is_full), NOTHING, _tier_of_marks(around, units, is_full)).astype(
        np.int8
    )
    via = np.where(around.has(FIELD), FIELDS, SEPARATORS).astype(np.int8)

    letters = around.is_latin | around.is_digits
    spelled = is_full & (units >= _LEAST_UNITS) & around.stands_apart & ~around.has(SENTENCE)
    letter_tier = np.where(spelled, np.where(around.is_digits, REVIEW, DERIVED), NOTHING)
    tier = np.where(letters, letter_tier, tier)

    as_written = (own_gaps > 0) & (gaps <= own_gaps) & ~around.has(SENTENCE, LINE)
    tier = np.where(as_written, DERIVED, tier)

    column = around.has(LINE) & around.is_column
    tier = np.where(around.has(LINE), np.where(column, REVIEW, NOTHING), tier)
    via = np.where(column, VERTICAL, via)
    refused = (gaps == 0) & (own_gaps == 0)  # the word stands there in plain
    refused |= around.has_wide_gap | (around.touches & ~free)
    return np.where(refused, NOTHING, tier).astype(np.int8), via.astype(np.int8)


def _is_ordinary(around: Neighbourhood, units: NDArray[np.int64], is_full: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where sentence punctuation stands in gaps as it does in any text."""
    return around.has(SENTENCE) & ~(is_full & (units >= _LEAST_UNITS))


def _tier_of_marks(around: Neighbourhood, units: NDArray[np.int64], is_full: NDArray[np.bool_]) -> NDArray[np.int8]:
    written_out = is_full & around.stands_apart & (units >= _LEAST_UNITS)
    doubtful = around.separator_is_usual_here & ~written_out
    doubtful |= around.has(BRACKET) & ~around.has_double_bracket & ~(is_full & (units >= _LEAST_UNITS))
    doubtful = np.where(
        around.has(FIELD), around.has(BRACKET, LISTING, ODD), doubtful
    )  # a break alone between the halves
    return np.where(doubtful, REVIEW, DERIVED).astype(np.int8)
