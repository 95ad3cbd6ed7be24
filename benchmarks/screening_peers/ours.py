"""Our scan: batches of Arrow in, a batch of hits with their places in the original text out.

Whether the compiled core or the pure parts run is told by `OPENBEIAN_SCREENING_CORE`.

| variant | what is looked for |
|---|---|
| matched | the library's words, as the matcher gives them: arrays of spans, no batch |
| keywords | the library's words |
| personal | personal information |
| both | both, in one pass |
| disguised | both, and what the second pass finds |
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import pyarrow as pa
from turns import take_turns, words

from openbeian.screening.keywords import Keyword, Library

BATCH_BYTES = 4_000_000


class Match:
    """Runs the matcher alone."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.matcher = Library([Keyword(word) for word in words(given)]).matcher()

    def scan(self, texts: Iterable[pa.RecordBatch]) -> int:
        """Return the number of matches."""
        return sum(len(self.matcher.find(batch.column("text"))) for batch in texts)


def batches(documents: pa.LargeStringArray) -> list[pa.RecordBatch]:
    """Cut documents into batches of whole rows, as the readers hand them over."""
    rows = pa.array(range(1, len(documents) + 1), pa.int64())
    whole = pa.RecordBatch.from_arrays([rows, documents], names=["row", "text"])
    many = max(1, documents.nbytes // BATCH_BYTES)
    step = -(-len(documents) // many)
    return [whole.slice(start, step) for start in range(0, len(documents), step)]


def build(given: argparse.Namespace) -> Match:
    """Make the variant."""
    return {"matched": Match}[given.variant](given)


if __name__ == "__main__":
    take_turns(build, ["openbeian", "pyarrow", "numpy"], batches)
