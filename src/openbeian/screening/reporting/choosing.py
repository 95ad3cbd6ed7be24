"""Which masked samples are shown: few, of every sort, the same ones however the scan ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from openbeian.manifest import digest
from openbeian.screening.columns import KEYWORD
from openbeian.screening.disguises import TIERS

SHOWN: Final = 12
Sample = Mapping[str, Any]


def chosen(samples: Iterable[Sample], salt: str, count: int = SHOWN) -> list[Sample]:
    """Return samples that show as many sorts as possible: first of each tier, then of each risk and kind, then of each way.

    Of each sort the first in the corpus is a candidate; among those the order is that of their digests, so that nobody
    chooses.

    Args:
        samples: in the order of the corpus.
        salt: what the digests hang on, such as the digest of the settings.
        count: at most so many.
    """
    first: dict[tuple[str, ...], Sample] = {}
    for sample in samples:
        first.setdefault(_sort(sample), sample)
    waiting = sorted(first.values(), key=lambda sample: digest([salt, *_sort(sample)]))
    picked: list[Sample] = []
    for names in (("tier",), ("subject",), ("subject", "tier"), ("via",), ("tier", "subject", "via", "level")):
        _pick(waiting, picked, names, count)
    return sorted(picked, key=_place)


def _pick(waiting: Sequence[Sample], picked: list[Sample], names: Sequence[str], count: int) -> None:
    """Add those that show something new in these respects."""
    shown = {_look(sample, names) for sample in picked}
    for sample in waiting:
        if len(picked) >= count:
            return
        look = _look(sample, names)
        if look not in shown:
            shown.add(look)
            picked.append(sample)


def _look(sample: Sample, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(_subject(sample) if name == "subject" else sample[name] for name in names)


def _subject(sample: Sample) -> str:
    return f"{sample['kind']} {sample['class2']}" if sample["kind"] == KEYWORD else str(sample["kind"])


def _sort(sample: Sample) -> tuple[str, ...]:
    return tuple(sample[name] for name in ("tier", "kind", "via", "class1", "class2", "level"))


def _place(sample: Sample) -> tuple[int, bool, str, str, int, int]:
    is_keyword = sample["kind"] == KEYWORD
    return (
        TIERS.index(sample["tier"]), not is_keyword, _subject(sample), sample["file"], sample["row"], sample["start"]
    )  # fmt: skip
