"""The course of two losses as a small picture, for pages that take no plots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Final

from openbeian.studio.data.gathered import need

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDTH, HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 62, 466, 30, 206
COLOURS: Final = {"discriminator": "#0b5c8f", "generator": "#b3541e"}
INK, GRID, FLOOR_INK = "#333333", "#dddddd", "#777777"
LETTERS: Final = {"discriminator": "D", "generator": "G"}
TEXT_SIZE: Final = 14
_STEPS: Final = (1, 2, 5, 10)


def thinned(values: Sequence[float], points: int) -> list[float]:
    """Return at most so many means of neighbouring values."""
    each = max(1, math.ceil(len(values) / points))
    parts = [values[start : start + each] for start in range(0, len(values), each)]
    return [sum(part) / len(part) for part in parts]


def curves_png(losses: Mapping[str, Sequence[float]], steps: int, floor: float | None = None) -> bytes:
    """Return the curves of D and G over the steps as PNG; the same numbers give the same bytes.

    Args:
        losses: of `discriminator` and `generator`, evenly spread over the steps; not empty.
        steps: how many there were.
        floor: a dashed line that the discriminator's loss cannot cross.

    Raises:
        Fault: `missing-extra` without Pillow.
    """
    need("PIL", "图片库（Pillow）")
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.font = ImageFont.load_default(TEXT_SIZE)
    shown = [value for values in losses.values() for value in values] + ([floor] if floor is not None else [])
    step = _round_step(max(*shown, 0.1))
    high = step * math.ceil(max(*shown, 0.1) / step)
    _frame(draw, high, step, steps)
    if floor is not None:
        _dashed(draw, _height(floor, high), f"{floor:.3f}")
    for place, (name, values) in enumerate(losses.items()):
        points = [(_across(at, len(values)), _height(value, high)) for at, value in enumerate(values)]
        draw.line(points, fill=COLOURS[name], width=2, joint="curve")
        draw.line([(LEFT + place * 60, 15), (LEFT + place * 60 + 22, 15)], fill=COLOURS[name], width=3)
        draw.text((LEFT + place * 60 + 28, 15), LETTERS[name], fill=INK, anchor="lm")
    buffer = BytesIO()
    image.quantize(32).save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()


def _frame(draw: ImageDraw, high: float, step: float, steps: int) -> None:
    for tick in range(round(high / step) + 1):
        y = _height(tick * step, high)
        draw.line([(LEFT, y), (RIGHT, y)], fill=GRID)
        draw.text((LEFT - 8, y), f"{tick * step:.4g}", fill=INK, anchor="rm")
    draw.line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], fill=INK)
    draw.text((LEFT, BOTTOM + 8), "0", fill=INK, anchor="mt")
    draw.text((RIGHT, BOTTOM + 8), f"{steps:,}", fill=INK, anchor="rt")


def _dashed(draw: ImageDraw, y: float, words: str) -> None:
    for x in range(LEFT, RIGHT, 12):
        draw.line([(x, y), (min(x + 7, RIGHT), y)], fill=FLOOR_INK)
    draw.text((RIGHT, y - 3), words, fill=FLOOR_INK, anchor="rb")


def _round_step(high: float) -> float:
    """Return the round step that makes at most five lines."""
    rough = high / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in _STEPS if factor * power >= rough)


def _across(place: int, count: int) -> float:
    return LEFT + (RIGHT - LEFT) * (place / (count - 1) if count > 1 else 0.0)


def _height(value: float, high: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / high
