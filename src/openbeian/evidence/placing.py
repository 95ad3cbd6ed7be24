"""Giving a finished file its final name: whole or not at all, and never over another."""

from __future__ import annotations

import errno
import os
from pathlib import Path

WITHOUT_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})


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
