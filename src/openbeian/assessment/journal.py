r"""The run's write-ahead journal: what was asked, what came back, across any number of kills.

One line is `crc32 json\n`, written by one `write`. `sent` stands before the request leaves, `end` after the answer;
opening cuts the file at the first bad line. A `sent` without an `end` is *uncertain*: the service may have seen the
question, so it is asked again under the next attempt number and the doubt stays on record.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self, TypeAlias

import orjson

from openbeian.manifest import Fault, reason_of

Entry: TypeAlias = Mapping[str, object]

SCHEMA: Final = "openbeian/journal/v1"


class State(StrEnum):
    """Where one question stands. The states of a bank add up to its size at every moment."""

    PLANNED = "planned"
    SENT = "sent"
    ANSWERED = "answered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass
class Course:
    """What the journal knows of one question: attempts so far, doubtful ones, and its one terminal entry."""

    state: State = State.PLANNED
    attempts: int = 0
    uncertain: int = 0
    end: Entry | None = None


@dataclass
class Replay:
    """A journal read back: the head, the course of every question it names, and the sessions that wrote it.

    `session` is what stands on record of the last session, `at` the last moment that any entry states.
    """

    head: Entry | None = None
    courses: dict[str, Course] = field(default_factory=dict)
    sessions: int = 0
    session: Entry | None = None
    at: str | None = None

    def take(self, entry: Entry) -> None:
        """Add one entry in the order of the file."""
        kind = entry.get("t")
        at = entry.get("at")
        self.at = at if isinstance(at, str) else self.at
        if kind == "head":
            self.head = self.head or entry
        elif kind == "open":
            self.session = entry
            self._open_session()
        elif kind in {"sent", "try", "end"}:
            self._follow(str(kind), entry)

    def _open_session(self) -> None:
        self.sessions += 1
        for course in self.courses.values():
            if course.state is State.SENT:
                course.state = State.UNCERTAIN
                course.uncertain += 1

    def _follow(self, kind: str, entry: Entry) -> None:
        course = self.courses.setdefault(str(entry["id"]), Course())
        if course.end is not None:  # the first terminal entry stands
            return
        attempt = entry["n"]
        assert isinstance(attempt, int), "checked when the line was read"
        course.attempts = max(course.attempts, attempt)
        if kind == "end":
            course.end = entry
            course.state = State(str(entry["state"]))
        else:
            course.state = State.SENT if kind == "sent" else State.PLANNED


def encode_line(entry: Entry) -> bytes:
    """Return an entry as one journal line."""
    body = orjson.dumps(entry)
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode_lines(data: bytes) -> Iterator[tuple[Entry, int]]:
    """Yield the entries before the first bad line, each with the offset at which its line ends."""
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        entry = _decode(data[start:end])
        if entry is None:
            return
        start = end + 1
        yield entry, start


def _decode(line: bytes) -> Entry | None:
    checksum, blank, body = line[:8], line[8:9], line[9:]
    if blank != b" " or checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        entry = json.loads(body)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and _is_sound(entry) else None


def _is_sound(entry: Entry) -> bool:
    kind = entry.get("t")
    if kind in ("head", "open"):
        return True
    named = isinstance(entry.get("id"), str) and type(entry.get("n")) is int
    if kind == "end":
        return named and entry.get("state") in (State.ANSWERED, State.FAILED)
    return named and kind in ("sent", "try")


def read_journal(path: Path) -> Replay:
    """Read a journal without changing it; everything from the first bad line on is left out."""
    return _replay(path.read_bytes())[0]


def _replay(data: bytes) -> tuple[Replay, int]:
    replay, good = Replay(), 0
    for entry, good in decode_lines(data):  # noqa: B007 - the last offset is what counts
        replay.take(entry)
    return replay, good


class Journal:
    """An open journal: only one process at a time, appends only."""

    def __init__(self, path: Path, descriptor: int, replay: Replay, end: int) -> None:
        """Go on at byte `end` of an open, locked file."""
        self.path = path
        self.replay = replay
        self.synchronisations = 0
        self._descriptor = descriptor
        self._end = end
        self._waiting: list[asyncio.Future[None]] = []
        self._flusher: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, path: Path, head: Mapping[str, object], session: Mapping[str, object]) -> Self:
        """Open or create a journal, cut it at the first bad line, and begin a session.

        Args:
            path: the journal file; it is created with mode 0600.
            head: what the run is about (bank digest, model, parameters); a journal of another run is refused.
            session: facts of this session alone (address, time), kept on record.

        Raises:
            Fault: `journal-locked` when another process has it open, `journal-other-run`, `journal-write`.
        """
        descriptor = _locked(path)
        try:
            _make_lasting(path.parent)
            data = path.read_bytes()
            replay, good = _replay(data)
            _keep_tail(path, data[good:], good)
            os.ftruncate(descriptor, good)
            os.lseek(descriptor, good, os.SEEK_SET)
            journal = cls(path, descriptor, replay, good)
            journal._begin({"t": "head", "schema": SCHEMA, **head}, {"t": "open", **session})
        except BaseException:
            os.close(descriptor)
            raise
        return journal

    def append(self, entry: Entry) -> None:
        """Write one entry with one `write`; it is durable only after `durable()` or `close()`.

        Raises:
            Fault: `journal-write` when the disk does not take the whole line; the part written is cut off again.
        """
        line = encode_line(entry)
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise self._cannot_write(self._end, reason_of(error)) from error
        if written != len(line):
            raise self._cannot_write(self._end, "磁盘空间不足")
        self._end += written
        self.replay.take(entry)

    async def durable(self) -> None:
        """Return once everything appended so far is on the disk; waiting callers share one fsync."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        await waiter

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await loop.run_in_executor(None, os.fsync, self._descriptor)
            except OSError as error:
                fault = self._cannot_write(None, reason_of(error))
                _settle(group, fault)
                continue
            self.synchronisations += 1
            _settle(group, None)

    def close(self) -> None:
        """Make the journal durable and give up the lock.

        Raises:
            Fault: `journal-write` when the disk does not take it.
        """
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._cannot_write(None, reason_of(error)) from error
        finally:
            os.close(self._descriptor)

    def _begin(self, head: Entry, session: Entry) -> None:
        if self.replay.head is None:
            self.append(head)
        elif self.replay.head != head:
            differing = sorted(key for key in {*head, *self.replay.head} if head.get(key) != self.replay.head.get(key))
            raise Fault(
                "journal-other-run",
                f"这份运行日志属于另一次评测（{'、'.join(differing)} 不同）",
                remedy="换一个运行目录，或恢复原来的题库与模型",
                file=str(self.path),
            )
        self.append({**session, **self._clock_back(session)})

    def _clock_back(self, session: Entry) -> Entry:
        """Return by how much the clock has gone back since the last entry: then the times do not show the order."""
        try:
            back = datetime.fromisoformat(self.replay.at or "") - datetime.fromisoformat(str(session.get("at")))
        except (ValueError, TypeError):  # no time, or one without a zone
            return {}
        return {"clock_back_seconds": round(back.total_seconds(), 3)} if back.total_seconds() > 0 else {}

    def _cannot_write(self, position: int | None, why: str) -> Fault:
        if position is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, position)
                os.lseek(self._descriptor, position, os.SEEK_SET)
        return Fault(
            "journal-write",
            f"运行日志写不进去：{why}",
            remedy="腾出磁盘空间后重新运行，会从停下的地方继续",
            file=str(self.path),
        )


def _settle(group: list[asyncio.Future[None]], fault: Fault | None) -> None:
    for waiter in group:
        if waiter.done():
            continue
        if fault is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(fault)


def _locked(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"打不开运行日志：{reason_of(error)}"
        raise Fault("journal-write", message, remedy="检查目录权限", file=str(path)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise Fault(
            "journal-locked",
            "另一个进程正在写这份运行日志",
            remedy="等它结束，或换一个运行目录",
            file=str(path),
        ) from error
    return descriptor


def _make_lasting(folder: Path) -> None:
    """Make sure that a file just created in the folder is still named there after a loss of power."""
    with suppress(OSError):  # some file systems cannot; then the file is as safe as they make it
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _keep_tail(path: Path, tail: bytes, offset: int) -> None:
    """Keep what is cut off when it is more than one torn line: then the file was damaged, not merely interrupted."""
    if b"\n" not in tail:
        return
    kept = path.with_name(f"{path.name}.cut-{offset}")
    try:
        kept.write_bytes(tail)
    except OSError as error:
        message = f"运行日志中间损坏，而损坏的部分存不下来：{reason_of(error)}"
        raise Fault("journal-write", message, remedy="腾出磁盘空间后重新运行", file=str(kept)) from error
