"""One picture file as a square of pixels, whatever made it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.studio.data.gathered import Pixels
from openbeian.studio.data.shaping import MODES, centre

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP")
LARGEST: Final = 64_000_000  # pixels; a few kilobytes can unpack to more than memory holds


class Unusable(Exception):
    """A file that is no picture we can read, or one too large to unpack."""


def read_picture(path: Path, size: int, channels: int) -> tuple[Pixels, bool]:
    """Read the first frame, upright, over white where it is transparent, cut to the square in the middle.

    Args:
        path: a png, jpg, webp or bmp file.
        size: pixels a side.
        channels: 1 or 3.

    Returns:
        uint8 (size, size) for grey or (size, size, 3), and whether the picture was not square.

    Raises:
        Unusable: the file is broken, no picture, or too large.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > LARGEST:
                raise Unusable(f"{image.width}×{image.height}")  # noqa: TRY301 - one way out for all that is unusable
            image.draft(None, (2 * size, 2 * size))  # a large JPEG is unpacked at a fraction of its size
            flat = _flat(ImageOps.exif_transpose(image), MODES[channels])
            square = flat.crop(centre(flat.width, flat.height)).resize((size, size), Image.Resampling.BICUBIC)
            return np.asarray(square), flat.width != flat.height
    except Exception as reason:  # a decoder raises many kinds on broken bytes; each means: unusable
        raise Unusable(str(reason)) from reason


def _flat(image: Image, mode: str) -> Image:
    from PIL import Image as Pictures

    if image.mode.startswith("I"):  # 16 bits of grey
        return Pictures.fromarray(np.clip(np.asarray(image).astype(np.int64) >> 8, 0, 255).astype(np.uint8)).convert(
            mode
        )
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        image = Pictures.alpha_composite(Pictures.new("RGBA", seen.size, "white"), seen)
    return image if image.mode == mode else image.convert("RGB").convert(mode)
