"""Pictures that were answers: kept in the folder of their run under their digest, which the words of the record name.

No machine here looks at pictures: what one shows is for people to judge.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from openbeian.files import PRIVATE, write_whole
from openbeian.manifest import Fault, reason_of

PICTURES: Final = "pictures"
"""The folder of a run that holds them."""


@dataclass(frozen=True)
class Picture:
    """The bytes of one picture and the name they are kept under: their digest and what kind they are."""

    data: bytes
    name: str

    @staticmethod
    def of(data: bytes) -> Picture | None:
        """Return a picture of these bytes, None when they are no whole PNG and do not begin and end as JPEG or WebP. Nothing is decoded."""
        kind = _kind(data)
        return None if kind is None else Picture(data, f"{sha256(data).hexdigest()}.{kind}")

    @property
    def words(self) -> str:
        """How the record speaks of it."""
        return f"图片 {PICTURES}/{self.name}"

    def keep(self, run: Path) -> None:
        """Write it into the folder of a run; the same picture is kept once.

        Raises:
            Fault: `runs-unwritable` when the disk is full or the folder does not allow it.
        """
        path = run / PICTURES / self.name
        try:
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                write_whole(path, self.data, mode=PRIVATE)
        except OSError as error:
            remedy = "检查目录权限、腾出磁盘空间后再运行，会从停下的地方继续"
            message = f"存不了图片：{reason_of(error)}"
            raise Fault("runs-unwritable", message, remedy=remedy, file=str(path)) from error


def _kind(data: bytes) -> str | None:
    from openbeian.protection import check_png  # asking for words does without the memory that this takes

    with suppress(Fault):
        check_png(data)
        return "png"
    if data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9"):
        return "jpg"
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + 8 == len(data)
    return "webp" if is_webp else None


def is_kept(run: Path, name: str) -> bool:
    """Tell whether a picture lies in a run's folder under this name with the digest that the name is."""
    path = run / PICTURES / Path(name).name
    try:
        return sha256(path.read_bytes()).hexdigest() == path.stem
    except OSError:
        return False
