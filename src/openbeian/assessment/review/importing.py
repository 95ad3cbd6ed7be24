"""Taking in marks from outside: a filled sheet, or the marks made on pages. All of them or none; each try is written down.

A refused file changes nothing, but that it was offered and why it was refused stays in the review's folder.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from openbeian.assessment.review.folder import ReviewFolder
from openbeian.assessment.review.marks import Mark
from openbeian.assessment.review.sheets import MOST_PROBLEMS, read_marks
from openbeian.assessment.review.task import Task
from openbeian.manifest import Fault, ManifestInvalid, Problem, sha256_file

TRIES: Final = "imports.jsonl"
LARGEST_MARKS: Final = 64 * 2**20
BOUND: Final = "每条标注属于一份抽定的样本"


@dataclass(frozen=True)
class Imported:
    """What came of a file: marks that were new, marks in it, rows left open, rows that are missing from it."""

    new: int
    held: int
    left_open: int
    missing: int


def import_marks(folder: ReviewFolder, path: Path, reviewer: str, now: datetime) -> Imported:
    """Add the marks of a file to a review.

    Args:
        folder: the review.
        path: a filled sheet (xlsx) or the marks made on pages (jsonl).
        reviewer: who filled the sheet; when empty, the name written on it. Marks made on pages bring their own.
        now: the moment of the import (aware).

    Raises:
        Fault, ManifestInvalid: whatever is wrong with the file or its marks, by row; then none was taken.
    """
    try:
        done = _import(folder, path, reviewer, now)
    except (Fault, ManifestInvalid) as refusal:
        _note(folder, path, now, {"refused": _codes(refusal)})
        raise
    _note(folder, path, now, {"new": done.new, "marks": done.held})
    return done


def _import(folder: ReviewFolder, path: Path, reviewer: str, now: datetime) -> Imported:
    task = folder.task
    if path.suffix.lower() == ".jsonl":
        marks = read_lines(path, task)
        return Imported(folder.add(marks), len(marks), 0, 0)
    sheet = read_marks(path, task, reviewer, now)
    wanted = {item.id for item in folder.load().open_for(sheet.seat)}
    return Imported(folder.add(sheet.marks), len(sheet.marks), sheet.left_open, len(wanted - sheet.items))


def read_lines(path: Path, task: Task) -> list[Mark]:
    """Read marks that were made on pages, one JSON object a line; each names the task it belongs to.

    Raises:
        Fault: `review-marks` when the file cannot be read.
        ManifestInvalid: with one problem per line that is no mark of this task.
    """
    marks: list[Mark] = []
    problems: list[Problem] = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            body = json.loads(line)
            mark = Mark.from_json(body)
            said = None if body["task"] == task.digest else "这条标注不属于这次复核"
        except (ValueError, KeyError, TypeError, RecursionError):
            said = "这一行不是一条标注"
        if said is None:
            marks.append(mark)
        else:
            remedy = "用网页上下载的文件，不要改动"
            problems.append(Problem("review-marks", said, remedy, file=str(path), line=number, rule=BOUND))
    if problems:
        raise ManifestInvalid(problems[:MOST_PROBLEMS])
    return marks


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_MARKS:
            raise Fault("review-marks", "标注文件过大", "用网页上下载的文件，不要改动", file=str(path))
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Fault("review-marks", "标注文件读不懂", "用网页上下载的文件，不要改动", file=str(path)) from error


def _codes(refusal: Fault | ManifestInvalid) -> list[str]:
    problems: Sequence[Any] = refusal.problems if isinstance(refusal, ManifestInvalid) else (refusal,)
    return [f"{one.code}：{one.message}" for one in problems[:MOST_PROBLEMS]]


def _note(folder: ReviewFolder, path: Path, now: datetime, outcome: dict[str, Any]) -> None:
    """Write down one try; a folder that cannot be written says so where the marks are written, not here."""
    digest = sha256_file(path) if path.is_file() else None
    line = json.dumps({"at": now.isoformat(), "file": path.name, "sha256": digest, **outcome}, ensure_ascii=False)
    try:
        file = os.open(folder.path / TRIES, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError:
        return
    try:
        os.write(file, line.encode() + b"\n")
    finally:
        os.close(file)


def tries(folder: ReviewFolder) -> Counter[str]:
    """Return how many files were taken in (`taken`) and how many were refused (`refused`)."""
    path = folder.path / TRIES
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return Counter("refused" if b'"refused"' in line else "taken" for line in lines)
