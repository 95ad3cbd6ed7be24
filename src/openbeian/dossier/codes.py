"""The verification code printed on a paper, and its picture.

A file cannot hold its own hash; the code stands for the digest of the inputs, which lie in the dossier beside the
papers.
"""

import io
from functools import lru_cache

import segno

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O, U: nobody mistakes one for another
_CHARACTERS = 12
_GROUP = 4


def short_code(digest: str) -> str:
    """Return the first 60 bits of a hex digest as twelve characters in three groups."""
    number = int(digest[:15], 16)
    letters = [_ALPHABET[(number >> 5 * (_CHARACTERS - 1 - i)) & 31] for i in range(_CHARACTERS)]
    return "-".join("".join(letters[i : i + _GROUP]) for i in range(0, _CHARACTERS, _GROUP))


def picture(digest: str) -> str:
    """Return an SVG QR code that says `sha256:<digest>`."""
    out = io.BytesIO()
    _code(digest).save(out, kind="svg", border=0, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def raster(digest: str) -> bytes:
    """Return the same code as PNG; nothing is compressed, as compressed bytes differ between builds of zlib."""
    out = io.BytesIO()
    _code(digest).save(out, kind="png", border=0, scale=4, compresslevel=0)
    return out.getvalue()


@lru_cache(maxsize=8)
def _code(digest: str) -> segno.QRCode:
    return segno.make(f"sha256:{digest}", error="m", micro=False)
