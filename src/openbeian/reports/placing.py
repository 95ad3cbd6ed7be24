"""Where the words of a line across a chart stand: on the side where the curves are farthest away."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from openbeian.reports.drawing import Point

EM: Final = 12.0
"""Edge of a Chinese character in the charts' type, in units of the picture."""
_NARROW: Final = 0.62  # of it, for a letter or a digit
_ABOVE, _BELOW = -7.0, 17.0  # of the line, where words begin to be read
_NEAR: Final = 3.0
_STEPS: Final = 24


@dataclass(frozen=True)
class Spot:
    """Where words stand: place and anchor of the text, and the ground it covers."""

    x: float
    y: float
    anchor: str
    left: float
    right: float

    def is_free_of(self, other: Spot) -> bool:
        """Tell whether the two do not cover each other."""
        apart = self.right + _NEAR < other.left or other.right + _NEAR < self.left
        return apart or abs(self.y - other.y) > EM + _NEAR

    def crossings(self, curve: Sequence[Point]) -> int:
        """Count at how many of the places along the words a curve (places on the picture, x rising) runs through them."""
        along = (self.left + (self.right - self.left) * step / _STEPS for step in range(_STEPS + 1))
        heights = (_height(curve, x) for x in along)
        return sum(height is not None and self.y - EM - _NEAR < height < self.y + _NEAR for height in heights)


def spots(words: str, y: float, across: tuple[float, float], down: tuple[float, float]) -> list[Spot]:
    """Return where words beside a line may stand, at heights inside the frame: right above, right below, left above, left below.

    Args:
        words: what is written.
        y: of the line.
        across: left and right end of the frame.
        down: top and bottom of the frame.
    """
    (left, right), (top, bottom) = across, down
    length = _length(words)
    begin, end = left + 6, right - 2
    sides = ((end, "end", end - length, end), (begin, "start", begin, begin + length))
    heights = [y + move for move in (_ABOVE, _BELOW) if top + EM <= y + move <= bottom]
    return [Spot(x, at, anchor, first, last) for x, anchor, first, last in sides for at in heights]


def best(places: Sequence[Spot], curves: Sequence[Sequence[Point]], taken: Sequence[Spot]) -> Spot:
    """Return the first of the places that the fewest words and curves run through."""

    def trouble(spot: Spot) -> tuple[int, int]:
        return sum(not spot.is_free_of(other) for other in taken), sum(spot.crossings(curve) for curve in curves)

    return min(places, key=trouble)


def _length(words: str) -> float:
    return EM * sum(1.0 if unicodedata.east_asian_width(one) in "WF" else _NARROW for one in words)


def _height(curve: Sequence[Point], x: float) -> float | None:
    """Return how high a curve is at x, None where it is not."""
    for (begin, low), (end, high) in pairwise(curve):
        if begin <= x <= end:
            return low + (high - low) * ((x - begin) / (end - begin) if end > begin else 0.0)
    return None
