"""A review on disk: the task, written once, and its marks, appended and chained by hash so that none can be exchanged."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from openbeian.assessment.review.marks import Mark, Review
from openbeian.assessment.review.task import Task
from openbeian.assessment.runs import keep
from openbeian.manifest import Fault, reason_of

TASK: Final = "task.json"
MARKS: Final = "marks.jsonl"


@dataclass(frozen=True)
class ReviewFolder:
    """One review's folder; safe for several processes at once."""

    path: Path

    @staticmethod
    def create(path: Path, task: Task) -> ReviewFolder:
        """Write a task, or find the same one there.

        Raises:
            Fault: `review-exists` when the folder holds another task: a sample is not drawn again until it pleases.
        """
        folder = ReviewFolder(path)
        if (path / TASK).exists():
            if folder.task.digest != task.digest:
                raise Fault(
                    "review-exists", "这里已有一份不同的复核任务", "复核任务不可重抽；继续原来的任务", file=str(path)
                )
            return folder
        try:
            path.mkdir(parents=True, exist_ok=True)
            keep(path / TASK, json.dumps(task.as_json(), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
        except OSError as error:
            raise _unwritable(path, error) from error
        return folder

    @property
    def task(self) -> Task:
        """The task.

        Raises:
            Fault: `review-missing`, `review-damaged`.
        """
        path = self.path / TASK
        try:
            return Task.from_json(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise Fault(
                "review-missing", "这里没有复核任务", "先用 openbeian review export 导出", file=str(path)
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise Fault("review-damaged", "复核任务被改动或损坏", "从备份恢复这个文件", file=str(path)) from error

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold the review."""
        return tuple(path for path in (self.path / TASK, self.path / MARKS) if path.exists())

    @property
    def marks_sha256(self) -> str:
        """The digest of the marks kept so far."""
        path = self.path / MARKS
        return sha256(path.read_bytes() if path.exists() else b"").hexdigest()

    def load(self) -> Review:
        """Return the review with all its marks; a torn last line, left by a kill, is left out.

        Raises:
            Fault: `review-damaged` naming the line that does not follow from the one before.
        """
        return self._replay(self._lines())

    def add(self, marks: Iterable[Mark]) -> int:
        """Add marks, all or none; return how many are new.

        Raises:
            Fault: whatever `Review.take` refuses; `disk-full` or `review-unwritable`, then nothing was added.
        """
        with self._locked() as file:
            lines = self._lines()
            review = self._replay(lines)
            chain = lines[-1][1] if lines else review.task.digest
            new = [mark for mark in marks if review.take(mark)]
            text = []
            for mark in new:
                line = _chained(mark, chain)
                chain = sha256(line.encode()).hexdigest()
                text.append(line + "\n")
            _append(file, self.path / MARKS, "".join(text).encode())
        return len(new)

    def _replay(self, lines: Iterable[tuple[Mark, str]]) -> Review:
        review = Review(self.task)
        for number, (mark, _) in enumerate(lines, start=1):
            try:
                review.take(mark)
            except Fault as fault:
                raise self._damaged(number, fault.message) from fault
        return review

    def _damaged(self, line: int, why: str) -> Fault:
        return Fault(
            "review-damaged",
            f"标注记录被改动或损坏：{why}",
            "从备份恢复这个文件",
            file=str(self.path / MARKS),
            line=line,
        )

    def _lines(self) -> list[tuple[Mark, str]]:
        """Return every mark with the digest of its line, once the whole chain has been followed."""
        path = self.path / MARKS
        found: list[tuple[Mark, str]] = []
        chain = self.task.digest
        data = path.read_bytes() if path.exists() else b""
        for number, line in enumerate(data.split(b"\n")[:-1], start=1):
            try:
                body = json.loads(line)
                mark = Mark.from_json(body)
                is_next = body["after"] == chain
            except (ValueError, KeyError, TypeError):
                is_next = False
            if not is_next:
                raise self._damaged(number, "这一行与前一行接不上")
            chain = sha256(line).hexdigest()
            found.append((mark, chain))
        return found

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            file = os.open(self.path / MARKS, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def _chained(mark: Mark, after: str) -> str:
    return json.dumps({**mark.as_json(), "after": after}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _append(file: int, path: Path, data: bytes) -> None:
    """Append whole lines, cutting off what a kill left half written; on failure the file is as it was."""
    held = path.read_bytes()
    end = held.rfind(b"\n") + 1
    try:
        os.ftruncate(file, end)
        os.lseek(file, end, os.SEEK_SET)
        _write_all(file, data)
        os.fsync(file)
    except OSError as error:
        os.ftruncate(file, end)
        raise _unwritable(path, error) from error


def _write_all(file: int, data: bytes) -> None:
    if os.write(file, data) != len(data):
        raise OSError(errno.ENOSPC, "磁盘空间不足")


def _unwritable(path: Path, error: OSError) -> Fault:
    return Fault(
        "review-unwritable", f"复核记录写不进去：{reason_of(error)}", "检查权限和磁盘空间后重做", file=str(path)
    )
