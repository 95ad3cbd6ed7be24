"""The core as a pure function over Arrow: a batch of texts in, a batch of hits out (extra `scale`)."""

from __future__ import annotations

import pyarrow as pa

from openbeian.screening.keywords import Library
from openbeian.screening.personal import find_personal

HITS = pa.schema(
    [
        ("row", pa.int64()),
        ("kind", pa.string()),
        ("class2", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
    ]
)


def scan_batch(batch: pa.RecordBatch, library: Library, column: str = "text") -> pa.RecordBatch:
    """Return one row for each mention.

    `row` is its number in the batch, `kind` keyword or a kind of personal information, `class2` that of the keyword, `start` and `end`
    its span in the original text, in characters.

    Raises:
        KeyError: when the batch has no such column.
    """
    rows: dict[str, list[object]] = {name: [] for name in HITS.names}
    for index, text in enumerate(batch.column(column).to_pylist()):
        for row in _mentions(index, text or "", library):
            for name, value in zip(HITS.names, row, strict=True):
                rows[name].append(value)
    return pa.RecordBatch.from_pydict(rows, schema=HITS)


def _mentions(index: int, text: str, library: Library) -> list[tuple[int, str, str, int, int]]:
    keywords = [(index, "keyword", hit.keyword.class2, hit.start, hit.end) for hit in library.scan(text)]
    personal = [(index, span.kind.value, "", span.start, span.end) for span in find_personal(text)]
    return keywords + personal
