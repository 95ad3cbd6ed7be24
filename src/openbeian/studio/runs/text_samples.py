"""What a reader sees of generated texts: drawn by seed for each occasion or title, nothing chosen, what would be written again marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbeian.studio.runs.figures import Json

Drawn = Mapping[str, Sequence[Mapping[str, Any]]]
"""The content of `samples.json`: by occasion or title texts with `text`, `copied` (characters) and `is_good`."""


@dataclass(frozen=True)
class Shown:
    """A text, and why it would be written again; empty when it would not."""

    text: str
    fault: str


@dataclass(frozen=True)
class Samples:
    """All that is shown: texts by occasion or title, how many of each, how many pass as they are, and the longest copy among those judged."""

    texts: tuple[tuple[str, tuple[Shown, ...]], ...]
    each: int
    count: int
    good: int
    worst: Mapping[str, str] | None

    @staticmethod
    def of(run: Json, drawn: Drawn) -> Samples:
        """Return the samples of a run as they are shown."""
        limit = int(run["recipe"]["speaking"]["longest_copy"])
        texts = tuple((condition, tuple(_shown(each, limit) for each in found)) for condition, found in drawn.items())
        faults = [one.fault for _, found in texts for one in found]
        each = max((len(found) for _, found in texts), default=0)
        worst = ((run.get("results") or {}).get("copies") or {}).get("worst")
        return Samples(texts, each, len(faults), faults.count(""), worst)


def _shown(sample: Mapping[str, Any], limit: int) -> Shown:
    copied = int(sample["copied"])
    fault = "" if sample["is_good"] else f"照抄 {copied} 字" if copied > limit else "不通顺"
    return Shown(str(sample["text"]), fault)
