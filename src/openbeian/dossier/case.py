"""Everything the papers of one dossier are made from, with the evidence numbered in the order the report cites it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from pydantic import JsonValue

from openbeian.dossier.codes import short_code
from openbeian.dossier.papers import Block, Paper
from openbeian.dossier.wording import TrackWords, wording
from openbeian.manifest import Fault, Manifest
from openbeian.rules import EvidenceView, Finding, legal_day
from openbeian.rules.admissible import admissible

_SAMPLE_PREFIX = "示例"
_HEAD_CHARACTERS = 20


@dataclass(frozen=True)
class Case:
    """The inputs of a dossier and what follows from them alone.

    `facts` says how each piece of evidence was made, by its digest (see `conduct`). `basis` is the clause pack that the
    findings were made against, `packs` what was used of the rules, `made_with` the programs. `annexes` are the digests
    of the files that are not drawn, by name. `sealed` are the inputs as they lie in the dossier.
    """

    manifest: Manifest
    findings: tuple[Finding, ...]
    evidence: tuple[EvidenceView, ...]
    facts: Mapping[str, Mapping[str, Any]]
    now: datetime
    basis: str
    made_with: Mapping[str, str]
    packs: Mapping[str, Mapping[str, str]]
    annexes: Mapping[str, str]
    sealed: bytes

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the inputs."""
        return sha256(self.sealed).hexdigest()

    @property
    def is_registration(self) -> bool:
        """Whether the service only calls a filed model (登记), which asks for a shorter set of papers."""
        return self.manifest.service.track == "registration"

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

    def paper(self, name: str, title: str, blocks: Sequence[Block]) -> Paper:
        """Return a paper of this dossier: head, foot and code are the same on all."""
        service, one_line = self.manifest.service.name, title.replace("\n", "")
        short = service if len(service) <= _HEAD_CHARACTERS else service[: _HEAD_CHARACTERS - 1] + "…"
        return Paper(
            name=name,
            title=one_line,
            organisation=self.manifest.basic.org_name,
            running_head=f"{short}　{one_line}",
            imprint=self.imprint,
            code=self.code,
            made_at=self.now,
            inputs=self.sealed.decode(),
            blocks=tuple(blocks),
        )

    def attached(self, number: int) -> list[str]:
        """Return the names of the files given for an annex."""
        return [name for name in self.annexes if name.startswith(f"附件{number}-")]

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

    def position(self, digest: str) -> int:
        """Where a piece of evidence stands in the catalogue, from 0."""
        return list(self.numbers).index(digest)

    @cached_property
    def usable(self) -> tuple[EvidenceView, ...]:
        """The evidence that counts for the filed model now, oldest first: not of other weights, ended or superseded."""
        return admissible(self.evidence, self.manifest.technical.model.weights_sha256, self.now).usable

    def references(self, digests: Sequence[str]) -> str:
        """Write the reference numbers of evidence, three and more in a row as a range; a dash when there are none."""
        positions = sorted(self.position(digest) + 1 for digest in digests)
        return " ".join(map(_range, _runs(positions))) or "—"

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


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return ascending numbers in runs without a gap."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _range(run: Sequence[int]) -> str:
    return f"E{run[0]}–E{run[-1]}" if len(run) > 2 else " ".join(f"E{number}" for number in run)
