"""The inputs of a dossier as one canonical JSON, and the way back: the papers follow from these bytes alone.

They lie in the dossier as `inputs.json` and inside every paper, so that anybody can make the papers again and compare.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from openbeian import __version__
from openbeian.dossier import contents
from openbeian.dossier.case import Case
from openbeian.dossier.conduct import facts_of
from openbeian.evidence.records import StoredRecord
from openbeian.manifest import Fault, Manifest, canonical_json, digest
from openbeian.rules import EvidenceView, Finding, clause_pack, form_pack
from openbeian.rules.packs import Pack, risk_pack

_LIBRARIES = ("typst", "python-docx")
_DRAW_NOTHING = frozenset({"handin.py", "replies.py", "writing.py", "verifying.py", "opening.py"})
_FACTS = "facts"
_VIEW = TypeAdapter(EvidenceView)


@dataclass(frozen=True, slots=True)
class Given:
    """What a dossier is made from. `made_at` says when mere views were made; `annexes` are the other files by name."""

    manifest: Manifest
    findings: Sequence[Finding]
    evidence: Sequence[EvidenceView | StoredRecord]
    moment: datetime
    made_at: Mapping[str, datetime]
    annexes: Mapping[str, bytes]
    pack_id: str


class _Inputs(BaseModel):
    """The shape of the inputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_id: Literal["openbeian/dossier-inputs/v1"] = Field(alias="schema")
    made_at: datetime
    made_with: dict[str, str]
    basis: str
    packs: dict[str, dict[str, str]]
    manifest: Manifest
    findings: tuple[dict[str, Any], ...]
    evidence: tuple[dict[str, Any], ...]
    annexes: dict[str, str]


def sealed(given: Given) -> bytes:
    """Return the inputs as canonical JSON.

    Raises:
        Fault: `not-canonical` when a text is no Unicode or a number no JSON number.
    """
    return canonical_json(
        {
            "schema": contents.INPUTS_SCHEMA,
            "made_at": stamp(given.moment),
            "made_with": dict(made_with()),
            "basis": given.pack_id,
            "packs": _packs(given.pack_id),
            "manifest": given.manifest.as_json(),
            "findings": [finding.as_json() for finding in given.findings],
            "evidence": [_evidence(item, given.made_at) for item in given.evidence],
            "annexes": {name: sha256(data).hexdigest() for name, data in sorted(given.annexes.items())},
        }
    )


def case_of(data: bytes) -> Case:
    """Return the case that inputs describe.

    Raises:
        Fault: `dossier-inputs` when the bytes are no inputs of a dossier.
    """
    try:
        document = json.loads(data)
        if canonical_json(document) != data:
            raise _not_inputs("不是规范 JSON")
        return _case(_Inputs.model_validate(document), data)
    except (ValueError, TypeError, RecursionError) as error:
        raise _not_inputs(type(error).__name__) from error


def is_drawn_alike(case: Case) -> bool:
    """Whether this installation draws papers just as the one that made the case: the same programs, the same packs."""
    return dict(case.made_with) == dict(made_with()) and dict(case.packs) == _packs(case.basis)


@cache
def made_with() -> Mapping[str, str]:
    """Return the programs that decide how a paper looks: their versions, and the digest of our own drawing code."""
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"openbeian": __version__, **libraries, "drawing_sha256": _drawing_digest()}


def stamp(moment: datetime) -> str:
    """Write a moment in UTC to the second, as RFC 3339 says."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _drawing_digest() -> str:
    folder = Path(__file__).resolve().parent
    files = [*folder.glob("*.py"), *folder.glob("*.yaml"), *folder.glob("templates/*"), folder / "fonts" / "FONTS.toml"]
    parts = sorted((path.name, path.read_bytes()) for path in files if path.name not in _DRAW_NOTHING)
    return sha256(b"".join(sha256(name.encode() + b"\0" + data).digest() for name, data in parts)).hexdigest()


def _packs(pack_id: str) -> dict[str, dict[str, str]]:
    packs: tuple[Pack, ...] = (form_pack(), clause_pack(pack_id), risk_pack())
    return {pack.id: {"edition": pack.edition, "sha256": digest(pack.model_dump(mode="json"))} for pack in packs}


def _evidence(item: EvidenceView | StoredRecord, made_at: Mapping[str, datetime]) -> dict[str, JsonValue]:
    """Return a record as the papers need it; what it does not have is left out."""
    view = item.record.view(item.digest) if isinstance(item, StoredRecord) else item
    moments = {"made_at": made_at.get(view.digest) or view.made_at, "valid_until": view.valid_until}
    plain = asdict(replace(view, made_at=None, valid_until=None))
    plain |= {name: stamp(moment) for name, moment in moments.items() if moment is not None}
    if isinstance(item, StoredRecord):
        plain[_FACTS] = facts_of(item.record)
    return {name: _json(value) for name, value in plain.items() if value}


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


def _case(read: _Inputs, data: bytes) -> Case:
    views = [_VIEW.validate_python({key: row[key] for key in row if key != _FACTS}) for row in read.evidence]
    return Case(
        manifest=read.manifest,
        findings=tuple(Finding.from_json(row) for row in read.findings),
        evidence=tuple(views),
        facts={view.digest: row.get(_FACTS, {}) for view, row in zip(views, read.evidence, strict=True)},
        now=read.made_at.astimezone(UTC),
        basis=read.basis,
        made_with=read.made_with,
        packs=read.packs,
        annexes=read.annexes,
        sealed=data,
    )


def _not_inputs(why: str) -> Fault:
    return Fault("dossier-inputs", f"{contents.INPUTS} 读不懂（{why}）", "请重新索取原件", path=contents.INPUTS)
