"""The core as a pure function over Arrow: a batch of texts in, a batch of mentions out (extra `scale`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pyarrow as pa

from openbeian.screening.disguises import TIERS, VIAS, DisguisedMatches, Disguises
from openbeian.screening.personal import KINDS, TRIGGERS, spans_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openbeian.screening.classifier import Flagged
    from openbeian.screening.keywords import Library
    from openbeian.screening.matching import Matches

KEYWORD, CLASSIFIER = "keyword", "classifier"
ALL_KINDS: Final = (KEYWORD, CLASSIFIER, *(kind.value for kind in KINDS))
EXACT, REVIEW = TIERS.index("exact"), TIERS.index("review")
PLAIN: Final = VIAS.index("plain")
_FEW, _MANY = pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.string())
ROWS: Final = pa.schema([("row", pa.int64()), ("text", pa.large_string())])
HITS: Final = pa.schema(
    [
        ("row", pa.int64()),
        ("tier", _FEW),
        ("kind", _FEW),
        ("via", _FEW),
        ("word", _MANY),
        ("class1", _MANY),
        ("class2", _MANY),
        ("level", _MANY),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("probability", pa.float32()),
    ]
)


class Flagger(Protocol):
    """Says which whole texts people must look at, and which of them first, as a trained classifier does."""

    @property
    def covered(self) -> Sequence[str]:
        """The risks that it can speak of."""

    def flagged(self, texts: Sequence[str]) -> Flagged:
        """Return the texts to look at, each with its probability and its likeliest risk."""


@dataclass(frozen=True)
class _Part:
    """Mentions of one pass; `tier`, `kind`, `via` as numbers, one for all or one for each.

    `entry` is the keyword, or behind the keywords the risk that a classifier speaks of, or -1.
    """

    row: NDArray[np.integer[Any]]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    tier: NDArray[np.int8] | int
    kind: NDArray[np.int8] | int
    via: NDArray[np.int8] | int
    entry: NDArray[np.int32] | int
    probability: NDArray[np.float32] | None = None


class Screen:
    """Everything one scan looks for; picklable, so that another process or machine can scan by it.

    Args:
        library: the keywords.
        personal: whether personal information is looked for, in the same pass.
        disguises: whether the second pass looks for keywords in disguise (tiers `derived` and `review`).
        classifier: flags whole texts.
    """

    def __init__(
        self, library: Library, *, personal: bool = True, disguises: bool = True, classifier: Flagger | None = None
    ) -> None:
        self.library, self.classifier, self.personal = library, classifier, personal
        self.disguises = Disguises(library.keywords, library.allowed) if disguises else None
        self._triggers_from = len(library.keywords) + len(library.allowed)
        self._matcher = library.matcher(TRIGGERS if personal else (), numbers=personal)
        self._names = _Names(library, () if classifier is None else classifier.covered)

    def scan(self, rows: pa.RecordBatch, column: str = "text") -> pa.RecordBatch:
        """Return the mentions in a batch as `scan_batch` does."""
        texts = rows.column(column).cast(pa.large_string())
        found = self._matcher.find(texts)
        parts = [_keywords(self.library.mentions(found))]
        if self.personal:
            parts.append(self._personal(texts, found))
        if self.disguises is not None:
            parts.append(_disguised(self.disguises, texts, parts[0]))
        if self.classifier is not None:
            parts.append(_flagged(self.classifier, texts, len(self.library.keywords)))
        return self._names.table([part for part in parts if len(part.row)], _numbers(rows))

    def _personal(self, texts: pa.LargeStringArray, found: Matches) -> _Part:
        triggers = found[(found.form < 0) | (found.form >= self._triggers_from)]
        triggers = triggers[_order(triggers.row, triggers.start)]
        form = np.where(triggers.form < 0, triggers.form, triggers.form - self._triggers_from)
        spans = spans_in(texts, triggers.row.astype(np.int64), triggers.start, triggers.end, form)
        kind = (spans.kind + ALL_KINDS.index(KINDS[0].value)).astype(np.int8)
        return _Part(spans.row, spans.start, spans.end, spans.tier, kind, PLAIN, -1)


def scan_batch(rows: pa.RecordBatch, screen: Screen, column: str = "text") -> pa.RecordBatch:
    """Return one row of `HITS` for each mention in a batch of texts; a pure function.

    `row` is what the batch's own column `row` says, else the number in the batch; `tier` tells how sure a mention is, `kind`
    is keyword, classifier or a kind of personal information, `via` how a disguise was undone; `start` and `end` are its
    span in the original text, in characters. What a classifier flags is the whole text; `class2` is then its likeliest risk
    and `probability` how likely it does not qualify, null for everything else.

    Raises:
        KeyError: when the batch has no such column.
    """
    return screen.scan(rows, column)


def _numbers(rows: pa.RecordBatch) -> NDArray[np.int64]:
    if "row" not in rows.schema.names:
        return np.arange(rows.num_rows, dtype=np.int64)
    return np.asarray(rows.column("row").to_numpy(zero_copy_only=False), np.int64)


def _keywords(found: Matches) -> _Part:
    return _Part(found.row, found.start, found.end, EXACT, ALL_KINDS.index(KEYWORD), PLAIN, found.form)


def _disguised(disguises: Disguises, texts: pa.LargeStringArray, exact: _Part) -> _Part:
    """Return what the second pass found where the first had not found the same keyword already."""
    found = disguises.find(texts)
    is_new = ~_overlapping(found, exact)
    return _Part(
        row=found.row[is_new],
        start=found.start[is_new],
        end=found.end[is_new],
        tier=found.tier[is_new],
        kind=ALL_KINDS.index(KEYWORD),
        via=found.via[is_new],
        entry=found.keyword[is_new],
    )


def _overlapping(found: DisguisedMatches, exact: _Part) -> NDArray[np.bool_]:
    """Tell of each find whether an exact mention of the same keyword overlaps it."""
    known: dict[tuple[int, int], list[tuple[int, int]]] = {}
    rows = np.isin(exact.row, found.row)
    for row, entry, start, end in _table(
        exact.row[rows], np.asarray(exact.entry)[rows], exact.start[rows], exact.end[rows]
    ):
        known.setdefault((row, entry), []).append((start, end))
    answers = [
        any(start < b and a < end for a, b in known.get((row, entry), ()))
        for row, entry, start, end in _table(found.row, found.keyword, found.start, found.end)
    ]
    return np.array(answers, np.bool_)


def _table(*columns: NDArray[Any]) -> list[list[int]]:
    """Return columns of numbers as rows of Python."""
    table: list[list[int]] = np.stack(columns, axis=1).astype(np.int64).tolist()
    return table


def _flagged(classifier: Flagger, texts: pa.LargeStringArray, keywords: int) -> _Part:
    plain = [text or "" for text in texts.to_pylist()]
    found = classifier.flagged(plain)
    return _Part(
        row=found.text.astype(np.int32),
        start=np.zeros(len(found.text), np.int32),
        end=np.array([len(plain[place]) for place in found.text], np.int32),
        tier=REVIEW,
        kind=ALL_KINDS.index(CLASSIFIER),
        via=PLAIN,
        entry=np.where(found.risk < 0, found.risk, found.risk + keywords).astype(np.int32),
        probability=found.probability,
    )


class _Names:
    """The dictionaries of the columns, the same for every batch."""

    def __init__(self, library: Library, risks: Sequence[str]) -> None:
        keywords, nothing = library.keywords, [""] * len(risks)
        columns = {
            "word": [keyword.word for keyword in keywords] + nothing,
            "class1": [keyword.class1 for keyword in keywords] + [risk.rpartition(".")[0] for risk in risks],
            "class2": [keyword.class2 for keyword in keywords] + list(risks),
            "level": [keyword.level for keyword in keywords] + nothing,
        }
        self._columns = {name: _coded(values) for name, values in columns.items()}

    def table(self, parts: list[_Part], numbers: NDArray[np.int64]) -> pa.RecordBatch:
        """Return the parts as one batch, by row and place."""
        row, start, end = (_joined(parts, name, np.int32) for name in ("row", "start", "end"))
        order = _order(row, start) if len(parts) > 1 else None
        entry = _ordered(_joined(parts, "entry", np.int32), order)
        row, start, end = (_ordered(column, order) for column in (row, start, end))
        few = {"tier": TIERS, "kind": ALL_KINDS, "via": VIAS}
        columns = {"row": pa.array(numbers[row]), "start": pa.array(start), "end": pa.array(end)}
        columns["probability"] = _probabilities(parts, order)
        for name, values in few.items():
            columns[name] = _dictionary(_ordered(_joined(parts, name, np.int8), order), pa.array(values))
        for name, (codes, values) in self._columns.items():
            columns[name] = _dictionary(
                codes.take(entry, mode="wrap"), values
            )  # entry -1 is the last code: the empty string
        return pa.RecordBatch.from_arrays([columns[name] for name in HITS.names], schema=HITS)


def _probabilities(parts: list[_Part], order: NDArray[np.intp] | None) -> pa.FloatArray:
    """Return the probabilities of mentions, null where no classifier speaks."""
    if all(part.probability is None for part in parts):
        return pa.nulls(sum(len(part.row) for part in parts), pa.float32())
    columns = [
        np.full(len(part.row), np.nan, np.float32) if part.probability is None else part.probability for part in parts
    ]
    return pa.array(_ordered(np.concatenate(columns), order), from_pandas=True)


def _coded(values: list[str]) -> tuple[NDArray[np.int32], pa.StringArray]:
    """Return, for each keyword and at the end for none, the number of its value, and the different values."""
    known = {value: number for number, value in enumerate(dict.fromkeys([*values, ""]))}
    return np.array([known[value] for value in [*values, ""]], np.int32), pa.array(list(known), pa.string())


def _dictionary(codes: NDArray[Any], values: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(codes), values, safe=False
    )  # they are places in `values` by construction


def _joined(parts: list[_Part], name: str, kind: type[np.integer[Any]]) -> NDArray[Any]:
    columns = [(getattr(part, name), len(part.row)) for part in parts]
    arrays = [
        value.astype(kind, copy=False) if isinstance(value, np.ndarray) else np.full(count, value, kind)
        for value, count in columns
    ]
    return arrays[0] if len(arrays) == 1 else np.concatenate([np.empty(0, kind), *arrays])


def _order(row: NDArray[Any], start: NDArray[Any]) -> NDArray[np.intp]:
    return np.argsort((row.astype(np.int64) << 32) + start, kind="stable")


def _ordered(column: NDArray[Any], order: NDArray[np.intp] | None) -> NDArray[Any]:
    return column if order is None else column[order]
