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
from collections.abc import Iterable, Sequence

import pyarrow as pa
from turns import Found, take_turns, words

from openbeian.screening.columns import Screen, scan_batch
from openbeian.screening.keywords import Keyword, Library
from openbeian.screening.reading import ReadOptions

ABSENT = "云朵苹果示例词"
"""The only word of the library where none is wanted; no text has it."""


class Match:
    """Runs the matcher alone."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.matcher = library(given).matcher()

    def scan(self, texts: Iterable[pa.RecordBatch]) -> int:
        """Return the number of matches."""
        return sum(len(self.matcher.find(batch.column("text"))) for batch in texts)


class Scan:
    """Runs the scan."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.screen = Screen(
            library(given), personal=given.variant != "keywords", disguises=given.variant == "disguised"
        )

    def scan(self, texts: Iterable[pa.RecordBatch]) -> int:
        """Return the number of hits."""
        return sum(scan_batch(batch, self.screen).num_rows for batch in texts)

    def find(self, texts: Sequence[str]) -> list[Found]:
        """Return the hits of each text; of those that a person must review the kind says so."""
        found: list[Found] = [[] for _ in texts]
        for batch in batches(pa.array(texts, pa.large_string())):
            for hit in scan_batch(batch, self.screen).to_pylist():
                kind = f"review:{hit['kind']}" if hit["tier"] == "review" else hit["kind"]
                found[hit["row"] - 1].append((kind, hit["start"], hit["end"]))
        return found


def library(given: argparse.Namespace) -> Library:
    """Return the library; its words are Chinese, so no border of theirs is looked at."""
    return Library([Keyword(word) for word in words(given) or [ABSENT]])


def batches(documents: pa.LargeStringArray) -> list[pa.RecordBatch]:
    """Cut documents into batches of whole rows, as the readers hand them over."""
    rows = pa.array(range(1, len(documents) + 1), pa.int64())
    whole = pa.RecordBatch.from_arrays([rows, documents], names=["row", "text"])
    many = max(1, documents.nbytes // ReadOptions().batch_bytes)
    step = -(-len(documents) // many)
    return [whole.slice(start, step) for start in range(0, len(documents), step)]


def build(given: argparse.Namespace) -> Match | Scan:
    """Make the variant."""
    return Match(given) if given.variant == "matched" else Scan(given)


if __name__ == "__main__":
    take_turns(build, ["openbeian", "pyarrow", "numpy"], batches)
