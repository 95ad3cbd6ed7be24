"""What a shard comes to, counted batch by batch: texts, mentions, rows; whole columns at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from openbeian.screening.columns import CLASSIFIER, KEYWORD
from openbeian.screening.personal.kinds import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

KEY: Final = ("tier", "kind", "via", "class1", "class2", "level")
ORGANISATIONS: Final = tuple(kind.value for kind in KINDS if kind.is_of_organisation)
ROW_COUNTS: Final = (
    "keyword",  # a keyword, found exactly
    "derived",  # a keyword whose disguise was undone for certain
    "review",  # a keyword that a person must look at
    "personal",  # personal information, found exactly or derived; the number of an organisation is none
    "personal_review",
    "flagged",  # by the classifier
    "unqualified",  # keyword, derived or flagged: what the technical sampling counts (9.2 b)
    "harmful",  # keyword or derived, of a risk that counts as illegal or harmful (T01)
)


@dataclass
class Tally:
    """Counts of one shard. `harmful` are the risks that count as illegal or harmful.

    Attributes:
        texts: how many were scanned; the pieces of a row that was cut count each.
        text_bytes: their UTF-8 bytes.
        mentions: by tier, kind, via, class1, class2, level.
        rows: how many rows have at least one mention of the sort, see `ROW_COUNTS`.
        classes: how many rows have a keyword (exact or derived) of each second class.
    """

    harmful: frozenset[str]
    texts: int = 0
    text_bytes: int = 0
    mentions: Counter[tuple[str, ...]] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    _row: int = -1  # the row that the last batch ended in, and what was counted of it: a long row goes on in the next
    _counted: set[str] = field(default_factory=set)

    def add(self, rows: pa.RecordBatch, mentions: pa.RecordBatch) -> None:
        """Count a batch of texts and the mentions in it."""
        if not rows.num_rows:
            return
        self.texts += rows.num_rows
        self.text_bytes += _bytes(rows.column("text"))
        first, last = rows.column("row")[0].as_py(), rows.column("row")[-1].as_py()
        if first != self._row:
            self._counted = set()
        if mentions.num_rows:
            self._count(mentions, first, last)
        elif last != first:
            self._counted = set()
        self._row = last

    def _count(self, mentions: pa.RecordBatch, first: int, last: int) -> None:
        columns = {name: _codes(mentions.column(name)) for name in KEY}
        self.mentions.update(_combinations(columns))
        number = mentions.column("row").to_numpy()
        ended: set[str] = set()
        for name, mask in self._sorts(columns).items():
            self.rows[name] += self._new_rows(f"rows/{name}", number[mask], first, last, ended)
        is_sure = (columns["kind"].of(KEYWORD)) & ~columns["tier"].of("review")
        codes, names = columns["class2"].codes[is_sure], columns["class2"].names
        for code in np.unique(codes).tolist():
            of_class = number[is_sure][codes == code]
            self.classes[names[code]] += self._new_rows(f"class/{names[code]}", of_class, first, last, ended)
        self._counted = ended | (self._counted if first == last else set())

    def _new_rows(self, name: str, number: NDArray[np.int64], first: int, last: int, ended: set[str]) -> int:
        """Return how many different rows there are, without one that the batch before has counted."""
        if not len(number):
            return 0
        if number[-1] == last:
            ended.add(name)
        different = 1 + int(np.count_nonzero(np.diff(number)))
        is_counted = bool(number[0] == first == self._row) and name in self._counted
        return different - is_counted

    def _sorts(self, columns: dict[str, _Column]) -> dict[str, Mask]:
        tier, kind = columns["tier"], columns["kind"]
        keyword, flagged = kind.of(KEYWORD), kind.of(CLASSIFIER)
        personal, review = ~keyword & ~flagged & ~kind.of(*ORGANISATIONS), tier.of("review")
        sure = keyword & ~review
        return {
            "keyword": keyword & tier.of("exact"),
            "derived": keyword & tier.of("derived"),
            "review": keyword & review,
            "personal": personal & ~review,
            "personal_review": personal & review,
            "flagged": flagged,
            "unqualified": sure | flagged,
            "harmful": sure & columns["class2"].of(*self.harmful),
        }

    def as_json(self) -> dict[str, Any]:
        """Return the counts as plain JSON."""
        return {
            "texts": self.texts,
            "text_bytes": self.text_bytes,
            "mentions": [[*key, count] for key, count in sorted(self.mentions.items())],
            "rows": {name: self.rows[name] for name in ROW_COUNTS},
            "classes": dict(sorted(self.classes.items())),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Tally:
        """Return the counts that `as_json` wrote."""
        mentions = Counter({tuple(row[:-1]): row[-1] for row in data["mentions"]})
        rows, classes = Counter(data["rows"]), Counter(data["classes"])
        return cls(frozenset(), data["texts"], data["text_bytes"], mentions, rows, classes)

    @classmethod
    def total(cls, tallies: list[Tally]) -> Tally:
        """Return the sum of tallies of different shards."""
        result = cls(frozenset())
        for tally in tallies:
            result.texts += tally.texts
            result.text_bytes += tally.text_bytes
            result.mentions.update(tally.mentions)
            result.rows.update(tally.rows)
            result.classes.update(tally.classes)
        return result


@dataclass(frozen=True)
class _Column:
    codes: NDArray[np.int64]
    names: list[str]

    def of(self, *values: str) -> Mask:
        """Tell which rows have one of the values."""
        wanted = [code for code, name in enumerate(self.names) if name in values]
        return np.isin(self.codes, wanted) if len(wanted) > 1 else self.codes == (wanted[0] if wanted else -1)


def _codes(column: pa.DictionaryArray) -> _Column:
    return _Column(column.indices.to_numpy().astype(np.int64), column.dictionary.to_pylist())


def _combinations(columns: dict[str, _Column]) -> dict[tuple[str, ...], int]:
    """Return how often each combination of values stands in the columns."""
    key = np.zeros(len(columns[KEY[0]].codes), np.int64)
    for name in KEY:
        key = key * len(columns[name].names) + columns[name].codes
    values, places, counts = np.unique(key, return_index=True, return_counts=True)
    del values
    found = ((tuple(columns[name].names[columns[name].codes[place]] for name in KEY)) for place in places.tolist())
    return dict(zip(found, counts.tolist(), strict=True))


def _bytes(texts: pa.LargeStringArray) -> int:
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return int(offsets[-1] - offsets[0])
