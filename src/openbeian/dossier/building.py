"""Builds the dossier: form and report as PDF and Word, the editable annexes, and one zip with all of it.

Pure: the same inputs give the same bytes, on any day and any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from openbeian.dossier import annexes as workbooks
from openbeian.dossier import contents, pdf, word, zips
from openbeian.dossier.annexes import Annex
from openbeian.dossier.case import Case
from openbeian.dossier.form import form_paper
from openbeian.dossier.papers import Paper, check_printable
from openbeian.dossier.report import report_paper
from openbeian.evidence.records import EvidenceKind, Record, Resource, StoredRecord
from openbeian.manifest import Fault, Manifest, canonical_json
from openbeian.rules import EvidenceView, Finding, clause_pack, form_pack

DOSSIER_ZIP = "dossier.zip"
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
    annexes: Sequence[Annex] = (),
    pack_id: str = CURRENT_PACK,
) -> Dossier:
    """Write the dossier into the folder `out` and return what was written.

    `now` is the moment the papers carry. Records of the store bring the moment each was made; for mere views `made_at`
    can say it, by digest. `pack_id` is the pack that the findings were made against.

    Raises:
        Fault: when a character cannot be printed, a finding cites evidence that is not given, or `out` cannot be
            written.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    form, clauses = form_pack(), clause_pack(pack_id)
    books = {workbooks.file_name(annex, form): workbooks.draw(annex, form, moment) for annex in annexes}
    views = [item.record.view(item.digest) if isinstance(item, StoredRecord) else item for item in evidence]
    made = {item.digest: item.record.made_at for item in evidence if isinstance(item, StoredRecord)} | dict(
        made_at or {}
    )
    inputs: dict[str, JsonValue] = {
        "schema": contents.INPUTS_SCHEMA,
        "made_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "packs": {form.id: form.edition, clauses.id: clauses.edition},
        "manifest": manifest.model_dump(mode="json", by_alias=True),
        "findings": [_plain(finding) for finding in findings],
        "evidence": [_seen(view) | _made(made, view.digest) for view in views],
        "annexes": {name: sha256(data).hexdigest() for name, data in sorted(books.items())},
    }
    sealed = canonical_json(inputs)
    case = Case(manifest, tuple(findings), tuple(views), made, moment, sha256(sealed).hexdigest())
    members: dict[str, bytes] = {
        contents.INPUTS: sealed,
        contents.MANIFEST: canonical_json(inputs["manifest"]),
        **books,
    }
    for paper in (form_paper(case, form, clauses), report_paper(case, [clauses])):
        members |= _drawn(paper)
    members[contents.CONTENTS] = contents.listing(members)
    return _written(members, out, case)


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


def _plain(record: Finding | EvidenceView) -> dict[str, JsonValue]:
    """Return a record as JSON values: tuples become lists, an enumeration its word."""
    return {key: _json(value) for key, value in asdict(record).items()}


def _seen(view: EvidenceView) -> dict[str, JsonValue]:
    """Return a view as JSON values; its end and what it supersedes only when it has them, its moment by `_made`."""
    plain = {key: value for key, value in asdict(view).items() if key not in {"made_at", "subjects"}}
    end = plain.pop("valid_until")
    plain["valid_until"] = None if end is None else f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {key: _json(value) for key, value in plain.items() if value or key not in {"valid_until", "supersedes"}}


def _json(value: object) -> JsonValue:
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(type(value).__name__)


def _made(made: Mapping[str, datetime], digest: str) -> dict[str, JsonValue]:
    return {"made_at": f"{made[digest].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"} if digest in made else {}


def _drawn(paper: Paper) -> dict[str, bytes]:
    check_printable(paper)
    return {f"{paper.name}.pdf": pdf.draw(paper), f"{paper.name}.docx": word.draw(paper)}


def _written(members: Mapping[str, bytes], out: Path, case: Case) -> Dossier:
    """Write every member and the zip; each appears whole or not at all."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        files = [_put(out, name, data, contents.kind_of(name)) for name, data in sorted(members.items())]
        files.append(_put(out, DOSSIER_ZIP, zips.pack(members), "zip"))
    except OSError as error:
        raise Fault(
            "dossier-not-written",
            f"写不进文件夹 {out}：{error.strerror or error}",
            "请换一个可写的文件夹，或腾出空间后再出一次",
            file=str(out),
        ) from error
    return Dossier(tuple(files), case.digest, case.code)


def _put(out: Path, name: str, data: bytes, kind: FileKind) -> DossierFile:
    path = out / name
    part = out / f".{name}.part"
    part.write_bytes(data)
    part.replace(path)
    return DossierFile(kind, path, sha256(data).hexdigest())
