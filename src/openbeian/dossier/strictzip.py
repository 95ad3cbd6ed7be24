"""Reads a zip of ours, and only such: nothing compressed, no name twice, no name that leads out of a folder.

So no bomb can unfold, and nobody is led to write a file somewhere else.
"""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO

_MOST_MEMBERS = 4_096
_BROKEN = (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, struct.error, OverflowError)


def members(data: bytes, *, flat: bool = False) -> dict[str, bytes]:
    """Return the members by name; `flat` refuses folders.

    Raises:
        ValueError: with words in Chinese that say what is wrong.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            infos = archive.infolist()
            _check(infos, len(data), is_flat=flat)
            return {info.filename: archive.read(info) for info in infos}
    except _BROKEN as error:
        raise ValueError("不是完整的 zip 文件，或内容已损坏") from error


def _check(infos: list[zipfile.ZipInfo], size: int, *, is_flat: bool) -> None:
    if len(infos) > _MOST_MEMBERS:
        raise ValueError("成员太多")
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if name in seen:
            raise ValueError(f"有同名成员 {name}")
        seen.add(name)
        if leads_out(name) or (is_flat and "/" in name):
            raise ValueError(f"成员 {name!r} 的路径指向材料包之外")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise ValueError(f"成员 {name} 被压缩过，不是生成的原件")
        if info.file_size > size:
            raise ValueError(f"成员 {name} 声称的大小不对")


def leads_out(name: str) -> bool:
    """Whether a name could lead out of a folder when it is unpacked there."""
    return name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/")
