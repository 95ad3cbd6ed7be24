"""Evidence records and their signed form: an in-toto Statement v1 in a DSSE envelope."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from openbeian.evidence.signing import SigningKey, VerifyKey
from openbeian.manifest import Fault, Problem, canonical_json, reason_of
from openbeian.rules import EvidenceView, MetricValue
from openbeian.rules.verdicts import Subject

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
DIGEST = r"^[0-9a-f]{64}$"
# Records made before these fields existed do not have them; left out when unset, such a record keeps its digest.
LATER_FIELDS = ("valid_until", "supersedes")


class EvidenceKind(StrEnum):
    """What a record is about; `title` is its word on pages."""

    TRAINING_RUN = "training-run"
    CORPUS_SCAN = "corpus-scan"
    ASSESSMENT_RUN = "assessment-run"
    HUMAN_REVIEW = "human-review"
    PROOF = "proof"
    ATTESTATION = "attestation"
    DOSSIER = "dossier"

    @property
    def word(self) -> str:
        """The Chinese word for the kind."""
        return {
            "training-run": "训练运行",
            "corpus-scan": "语料扫描",
            "assessment-run": "评估运行",
            "human-review": "人工复核",
            "proof": "证明材料",
            "attestation": "负责人声明",
            "dossier": "备案材料",
        }[self.value]


STATED_KINDS = frozenset({EvidenceKind.PROOF, EvidenceKind.ATTESTATION})


class Resource(BaseModel):
    """A file a record speaks of, by its hash; size in bytes."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str = Field(pattern=DIGEST)
    size: int = Field(ge=0)


class Record(BaseModel):
    """One immutable piece of evidence. `subjects` are what it made or shows, `inputs` what it was made from.

    `valid_until` is the last instant at which it counts. `supersedes` are the digests of all the records it takes the
    place of: the whole chain, not only its last link.
    """

    model_config = ConfigDict(frozen=True)

    kind: EvidenceKind
    title: str
    made_at: datetime
    tool: str
    subjects: tuple[Resource, ...] = ()
    inputs: tuple[Resource, ...] = ()
    metrics: tuple[MetricValue, ...] = ()
    clauses: tuple[str, ...] = ()
    model_sha256: str | None = None
    detail: dict[str, Any] = {}
    valid_until: datetime | None = None
    supersedes: tuple[Annotated[str, Field(pattern=DIGEST)], ...] = ()

    @field_validator("made_at", "valid_until")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs a time zone")
        try:
            return value.astimezone(UTC)
        except OverflowError as reason:
            raise ValueError("a time lies outside the years 1 to 9999") from reason

    @property
    def predicate_type(self) -> str:
        """The type of this record as in-toto names it."""
        return f"tag:openbeian,2026:evidence/{self.kind.value}/v1"

    def plain(self) -> dict[str, Any]:
        """Return the record as plain JSON, without the later fields that are not set."""
        plain = self.model_dump(mode="json")
        return {key: value for key, value in plain.items() if value or key not in LATER_FIELDS}

    def statement(self) -> dict[str, Any]:
        """Return the in-toto statement of this record."""
        plain = self.plain()
        subjects = plain.pop("subjects")
        return {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": item["name"], "digest": {"sha256": item["sha256"]}, "annotations": {"size": item["size"]}}
                for item in subjects
            ],
            "predicateType": self.predicate_type,
            "predicate": plain,
        }

    @staticmethod
    def from_statement(statement: dict[str, Any]) -> Record:
        """Read a record back from its statement.

        Raises:
            ValueError, KeyError, TypeError: when it is no statement of a record of ours.
        """
        subjects = [
            {
                "name": item["name"],
                "sha256": item["digest"]["sha256"],
                "size": item.get("annotations", {}).get("size", 0),
            }
            for item in statement["subject"]
        ]
        record = Record.model_validate({**statement["predicate"], "subjects": subjects})
        if statement["_type"] != STATEMENT_TYPE or statement["predicateType"] != record.predicate_type:
            raise ValueError(statement["predicateType"])
        return record

    @property
    def about(self) -> tuple[str, ...]:
        """The clauses that a person's word on 不符合 or 不适用 tells of; it and its proof do not speak for them."""
        if self.kind not in STATED_KINDS or self.detail.get("verdict", "符合") == "符合":
            return ()
        return self.clauses or (str(self.detail.get("clause", "")),)

    def view(self, digest: str) -> EvidenceView:
        """Return what the findings engine sees of this record."""
        return EvidenceView(
            digest=digest,
            kind=self.kind.value,
            title=self.title,
            clauses=() if self.about else self.clauses,
            metrics=self.metrics,
            model_sha256=self.model_sha256,
            made_at=self.made_at,
            valid_until=self.valid_until,
            supersedes=self.supersedes,
            subjects=tuple(Subject(subject.name, subject.sha256) for subject in self.subjects),
            inputs=tuple(Subject(used.name, used.sha256) for used in self.inputs),
            about=self.about,
        )


class StoredRecord(BaseModel):
    """A record with the envelope that signs it; `digest` is the SHA-256 of the signed payload."""

    model_config = ConfigDict(frozen=True)

    digest: str
    record: Record
    envelope: dict[str, Any]

    @property
    def signer(self) -> bytes:
        """The raw public key the record was signed with."""
        return VerifyKey.parse(str(self.envelope["verifyKey"])).raw

    def summary(self) -> dict[str, Any]:
        """Return what goes to an office: figures and hashes, never the raw material."""
        plain = self.record.plain()
        del plain["detail"]
        return {"digest": self.digest, **plain}


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes a DSSE envelope signs (PAE of the DSSE protocol v1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(record: Record, key: SigningKey) -> StoredRecord:
    """Return the record signed; the same record and key give the same bytes."""
    payload = canonical_json(record.statement())
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {
                "keyid": key.public.key_id,
                "sig": base64.b64encode(key.sign(pre_authentication(PAYLOAD_TYPE, payload))).decode(),
            }
        ],
        "verifyKey": key.public.text(),
    }
    return StoredRecord(digest=hashlib.sha256(payload).hexdigest(), record=record, envelope=envelope)


def unseal(data: bytes, name: str) -> StoredRecord:
    """Read a signed record and check its signature.

    Raises:
        Fault: `evidence-broken` naming the file when it cannot be read or the signature does not hold.
    """
    try:
        envelope = json.loads(data)
        payload = base64.b64decode(envelope["payload"], validate=True)
        key = VerifyKey.parse(envelope["verifyKey"])
        signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
        record = Record.from_statement(json.loads(payload))
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        ValidationError,
        RecursionError,
        Fault,
    ) as reason:
        raise Fault("evidence-broken", "证据记录读不懂", "从备份恢复这个文件", file=name) from reason
    if envelope.get("payloadType") != PAYLOAD_TYPE or not key.verify(
        signature, pre_authentication(PAYLOAD_TYPE, payload)
    ):
        raise Fault("evidence-broken", "证据记录的签名不符，内容被改动过", "从备份恢复这个文件", file=name)
    return StoredRecord(digest=hashlib.sha256(payload).hexdigest(), record=record, envelope=envelope)


def verify_record(path: Path, trusted: Collection[VerifyKey] | None = None) -> list[Problem]:
    """Check one signed record in a file of any name, offline; with `trusted`, its key must be one of these."""
    try:
        stored = unseal(path.read_bytes(), str(path))
    except OSError as reason:
        return [Problem("file-unreadable", f"读写失败：{reason_of(reason)}", "检查路径和权限", file=str(path))]
    except Fault as fault:
        return [Problem(fault.code, fault.message, fault.remedy, file=fault.file)]
    if trusted is not None and stored.signer not in {key.raw for key in trusted}:
        return [Problem("unknown-signer", "证据记录由不认识的密钥签名", "核对公钥和来历", file=str(path))]
    return []


def check_summary(summary: Mapping[str, Any], envelope: bytes, name: str) -> StoredRecord:
    """Hold a summary that was handed in against the signed record it summarises; return that record.

    An office that asks for the record behind a figure gets the envelope: its payload gives the digest again, and every
    field of the summary must be the record's own.

    Raises:
        Fault: `evidence-broken` for a damaged envelope, `summary-mismatch` naming the fields that differ.
    """
    stored = unseal(envelope, name)
    own = stored.summary()
    wrong = sorted(field for field, value in summary.items() if field not in own or own[field] != value)
    if "digest" not in summary or wrong:
        words = "、".join(wrong) or "digest"
        raise Fault(
            "summary-mismatch", f"摘要与签名的证据记录不符：{words}", "以签名的记录为准，请提供者说明", file=name
        )
    return stored
