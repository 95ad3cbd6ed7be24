"""The content-addressed evidence store: a file's name is its hash, nothing is ever written over."""

from __future__ import annotations

import builtins
import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from openbeian.evidence.records import Record, Resource, StoredRecord, seal, unseal
from openbeian.evidence.signing import SigningKey
from openbeian.manifest import Fault, Problem, sha256_file
from openbeian.rules import EvidenceView

COPY_BYTES = 1 << 20


class Store:
    """Blobs and signed records under one folder; safe for several processes at once.

    `blobs/ab/abcd…` holds files, `records/<digest>.json` the signed records. Writing the same content twice changes nothing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_blob(self, content: Path | bytes, name: str) -> Resource:
        """Keep a file (or bytes) and return its name, hash and size in bytes.

        Raises:
            Fault: `disk-full`, `file-unreadable`; nothing is left half written.
        """
        if isinstance(content, bytes):
            sha256 = hashlib.sha256(content).hexdigest()
            self._write(self._blob(sha256), content)
            return Resource(name=name, sha256=sha256, size=len(content))
        try:
            sha256, size = sha256_file(content), content.stat().st_size
            self._write(self._blob(sha256), content)
        except OSError as reason:
            raise _fault(reason, content) from reason
        return Resource(name=name, sha256=sha256, size=size)

    def blob(self, sha256: str) -> Path:
        """Return the path of a kept file; a fault when it is not there."""
        path = self._blob(sha256)
        if not path.is_file():
            raise Fault("no-such-blob", f"证据库里没有文件 {sha256[:12]}", "核对摘要", file=str(path))
        return path

    def add(self, record: Record, key: SigningKey) -> StoredRecord:
        """Sign a record and keep it; the same record by the same key is kept once."""
        stored = seal(record, key)
        data = json.dumps(stored.envelope, ensure_ascii=False, sort_keys=True).encode()
        self._write(self._record(stored.digest), data)
        return stored

    def get(self, digest: str) -> StoredRecord:
        """Return a record by its digest, or by a beginning of it that only one record has."""
        paths = sorted((self.root / "records").glob(f"{_plain(digest)}*.json"))
        if not paths:
            raise Fault(
                "no-such-evidence", f"证据库里没有 {digest}", "用 openbeian evidence list 查看", file=str(self.root)
            )
        if len(paths) > 1:
            raise Fault(
                "ambiguous-evidence", f"有 {len(paths)} 条证据以 {digest} 开头", "多写几位", file=str(self.root)
            )
        return self._read(paths[0])

    def list(self) -> list[StoredRecord]:
        """Return all records, oldest first."""
        return sorted(self._records(), key=lambda stored: (stored.record.made_at, stored.digest))

    def views(self) -> builtins.list[EvidenceView]:
        """Return what the findings engine sees."""
        return [stored.record.view(stored.digest) for stored in self.list()]

    def verify(self) -> builtins.list[Problem]:
        """Check every record's signature and name and every blob's hash; return what does not hold."""
        found = []
        for path in sorted((self.root / "records").glob("*.json")):
            try:
                self._read(path)
            except Fault as fault:
                found.append(Problem(fault.code, fault.message, fault.remedy, file=str(path)))
        return found + [
            Problem("blob-altered", "文件内容与摘要不符", "从备份恢复这个文件", file=str(path))
            for path in sorted((self.root / "blobs").glob("??/*"))
            if not path.name.startswith(".") and sha256_file(path) != path.name
        ]

    def _records(self) -> Iterator[StoredRecord]:
        for path in (self.root / "records").glob("*.json"):
            yield self._read(path)

    def _read(self, path: Path) -> StoredRecord:
        stored = unseal(path.read_bytes(), str(path))
        if stored.digest != path.stem:
            raise Fault("evidence-broken", "证据记录的内容与文件名不符", "从备份恢复这个文件", file=str(path))
        return stored

    def _blob(self, sha256: str) -> Path:
        return self.root / "blobs" / sha256[:2] / _plain(sha256)

    def _record(self, digest: str) -> Path:
        return self.root / "records" / f"{digest}.json"

    def _write(self, path: Path, content: bytes | Path) -> None:
        """Write to a new name in the same folder, flush to disk, then take the final name unless it exists."""
        if path.exists():
            return
        part: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                for chunk in _chunks(content):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(part, path)
        except OSError as reason:
            raise _fault(reason, path) from reason
        finally:
            if part is not None:
                Path(part).unlink(missing_ok=True)


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(COPY_BYTES):
            yield chunk


def _plain(digest: str) -> str:
    """Return a digest made safe as a file name."""
    if not digest or any(char not in "0123456789abcdef" for char in digest):
        raise Fault("bad-digest", f"{digest!r} 不是摘要", "摘要由 0-9 和 a-f 组成")
    return digest


def _fault(reason: OSError, path: Path) -> Fault:
    if reason.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Fault("disk-full", "磁盘已满，没有写入，已有内容完好", "腾出空间后再运行", file=str(path))
    return Fault("file-unreadable", f"读写失败：{reason.strerror}", "检查路径和权限", file=str(path))
