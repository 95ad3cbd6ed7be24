"""Everything the papers of one dossier are made from, with the evidence numbered in the order the report cites it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from pydantic import JsonValue

from openbeian.dossier.codes import short_code
from openbeian.dossier.wording import TrackWords, wording
from openbeian.manifest import Fault, Manifest
from openbeian.rules import EvidenceView, Finding, legal_day

_SAMPLE_PREFIX = "示例"
_HEAD_CHARACTERS = 20


@dataclass(frozen=True)
class Case:
    """The inputs of a dossier and what follows from them alone.

    `digest` is the digest of the inputs; `made_at` says when each piece of evidence was made, by its digest.
    """

    manifest: Manifest
    findings: tuple[Finding, ...]
    evidence: tuple[EvidenceView, ...]
    made_at: Mapping[str, datetime]
    now: datetime
    digest: str

    @property
    def code(self) -> str:
        """The verification code on every page."""
        return short_code(self.digest)

    @property
    def words(self) -> TrackWords:
        """The titles of this track's papers."""
        return wording().papers[self.manifest.service.track]

    @property
    def today(self) -> date:
        """The legal day on which the papers are made."""
        return legal_day(self.now)

    @property
    def imprint(self) -> str:
        """The foot of every page; a sample says that it is one."""
        sample = self.manifest.basic.org_name.startswith(_SAMPLE_PREFIX)
        return "由备案通 OpenBeian 生成。" + ("示例材料，不作申报使用。" if sample else "")

    def running_head(self, title: str) -> str:
        """The head of every page: the service, shortened to fit on the line, and the paper."""
        name = self.manifest.service.name
        return f"{name if len(name) <= _HEAD_CHARACTERS else name[: _HEAD_CHARACTERS - 1] + '…'}　{title}"

    @cached_property
    def numbered(self) -> tuple[EvidenceView, ...]:
        """The evidence in the order the findings cite it, then what nobody cites."""
        by_digest = {view.digest: view for view in self.evidence}
        cited = [digest for finding in self.findings for digest in finding.evidence]
        for digest in cited:
            if digest not in by_digest:
                raise Fault(
                    "dossier-evidence-missing",
                    f"结论引用的证据 {digest[:12]} 不在给出的证据中",
                    "请用同一个证据库重新核对清单，再出材料",
                )
        order = dict.fromkeys([*cited, *by_digest])
        return tuple(by_digest[digest] for digest in order)

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """The reference number of each piece of evidence: E1, E2, …."""
        return {view.digest: f"E{position}" for position, view in enumerate(self.numbered, start=1)}

    def references(self, digests: Sequence[str]) -> str:
        """Write the reference numbers of evidence, or a dash."""
        return " ".join(self.numbers[digest] for digest in digests) or "—"

    @cached_property
    def tree(self) -> dict[str, JsonValue]:
        """The manifest as plain values."""
        return self.manifest.model_dump(mode="json", by_alias=True)

    def value(self, path: str) -> JsonValue:
        """Return the value at a dotted path of the manifest; None where the way ends early."""
        place: JsonValue = self.tree
        for key in path.split("."):
            place = place.get(key) if isinstance(place, dict) else None
        return place
