"""All rules over one text: the oracle of the fast way in `windows`, and what the gateway masks with."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from openbeian.screening.folding import FOLD
from openbeian.screening.personal.kinds import EXACT, KINDS, REVIEW, TIERS, Found, PersonalSpan
from openbeian.screening.personal.triggers import FAMILIES

_RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}
_CERTAINTY: Final = {tier: rank for rank, tier in enumerate(TIERS)}


def find_personal(text: str, *, review: bool = False) -> list[PersonalSpan]:
    """Return the mentions of personal information in reading order, without overlaps.

    Args:
        text: any text; spans are of it as it stands.
        review: also what only a person can tell, such as names and addresses (tier `review`).
    """
    folded = FOLD.with_origin(text)
    spans = []
    for found in candidates(folded.text):
        start, end = folded.span(found.start, found.end)
        if (review or found.tier != REVIEW) and is_kept(found, text[start:end]):
            spans.append(PersonalSpan(start, end, found.kind, found.tier))
    return without_overlaps(spans)


def candidates(folded: str) -> list[Found]:
    """Return what the rules find in a folded text; mentions may overlap."""
    return [found for family in FAMILIES for found in family.rule(folded)]


def is_kept(found: Found, original: str) -> bool:
    """Tell whether the original writing allows the mention."""
    return not found.capitals or (written := unicodedata.normalize("NFKC", original)) == written.upper()


def mask(text: str) -> tuple[str, list[PersonalSpan]]:
    """Return the text with every exact mention replaced by its placeholder, and those mentions (spans of the original)."""
    spans = [span for span in find_personal(text) if span.tier == EXACT]
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], span.kind.placeholder]
        end = span.end
    return "".join([*pieces, text[end:]]), spans


def without_overlaps(found: Iterable[PersonalSpan]) -> list[PersonalSpan]:
    """Keep, of overlapping mentions, the surer one, then the kind that outranks the others, then the longer one."""
    kept: list[PersonalSpan] = []
    for group in _touching(sorted(found, key=lambda span: span.start)):
        best: list[PersonalSpan] = []
        for span in sorted(group, key=_order):
            if all(span.end <= other.start or span.start >= other.end for other in best):
                best.append(span)
        kept += sorted(best, key=lambda span: span.start)
    return kept


def _touching(spans: Iterable[PersonalSpan]) -> Iterable[list[PersonalSpan]]:
    """Yield the spans, in order of start, in groups that overlap one another."""
    group: list[PersonalSpan] = []
    end = 0
    for span in spans:
        if group and span.start >= end:
            yield group
            group = []
        group.append(span)
        end = max(end, span.end)
    if group:
        yield group


def _order(span: PersonalSpan) -> tuple[int, int, int, int]:
    return _CERTAINTY[span.tier], _RANK[span.kind], span.start - span.end, span.start
