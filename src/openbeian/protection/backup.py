"""Backup and restore of a folder: one encrypted file, every hash checked on the way back (T1c)."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openbeian.manifest import Fault

MAGIC = b"openbeian/backup/v1\n"
NONCE_BYTES = 12
SKIPPED = frozenset({"keys"})
SQLITE_SIDE_FILES = ("-wal", "-shm", "-journal")


def backup(folder: Path, to: Path, key: bytes) -> int:
    """Write an encrypted copy of a folder to a new file and return how many files it holds.

    Databases are copied by SQLite's own online backup, so a running office is copied whole. `keys/` stays outside:
    a stolen backup opens nothing; keep the keys elsewhere.

    Raises:
        Fault: `exists` when the target is already there.
    """
    if to.exists():
        raise Fault("exists", "备份文件已存在", "换一个文件名", file=str(to))
    files = {str(path.relative_to(folder)): _content(path) for path in _files(folder, to)}
    contents = json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}, sort_keys=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contents.json", contents)
        for name, data in files.items():
            archive.writestr(f"files/{name}", data)
    nonce = secrets.token_bytes(NONCE_BYTES)
    part = to.with_name(to.name + ".part")
    part.write_bytes(MAGIC + nonce + AESGCM(key).encrypt(nonce, packed.getvalue(), MAGIC))
    part.replace(to)
    return len(files)


def restore(file: Path, folder: Path, key: bytes) -> int:
    """Bring a backup back into an empty folder, every file checked, and return how many files it held.

    Raises:
        Fault: `not-empty`, `backup-broken` when the file was altered or the key is another.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Fault("not-empty", "要恢复到的文件夹不是空的", "换一个空文件夹，不会覆盖任何文件", file=str(folder))
    data = file.read_bytes()
    broken = Fault("backup-broken", "备份打不开：被改动过，或不是这把密钥", "换一份备份或核对密钥", file=str(file))
    if not data.startswith(MAGIC):
        raise broken
    nonce, body = data[len(MAGIC) :][:NONCE_BYTES], data[len(MAGIC) + NONCE_BYTES :]
    try:
        archive = zipfile.ZipFile(io.BytesIO(AESGCM(key).decrypt(nonce, body, MAGIC)))
    except (InvalidTag, ValueError, zipfile.BadZipFile) as reason:
        raise broken from reason
    contents: dict[str, str] = json.loads(archive.read("contents.json"))
    for name, sha256 in contents.items():
        content = archive.read(f"files/{name}")
        target = (folder / name).resolve()
        if hashlib.sha256(content).hexdigest() != sha256 or not target.is_relative_to(folder.resolve()):
            raise broken
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return len(contents)


def _files(folder: Path, to: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if (
            path.is_file()
            and inside.parts[0] not in SKIPPED
            and path.resolve() != to.resolve()
            and not path.name.endswith(SQLITE_SIDE_FILES)
        ):
            yield path


def _content(path: Path) -> bytes:
    if path.suffix != ".sqlite3":
        return path.read_bytes()
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(":memory:")) as copy,
    ):
        source.backup(copy)
        return copy.serialize()
