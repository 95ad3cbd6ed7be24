"""Personal information in text, with checksums where the number has one (T2a).

`find_personal` reads one text; `windows.spans_in` reads a batch around the triggers that the core has found. Both run the
same rules, and say the same.
"""

from openbeian.screening.personal.finding import find_personal, mask
from openbeian.screening.personal.kinds import DERIVED, EXACT, KINDS, REVIEW, TIERS, PersonalKind, PersonalSpan
from openbeian.screening.personal.triggers import TRIGGERS
from openbeian.screening.personal.windows import PersonalMatches, spans_in

__all__ = [
    "DERIVED",
    "EXACT",
    "KINDS",
    "REVIEW",
    "TIERS",
    "TRIGGERS",
    "PersonalKind",
    "PersonalMatches",
    "PersonalSpan",
    "find_personal",
    "mask",
    "spans_in",
]
