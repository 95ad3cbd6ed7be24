"""A few mentions shown with what stands around them, everything sensitive masked, so that a person can judge a scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from openbeian.screening.columns import CLASSIFIER, KEYWORD

if TYPE_CHECKING:
    import pyarrow as pa

AROUND: Final = 14  # characters shown on each side
MOST: Final = 200  # of one shard
_LONGEST: Final = 24  # of what is masked, as shown
_KEPT: Final = {
    "mobile": (3, 4),
    "id_card": (4, 2),
    "bank_card": (4, 4),
}  # digits left readable, as banks and carriers do


@dataclass(frozen=True, slots=True)
class Sample:
    """One mention with its surroundings; `masked` stands for the mention, the sides are masked as well."""

    row: int
    tier: str
    kind: str
    via: str
    class1: str
    class2: str
    level: str
    start: int
    end: int
    before: str
    masked: str
    after: str

    def as_json(self) -> dict[str, Any]:
        """Return the sample as plain JSON."""
        return asdict(self)


class Sampler:
    """Keeps the first mention of each tier, kind, way and class that it meets."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()
        self.samples: list[Sample] = []

    def add(
        self, rows: pa.RecordBatch, mentions: pa.RecordBatch, known: Iterator[tuple[str, ...]], passed: int = 0
    ) -> None:
        """Look at a batch; `known` are the combinations in the shard so far, `passed` the row's characters before it."""
        wanted = set(known) - self._seen
        if not wanted or len(self.samples) >= MOST:
            return
        self._seen |= wanted
        table = mentions.select(["row", "tier", "kind", "via", "class1", "class2", "level", "start", "end"]).to_pylist()
        by_row = {number: list(group) for number, group in groupby(table, key=itemgetter("row"))}
        places = {number: place for place, number in enumerate(rows.column("row").to_pylist())}
        for mention in table:
            key = tuple(mention[name] for name in ("tier", "kind", "via", "class1", "class2", "level"))
            if key in wanted:
                wanted.discard(key)
                number = mention["row"]
                text = str(rows.column("text")[places[number]].as_py())
                self.samples.append(_sample(text, mention, by_row[number], passed))
            if not wanted or len(self.samples) == MOST:
                return


def _sample(text: str, mention: dict[str, Any], same_row: list[dict[str, Any]], passed: int) -> Sample:
    start, end = mention["start"], mention["end"]
    first = max(0, start - AROUND)
    shown = list(text[first : end + AROUND])
    for each in same_row:
        if each["kind"] != CLASSIFIER and each["start"] < end + AROUND and each["end"] > first:
            masked = _masked(text[each["start"] : each["end"]], each["kind"])
            low, high = max(each["start"], first), min(each["end"], first + len(shown))
            shown[low - first : high - first] = masked[low - each["start"] : high - each["start"]]
    clean = "".join(" " if char.isspace() or not char.isprintable() else char for char in shown)
    before, inside, after = clean[: start - first], clean[start - first : end - first], clean[end - first :]
    if len(inside) > _LONGEST:
        inside = f"{inside[: _LONGEST // 2]}…{inside[-_LONGEST // 2 :]}"
    place = {**mention, "start": start + passed, "end": end + passed}
    return Sample(**place, before=before, masked=inside, after=after)


def _masked(mention: str, kind: str) -> str:
    """Return the mention masked, character for character."""
    if kind == KEYWORD:
        return "■" * len(mention)
    head, tail = _KEPT.get(kind, (1, 0))
    inner = max(0, len(mention) - head - tail)
    return mention[:head] + "＊" * inner + mention[head + inner :]
