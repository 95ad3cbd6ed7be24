"""A file of the corpus: what it was when it was listed, whether it still is, and opening it without surprises."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from openbeian.manifest import reason_of


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """A file of the corpus as it was when it was listed.

    Attributes:
        path: where it is.
        name: its name in reports, unique in the listing: the path under the folder that was asked for.
        source: the data source it counts for: the folder under the one asked for, else that folder, else its own name.
        size: in bytes.
        mtime_ns: last change, nanoseconds since 1970.
        inode: device and number of the file.
    """

    path: Path
    name: str
    source: str
    size: int
    mtime_ns: int
    inode: tuple[int, int]

    def as_json(self) -> dict[str, Any]:
        """Return the entry as plain JSON; a path that is not UTF-8 is kept by its bytes."""
        raw = os.fsencode(self.path)
        path = str(self.path) if printable(raw) == str(self.path) else None
        return {
            "path": path,
            "path_hex": raw.hex() if path is None else None,
            "name": self.name,
            "source": self.source,
            "size": self.size,
            "mtime_ns": self.mtime_ns,
            "inode": list(self.inode),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CorpusFile:
        """Return the entry that `as_json` wrote."""
        raw = data["path"] if data["path"] is not None else os.fsdecode(bytes.fromhex(data["path_hex"]))
        device, number = data["inode"]
        return cls(Path(raw), data["name"], data["source"], data["size"], data["mtime_ns"], (device, number))


def changed(file: CorpusFile) -> str | None:
    """Return what happened to a file since it was listed, in Chinese, or None when it is as it was."""
    try:
        now = file.path.stat()
    except FileNotFoundError:
        return "扫描期间不见了"
    except OSError as error:
        return f"扫描期间打不开了：{reason_of(error)}"
    if (now.st_dev, now.st_ino) != file.inode:
        return "扫描期间被换成了另一个文件"
    if now.st_size != file.size:
        return f"扫描期间大小从 {file.size} 变为 {now.st_size} 字节"
    return None if now.st_mtime_ns == file.mtime_ns else "扫描期间被改写"


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading, unbuffered; a pipe or a device that took its place is refused without waiting.

    Raises:
        OSError: it cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "不是普通文件")
    return os.fdopen(handle, "rb", buffering=0)


def printable(path: Path | bytes) -> str:
    """Return a path as words that can be written anywhere."""
    return (path if isinstance(path, bytes) else os.fsencode(path)).decode("utf-8", "replace")
