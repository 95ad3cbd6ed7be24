"""The filed facts in four open formats: CycloneDX ML-BOM, Croissant, Hugging Face model card, OSCAL.

Every format is one pure function: the same manifest, findings, evidence, moment and pack give the same bytes. Nothing is
said that these do not say; persons are not named; of corpora and evidence only hashes and figures leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from openbeian.dossier.exports import croissant, cyclonedx, model_card, oscal
from openbeian.dossier.exports.material import Material
from openbeian.evidence.records import StoredRecord
from openbeian.manifest import Manifest
from openbeian.rules import Finding
from openbeian.rules.shapes import ClausePack

Exporter = Callable[[Manifest, Sequence[Finding], Sequence[StoredRecord], datetime, ClausePack], bytes]


def _exporter(draw: Callable[[Material], bytes]) -> Exporter:
    def export(
        manifest: Manifest,
        findings: Sequence[Finding],
        evidence: Sequence[StoredRecord],
        now: datetime,
        pack: ClausePack,
    ) -> bytes:
        return draw(Material(manifest, tuple(findings), tuple(evidence), now, pack))

    return export


to_cyclonedx = _exporter(cyclonedx.draw)
"""CycloneDX 1.6 ML-BOM as JSON."""
to_croissant = _exporter(croissant.draw)
"""Croissant 1.0 data card as JSON-LD."""
to_model_card = _exporter(model_card.draw)
"""Hugging Face model card: Markdown with a YAML front matter."""
to_oscal = _exporter(oscal.draw)
"""OSCAL 1.1.3 assessment results as JSON."""

FORMATS: Mapping[str, tuple[str, Exporter]] = MappingProxyType(
    {
        "cyclonedx": ("bom.cdx.json", to_cyclonedx),
        "croissant": ("croissant.json", to_croissant),
        "model-card": ("README.md", to_model_card),
        "oscal": ("oscal-assessment-results.json", to_oscal),
    }
)
"""Every format by the name the command line knows it by: the file it is written to, and its function."""

__all__ = ["FORMATS", "Exporter", "to_croissant", "to_cyclonedx", "to_model_card", "to_oscal"]
