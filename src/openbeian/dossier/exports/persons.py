"""Who must not be named in what is published: the manifest names persons, and free texts repeat their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openbeian.evidence.records import StoredRecord
from openbeian.manifest import Manifest

LEFT_OUT = "〔略〕"
_SHORTEST = 2


def persons_of(manifest: Manifest, evidence: Iterable[StoredRecord]) -> tuple[str, ...]:
    """Return names, telephone numbers and addresses of persons, the longest first.

    One character alone is no name that could be told from other words.
    """
    basic = manifest.basic
    given = {
        basic.legal_representative,
        basic.overall_lead,
        basic.assessment_lead,
        basic.legality_lead,
        basic.contact.name,
        basic.contact.phone,
        basic.contact.email,
        *(signature.name for signature in manifest.commitment.signatures),
        *(statement.by for statement in manifest.statements),
        *(statement.plan_by for statement in manifest.statements if statement.plan_by),
        *(str(stored.record.detail["by"]) for stored in evidence if "by" in stored.record.detail),
    }
    return tuple(sorted((name for name in given if len(name) >= _SHORTEST), key=lambda name: (-len(name), name)))


def without_persons(text: str, persons: Sequence[str]) -> str:
    """Return the text with every person left out."""
    for person in persons:
        text = text.replace(person, LEFT_OUT)
    return text
