"""Screening: the fold, keyword libraries, personal information. `columns` and `corpus` need the extra `scale` (pyarrow)."""

from openbeian.screening.folding import fold
from openbeian.screening.keywords import Hit, Keyword, Library
from openbeian.screening.personal import PersonalKind, PersonalSpan, find_personal, mask
from openbeian.screening.streaming import HoldBack

__all__ = ["Hit", "HoldBack", "Keyword", "Library", "PersonalKind", "PersonalSpan", "find_personal", "fold", "mask"]
