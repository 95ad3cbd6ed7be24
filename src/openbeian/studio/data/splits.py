"""Which pictures are held out, and which are taken when fewer are asked for: the same in every process and on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from openbeian.studio.data.gathered import Labels, Mask, Pixels


def by_content(pixels: Pixels, labels: Labels | None, share: float) -> Mask:
    """Hold out `share` of each class: those whose pixels have the lowest digests, so that no order in the file matters.

    Args:
        pixels: uint8 (n, ...).
        labels: (n,) or None for one class.
        share: between 0 and 1; at least one picture of each class is held out.
    """
    digests = pixel_digests(pixels)
    classes = _or_one_class(labels, len(pixels))
    held = np.zeros(len(pixels), dtype=np.bool_)
    for label in np.unique(classes):
        rows = _rows_by_digest(classes == label, digests)
        held[rows[: max(1, round(share * len(rows)))]] = True
    return held


def by_name(names: Sequence[str], labels: Labels | None, share: float) -> Mask:
    """Hold out about `share` of the pictures by a hash of the name: a picture keeps its side when others are added.

    Each class keeps at least one picture on either side; only in a class so small that none or all would be held out can that
    one picture change when others are added.

    Args:
        names: one for each picture, different from each other.
        labels: (n,) or None for one class.
        share: between 0 and 1.
    """
    digests = [sha256(name.encode("utf-8", "surrogatepass")).hexdigest() for name in names]
    held = np.array([int(digest[:8], 16) < share * 2**32 for digest in digests], dtype=np.bool_)
    classes = _or_one_class(labels, len(names))
    for label in np.unique(classes):
        rows = _rows_by_digest(classes == label, digests)
        held[rows[0]] = True
        held[rows[-1]] = False
    return held


def by_person(persons: Labels, share: float) -> Mask:
    """Hold out the last `share` of the persons, at least one, with all their pictures."""
    known = np.unique(persons)
    held = known[-max(1, round(share * len(known))) :]
    return np.isin(persons, held)


def spread_rows(labels: Labels | None, count: int, limit: int, seed: int) -> NDArray[np.intp]:
    """Choose `limit` of `count` rows, each class in proportion to its size; the rows keep their order.

    Args:
        labels: (count,) or None for one class.
        count: how many rows there are.
        limit: how many to take.
        seed: of the choice.
    """
    random = np.random.default_rng(seed)
    classes = _or_one_class(labels, count)
    place = np.empty(count)
    for label in np.unique(classes):
        rows = np.flatnonzero(classes == label)
        place[random.permutation(rows)] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.sort(np.argsort(place, kind="stable")[:limit])


def mixed_order(digests: Sequence[str], labels: Labels | None) -> NDArray[np.intp]:
    """Return the rows in the order of their digests: mixed, and the same from wherever the pictures came.

    Args:
        digests: of the pixels of each row, as `pixel_digests` gives them.
        labels: (n,) or None; tells equal pictures of different classes apart.
    """
    classes = _or_one_class(labels, len(digests)).tolist()
    return np.array(sorted(range(len(digests)), key=lambda row: (digests[row], classes[row])), dtype=np.intp)


def pixel_digests(pixels: Pixels) -> list[str]:
    """Return the sha256 of each picture."""
    return [sha256(picture.tobytes()).hexdigest() for picture in pixels]


def _rows_by_digest(chosen: Mask, digests: Sequence[str]) -> list[int]:
    rows: list[int] = np.flatnonzero(chosen).tolist()
    return sorted(rows, key=digests.__getitem__)


def _or_one_class(labels: Labels | None, count: int) -> Labels:
    return np.zeros(count, dtype=np.int64) if labels is None else labels
