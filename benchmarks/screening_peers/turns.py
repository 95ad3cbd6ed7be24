"""One engine in one process: it says when it is ready, then reads as many documents as it is told and says what that cost.

Needs Python, numpy and pyarrow only: the engines run in environments of their own.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

MEMORY_READ_BYTES = 400_000_000
"""Read from memory before and after each turn: less is too short to be timed."""

DECODED = 8_000
"""Documents."""

Found = list[tuple[str, int, int]]
"""Kind, start and end of what was found in a text."""


class Engine(Protocol):
    """What is timed."""

    def scan(self, texts: Any) -> int:
        """Read all texts; return the number of matches."""


class Finder(Engine, Protocol):
    """An engine that finds personal information."""

    def find(self, texts: Sequence[str]) -> list[Found]:
        """Return what it finds in each text."""


def arguments() -> argparse.Namespace:
    """Read what `screening.py` tells an engine."""
    parser = argparse.ArgumentParser()
    parser.add_argument("variant")
    parser.add_argument("--corpus", type=Path, required=True, help="Parquet with a column `text`")
    parser.add_argument("--library", type=Path, required=True, help="a folded word a line; empty for none")
    parser.add_argument("--fold", type=Path, required=True, help="JSON: code point -> characters")
    parser.add_argument("--core", type=int, required=True, help="the only one that the process may use")
    return parser.parse_args()


def fold_table(given: argparse.Namespace) -> tuple[str, ...]:
    """Return the project's fold as a table for `str.translate`; it is made before the clock runs, like ours.

    A tuple of every code point: on this text twice as fast as a dictionary of those that change, a fifth faster than one of all.
    """
    changed = json.loads(given.fold.read_text(encoding="utf-8"))
    return tuple(changed.get(str(code), chr(code)) for code in range(sys.maxunicode + 1))


def words(given: argparse.Namespace) -> list[str]:
    """Return the words of the library, folded by today's table, whichever one they were drawn by."""
    changed = {int(code): form for code, form in json.loads(given.fold.read_text(encoding="utf-8")).items()}
    folded = (word.translate(changed) for word in given.library.read_text(encoding="utf-8").split())
    return list(dict.fromkeys(word for word in folded if len(word) > 1))


def take_turns(
    build: Callable[[argparse.Namespace], Engine],
    packages: Sequence[str],
    fresh: Callable[[pa.LargeStringArray], Any] | None = None,
) -> None:
    """Take turns until standard input ends.

    Args:
        build: makes the engine; timed, with the memory it takes.
        packages: whose versions are told.
        fresh: turns documents into what the engine reads, outside the clock; strings by default, new ones each turn, since
            a string keeps what was once made of it. Who reads strings finds the fold as a table in what `build` is given.
    """
    given = arguments()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {given.core})
    documents = _documents(given.corpus)
    given.table = None if fresh else fold_table(given)
    before, begun = _data_mb(), time.process_time()
    engine = build(given)
    ready = {"build_s": time.process_time() - begun, "build_mb": _data_mb() - before}
    _say(ready | {"documents": len(documents), "versions": {name: version(name) for name in packages}})
    for line in sys.stdin:
        asked = json.loads(line)
        if "find" in asked:
            _say(engine.find(asked["find"]))  # type: ignore[attr-defined]
        else:
            _say(_turn(engine, documents.slice(0, asked["documents"]), fresh))


def _documents(corpus: Path) -> pa.LargeStringArray:
    column = pq.read_table(corpus, columns=["text"], use_threads=False)["text"]
    return pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in column.chunks])


def _turn(
    engine: Engine, documents: pa.LargeStringArray, fresh: Callable[[pa.LargeStringArray], Any] | None
) -> dict[str, float]:
    content = _content(documents)
    memory = _memory_read(content)
    # Who reads batches needs no strings: some suffice to tell how fast they are decoded.
    encoded = [text.encode() for text in documents.slice(0, DECODED if fresh else None).to_pylist()]
    used = time.process_time()
    strings = [text.decode() for text in encoded]
    decode = sum(map(len, encoded)) / 1e6 / (time.process_time() - used)
    del encoded
    texts = fresh(documents) if fresh else strings
    del strings
    gc.collect()
    begun, used = time.perf_counter(), time.process_time()
    matches = engine.scan(texts)
    used, begun = time.process_time() - used, time.perf_counter() - begun
    memory = max(memory, _memory_read(content))
    size = len(content) / 1e6
    return {"mb": size, "cpu": used, "wall": begun, "decode": decode, "memory": memory, "matches": matches}


def _content(documents: pa.LargeStringArray) -> np.ndarray:
    _, offsets, content = documents.buffers()
    first, count = documents.offset, len(documents)
    places = np.frombuffer(offsets, np.int64)[first : first + count + 1]
    return np.frombuffer(content, np.uint8)[places[0] : places[-1]]


def _memory_read(content: np.ndarray) -> float:
    numbers = content[: len(content) // 8 * 8].view(np.uint64)
    times = max(1, MEMORY_READ_BYTES // numbers.nbytes)
    used = time.process_time()
    for _ in range(times):
        numbers.sum()
    return times * numbers.nbytes / 1e6 / (time.process_time() - used)


def _data_mb() -> float:
    """Return the memory that the process has asked for; nothing where the system does not tell.

    Not the part of it that is in memory just now: a system that puts idle pages away would take the corpus from it meanwhile.
    """
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if path.exists() else 0.0


def _say(content: object) -> None:
    print(json.dumps(content), flush=True)
