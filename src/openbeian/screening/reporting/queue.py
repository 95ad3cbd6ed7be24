"""The queue of what a classifier flagged: the likeliest first, so that people look at those before the others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeian.screening.columns import CLASSIFIER
from openbeian.screening.reporting.words import class_word

LONGEST: Final = 5_000  # places of a queue; all that is flagged stands in the file of mentions
_COLUMNS: Final = ("source", "file", "row", "start", "end", "class2", "probability")
_HEADINGS: Final = ("先后", "概率", "最像的风险", "来源", "文件", "行", "起", "止")
_COMPUTED: Final = tuple("=+-@\t\r\n＝＋－＠")  # what a spreadsheet may take for a formula
_MARK: Final = "\ufeff"  # without it spreadsheets read another encoding


@dataclass(frozen=True, slots=True)
class Place:
    """A text to look at: where it stands, its likeliest risk, and the probability that it does not qualify."""

    source: str
    file: str
    row: int
    start: int
    end: int
    class2: str
    probability: float

    @property
    def risk(self) -> str:
        """The likeliest risk with its name; empty where the classifier speaks of none."""
        return class_word(self.class2) if self.class2 else ""


def likeliest(mentions: Path, longest: int = LONGEST) -> tuple[Place, ...]:
    """Return the first places of the queue in a file of mentions: by probability, equal ones as the corpus has them.

    Holds one row group and one queue at a time. Raises OSError when the file cannot be read.
    """
    first = None
    with pq.ParquetFile(mentions) as file:
        for group in range(file.num_row_groups):
            found = _flagged(file.read_row_group(group, columns=["kind", *_COLUMNS]))
            joined = found if first is None else pa.concat_tables([first, found])
            order = pc.sort_indices(joined, sort_keys=[("probability", "descending")])  # stable
            first = joined.take(order[:longest])
    return tuple(Place(**row) for row in first.to_pylist()) if first is not None else ()


def _flagged(group: pa.Table) -> pa.Table:
    found = group.filter(pc.equal(group["kind"].cast(pa.string()), CLASSIFIER)).select(_COLUMNS)
    plain = [
        (field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type)
        for field in found.schema
    ]
    return found.cast(pa.schema(plain))


def queue_csv(queue: tuple[Place, ...]) -> str:
    """Return the queue as a table that spreadsheets open; no text of the corpus stands in it, and nothing that they compute."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADINGS)
    writer.writerows(_rows(queue))
    return _MARK + out.getvalue()


def _rows(queue: tuple[Place, ...]) -> Iterator[tuple[str, ...]]:
    for number, place in enumerate(queue, start=1):
        where = (str(place.row), str(place.start), str(place.end))
        names = (_as_text(place.risk), _as_text(place.source), _as_text(place.file))
        yield str(number), f"{place.probability:.4f}", *names, *where


def _as_text(name: str) -> str:
    return f"'{name}" if name.startswith(_COMPUTED) else name
