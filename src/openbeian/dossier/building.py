"""Builds the dossier: form and report as PDF and Word, the editable annexes, and one zip with all of it.

Pure: the same inputs give the same bytes, on any day and any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from openbeian.dossier import annexes as workbooks
from openbeian.dossier import contents, inputs, writing, zips
from openbeian.dossier.annexes import Annex
from openbeian.dossier.attaching import Attached, check_attached
from openbeian.dossier.making import drawn
from openbeian.evidence.records import EvidenceKind, Record, Resource, StoredRecord
from openbeian.manifest import Manifest, canonical_json
from openbeian.rules import EvidenceView, Finding, form_pack

CURRENT_PACK = "gbt-45654-2025"

FileKind = Literal[
    "form-pdf", "form-docx", "report-pdf", "report-docx", "annex", "manifest", "inputs", "contents", "zip"
]


@dataclass(frozen=True, slots=True)
class DossierFile:
    """One file on disk."""

    kind: FileKind
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """What was built. `digest` is the digest of the inputs; `code` is its short form, printed on every page."""

    files: tuple[DossierFile, ...]
    digest: str
    code: str

    def path(self, kind: FileKind) -> Path:
        """Return the first file of a kind."""
        return next(file.path for file in self.files if file.kind == kind)


def build(
    manifest: Manifest,
    findings: Sequence[Finding],
    evidence: Sequence[EvidenceView | StoredRecord],
    out: Path,
    now: datetime,
    *,
    made_at: Mapping[str, datetime] | None = None,
    annexes: Sequence[Annex | Attached] = (),
    pack_id: str = CURRENT_PACK,
) -> Dossier:
    """Write the dossier into the folder `out` and return what was written.

    `now` is the moment the papers carry. Records of the store bring the moment each was made; for mere views `made_at`
    can say it, by digest. Of the annexes an `Annex` is drawn as a workbook; an `Attached` is the provider's own file and
    takes the place of the draft. `pack_id` is the pack that the findings were made against.

    Raises:
        Fault: when a character cannot be printed, a finding cites evidence that is not given, an attached file has no
            place, or `out` cannot be written.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    others = _others(annexes, manifest.service.track, moment)
    given = inputs.Given(manifest, findings, evidence, moment, made_at or {}, others, pack_id)
    case = inputs.case_of(inputs.sealed(given))
    members = {
        contents.INPUTS: case.sealed,
        contents.MANIFEST: canonical_json(manifest.as_json()),
        **others,
        **dict(drawn(case)),
    }
    members[contents.CONTENTS] = contents.listing(members)
    packed = zips.pack(members)
    writing.write(out, {**members, writing.DOSSIER_ZIP: packed})
    files = [
        DossierFile(contents.kind_of(name), out / name, sha256(data).hexdigest())
        for name, data in sorted(members.items())
    ]
    files.append(DossierFile("zip", out / writing.DOSSIER_ZIP, sha256(packed).hexdigest()))
    return Dossier(tuple(files), case.digest, case.code)


def _others(annexes: Sequence[Annex | Attached], track: str, moment: datetime) -> dict[str, bytes]:
    """Return the files that are not drawn from the manifest, by name."""
    form = form_pack()
    attached = [item for item in annexes if isinstance(item, Attached)]
    check_attached(attached, form, track)
    books = [item for item in annexes if isinstance(item, Annex)]
    drawn_books = {workbooks.file_name(book, form, track): workbooks.draw(book, form, moment, track) for book in books}
    return drawn_books | {item.name: item.content for item in attached}


def to_record(dossier: Dossier, manifest: Manifest, now: datetime, tool: str) -> Record:
    """Return the evidence record of a dossier: which files were made, from which inputs."""
    return Record(
        kind=EvidenceKind.DOSSIER,
        title=f"{manifest.service.name} {manifest.service.version} 备案材料",
        made_at=now,
        tool=tool,
        subjects=tuple(
            Resource(name=file.path.name, sha256=file.sha256, size=file.path.stat().st_size) for file in dossier.files
        ),
        model_sha256=manifest.technical.model.weights_sha256,
        detail={"digest": dossier.digest, "code": dossier.code},
    )
