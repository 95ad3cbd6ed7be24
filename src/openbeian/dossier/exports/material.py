"""What all formats are made from: the inputs, names derived from their digest, and the facts more than one format asks."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import PurePosixPath
from uuid import NAMESPACE_URL, uuid5

from pydantic import JsonValue

from openbeian.dossier.exports.persons import persons_of, without_persons
from openbeian.evidence.records import EvidenceKind, Resource, StoredRecord
from openbeian.manifest import Manifest, canonical_json
from openbeian.manifest.model import DataSource
from openbeian.rules import Finding, MetricValue
from openbeian.rules.shapes import ClausePack

_NAMESPACE = uuid5(NAMESPACE_URL, "tag:openbeian,2026:exports")
_MEASURING = (EvidenceKind.TRAINING_RUN, EvidenceKind.ASSESSMENT_RUN)
_READING = (EvidenceKind.TRAINING_RUN, EvidenceKind.CORPUS_SCAN)


@dataclass(frozen=True)
class Material:
    """The inputs of an export. `evidence` stands oldest first, `findings` were made against `pack`."""

    manifest: Manifest
    findings: tuple[Finding, ...]
    evidence: tuple[StoredRecord, ...]
    now: datetime
    pack: ClausePack

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of everything the export is made from."""
        inputs = {
            "made_at": stamp(self.now),
            "manifest": self.manifest.as_json(),
            "findings": [finding.as_json() for finding in self.findings],
            "evidence": [stored.digest for stored in self.evidence],
            "pack": {self.pack.id: self.pack.edition},
        }
        return sha256(canonical_json(inputs)).hexdigest()

    def uuid(self, *names: str) -> str:
        """Return the UUID (version 5) of a thing in this export: the same inputs and names give the same one."""
        return str(uuid5(_NAMESPACE, json.dumps([self.digest, *names], ensure_ascii=False)))

    @cached_property
    def persons(self) -> tuple[str, ...]:
        """What names or reaches a person, as the manifest and the signed statements say it."""
        return persons_of(self.manifest, self.evidence)

    def said(self, text: str) -> str:
        """Return a free text as it may leave: on one line, persons left out."""
        return without_persons(" ".join(text.split()), self.persons)

    @property
    def weights(self) -> str | None:
        """The SHA-256 of the filed weights."""
        return self.manifest.technical.model.weights_sha256

    @cached_property
    def usable(self) -> tuple[StoredRecord, ...]:
        """The records that do not speak of other weights than the filed ones."""
        return tuple(stored for stored in self.evidence if stored.record.model_sha256 in {None, self.weights})

    @cached_property
    def performance(self) -> tuple[tuple[StoredRecord, MetricValue], ...]:
        """What was measured on the filed model; a later figure replaces an earlier one on the same subject."""
        latest: dict[tuple[str, str | None], tuple[StoredRecord, MetricValue]] = {}
        for stored in self.usable:
            if stored.record.kind in _MEASURING and stored.record.model_sha256 is not None:
                latest |= {(metric.name, metric.subject): (stored, metric) for metric in stored.record.metrics}
        return tuple(latest[key] for key in sorted(latest, key=lambda key: (key[0], key[1] or "")))

    def corpus_figures(self, source: DataSource) -> Iterator[MetricValue]:
        """Yield what scans measured on one source; the last scan counts."""
        latest: dict[str, MetricValue] = {}
        for stored in self.usable:
            if stored.record.kind is EvidenceKind.CORPUS_SCAN:
                latest |= {metric.name: metric for metric in stored.record.metrics if metric.subject == source.id}
        yield from (latest[name] for name in sorted(latest))

    def file_of(self, source: DataSource) -> Resource | None:
        """Return the file of a source as evidence knows it; the run that made the filed weights goes before a scan.

        Records know a file by its name alone: where two sources have files of one name, neither is told.
        """
        name = _file_name(source)
        if name is None or sum(_file_name(other) == name for other in self.manifest.data_sources.sources) > 1:
            return None
        for kind in _READING:
            for stored in reversed(self.usable):
                read = [item for item in stored.record.inputs if PurePosixPath(item.name).name == name]
                if stored.record.kind is kind and len(read) == 1:
                    return read[0]
        return None


def stamp(moment: datetime) -> str:
    """Write a moment in UTC to the second, as RFC 3339 says."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def named_by_hash(sha256_hex: str) -> str:
    """Return the `ni` URI of a SHA-256 (RFC 6920): it names content by its hash, wherever it is kept."""
    name = base64.urlsafe_b64encode(bytes.fromhex(sha256_hex)).rstrip(b"=").decode()
    return f"ni:///sha-256;{name}"


def exact(metric: MetricValue) -> str:
    """Write the figure as it was measured, without rounding."""
    return metric.decimal if metric.decimal is not None else f"{metric.value:.15g}"


def as_bytes(document: JsonValue) -> bytes:
    """Write a document as JSON for people and programs: UTF-8, indented, its keys in the order they were put."""
    return (json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def known(**fields: JsonValue) -> dict[str, JsonValue]:
    """Return the fields that are known: None, blank texts and empty lists are left out; `_` in a name becomes `-`."""
    return {name.replace("_", "-"): value for name, value in fields.items() if value not in (None, "", [], {})}


def _file_name(source: DataSource) -> str | None:
    return PurePosixPath(source.path).name or None if source.path else None
