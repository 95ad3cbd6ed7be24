"""Tags and the commonest entities, of which pages have so many that they are undone all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.matches import VIAS
from openbeian.screening.disguises.stretches import Pieces, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_TAG: Final = 512  # bytes
_MARKUP, _ENTITIES = VIAS.index("markup"), VIAS.index("entities")
_NAMED: Final = {b"&nbsp;": "\xa0", b"&lt;": "<", b"&gt;": ">", b"&amp;": "&", b"&quot;": '"'}
_LONGEST: Final = max(map(len, _NAMED))


def tags(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Pieces:
    """Return the tags in some rows, which stand for nothing."""
    places = np.flatnonzero((data == ord("<")) | (data == ord(">")))
    if len(places) < 2:
        return Pieces.of([])
    opens = data[places] == ord("<")
    after = data[np.minimum(places + 1, len(data) - 1)]
    after = np.where(after == ord("/"), data[np.minimum(places + 2, len(data) - 1)], after)
    begins = opens & ((after | 0x20) - np.uint8(ord("a")) < 26)
    is_cut = np.zeros(len(places) + 1, np.bool_)
    is_cut[np.searchsorted(places, offsets)] = True  # the first sign of a row closes nothing of the row before
    closes = ~opens[1:] & ~is_cut[1:-1]
    found = np.flatnonzero(begins[:-1] & closes & (np.diff(places) < _MOST_TAG))
    return Pieces.alike(places[found], places[found + 1] + 1, b"", _MARKUP)


def named_entities(data: NDArray[np.uint8], places: NDArray[np.int64]) -> tuple[Pieces, NDArray[np.int64]]:
    """Return the commonest entities at some places, and the places where none of them stands."""
    at = places[data[places] == ord("&")]
    at = at[at + _LONGEST <= len(data)]
    window = data[at[:, None] + np.arange(_LONGEST)]
    parts = []
    for name, form in _NAMED.items():
        starts = at[(window[:, : len(name)] == np.frombuffer(name, np.uint8)).all(axis=1)]
        parts.append(Pieces.alike(starts, starts + len(name), form.encode(), _ENTITIES))
    pieces = in_order(parts)
    return pieces, np.setdiff1d(places, pieces.start, assume_unique=True)
