"""A whole scan of Parquet files: planned, read, scanned, reconciled, merged; one way of running it, said as a line of JSON.

| way | what runs |
|---|---|
| read | pyarrow reads the column, nothing else: what no scan can go below |
| local | `run_scan` with so many processes |
| spark | the same on Spark, `local[jobs]` |
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from openbeian.screening.columns import Screen
from openbeian.screening.keywords import Keyword, Library
from openbeian.screening.reading import ReadOptions
from openbeian.screening.running import ScanOptions, Settings, run_scan


def read(folder: Path) -> dict[str, int]:
    """Read the texts of all files."""
    rows = 0
    for path in sorted(folder.glob("*.parquet")):
        batches = pq.ParquetFile(path).iter_batches(columns=["text"], use_threads=False)
        rows += sum(batch.num_rows for batch in batches)
    return {"rows": rows}


def scan(arguments: argparse.Namespace) -> dict[str, int]:
    """Run the scan."""
    words = arguments.library.read_text(encoding="utf-8").split()
    screen = Screen(Library([Keyword(word) for word in words]), personal=True, disguises=arguments.second_pass)
    options = ScanOptions(jobs=arguments.jobs)
    if arguments.way == "spark":
        from openbeian.screening.running.spark import SparkRunner

        options = ScanOptions(jobs=arguments.jobs, runner=SparkRunner(f"local[{arguments.jobs}]"), runner_name="spark")
    with tempfile.TemporaryDirectory(dir=arguments.folder.parent) as out:
        result = run_scan([arguments.folder], Settings(screen, ReadOptions(), frozenset()), Path(out), options)
        mentions = pq.read_metadata(Path(out) / "hits.parquet").num_rows
    return {"rows": result.rows_given, "mentions": mentions, "is_whole": result.is_whole}


def cpu_seconds() -> float:
    """Return what the process and those it has waited for used."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Run one way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=["read", "local", "spark"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--second-pass", action="store_true")
    arguments = parser.parse_args()
    begun, used = time.perf_counter(), cpu_seconds()
    told = read(arguments.folder) if arguments.way == "read" else scan(arguments)
    print(json.dumps(told | {"wall": time.perf_counter() - begun, "cpu": cpu_seconds() - used}))


if __name__ == "__main__":
    main()
