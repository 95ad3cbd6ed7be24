"""The provider's working copy on pages: what stands in it, what is wrong with it, what the rules find in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openbeian.manifest import PARTS, LoadedManifest, ManifestInvalid, Problem, parse_manifest
from openbeian.office import doors
from openbeian.office.filings.models import Service
from openbeian.office.filings.queries import draft_of, filings_of, rounds_of
from openbeian.rules import EvidenceView, Finding, MetricValue, check, clause_pack, completeness, explain, find
from openbeian.rules.verdicts import Subject

PACK = "gbt-45654-2025"


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A manifest text with its evidence; `origin` is draft, round or none."""

    source: str
    evidence: list[dict[str, Any]]
    origin: str
    at: datetime | None
    by: str
    round: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What reading a manifest text gave; `loaded` is None when it cannot be read at all."""

    loaded: LoadedManifest | None
    problems: tuple[Problem, ...]
    parts: tuple[PartState, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def percent(self) -> int:
        """How much of the six parts is filled, in whole percent, rounded down."""
        total = sum(part.total for part in self.parts)
        return 100 * sum(part.filled for part in self.parts) // total if total else 0


@dataclass(frozen=True, slots=True)
class PartState:
    """How much of one part is filled."""

    part: str
    filled: int
    total: int
    problems: int

    @property
    def kind(self) -> str:
        """The status: ok when everything is there, bad with mistakes, warn otherwise."""
        if self.problems > self.missing:
            return "bad"
        return "ok" if not self.missing else "warn"

    @property
    def missing(self) -> int:
        """How many required fields are empty."""
        return self.total - self.filled


def working_copy(service: Service) -> WorkingCopy:
    """Return the newer of the service's draft and its last round."""
    draft = draft_of(service)
    rounds = [made for filing in filings_of(service) for made in rounds_of(filing)]
    newest = max(rounds, key=lambda made: made.submitted_at, default=None)
    if draft is not None and (newest is None or draft.updated_at >= newest.submitted_at):
        return WorkingCopy(draft.manifest_source, draft.evidence, "draft", draft.updated_at, str(draft.updated_by))
    if newest is not None:
        return WorkingCopy(
            newest.manifest_source,
            newest.evidence,
            "round",
            newest.submitted_at,
            str(newest.submitted_by),
            newest.number,
        )
    return WorkingCopy("", [], "none", None, "")


def read(source: str, evidence: Sequence[Mapping[str, Any]] = ()) -> Checked:
    """Return what a manifest text says and what is wrong with it, each problem with line, field and rule."""
    try:
        loaded = parse_manifest(source, "service.yaml")
    except ManifestInvalid as invalid:
        return Checked(None, tuple(explain(invalid).problems))
    problems = tuple(check(loaded))
    counts = completeness(loaded)
    parts = tuple(
        PartState(
            part, *counts.get(part, (0, 0)), sum((problem.path or "").startswith(f"{part}.") for problem in problems)
        )
        for part in PARTS
    )
    findings = find(clause_pack(PACK), loaded.manifest, [view_of(item) for item in evidence], now=doors.now())
    return Checked(loaded, problems, parts, tuple(findings))


def view_of(item: Mapping[str, Any]) -> EvidenceView:
    """Return what the findings engine sees of an evidence summary."""
    known = MetricValue.__dataclass_fields__.keys()
    metrics = tuple(
        MetricValue(**{key: value for key, value in row.items() if key in known}) for row in item.get("metrics", ())
    )
    return EvidenceView(
        digest=str(item["digest"]),
        kind=str(item["kind"]),
        title=str(item["title"]),
        clauses=tuple(item.get("clauses", ())),
        metrics=metrics,
        model_sha256=item.get("model_sha256"),
        made_at=_moment(item.get("made_at")),
        valid_until=_moment(item.get("valid_until")),
        supersedes=tuple(item.get("supersedes", ())),
        inputs=tuple(Subject(used["name"], used["sha256"]) for used in item.get("inputs", ())),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
