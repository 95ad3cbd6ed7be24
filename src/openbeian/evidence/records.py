"""Evidence records and their signed form: an in-toto Statement v1 in a DSSE envelope."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from openbeian.evidence.signing import SigningKey, VerifyKey
from openbeian.manifest import Fault, canonical_json
from openbeian.rules import EvidenceView, MetricValue

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class EvidenceKind(StrEnum):
    """What a record is about; `title` is its word on pages."""

    TRAINING_RUN = "training-run"
    CORPUS_SCAN = "corpus-scan"
    ASSESSMENT_RUN = "assessment-run"
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
            "proof": "证明材料",
            "attestation": "负责人声明",
            "dossier": "备案材料",
        }[self.value]


class Resource(BaseModel):
    """A file a record speaks of, by its hash; size in bytes."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Record(BaseModel):
    """One immutable piece of evidence. `subjects` are what it made or shows, `inputs` what it was made from."""

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

    @field_validator("made_at")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("made_at needs a time zone")
        return value.astimezone(UTC)

    def statement(self) -> dict[str, Any]:
        """Return the in-toto statement of this record."""
        plain = self.model_dump(mode="json")
        subjects = plain.pop("subjects")
        return {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": item["name"], "digest": {"sha256": item["sha256"]}, "annotations": {"size": item["size"]}}
                for item in subjects
            ],
            "predicateType": f"tag:openbeian,2026:evidence/{self.kind.value}/v1",
            "predicate": plain,
        }

    @staticmethod
    def from_statement(statement: dict[str, Any]) -> Record:
        """Read a record back from its statement."""
        subjects = [
            {
                "name": item["name"],
                "sha256": item["digest"]["sha256"],
                "size": item.get("annotations", {}).get("size", 0),
            }
            for item in statement["subject"]
        ]
        return Record.model_validate({**statement["predicate"], "subjects": subjects})

    def view(self, digest: str) -> EvidenceView:
        """Return what the findings engine sees of this record."""
        return EvidenceView(digest, self.kind.value, self.title, self.clauses, self.metrics, self.model_sha256)


class StoredRecord(BaseModel):
    """A record with the envelope that signs it; `digest` is the SHA-256 of the signed payload."""

    model_config = ConfigDict(frozen=True)

    digest: str
    record: Record
    envelope: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Return what goes to an office: figures and hashes, never the raw material."""
        plain = self.record.model_dump(mode="json", exclude={"detail"})
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
