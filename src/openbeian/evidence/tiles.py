"""The hashes of a log as static files: the tiles of c2sp.org/tlog-tiles, which any web server can serve.

A tile holds up to 256 hashes side by side. Level 0 are leaf hashes; a hash at level L is the root over 256**L leaves,
written once that subtree is full. The last tile of a level may be partial; its width is in its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from openbeian.evidence.merkle import root
from openbeian.files import write_whole

TILE_WIDTH = 256
DIGITS = 1000


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile: `tile/<level>/<index>`, with `.p/<width>` when partial.

    Raises:
        ValueError: for a level outside 0–63, a negative index or a width outside 1–256.
    """
    if not (0 <= level <= 63 and index >= 0 and 1 <= width <= TILE_WIDTH):
        raise ValueError((level, index, width))
    groups = [f"{index % DIGITS:03d}"]
    while index >= DIGITS:
        index //= DIGITS
        groups.insert(0, f"x{index % DIGITS:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def hash_tiles(hashes: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield every tile of the tree over these leaf hashes as path and content, lowest level first."""
    level, row = 0, list(hashes)
    while row:
        for start in range(0, len(row), TILE_WIDTH):
            tile = row[start : start + TILE_WIDTH]
            yield tile_path(level, start // TILE_WIDTH, len(tile)), b"".join(tile)
        full = len(row) // TILE_WIDTH * TILE_WIDTH
        row = [root(row[start : start + TILE_WIDTH]) for start in range(0, full, TILE_WIDTH)]
        level += 1


def write_tiles(folder: Path, hashes: Sequence[bytes]) -> int:
    """Write the tiles that are not there yet under a folder; return how many were written.

    A tile never changes once it is written, so a growing log adds tiles and touches none.
    """
    written = 0
    for path, content in hash_tiles(hashes):
        target = folder / path
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)
        written += 1
    return written
