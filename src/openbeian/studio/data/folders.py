"""A folder of pictures of the user's own: subfolders are classes; what cannot be used is named, not hidden."""

from __future__ import annotations

import os
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from openbeian.manifest import Fault, reason_of
from openbeian.studio.data.gathered import UNSTATED, Gathered, Labels, Pixels, Progress, indexed, need
from openbeian.studio.data.pictures import SUFFIXES, Unusable, read_picture
from openbeian.studio.data.shaping import check_fits
from openbeian.studio.data.splits import by_name

TEST_SHARE: Final = 0.1
MOST_SKIPPED: Final = 0.2
PASSED_OVER: Final = frozenset({"__MACOSX", "@eaDir"})  # left behind by unpackers and network drives


@dataclass(frozen=True)
class _File:
    path: Path
    name: str  # relative, with /, as shown to the user and as hashed for the split
    label: str | None


@dataclass(frozen=True)
class _Read:
    files: list[_File]
    pixels: Pixels
    skipped: tuple[str, ...]
    cropped: int


def read_folder(root: Path, size: int, channels: int, progress: Progress | None = None) -> Gathered:
    """Read all png, jpg, webp and bmp files below a folder; files of other kinds and hidden ones are passed over.

    A tenth is held out by a hash of the name: a picture stays on its side when others are added.

    Args:
        root: pictures, or one subfolder for each class.
        size: pixels a side.
        channels: 1 or 3.
        progress: told (done, total) after each file.

    Raises:
        Fault: `data-too-few`, `data-empty-class`, `data-format` (pictures beside class folders, more than memory holds),
            `data-unreadable` (a fifth of the files is broken, links in a circle).
    """
    need("PIL", "图片库（Pillow）")
    files = sorted(_files(root), key=lambda file: file.name)
    _check_listing(root, files)
    check_fits(len(files), size, channels, str(root))
    read = _read_all(files, size, channels, progress)
    _check_skipped(root, read, len(files))
    classes, labels = _classes(root, files, read.files)
    return Gathered(
        name=root.resolve().name,
        title=root.resolve().name,
        origin=UNSTATED,
        licence=UNSTATED,
        pixels=read.pixels,
        in_test=by_name([file.name for file in read.files], labels, TEST_SHARE),
        labels=labels,
        classes=classes,
        skipped=read.skipped,
        cropped=read.cropped,
    )


def _files(root: Path) -> Iterator[_File]:
    seen: dict[tuple[int, int], Path] = {}
    pending: list[tuple[Path, str, str | None]] = [(root, "", None)]
    while pending:
        folder, prefix, label = pending.pop()
        _check_first_visit(folder, seen)
        for entry in _entries(folder):
            shown = _shown(entry.name)
            if _is_folder(entry):
                pending.append((folder / entry.name, f"{prefix}{shown}/", label or shown))
            elif Path(shown).suffix.lower() in SUFFIXES:
                yield _File(folder / entry.name, prefix + shown, label)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".") and entry.name not in PASSED_OVER]
    except OSError as reason:
        raise Fault("data-unreadable", f"打不开文件夹：{reason_of(reason)}", "检查权限", file=str(folder)) from reason


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _check_first_visit(folder: Path, seen: dict[tuple[int, int], Path]) -> None:
    found = folder.stat()
    before = seen.setdefault((found.st_dev, found.st_ino), folder)
    if before is not folder:
        raise Fault(
            "data-unreadable",
            f"链接绕回了已经读过的文件夹 {before}",
            "删去这个链接，每个文件夹只放一次",
            file=str(folder),
        )


def _shown(name: str) -> str:
    """Return a file name as text that can be printed; names from old Chinese archives are GB18030 bytes."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return unicodedata.normalize("NFC", raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace")


def _check_listing(root: Path, files: list[_File]) -> None:
    if not files:
        raise Fault("data-too-few", "文件夹里没有 png、jpg、webp 或 bmp 图片", "检查路径", file=str(root))
    loose = [file.name for file in files if file.label is None]
    classes = [entry.name for entry in _entries(root) if _is_folder(entry)]
    if loose and classes:
        raise Fault(
            "data-format",
            f"有 {len(loose)} 张图片不在任何类别文件夹里，例如 {loose[0]}",
            "都放进子文件夹（一类一个），或都直接放在这个文件夹里",
            file=str(root),
        )
    empty = sorted({_shown(name) for name in classes} - {file.label for file in files if file.label})
    if empty:
        raise Fault(
            "data-empty-class",
            f"类别文件夹 {'、'.join(empty)} 里没有图片",
            "放入图片，或移走这个文件夹",
            file=str(root / empty[0]),
        )


def _read_all(files: list[_File], size: int, channels: int, progress: Progress | None) -> _Read:
    pixels = np.empty((len(files), size, size) if channels == 1 else (len(files), size, size, 3), dtype=np.uint8)
    used: list[_File] = []
    skipped: list[str] = []
    cropped = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata; what matters is raised
        for done, file in enumerate(files, 1):
            try:
                pixels[len(used)], cut = _read_one(file.path, size, channels)
            except Unusable:
                skipped.append(file.name)
            else:
                used.append(file)
                cropped += cut
            if progress is not None:
                progress(done, len(files))
    return _Read(used, pixels[: len(used)], tuple(skipped), cropped)


def _read_one(path: Path, size: int, channels: int) -> tuple[Pixels, bool]:
    if not path.is_file():  # a broken link, or a pipe on which reading would wait for ever
        raise Unusable(path.name)
    return read_picture(path, size, channels)


def _check_skipped(root: Path, read: _Read, total: int) -> None:
    if len(read.skipped) > MOST_SKIPPED * total:
        raise Fault(
            "data-unreadable",
            f"{total} 张图片里有 {len(read.skipped)} 张读不出来，例如 {'、'.join(read.skipped[:3])}",
            "修好或移走这些文件",
            file=str(root),
        )


def _classes(root: Path, listed: list[_File], used: list[_File]) -> tuple[tuple[str, ...], Labels | None]:
    wanted = sorted({file.label for file in listed if file.label is not None})
    if not wanted:
        return (), None
    classes, labels = indexed(np.array([file.label for file in used]))
    for name in wanted:
        count = int((labels == classes.index(name)).sum()) if name in classes else 0
        if count == 0:
            raise Fault("data-empty-class", f"类别 {name} 里的图片都读不出来", "换上完好的图片", file=str(root / name))
        if count == 1:
            raise Fault(
                "data-too-few", f"类别 {name} 只有一张可用的图片，留不出测试图片", "至少两张", file=str(root / name)
            )
    return classes, labels
