"""Backup and restore of a folder: one encrypted file, every hash checked on the way back (T1c).

The file is a compressed tar in a sealed stream (`streams`): the files first, then the list of their hashes, then, when a
signer is given, the signature over that list. Memory stays constant whatever the size.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from openbeian.evidence import SigningKey, VerifyKey
from openbeian.files import settle
from openbeian.manifest import Fault, canonical_json, reason_of
from openbeian.protection.streams import HashingReader, SealBroken, SealedReader, SealedWriter

FORMAT = "openbeian/backup/v1"
SKIPPED = frozenset({"keys"})
WORKING = ".backup-"
SQLITE_MAGIC = b"SQLite format 3\x00"
SQLITE_SIDE_FILES = ("-wal", "-shm", "-journal")
COPY_BYTES = 1 << 20
FILES, CONTENTS, SIGNATURE = "files/", "contents.json", "signature.json"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    size: int


class _Contents(BaseModel):
    """The list of what a backup holds; its canonical JSON is what a signer signs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = FORMAT
    made_at: str | None
    files: dict[str, _File]

    def signed(self) -> bytes:
        return FORMAT.encode() + b"\n" + canonical_json(self.model_dump(mode="json"))


def backup(
    folder: Path, to: Path, key: bytes, *, made_at: datetime | None = None, signer: SigningKey | None = None
) -> int:
    """Write an encrypted copy of a folder to a new file and return how many files it holds.

    Databases are copied by SQLite's own online backup, so a running office is copied whole. `keys/` stays outside:
    a stolen backup opens nothing; keep the keys elsewhere. The file appears under its name only when it is complete.

    Raises:
        Fault: `exists` when the target is already there; `backup-failed` naming what could not be read or written.
    """
    exists = Fault("exists", "备份文件已存在", "换一个文件名", file=str(to))
    if to.exists():
        raise exists
    if not folder.is_dir():
        raise Fault("backup-failed", "没有这个文件夹", "核对路径", file=str(folder))
    part: str | None = None
    try:
        handle, part = tempfile.mkstemp(prefix=WORKING, dir=to.parent)
        with os.fdopen(handle, "wb") as file:
            contents = _write(folder, file, key, made_at, signer)
            file.flush()
            os.fsync(file.fileno())
        if not settle(Path(part), to):
            raise exists
    except (OSError, sqlite3.Error) as reason:
        words = reason_of(reason) if isinstance(reason, OSError) else str(reason)
        file_name = reason.filename if isinstance(reason, OSError) else None
        raise Fault(
            "backup-failed", f"备份没有做成：{words}", "没有留下半个备份；处理后重做", file=str(file_name or to)
        ) from reason
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)
    return len(contents.files)


def restore(file: Path, folder: Path, key: bytes, *, trusted: VerifyKey | None = None) -> int:
    """Bring a backup back into an empty folder, every file checked, and return how many files it held.

    Nothing stands in the folder before everything has been checked. Restored files are their owner's alone (0600).
    With `trusted`, the backup must carry this key's signature.

    Raises:
        Fault: `not-empty`, `backup-unreadable`, `restore-failed`; `backup-broken` when the file was altered or the key is
            another; `backup-signer` when it is not signed by the trusted key.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Fault("not-empty", "要恢复到的文件夹不是空的", "换一个空文件夹，不会覆盖任何文件", file=str(folder))
    try:
        source = file.open("rb")
    except OSError as reason:
        raise Fault("backup-unreadable", f"读不了备份：{reason_of(reason)}", "核对路径", file=str(file)) from reason
    broken = Fault("backup-broken", "备份打不开：被改动过，或不是这把密钥", "换一份备份或核对密钥", file=str(file))
    with source, _working_folder(folder) as working:
        try:
            found, texts = _read(source, key, working)
            contents = _Contents.model_validate_json(texts[CONTENTS])
        except (SealBroken, tarfile.TarError, EOFError, ValidationError, KeyError) as reason:
            raise broken from reason
        except OSError as reason:
            raise Fault(
                "restore-failed", f"恢复没有做成：{reason_of(reason)}", "处理后重做；没有留下半份文件", file=str(folder)
            ) from reason
        if found != contents.files:
            raise broken
        if trusted is not None and not _is_signed(contents, texts.get(SIGNATURE), trusted):
            raise Fault("backup-signer", "备份没有这把公钥的签名", "核对备份从哪里来", file=str(file))
        for path in working.iterdir():
            path.replace(folder / path.name)
    return len(contents.files)


def _write(folder: Path, file: IO[bytes], key: bytes, made_at: datetime | None, signer: SigningKey | None) -> _Contents:
    sealed = SealedWriter(file, key)
    files: dict[str, _File] = {}
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=sealed, mtime=0) as packed,
        tarfile.open(mode="w|", fileobj=packed) as archive,
    ):
        for path in list(_files(folder)):
            kept = _keep(archive, path, folder)
            if kept is not None:
                files[path.relative_to(folder).as_posix()] = kept
        moment = None if made_at is None else made_at.astimezone(UTC).isoformat(timespec="seconds")
        contents = _Contents(made_at=moment, files=files)
        _add(archive, CONTENTS, io.BytesIO(canonical_json(contents.model_dump(mode="json"))))
        if signer is not None:
            signature = base64.b64encode(signer.sign(contents.signed())).decode()
            _add(archive, SIGNATURE, io.BytesIO(canonical_json({"key": signer.public.text(), "signature": signature})))
    sealed.finish()
    return contents


def _keep(archive: tarfile.TarFile, path: Path, folder: Path) -> _File | None:
    """Put one file into the archive; None when it is gone by now (a running office removes its working files)."""
    name = FILES + path.relative_to(folder).as_posix()
    if _is_database(path):
        with tempfile.TemporaryDirectory(prefix=WORKING, dir=path.parent) as working:
            copy = Path(working) / "copy"
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            with copy.open("rb") as file:
                return _add(archive, name, file)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        return _add(archive, name, file)


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes]) -> _File:
    """Add what the file holds at this moment; what is appended later is for the next backup."""
    info = tarfile.TarInfo(name)
    info.mode = 0o600
    info.size = file.seek(0, os.SEEK_END)
    file.seek(0)
    passing = HashingReader(file)
    archive.addfile(info, io.BufferedReader(passing, 1) if info.size else None)
    return _File(sha256=passing.sha256, size=info.size)


def _read(source: IO[bytes], key: bytes, working: Path) -> tuple[dict[str, _File], dict[str, bytes]]:
    """Unpack into the working folder; return what was written, by name, and the list and its signature as read."""
    files: dict[str, _File] = {}
    texts: dict[str, bytes] = {}
    sealed = io.BufferedReader(SealedReader(source, key))
    with gzip.GzipFile(fileobj=sealed, mode="rb") as packed:
        with tarfile.open(mode="r|", fileobj=packed) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is None:
                    raise tarfile.ReadError(member.name)
                if member.name in {CONTENTS, SIGNATURE}:
                    texts[member.name] = content.read()
                else:
                    name = member.name.removeprefix(FILES)
                    files[name] = _unpack(content, _inside(working, name))
        while packed.read(COPY_BYTES):
            pass
    if sealed.read(1):
        raise SealBroken
    return files, texts


def _unpack(content: IO[bytes], target: Path) -> _File:
    target.parent.mkdir(parents=True, exist_ok=True)
    passing = HashingReader(content)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := passing.read(COPY_BYTES):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
        return _File(sha256=passing.sha256, size=file.tell())


def _inside(folder: Path, name: str) -> Path:
    """Return the place of a file; whoever has the key could have packed a name that leads out of the folder."""
    target = (folder / name).resolve()
    if not name or not target.is_relative_to(folder.resolve()):
        raise tarfile.ReadError(name)
    return target


@contextmanager
def _working_folder(folder: Path) -> Iterator[Path]:
    """Give a folder inside the target (which may be a mount) to unpack into; nothing of it stays, and no new empty target."""
    is_new = not folder.exists()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(prefix=".restore-", dir=folder))
    except OSError as reason:
        raise Fault("restore-failed", f"写不了文件夹：{reason_of(reason)}", "检查权限", file=str(folder)) from reason
    try:
        yield working
    finally:
        shutil.rmtree(working, ignore_errors=True)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


def _is_signed(contents: _Contents, signature: bytes | None, trusted: VerifyKey) -> bool:
    try:
        given = json.loads(signature or b"{}")
        return trusted.verify(base64.b64decode(given["signature"]), contents.signed())
    except (ValueError, KeyError, TypeError):
        return False


def _files(folder: Path) -> Iterator[Path]:
    """Yield what belongs into a backup: no keys, no working files, nothing that a database's own copy already holds."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        is_left_out = inside.parts[0] in SKIPPED or any(part.startswith(WORKING) for part in inside.parts)
        if not is_left_out and path.is_file() and not _is_side_file(path):
            yield path


def _is_side_file(path: Path) -> bool:
    return any(
        path.name.endswith(suffix) and _is_database(path.with_name(path.name.removesuffix(suffix)))
        for suffix in SQLITE_SIDE_FILES
    )


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except FileNotFoundError:
        return False
