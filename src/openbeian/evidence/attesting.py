"""From the statements of a manifest to evidence records (ADR 0006)."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from openbeian.evidence.records import EvidenceKind, Record, Resource, StoredRecord
from openbeian.evidence.signing import SigningKey
from openbeian.evidence.store import Store
from openbeian.manifest import Fault, Manifest, Statement
from openbeian.rules import MetricValue, clause_pack, risk_pack
from openbeian.rules.calendar import SHANGHAI
from openbeian.rules.packs import clause_pack_ids

TOOL = "openbeian evidence attest"
DAY_END = time(23, 59, 59)
RISK_CODE = re.compile(r"(?<![A-Za-z0-9.])A\.[0-9]+\.[a-z](?![A-Za-z0-9])")
REMEDY_FIELDS = ("measures", "plan", "plan_by", "plan_until", "equivalent")


def attest(manifest: Manifest, folder: Path, store: Store, key: SigningKey, *, now: datetime) -> list[StoredRecord]:
    """Keep every statement as evidence: kind *proof* with its file, *attestation* without one.

    A statement that is kept already, word for word and file for file, is not kept again. What was kept of a clause and
    is not said any more is superseded by what is said now.

    Raises:
        Fault: `proof-missing` naming the file that a statement refers to and that is not there.
    """
    records = [(statement.clause, _record(statement, folder, store, now)) for statement in manifest.statements]
    said = defaultdict(list)
    for clause, record in records:
        said[clause].append(_content(record))
    kept = _kept_by_clause(store)
    return [_keep(record, said[clause], kept[clause], store, key) for clause, record in records]


def _keep(
    record: Record, said: list[dict[str, Any]], kept: list[StoredRecord], store: Store, key: SigningKey
) -> StoredRecord:
    """Return the record in force that says the same, or keep this one in the place of all that is not said any more."""
    superseded = {digest for stored in kept for digest in stored.record.supersedes}
    in_force = [stored for stored in kept if stored.digest not in superseded]
    same = [stored for stored in in_force if _content(stored.record) == _content(record)]
    if same:
        return same[-1]
    old = [stored.digest for stored in kept if stored.digest in superseded or _content(stored.record) not in said]
    return store.add(record.model_copy(update={"supersedes": tuple(old)}), key)


def _kept_by_clause(store: Store) -> dict[str, list[StoredRecord]]:
    """Return what this tool has kept before, oldest first, by the clause it was stated on."""
    kept = defaultdict(list)
    for stored in store.list():
        record = stored.record
        clauses = record.clauses or (str(record.detail.get("clause", "")),)
        if record.tool == TOOL:
            kept[clauses[0]].append(stored)
    return kept


def _content(record: Record) -> dict[str, Any]:
    """Return what a record says, apart from when it was made and what it replaced."""
    return record.model_dump(mode="json", exclude={"made_at", "supersedes"})


def _record(statement: Statement, folder: Path, store: Store, now: datetime) -> Record:
    subjects: tuple[Resource, ...] = ()
    metrics: tuple[MetricValue, ...] = ()
    if statement.proof is not None:
        subjects = (store.put_blob(_inside(folder, statement), statement.proof),)
        metrics = _counted(statement, store.blob(subjects[0].sha256))
    # 不适用 and 不符合 are the statement's own verdict: the record and its proof must not speak for the clause once the
    # statement is withdrawn.
    speaks = statement.verdict == "符合"
    detail = {"by": statement.by, "verdict": statement.verdict, "reason": statement.reason, **_remedy(statement)}
    return Record(
        kind=EvidenceKind.PROOF if subjects else EvidenceKind.ATTESTATION,
        title=f"{statement.clause} {statement.reason}",
        made_at=now,
        tool=TOOL,
        subjects=subjects,
        metrics=metrics if speaks else (),
        clauses=(statement.clause,) if speaks else (),
        detail=detail if speaks else {**detail, "clause": statement.clause},
        valid_until=_end_of(statement.valid_until),
    )


def _counted(statement: Statement, proof: Path) -> tuple[MetricValue, ...]:
    """Return how many of the 31 risks a proof names, by code or name, for a clause that asks for it; text files only."""
    found = {}
    for pack in map(clause_pack, clause_pack_ids()):
        for clause in pack.clauses:
            if clause.id == statement.clause and clause.counted_in_proof is not None:
                limit = pack.threshold(clause.counted_in_proof)
                found[limit.metric, clause.metric_subjects.get(limit.id)] = limit.unit
    covered = _risks_named(proof) if found else None
    if covered is None:
        return ()
    return tuple(
        MetricValue(name, float(covered), unit, subject=about, decimal=str(covered))
        for (name, about), unit in found.items()
    )


def _risks_named(proof: Path) -> int | None:
    """Count the risks that a text names; None when the file is no text."""
    try:
        text = proof.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None
    codes = set(RISK_CODE.findall(text))
    return sum(risk.code in codes or risk.name_zh in text for risk in risk_pack().risks)


def _remedy(statement: Statement) -> dict[str, Any]:
    """Return what an admitted 不符合 tells beside its reason, as far as it is told."""
    told = statement.model_dump(mode="json", include=set(REMEDY_FIELDS))
    return {name: value for name, value in told.items() if value is not None and statement.verdict == "不符合"}


def _end_of(day: date | None) -> datetime | None:
    """Return the last second of a legal day."""
    return None if day is None else datetime.combine(day, DAY_END, SHANGHAI).astimezone(UTC)


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
