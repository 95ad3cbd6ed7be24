"""A QR code as one SVG path."""

from __future__ import annotations

from dataclasses import dataclass

import segno

QUIET = 2


@dataclass(frozen=True, slots=True)
class QrCode:
    """The path of the dark modules and the side of the square, in modules."""

    path: str
    side: int


def qr_path(text: str) -> QrCode:
    """Return the QR code of a text, error correction M, with a quiet zone of two modules."""
    code = segno.make(text, error="m", micro=False)
    runs = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                runs.append(f"M{x + QUIET} {y + QUIET}h{width}v1h-{width}z")
            x += max(width, 1)
    return QrCode("".join(runs), len(code.matrix) + 2 * QUIET)
