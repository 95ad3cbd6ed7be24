"""Whole scans of files, as `openbeian scan` runs them: by processes of this machine and by Spark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from reporting import table

PROGRAM = Path(__file__).parent / "screening_peers" / "whole_scan.py"
WAYS = {
    "pyarrow reads, nothing else": ("read", 1, False),
    "1 process": ("local", 1, False),
    "2 processes": ("local", 2, False),
    "2 processes, second pass too": ("local", 2, True),
    "Spark, local[2]": ("spark", 2, False),
}
"""Ways of scanning whole files: the way, processes, whether the second pass runs."""
FILES = 64
WATCH_SECONDS = 0.1


@dataclass(frozen=True)
class Whole:
    """What a whole scan took: seconds by the clock, CPU seconds and the most memory (MB) of all its processes, what it found."""

    wall: float
    cpu: float
    memory: float
    told: dict


def time_whole(corpus: Path, library: Path, copies: int, folder: Path) -> dict[str, Whole | str]:
    """Scan so many copies of the corpus as files, in every way; where one cannot, say why."""
    files = folder / "files"
    files.mkdir()
    text = pq.read_table(corpus, columns=["text"])
    each = -(-len(text) * copies // FILES)
    for number in range(FILES):
        part = text.slice(number * each % len(text), each)
        pq.write_table(part, files / f"part-{number:02}.parquet", compression="zstd")
    done: dict[str, Whole | str] = {}
    for name, (way, jobs, is_second) in WAYS.items():
        command = [sys.executable, str(PROGRAM), way, "--folder", str(files), "--library", str(library)]
        command += ["--jobs", str(jobs), *(["--second-pass"] if is_second else [])]
        done[name] = watched(command, folder / f"whole-{way}.log")
        print(f"whole scan: {name}", file=sys.stderr)
    return done


def watched(command: Sequence[str], complaints: Path) -> Whole | str:
    """Run a command in a session of its own; count the CPU and the memory of all processes of that session."""
    with complaints.open("w") as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True)
    used: dict[int, float] = {}
    memory = 0.0
    while process.poll() is None:
        now = dict(in_session(process.pid))
        used |= {pid: cpu for pid, (cpu, _) in now.items()}
        memory = max(memory, sum(resident for _, resident in now.values()))
        time.sleep(WATCH_SECONDS)
    assert process.stdout is not None
    lines = process.stdout.read().strip().splitlines()
    if process.returncode or not lines:
        words = complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return words[-1] if words else f"exit code {process.returncode}"
    told = json.loads(lines[-1])
    return Whole(told["wall"], sum(used.values()), memory, told)


def in_session(session: int) -> Iterator[tuple[int, tuple[float, float]]]:
    """Yield the processes of a session with their CPU seconds and memory (MB), as Linux tells them."""
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[3]) == session:
            yield int(path.parent.name), ((int(fields[11]) + int(fields[12])) / tick, int(fields[21]) * page / 1e6)


def whole_table(done: Mapping[str, Whole | str], size: float) -> list[str]:
    """Return the whole scans as Markdown; `size` in MB of text."""
    head = ["way", "MB/s (clock)", "s", "MB/CPU-s", "CPU-s", "MB memory", "rows", "mentions"]
    rows = [
        [
            name,
            f"{size / one.wall:.0f}",
            f"{one.wall:.1f}",
            f"{size / one.cpu:.0f}",
            f"{one.cpu:.1f}",
            f"{one.memory:,.0f}",
            f"{one.told['rows']:,}",
            f"{one.told.get('mentions', 0):,}",
        ]
        for name, one in done.items()
        if isinstance(one, Whole)
    ]
    missing = [f"\n{name}: left out ({one})" for name, one in done.items() if isinstance(one, str)]
    return [*table(head, rows), *missing]
