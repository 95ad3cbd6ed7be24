"""The verification code printed on a paper, and its picture.

A file cannot hold its own hash; the code stands for the digest of the inputs, which lie in the dossier beside the
papers.
"""

import io

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
    segno.make(f"sha256:{digest}", error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True)
    return out.getvalue().decode()
