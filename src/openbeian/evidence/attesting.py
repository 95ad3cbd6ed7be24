"""From the statements of a manifest to evidence records (ADR 0006)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from openbeian.evidence.records import EvidenceKind, Record, Resource, StoredRecord
from openbeian.evidence.signing import SigningKey
from openbeian.evidence.store import Store
from openbeian.manifest import Fault, Manifest, Statement

TOOL = "openbeian evidence attest"


def attest(manifest: Manifest, folder: Path, store: Store, key: SigningKey, *, now: datetime) -> list[StoredRecord]:
    """Keep every statement as evidence: kind *proof* with its file, *attestation* without one.

    Raises:
        Fault: `proof-missing` naming the file that a statement refers to and that is not there.
    """
    return [store.add(_record(statement, folder, store, now), key) for statement in manifest.statements]


def _record(statement: Statement, folder: Path, store: Store, now: datetime) -> Record:
    subjects: tuple[Resource, ...] = ()
    if statement.proof is not None:
        subjects = (store.put_blob(_inside(folder, statement), statement.proof),)
    return Record(
        kind=EvidenceKind.PROOF if subjects else EvidenceKind.ATTESTATION,
        title=f"{statement.clause} {statement.reason}",
        made_at=now,
        tool=TOOL,
        subjects=subjects,
        # 不适用 is the statement's own verdict: its record must not speak for the clause once the statement is withdrawn.
        clauses=() if statement.verdict == "不适用" else (statement.clause,),
        detail={"by": statement.by, "verdict": statement.verdict, "reason": statement.reason},
    )


def _inside(folder: Path, statement: Statement) -> Path:
    """Return the proof's path; it must exist and lie inside the manifest's folder."""
    path = (folder / str(statement.proof)).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise Fault(
            "proof-missing",
            f"条款 {statement.clause} 的证明文件不在清单所在的文件夹里",
            "放入文件，或从清单中删去 proof",
            file=str(path),
        )
    return path
