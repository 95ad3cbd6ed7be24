"""The content-addressed evidence store: a file's name is its hash, nothing is ever written over."""

from __future__ import annotations

import builtins
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from openbeian.evidence.index import INDEX, Index, locked, read_index, write_index
from openbeian.evidence.records import EvidenceKind, Record, Resource, StoredRecord, seal, unseal
from openbeian.evidence.signing import SigningKey, VerifyKey
from openbeian.files import settle
from openbeian.manifest import Fault, Problem, reason_of, sha256_file
from openbeian.rules import EvidenceView

COPY_BYTES = 1 << 20
SIGNER_REMEDY = "核对是谁放进来的；必要时从备份恢复"
INDEX_REMEDY = "从备份恢复 index；确认记录齐全的，再存一条证据即重建"
TOLERATED = frozenset({"evidence-unlisted", "index-lost"})
"""What a writer that was killed, or a store from before there was a list, leaves behind."""
UNLISTED_REMEDY = "上次写入中断的，再存一条证据即补上；不是本机所写的，核对是谁放进来的"


class Store:
    """Blobs and signed records under one folder; safe for several processes at once.

    `blobs/ab/abcd…` holds files, `records/<digest>.json` the signed records, `index` the signed list of them. Writing the
    same content twice changes nothing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_blob(self, content: Path | bytes, name: str) -> Resource:
        """Keep a file (or bytes) and return its name, hash and size in bytes.

        Raises:
            Fault: `disk-full`, `file-unreadable`, `file-changed` (while it was read); nothing is left half written.
                `blob-altered` when the store already has this file, damaged.
        """
        try:
            sha256 = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else sha256_file(content)
            size = len(content) if isinstance(content, bytes) else content.stat().st_size
        except OSError as reason:
            raise _fault(reason, self.root if isinstance(content, bytes) else content) from reason
        path = self._blob(sha256)
        if not path.exists():
            self._write(path, content, sha256)
        elif (problem := _blob_problem(path)) is not None:
            raise Fault(problem.code, f"库里已有的{problem.message}", problem.remedy, file=problem.file)
        return Resource(name=name, sha256=sha256, size=size)

    def blob(self, sha256: str) -> Path:
        """Return the path of a kept file; a fault when it is not there."""
        path = self._blob(sha256)
        if not path.is_file():
            raise Fault("no-such-blob", f"证据库里没有文件 {sha256[:12]}", "核对摘要", file=str(path))
        return path

    def add(self, record: Record, key: SigningKey) -> StoredRecord:
        """Sign a record, keep and list it; return what is kept. The same record is kept once, with its first signature.

        Raises:
            Fault: `disk-full`, `file-unreadable`; `evidence-broken` when the store already has this record, damaged;
                `index-altered` before anything is written.
        """
        stored = seal(record, key)
        path = self._record(stored.digest)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with locked(self.root):
                index = read_index(self.root)
                if not path.exists():
                    data = json.dumps(stored.envelope, ensure_ascii=False, sort_keys=True).encode()
                    self._write(path, data, hashlib.sha256(data).hexdigest())
                kept = self._read(path)
                self._list(index, key)
        except OSError as reason:
            raise _fault(reason, self.root) from reason
        return kept

    def _list(self, index: Index | None, key: SigningKey) -> None:
        """Bring the list up to date. What a writer that was killed left unlisted joins it, if it carries this key."""
        listed = index.digests if index is not None else ()
        new = sorted(self._names() - set(listed))
        own = [name for name in new if index is None or self._is_signed_by(name, key)]
        if own or index is None:
            write_index(self.root, (*listed, *own), key)

    def _is_signed_by(self, name: str, key: SigningKey) -> bool:
        try:
            return self._read(self._record(name)).signer == key.public_bytes
        except Fault:
            return False

    def _names(self) -> set[str]:
        return {path.stem for path in (self.root / "records").glob("*.json")}

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
        """Return what the findings engine sees.

        Raises:
            Fault: `evidence-lost`, `index-altered`: without a record that was there, findings could come out better.
        """
        for problem in self._unlisted(None):
            if problem.code not in TOLERATED:
                raise Fault(problem.code, problem.message, problem.remedy, file=problem.file)
        return [stored.record.view(stored.digest) for stored in self.list()]

    def bundle(self, digests: Iterable[str]) -> builtins.list[dict[str, Any]]:
        """Return the summaries to hand in for these records: figures and hashes, never the raw material.

        The office holds one against its record with `check_summary`.
        """
        return [self.get(digest).summary() for digest in digests]

    def verify(self, trusted: Collection[VerifyKey] | None = None) -> builtins.list[Problem]:
        """Check every record's signature and name, every blob's hash, that no listed record and no proof's file is gone.

        A record carries the key it was signed with, as the list does; with `trusted`, that key must be one of these.
        """
        found = self._unlisted(trusted)
        for path in sorted((self.root / "records").glob("*.json")):
            try:
                stored = self._read(path)
            except Fault as fault:
                found.append(Problem(fault.code, fault.message, fault.remedy, file=str(path)))
                continue
            if trusted is not None and stored.signer not in {key.raw for key in trusted}:
                message = "证据记录由不认识的密钥签名"
                found.append(Problem("unknown-signer", message, SIGNER_REMEDY, file=str(path)))
            found += self._lost_proofs(stored)
        blobs = (path for path in sorted((self.root / "blobs").glob("??/*")) if not path.name.startswith("."))
        return found + [problem for problem in map(_blob_problem, blobs) if problem is not None]

    def _unlisted(self, trusted: Collection[VerifyKey] | None) -> builtins.list[Problem]:
        """Return the records that are gone, those that nobody listed, and what is wrong with the list itself."""
        path, names = str(self.root / INDEX), self._names()
        try:
            index = read_index(self.root)
        except Fault as fault:
            return [Problem(fault.code, fault.message, fault.remedy, file=fault.file)]
        if index is None:
            lost = Problem("index-lost", "没有证据索引，看不出有没有记录被删去", INDEX_REMEDY, file=path)
            return [lost] if names else []
        found = [
            Problem("evidence-lost", f"证据记录 {name[:12]} 不见了", "从备份恢复这个文件", file=str(self._record(name)))
            for name in index.digests
            if name not in names
        ]
        found += [
            Problem("evidence-unlisted", "证据记录不在索引里", UNLISTED_REMEDY, file=str(self._record(name)))
            for name in sorted(names - set(index.digests))
        ]
        if trusted is not None and index.signer.raw not in {key.raw for key in trusted}:
            found.append(Problem("unknown-signer", "证据索引由不认识的密钥签名", SIGNER_REMEDY, file=path))
        return found

    def _lost_proofs(self, stored: StoredRecord) -> Iterator[Problem]:
        """Yield the files of a proof that are gone; weights and corpora of other kinds are not kept in the store."""
        if stored.record.kind is not EvidenceKind.PROOF:
            return
        for subject in stored.record.subjects:
            path = self._blob(subject.sha256)
            if not path.exists():
                message = f"证明材料 {subject.name} 的文件不见了"
                yield Problem("blob-lost", message, "从备份恢复这个文件", file=str(path))

    def _records(self) -> Iterator[StoredRecord]:
        for path in (self.root / "records").glob("*.json"):
            yield self._read(path)

    def _read(self, path: Path) -> StoredRecord:
        try:
            stored = unseal(path.read_bytes(), str(path))
        except OSError as reason:
            raise _fault(reason, path) from reason
        if stored.digest != path.stem:
            raise Fault("evidence-broken", "证据记录的内容与文件名不符", "从备份恢复这个文件", file=str(path))
        return stored

    def _blob(self, sha256: str) -> Path:
        return self.root / "blobs" / sha256[:2] / _plain(sha256)

    def _record(self, digest: str) -> Path:
        return self.root / "records" / f"{digest}.json"

    def _write(self, path: Path, content: bytes | Path, sha256: str) -> None:
        """Write to a new name in the same folder, flush to disk, then take the final name unless it exists."""
        part: str | None = None
        written = hashlib.sha256()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                for chunk in _chunks(content):
                    written.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if written.hexdigest() != sha256:
                raise Fault("file-changed", "文件在读取时被改动", "等它不再变化后重新运行", file=str(content))
            settle(Path(part), path)
        except OSError as reason:
            raise _fault(reason, path) from reason
        finally:
            if part is not None:
                Path(part).unlink(missing_ok=True)


def _blob_problem(path: Path) -> Problem | None:
    """Return what is wrong with a kept file, or None."""
    try:
        is_right = sha256_file(path) == path.name
    except OSError as reason:
        fault = _fault(reason, path)
        return Problem(fault.code, fault.message, fault.remedy, file=fault.file)
    return None if is_right else Problem("blob-altered", "文件内容与摘要不符", "从备份恢复这个文件", file=str(path))


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
    if reason.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return Fault("disk-full", "磁盘已满，没有写入，已有内容完好", "腾出空间后再运行", file=str(path))
    return Fault("file-unreadable", f"读写失败：{reason_of(reason)}", "检查路径和权限", file=str(path))
