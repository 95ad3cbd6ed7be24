"""Zip files that depend on nothing but what they hold: sorted names, one date, nothing compressed, no owner.

Nothing is compressed because the compressed bytes differ between builds of zlib; the heavy members are compressed
already.
"""

import io
import zipfile
from collections.abc import Mapping

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say


def pack(members: Mapping[str, bytes], first: str | None = None) -> bytes:
    """Return a zip of the members, sorted by name; `first` goes before the others where a format wants that."""
    names = sorted(members, key=lambda name: (name != first, name))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name, date_time=_DATE)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, members[name])
    return out.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the members of a zip by name.

    Raises:
        zipfile.BadZipFile: when it is no zip, or a member is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def normalise(data: bytes, first: str | None = None) -> bytes:
    """Return the same members as `pack` would write them: for zips made by other libraries (docx, xlsx)."""
    return pack(unpack(data), first=first)
