"""One form of bytes for one value, so that a digest means the same everywhere (RFC 8785)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import rfc8785

from openbeian.manifest.faults import Fault

CHUNK_BYTES = 1 << 20


def canonical_json(value: Any) -> bytes:
    """Return the canonical JSON of a value (RFC 8785: sorted keys, shortest numbers, UTF-8).

    Raises:
        Fault: `not-canonical` when the value holds something JSON cannot say (NaN, integers beyond 2^53, other types).
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as reason:
        raise Fault("not-canonical", f"不能写成规范 JSON：{reason}", "检查数值范围和字符") from reason


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, in lower-case hexadecimal, at constant memory."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            total.update(chunk)
    return total.hexdigest()
