"""An exported log as a folder anyone can verify offline.

`entries.jsonl` has one canonical leaf a line, `leaf-hashes` their hashes, `checkpoint` the signed head, `public-key` the key.
The hashes are there so that an altered entry can be named: their root must be the signed one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from openbeian.evidence.checkpoint import Checkpoint, open_checkpoint
from openbeian.evidence.merkle import hash_from_hex, leaf_hash, root
from openbeian.evidence.receipts import Verification
from openbeian.evidence.signing import VerifyKey
from openbeian.manifest import Fault, Problem, reason_of

ENTRIES, HASHES, CHECKPOINT, PUBLIC_KEY = "entries.jsonl", "leaf-hashes", "checkpoint", "public-key"
NAMED = 100  # a log of a million lines that is another log altogether is not worth a million messages


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

    Without `public_key` the key in the folder is used. Entries are named by their number, from 0; when entries and hashes
    differ, the head says which of the two was altered.
    """
    try:
        key = _key(folder / PUBLIC_KEY, public_key)
        head = _head(folder / CHECKPOINT, key)
        hashes = _text(folder / HASHES)
        data = _bytes(folder / ENTRIES)
    except Fault as fault:
        return Verification(0, "", (Problem(fault.code, fault.message, fault.remedy, file=fault.file),))
    problems = _problems(head, _Listed.read(hashes, folder / HASHES), _Entries.read(data, folder / ENTRIES))
    return Verification(head.size, head.root.hex(), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Listed:
    """The hashes of `leaf-hashes`; a line that is no hash counts as an empty one."""

    hashes: list[bytes]
    file: str

    @staticmethod
    def read(text: str, path: Path) -> _Listed:
        *lines, rest = text.split("\n")
        return _Listed([_hash(line) for line in [*lines, *filter(None, [rest])]], str(path))


@dataclass(frozen=True, slots=True)
class _Entries:
    """The lines of `entries.jsonl` with their hashes; `is_ended` when the last line is."""

    lines: list[bytes]
    hashes: list[bytes]
    is_ended: bool
    file: str

    @staticmethod
    def read(data: bytes, path: Path) -> _Entries:
        *lines, rest = data.split(b"\n")
        lines += [rest] if rest else []
        return _Entries(lines, [leaf_hash(line) for line in lines], not rest, str(path))


def _problems(head: Checkpoint, listed: _Listed, entries: _Entries) -> list[Problem]:
    """Find what was altered: the head is signed, so whichever of hashes and entries gives its root is right."""
    found = []
    if not entries.is_ended:
        found.append(_problem("log-truncated", "最后一条没有写完", entries, len(entries.lines)))
    if _gives(listed.hashes, head):
        return [*_differences(entries, listed.hashes), *found]
    if _gives(entries.hashes, head):
        return [*_wrong_hashes(listed, entries.hashes), *found]
    message = f"条目和摘要的根都与签名的树头（{head.size} 条）对不上"
    found.append(Problem("root-mismatch", message, "重新下载账本；若仍不符，账本被改动过", file=listed.file))
    return [*found, *_differences(entries, listed.hashes)]


def _gives(hashes: Sequence[bytes], head: Checkpoint) -> bool:
    return len(hashes) == head.size and root(hashes) == head.root


def _wrong_hashes(listed: _Listed, right: Sequence[bytes]) -> list[Problem]:
    """Name the lines of `leaf-hashes` that differ from the hashes of the entries, which the head has signed."""
    lines = [
        number
        for number, pair in enumerate(zip_longest(listed.hashes, right, fillvalue=b""), start=1)
        if pair[0] != pair[1]
    ]
    message = f"摘要文件有 {len(lines)} 行被改动过（第一处在第 {lines[0]} 行）；条目本身与签名的树头相符"
    return [Problem("hash-altered", message, "重新下载摘要文件", file=listed.file, line=lines[0])]


def _differences(entries: _Entries, right: Sequence[bytes]) -> list[Problem]:
    """Name the entries that differ from their hashes: altered, moved, lost or added."""
    if len(entries.hashes) == len(right):
        changed = [index for index, value in enumerate(right) if entries.hashes[index] != value]
        found = [_changed(entries, index, right) for index in changed[:NAMED]]
    else:
        changed, found = _misfits(entries, right)
    if len(changed) > NAMED:
        found.append(_problem("log-differs", f"另有 {len(changed) - NAMED} 处不符，不再逐一列出", entries))
    return found


def _changed(entries: _Entries, index: int, right: Sequence[bytes]) -> Problem:
    what = _what(entries.lines[index])
    if entries.hashes[index] in right:
        place = right.index(entries.hashes[index])
        return _problem(
            "entry-moved", f"第 {index} 条的位置上是第 {place} 条（{what}），次序被改动过", entries, index + 1
        )
    return _problem("entry-altered", f"第 {index} 条（{what}）与账本中的摘要不符，被改动过", entries, index + 1)


def _misfits(entries: _Entries, right: Sequence[bytes]) -> tuple[list[int], list[Problem]]:
    """Name what is lost and what was added between the beginning and the end that still agree."""
    start, end = _agreeing(entries.hashes, right)
    have, want = entries.hashes[start : len(entries.hashes) - end], right[start : len(right) - end]
    had, wanted = set(have), set(want)
    lost = [start + n for n, value in enumerate(want) if value not in had]
    added = [start + n for n, value in enumerate(have) if value not in wanted]
    message = f"有 {len(entries.lines)} 条，应有 {len(right)} 条；从第 {start} 条起不同"
    found = [_problem("log-length", message, entries, min(start + 1, len(entries.lines)) or None)]
    found += [_problem("entry-lost", f"第 {index} 条缺失，或被改动过", entries) for index in lost[:NAMED]]
    rest = NAMED - min(NAMED, len(lost))
    found += [
        _problem("entry-added", f"第 {index + 1} 行（{_what(entries.lines[index])}）不在账本中", entries, index + 1)
        for index in added[:rest]
    ]
    return lost + added, found


def _agreeing(have: Sequence[bytes], want: Sequence[bytes]) -> tuple[int, int]:
    """Return how many hashes agree at the beginning, and how many of the others at the end."""
    shorter = min(len(have), len(want))
    start = next((n for n in range(shorter) if have[n] != want[n]), shorter)
    rest = shorter - start
    return start, next((n for n in range(rest) if have[-1 - n] != want[-1 - n]), rest)


def _problem(code: str, message: str, entries: _Entries, line: int | None = None) -> Problem:
    return Problem(code, message, "与备案机构公布的账本对照，或重新下载", file=entries.file, line=line)


def _what(line: bytes) -> str:
    """Return what an entry says it is, as far as it can still be read."""
    try:
        leaf = json.loads(line)
        return f"{leaf['kind']} {leaf['case']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"读不懂，sha256 {hashlib.sha256(line).hexdigest()[:12]}"


def _key(path: Path, given: str | None) -> VerifyKey:
    """Return the given key, or the one in the folder, whose file must hold the key and nothing else."""
    try:
        text = given if given is not None else _text(path).removesuffix("\n")
        key = VerifyKey.parse(text)
    except Fault as fault:
        raise Fault(fault.code, fault.message, fault.remedy, file=fault.file or str(path)) from fault
    if given is None and key.text() != text:
        raise Fault("bad-public-key", "公钥文件里不止公钥", "重新下载公布的公钥", file=str(path))
    return key


def _head(path: Path, key: VerifyKey) -> Checkpoint:
    try:
        return open_checkpoint(_text(path), key)
    except Fault as fault:
        raise Fault(fault.code, fault.message, fault.remedy, file=fault.file or str(path)) from fault


def _hash(line: str) -> bytes:
    try:
        return hash_from_hex(line)
    except ValueError:
        return b""


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as reason:
        raise Fault("log-unreadable", "文件不是文字", "重新下载账本", file=str(path)) from reason


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        raise Fault("log-unreadable", f"读不了文件：{reason_of(reason)}", "重新下载账本", file=str(path)) from reason
