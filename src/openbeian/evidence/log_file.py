"""An exported log as a folder anyone can verify offline.

`entries.jsonl` has one canonical leaf a line, `leaf-hashes` their hashes, `checkpoint` the signed head, `public-key` the key.
The hashes are there so that an altered entry can be named: their root must be the signed one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from openbeian.evidence.checkpoint import Checkpoint, open_checkpoint
from openbeian.evidence.merkle import leaf_hash, root
from openbeian.evidence.receipts import Verification
from openbeian.evidence.signing import VerifyKey
from openbeian.manifest import Fault, Problem

ENTRIES, HASHES, CHECKPOINT, PUBLIC_KEY = "entries.jsonl", "leaf-hashes", "checkpoint", "public-key"


def write_log(folder: Path, leaves: Iterable[str], checkpoint: str, public_key: str) -> None:
    """Write an exported log; each leaf is one line of canonical JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = list(leaves)
    (folder / ENTRIES).write_text("".join(f"{leaf}\n" for leaf in listed), encoding="utf-8", newline="\n")
    hashes = "".join(f"{leaf_hash(leaf.encode()).hex()}\n" for leaf in listed)
    (folder / HASHES).write_text(hashes, encoding="ascii", newline="\n")
    (folder / CHECKPOINT).write_text(checkpoint, encoding="utf-8", newline="\n")
    (folder / PUBLIC_KEY).write_text(public_key + "\n", encoding="utf-8", newline="\n")


def verify_log(folder: Path, public_key: str | None = None) -> Verification:
    """Check a whole exported log: head signed, hashes give the head, every entry gives its hash.

    Without `public_key` the key in the folder is used. Entries are named by their number, from 0.
    """
    try:
        key = VerifyKey.parse(public_key or _text(folder / PUBLIC_KEY))
        head = open_checkpoint(_text(folder / CHECKPOINT), key)
        hashes = _hashes(folder / HASHES)
        data = _bytes(folder / ENTRIES)
    except Fault as fault:
        place = fault.file or str(folder / CHECKPOINT)
        return Verification(0, "", (Problem(fault.code, fault.message, fault.remedy, file=place),))
    problems = [*_head_problems(head, hashes, folder), *_entry_problems(data, head, hashes, folder)]
    return Verification(head.size, head.root.hex(), tuple(problems))


def _head_problems(head: Checkpoint, hashes: Sequence[bytes], folder: Path) -> list[Problem]:
    if len(hashes) == head.size and root(hashes) == head.root:
        return []
    return [
        Problem(
            "root-mismatch",
            f"{len(hashes)} 个摘要的根与签名的树头（{head.size} 条）对不上",
            "重新下载账本；若仍不符，账本被改动过",
            file=str(folder / HASHES),
        )
    ]


def _entry_problems(data: bytes, head: Checkpoint, hashes: Sequence[bytes], folder: Path) -> list[Problem]:
    file = str(folder / ENTRIES)
    lines = data.split(b"\n")
    found = []
    if lines[-1] == b"":
        lines.pop()
    else:
        found.append(Problem("log-truncated", "最后一条没有写完", "重新下载账本", file=file, line=len(lines)))
    if len(lines) != head.size:
        found.append(
            Problem("log-length", f"有 {len(lines)} 条，签名的树头说有 {head.size} 条", "重新下载账本", file=file)
        )
    for index, (line, expected) in enumerate(zip(lines, hashes, strict=False)):
        if leaf_hash(line) != expected:
            message = f"第 {index} 条（{_what(line)}）与账本中的摘要不符，被改动过"
            found.append(Problem("entry-altered", message, "与备案机构公布的账本对照", file=file, line=index + 1))
    return found


def _what(line: bytes) -> str:
    """Return what an entry says it is, as far as it can still be read."""
    try:
        leaf = json.loads(line)
        return f"{leaf['kind']} {leaf['case']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"读不懂，sha256 {hashlib.sha256(line).hexdigest()[:12]}"


def _hashes(path: Path) -> list[bytes]:
    try:
        return [bytes.fromhex(line) for line in _text(path).splitlines()]
    except ValueError as reason:
        raise Fault("log-unreadable", "摘要文件读不懂", "重新下载账本", file=str(path)) from reason


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as reason:
        raise Fault("log-unreadable", "文件不是文字", "重新下载账本", file=str(path)) from reason


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        raise Fault("log-unreadable", f"读不了文件：{reason.strerror}", "重新下载账本", file=str(path)) from reason
