"""Files that appear whole or not at all, also when the disk is full, the power goes or two write at once."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

PUBLIC: Final = 0o666  # what the user's umask leaves of it
PRIVATE: Final = 0o600
WITHOUT_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})


def write_whole(path: Path, content: str | bytes, *, mode: int = PUBLIC) -> Path:
    """Write a file, in place of one that is there; return its path. Text is UTF-8. Raises as `whole_file`."""
    with whole_file(path, mode=mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def whole_file(path: Path, *, mode: int = PUBLIC) -> Iterator[BinaryIO]:
    """Open a file beside `path` that takes its name, durably, when the block ends well, and is removed otherwise.

    Args:
        path: the final name; its folder must be there.
        mode: permission bits of the file.

    Raises:
        OSError: it cannot be written; what was at `path` before is as it was.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        flush_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def settle(part: Path, path: Path) -> bool:
    """Give `path` the content of the finished file `part`; return False, changing nothing, when `path` is already there.

    The folder is flushed, so that the name outlives a power cut. `part` is the caller's to remove.
    """
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError as reason:
        if reason.errno not in WITHOUT_LINKS:
            raise
        if path.exists():  # a file system without hard links: the check is not atomic there, the content still is
            return False
        part.replace(path)
    flush_folder(path.parent)
    return True


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
