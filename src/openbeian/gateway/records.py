"""One line a request: hashes, kinds and acts, never the words of a person."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openbeian.manifest import Fault, reason_of


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class RecordLog:
    """Appends to one file a day. A line is one write, so a killed process leaves whole lines or none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.counts: Counter[str] = Counter()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as reason:
            raise Fault(
                "records-unwritable", f"不能写入记录文件夹：{reason_of(reason)}", "检查权限", file=str(folder)
            ) from reason

    def append(self, record: dict[str, Any], *, now: datetime) -> None:
        """Write one record and flush it to disk."""
        line = (
            json.dumps({"at": now.astimezone(UTC).isoformat(timespec="milliseconds"), **record}, ensure_ascii=False)
            + "\n"
        )
        handle = os.open(self._folder / f"{now:%Y-%m-%d}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
            os.fdatasync(handle)
        finally:
            os.close(handle)
        self.counts[str(record.get("action"))] += 1
