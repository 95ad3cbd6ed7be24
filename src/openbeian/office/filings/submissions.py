"""What is handed in with a round, checked at the border before anything is written."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from openbeian.manifest import LoadedManifest, ManifestInvalid, digest, parse_manifest
from openbeian.office.accounts.errors import Incomplete
from openbeian.rules import Finding, MetricValue, check, explain

MAGIC = {
    b"%PDF-": {"pdf"},
    b"PK\x03\x04": {"docx", "xlsx", "zip"},
    b"\x89PNG": {"png"},
    b"\xff\xd8\xff": {"jpg", "jpeg"},
}
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


MAX_DEPTH = 40
LARGEST_WHOLE = (1 << 53) - 1  # beyond it JSON numbers are not exact, and canonical JSON refuses them


class Border(BaseModel):
    """Input from outside: strict types, nothing unknown, nothing that cannot be kept."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, given: object) -> object:
        _walk(given, MAX_DEPTH)
        return given


def _walk(value: object, depth: int) -> None:
    """Refuse what canonical JSON or a database cannot hold: NUL, half characters, infinite or huge numbers, endless nesting."""
    if isinstance(value, Mapping):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, Sequence) and not isinstance(value, str):
        inner = list(value)
    else:
        _check_leaf(value)
        return
    if not depth:
        raise ValueError("嵌套过深")
    for item in inner:
        _walk(item, depth - 1)


def _check_leaf(value: object) -> None:
    if isinstance(value, str) and ("\0" in value or not (value.isascii() or _is_text(value))):
        raise ValueError("文字中有不能保存的字符")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("数字须为有限值")
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        raise ValueError("整数过大")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class AttachmentIn(Border):
    """A file with its duty (annex), as base64 with its hash."""

    duty: Annotated[str, Field(max_length=60)]
    name: Annotated[str, Field(min_length=1, max_length=150)]
    sha256: Sha256
    content_base64: Annotated[str, Field(max_length=28 << 20)]


Whole = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class MetricIn(Border):
    """One figure of an evidence record; see `openbeian.rules.MetricValue`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=200)]
    value: Finite
    unit: Annotated[str, Field(max_length=60)] = ""
    passed: Whole | None = None
    total: Whole | None = None
    low: Finite | None = None
    high: Finite | None = None
    subject: Annotated[str, Field(max_length=500)] | None = None
    decimal: Annotated[str, Field(max_length=60)] | None = None

    @model_validator(mode="after")
    def _is_a_figure(self) -> MetricIn:
        """Refuse what no measurement gives: the findings would stumble over it."""
        MetricValue(**self.model_dump())
        return self


class UsedIn(Border):
    """A file that a record was made from, by its hash."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Annotated[str, Field(max_length=500)]
    sha256: Sha256


class EvidenceIn(Border):
    """The summary of one evidence record: figures and hashes, its end and whose place it takes."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    digest: Sha256
    kind: Annotated[str, Field(max_length=30)]
    title: Annotated[str, Field(max_length=500)]
    made_at: Annotated[str, Field(max_length=40)] = ""
    model_sha256: Sha256 | None = None
    clauses: Annotated[list[str], Field(max_length=200)] = []
    metrics: Annotated[list[MetricIn], Field(max_length=500)] = []
    valid_until: Annotated[str, Field(max_length=40)] | None = None
    supersedes: Annotated[list[Sha256], Field(max_length=500)] = []
    inputs: Annotated[list[UsedIn], Field(max_length=500)] = []

    @field_validator("made_at", "valid_until")
    @classmethod
    def _is_a_moment(cls, given: str | None) -> str | None:
        """Refuse a time without its zone: nobody could say whether the evidence has ended."""
        if given and datetime.fromisoformat(given).tzinfo is None:
            raise ValueError("a time needs a time zone")
        return given


class SubmissionIn(Border):
    """One round as it comes in."""

    manifest_source: Annotated[str, Field(max_length=1 << 20)]
    findings: Annotated[list[dict[str, Any]], Field(max_length=500)] = []
    evidence: Annotated[list[EvidenceIn], Field(max_length=500)] = []
    attachments: Annotated[list[AttachmentIn], Field(max_length=30)] = []
    note: Annotated[str, Field(max_length=5000)] = ""


@dataclass(frozen=True)
class File:
    """A checked attachment."""

    duty: str
    name: str
    sha256: str
    content: bytes


@dataclass(frozen=True)
class Submission:
    """A checked round, ready to be written."""

    loaded: LoadedManifest
    findings: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    files: tuple[File, ...]
    note: str

    @property
    def attachments(self) -> list[dict[str, Any]]:
        """What is kept of the attachments beside their bytes."""
        return [{"duty": f.duty, "name": f.name, "sha256": f.sha256, "size": len(f.content)} for f in self.files]

    @property
    def digest(self) -> str:
        """The digest of all that was handed in; opinions and approvals are bound to it."""
        return digest(
            {
                "manifest": self.loaded.manifest.as_json(),
                "findings": self.findings,
                "evidence": self.evidence,
                "attachments": self.attachments,
            }
        )


def check_submission(given: SubmissionIn, *, max_bytes: int) -> Submission:
    """Return the checked round.

    Raises:
        Incomplete: with every problem of the manifest, or naming the attachment or finding that is wrong.
    """
    try:
        loaded = parse_manifest(given.manifest_source, "service.yaml")
    except ManifestInvalid as invalid:
        raise Incomplete("manifest-invalid", "服务清单有误", "立项文档 F1", explain(invalid).problems) from invalid
    problems = check(loaded)
    if problems:
        raise Incomplete("manifest-incomplete", f"服务清单有 {len(problems)} 处要改", "立项文档 F1", problems)
    return Submission(
        loaded=loaded,
        findings=[_finding(item) for item in given.findings],
        evidence=[item.model_dump(mode="json") for item in given.evidence],
        files=tuple(_file(item, max_bytes) for item in given.attachments),
        note=given.note,
    )


def _finding(item: dict[str, Any]) -> dict[str, Any]:
    try:
        finding = Finding.from_json(item)
    except (TypeError, ValueError, KeyError) as reason:
        raise Incomplete("finding-invalid", "结论的写法不合规定", "用 openbeian check --json 的输出") from reason
    if finding.verdict.value == "符合" and not finding.evidence:
        raise Incomplete("finding-without-evidence", f"{finding.clause} 写了符合但没有证据", "TC260-003 第 9.1 b)")
    return finding.as_json()


def _file(item: AttachmentIn, max_bytes: int) -> File:
    name = item.name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    try:
        content = base64.b64decode(item.content_base64, validate=True)
    except ValueError as reason:  # binascii.Error is one; a character beyond ASCII raises the plain kind
        raise Incomplete("attachment-encoding", f"附件 {name} 不是 base64", "重新提交") from reason
    if not content or len(content) > max_bytes:
        raise Incomplete(
            "attachment-size", f"附件 {name} 有 {len(content)} 字节，应在 1 到 {max_bytes} 之间", "拆分或压缩附件"
        )
    if hashlib.sha256(content).hexdigest() != item.sha256:
        raise Incomplete("attachment-hash", f"附件 {name} 的内容与摘要不符", "重新提交，传输中可能有损坏")
    ending = name.rpartition(".")[2].lower()
    if not any(content.startswith(magic) and ending in endings for magic, endings in MAGIC.items()):
        raise Incomplete("attachment-type", f"附件 {name} 的内容与类型不符", "只收 pdf、docx、xlsx、zip、png、jpg")
    return File(item.duty, name, item.sha256, content)
