"""The core as a pure function over Arrow: a batch of texts in, a batch of hits out (extra `scale`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from openbeian.screening.keywords import Library
from openbeian.screening.personal import find_personal

KEYWORD, CLASSIFIER = "keyword", "classifier"
HITS = pa.schema(
    [
        ("row", pa.int64()),
        ("kind", pa.string()),
        ("class2", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
    ]
)


class Flagger(Protocol):
    """Says of whole texts whether they do not qualify, as a trained classifier does."""

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Tell for each text whether it does not qualify."""


def scan_batch(
    batch: pa.RecordBatch, library: Library, column: str = "text", classifier: Flagger | None = None
) -> pa.RecordBatch:
    """Return one row for each mention.

    `row` is its number in the batch, `kind` keyword, classifier or a kind of personal information, `class2` that of the
    keyword, `start` and `end` its span in the original text, in characters; what a classifier flags is the whole text.

    Raises:
        KeyError: when the batch has no such column.
    """
    rows: dict[str, list[object]] = {name: [] for name in HITS.names}
    texts = [text or "" for text in batch.column(column).to_pylist()]
    flags = classifier.flags(texts) if classifier is not None and texts else [False] * len(texts)
    for index, (text, is_flagged) in enumerate(zip(texts, flags, strict=True)):
        flagged = [(index, CLASSIFIER, "", 0, len(text))] if is_flagged else []
        for row in flagged + _mentions(index, text, library):
            for name, value in zip(HITS.names, row, strict=True):
                rows[name].append(value)
    return pa.RecordBatch.from_pydict(rows, schema=HITS)


def _mentions(index: int, text: str, library: Library) -> list[tuple[int, str, str, int, int]]:
    keywords = [(index, KEYWORD, hit.keyword.class2, hit.start, hit.end) for hit in library.scan(text)]
    personal = [(index, span.kind.value, "", span.start, span.end) for span in find_personal(text)]
    return keywords + personal
