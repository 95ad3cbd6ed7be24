"""Pictures of a run as PNG: grids, walks, samples beside what they might have been copied from. The same pixels give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openbeian.files import write_whole
from openbeian.manifest import Fault, reason_of
from openbeian.studio.data.gathered import need

Pixels = NDArray[np.uint8]
"""Pictures (n, height, width), (n, height, width, channels) or (n, channels, height, width); 1 or 3 channels."""

GAP: Final = 1  # between pictures, in pixels before enlarging
GREY: Final = 64  # of the gap
PAIR_GAP: Final = 6  # between pairs
_AT_ONCE: Final = 1 << 24  # distances held at once
_CHANNELS: Final = (1, 3)


def grid_png(pixels: Pixels, columns: int | None = None, scale: int = 2, *, gap: int = GAP) -> bytes:
    """Return pictures row by row in a grid.

    Args:
        pixels: at least one; a last row that is not full stays grey.
        columns: pictures in a row; None makes the grid about square.
        scale: screen dots along the edge of a pixel, which stays a sharp square.
        gap: grey lines between pictures, in pixels.

    Raises:
        ValueError: no pictures, or not of a shape or type named in `Pixels`.
        Fault: `missing-extra` without Pillow.
    """
    shown = channels_last(pixels)
    across = columns or math.ceil(math.sqrt(len(shown)))
    return _png(_sheet(shown, min(across, len(shown)), gap), scale)


def class_grid_png(pixels: Pixels, labels: Sequence[int], classes: int, each: int = 10, scale: int = 2) -> bytes:
    """Return a grid with a row for each class: the first `each` pictures that have it, in their order, none picked out.

    Args:
        pixels: (n, …), see `Pixels`.
        labels: the class of each picture, 0 to `classes` - 1.
        classes: how many rows.
        each: pictures in a row; a class with fewer leaves grey places.
        scale: as `grid_png`.

    Raises:
        ValueError: as `grid_png`, or labels that do not fit.
    """
    shown, known = channels_last(pixels), np.asarray(labels)
    if known.shape != (len(shown),):
        raise ValueError(known.shape)
    grid = np.full((classes * each, *shown.shape[1:]), GREY, dtype=np.uint8)
    for label in range(classes):
        row = shown[known == label][:each]
        grid[label * each : label * each + len(row)] = row
    return _png(_sheet(grid, each, GAP), scale)


def walk_png(pixels: Pixels, columns: int, scale: int = 2) -> bytes:
    """Return the pictures along one or more walks through the latent space, a row each, edge to edge. Raises as `grid_png`."""
    return grid_png(pixels, columns, scale, gap=0)


def pairs_png(left: Pixels, right: Pixels, columns: int, scale: int = 2) -> bytes:
    """Return pairs side by side: a sample and its nearest training picture, a picture and its reconstruction.

    Args:
        left: (n, …), see `Pixels`.
        right: of the same shape; picture i belongs to picture i of `left`.
        columns: pairs in a row.
        scale: as `grid_png`.

    Raises:
        ValueError: as `grid_png`, or sides that differ in shape.
    """
    first, second = channels_last(left), channels_last(right)
    if first.shape != second.shape:
        raise ValueError((first.shape, second.shape))
    between = np.full((*first.shape[:2], GAP, first.shape[3]), GREY, dtype=np.uint8)
    joined = np.concatenate([first, between, second], axis=2)
    return _png(_sheet(joined, min(columns, len(joined)), PAIR_GAP, shade=255), scale)


def neighbours_png(samples: Pixels, training: Pixels, pairs: int = 24, columns: int = 6, scale: int = 2) -> bytes:
    """Return the samples that come nearest to a training picture, each beside that picture, nearest first.

    These are the worst cases, not typical ones: what was copied would stand at the top.

    Args:
        samples: (n, …), see `Pixels`.
        training: (m, …), pictures of the same size.
        pairs: how many of the n are shown at most.
        columns: pairs in a row.
        scale: as `grid_png`.

    Raises:
        ValueError: as `grid_png`.
    """
    rows, distances = nearest(samples, training)
    chosen = np.argsort(distances, kind="stable")[:pairs]
    return pairs_png(channels_last(samples)[chosen], channels_last(training)[rows[chosen]], columns, scale)


def nearest(samples: Pixels, training: Pixels) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each sample the row of the nearest training picture and how far it is, in grey levels.

    Returns:
        int64 (n,), and float64 (n,): root of the mean squared difference over all pixels, 0 for a copy, at most 255.

    Raises:
        ValueError: as `grid_png`, or pictures of two sizes.
    """
    ours, known = (channels_last(each).reshape(len(each), -1).astype(np.float32) for each in (samples, training))
    if ours.shape[1] != known.shape[1]:
        raise ValueError((ours.shape, known.shape))
    squares = np.einsum("ij,ij->i", known, known)
    strip = max(1, _AT_ONCE // len(known))
    rows = np.concatenate(
        [(squares - 2 * ours[at : at + strip] @ known.T).argmin(1) for at in range(0, len(ours), strip)]
    )
    gaps = ours.astype(np.float64) - known[rows]
    return rows.astype(np.int64), np.sqrt((gaps * gaps).mean(1))


def write_png(path: Path, png: bytes) -> Path:
    """Write a picture so that it appears whole or not at all.

    Raises:
        Fault: `run-unwritable`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_whole(path, png)
    except OSError as reason:
        raise Fault(
            "run-unwritable",
            f"图片写不进去：{reason_of(reason)}",
            "检查空间和权限，或换一个位置",
            file=str(path),
        ) from reason


def channels_last(pixels: Pixels) -> Pixels:
    """Return pictures as (n, height, width, channels).

    Raises:
        ValueError: no pictures, or not of a shape or type named in `Pixels`.
    """
    shown = np.asarray(pixels)
    if shown.ndim == 3:
        shown = shown[..., None]
    if shown.ndim == 4 and shown.shape[3] not in _CHANNELS and shown.shape[1] in _CHANNELS:
        shown = shown.transpose(0, 2, 3, 1)
    if shown.dtype != np.uint8 or shown.ndim != 4 or shown.shape[3] not in _CHANNELS or not shown.size:
        raise ValueError((shown.dtype, shown.shape))
    return shown


def _sheet(pixels: Pixels, columns: int, gap: int, shade: int = GREY) -> Pixels:
    """Lay pictures (n, height, width, channels) out in rows on a sheet."""
    count, height, width, channels = pixels.shape
    rows = -(-count // columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, channels)
    sheet = np.full(size, shade, dtype=np.uint8)
    for (top, left), picture in zip(_places(rows, columns, height + gap, width + gap), pixels, strict=False):
        sheet[top : top + height, left : left + width] = picture
    return sheet


def _places(rows: int, columns: int, height: int, width: int) -> Iterator[tuple[int, int]]:
    for row in range(rows):
        for column in range(columns):
            yield row * height, column * width


def _png(sheet: Pixels, scale: int) -> bytes:
    need("PIL", "图片库（Pillow）")
    from PIL import Image

    large = sheet.repeat(scale, axis=0).repeat(scale, axis=1)
    buffer = BytesIO()
    Image.fromarray(large[..., 0] if large.shape[2] == 1 else large).save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()
