"""Custody of keys: made on first use, readable by their owner only, never in the repository (T1a)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from openbeian.evidence import SigningKey
from openbeian.files import settle
from openbeian.manifest import Fault, reason_of

KEY_BYTES = 32
OTHERS = 0o077


def signing_key(folder: Path, name: str) -> SigningKey:
    """Return the Ed25519 signing key of this name, made on first use (mode 0600 in a folder of mode 0700).

    Raises:
        Fault: `key-exposed` when others may read the file, `key-broken`, `key-unreadable`.
    """
    raw = _kept(folder / f"{name}.ed25519", lambda: SigningKey.generate(name).raw)
    return SigningKey(f"openbeian-{name}", raw)


def secret(folder: Path, name: str) -> bytes:
    """Return 32 secret random bytes of this name, made on first use; faults as for `signing_key`."""
    return _kept(folder / f"{name}.secret", lambda: secrets.token_bytes(KEY_BYTES))


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """Read a key file, or make it; when two processes make it at once, the first one wins."""
    try:
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        if not path.exists():
            _create(path, make())
        mode, raw = path.stat().st_mode, path.read_bytes()
    except OSError as reason:
        raise Fault(
            "key-unreadable", f"读写密钥失败：{reason_of(reason)}", "检查文件夹的权限", file=str(path)
        ) from reason
    if os.name == "posix" and mode & OTHERS:
        raise Fault(
            "key-exposed", "别的用户读得到这把密钥", f"运行 chmod 600 {path}；若已泄露，更换密钥", file=str(path)
        )
    if len(raw) != KEY_BYTES:
        raise Fault("key-broken", "密钥文件长度不对", "从备份恢复；不要重新生成，否则旧数据打不开", file=str(path))
    return raw


def _create(path: Path, raw: bytes) -> None:
    """Write under another name and link, so that no reader ever sees half a key."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        settle(part, path)
    finally:
        part.unlink(missing_ok=True)
