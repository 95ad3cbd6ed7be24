"""Which characters the dossier can print.

The two fonts lie beside this module (`fonts/`, see `FONTS.toml`), whole, so that rare characters of names print. A
character that one of them lacks is found here, before anything is laid out.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path

FONT_FOLDER = Path(__file__).resolve().parent / "fonts"
FAMILY = "Noto Sans SC"

_UNICODE_FULL = 12
_NOT_XML = frozenset(chr(c) for c in range(0x20) if c not in {0x09, 0x0A, 0x0D}) | {"\ufffe", "\uffff"}

CHARACTERS = 20_000
"""How many characters to keep in mind: more than are in common use, fewer than a hostile text could bring."""


class Coverage:
    """The characters one font file has, as sorted ranges."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        pairs = sorted(ranges)
        self._starts = [start for start, _ in pairs]
        self._ends = [end for _, end in pairs]

    def __contains__(self, character: str) -> bool:
        """Whether the font has a glyph for the character."""
        code = ord(character)
        at = bisect_right(self._starts, code) - 1
        return at >= 0 and code <= self._ends[at]


@cache
def coverage(name: str) -> Coverage:
    """Read which characters a font of ours has, from its `cmap` table (ISO/IEC 14496-22, format 12)."""
    data = (FONT_FOLDER / name).read_bytes()
    return Coverage(_groups(data, _table(data, b"cmap")))


def _table(data: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, 4)
    for i in range(count):
        found, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * i)
        if found == tag:
            return int(offset)
    raise ValueError(f"font without table {tag!r}")


def _groups(data: bytes, cmap: int) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    for i in range(count):
        _, _, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * i)
        at = cmap + offset
        if struct.unpack_from(">H", data, at)[0] == _UNICODE_FULL:
            (groups,) = struct.unpack_from(">I", data, at + 12)
            for g in range(groups):
                start, end, _ = struct.unpack_from(">III", data, at + 16 + 12 * g)
                yield int(start), int(end)
            return
    raise ValueError("font without a full Unicode map")


def unprintable(text: str) -> str | None:
    """Return the first character of the text that the dossier cannot print, or None.

    Line feeds and tabs count as printable: they are laid out, not drawn.
    """
    return next((character for character in text if not _is_printable(character)), None)


@lru_cache(CHARACTERS)
def _is_printable(character: str) -> bool:
    if character in "\n\r\t":
        return True
    if character in _NOT_XML or "\ud800" <= character <= "\udfff":
        return False
    return all(character in coverage(name) for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"))
