"""Pictures in the size and the colours a recipe asks for."""

from __future__ import annotations

from typing import Final

import numpy as np

from openbeian.manifest import Fault
from openbeian.studio.data.gathered import Pixels, need

MODES: Final = {1: "L", 3: "RGB"}
LARGEST: Final = 1 << 33  # bytes of a set in memory
SIZES: Final = range(4, 1025)


def check_shape(size: int, channels: int) -> None:
    """Check what a recipe asks for.

    Raises:
        Fault: `data-format` for a size outside 4 to 1024 pixels, or for other than one or three channels.
    """
    if channels not in MODES:
        raise Fault("data-format", f"不支持 {channels} 个通道", "灰度图写 1，彩色图写 3")
    if size not in SIZES:
        raise Fault("data-format", f"不支持边长 {size} 像素", f"边长取 {SIZES[0]} 到 {SIZES[-1]}")


def check_fits(count: int, size: int, channels: int, source: str) -> None:
    """Check that a set fits in memory before it is unpacked there.

    Raises:
        Fault: `data-format` above 8 GiB.
    """
    total = count * size * size * channels
    if total > LARGEST:
        raise Fault(
            "data-format", f"{count} 张图片要占 {total >> 30} GiB 内存，太大", "减小 size，或减少图片", file=source
        )


def shaped(pixels: Pixels, size: int, channels: int) -> Pixels:
    """Return pictures as uint8 (n, channels, size, size).

    A picture that is not square loses its longer sides evenly; one of another size is resampled (bicubic, with antialiasing).
    Grey from colour weighs as ITU-R BT.601 does.

    Args:
        pixels: uint8 (n, height, width) or (n, height, width, 3).
        size: pixels a side.
        channels: 1 or 3.
    """
    colours = pixels.shape[-1] if pixels.ndim == 4 else 1
    if pixels.shape[1:3] != (size, size) or (colours, channels) == (3, 1):
        pixels = _redrawn(pixels, size, min(colours, channels))
    if pixels.ndim == 3:
        pixels = np.repeat(pixels[..., None], channels, axis=3)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def centre(width: int, height: int) -> tuple[int, int, int, int]:
    """Return the largest square in the middle as left, upper, right, lower."""
    side = min(width, height)
    left, upper = (width - side) // 2, (height - side) // 2
    return left, upper, left + side, upper + side


def _redrawn(pixels: Pixels, size: int, colours: int) -> Pixels:
    need("PIL", "图片库（Pillow）")
    from PIL import Image

    box = centre(pixels.shape[2], pixels.shape[1])
    mode = MODES[colours]
    drawn = [
        Image.fromarray(picture).convert(mode).crop(box).resize((size, size), Image.Resampling.BICUBIC)
        for picture in pixels
    ]
    return np.stack([np.asarray(picture) for picture in drawn])
