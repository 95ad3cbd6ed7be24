"""One scan from the first file to the merged result; killed at any moment, it goes on from the shards that are done."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from openbeian.evidence import Resource
from openbeian.manifest import Fault, sha256_file
from openbeian.screening.core import core_name
from openbeian.screening.reading import missed, new_files
from openbeian.screening.running.merging import FileResult, Results, merge_files, write_mentions
from openbeian.screening.running.parts import read_part
from openbeian.screening.running.plan import PARTS, Plan, make_plan, remove_parts, settle_plan, sole
from openbeian.screening.running.pool import DIED, scan_bundles, write_fault
from openbeian.screening.running.tallies import KEY, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openbeian.screening.running.bundles import Bundle
    from openbeian.screening.running.parts import ShardResult
    from openbeian.screening.running.shard_scan import Settings

MENTIONS_FILE: Final = "hits.parquet"
ALIKE: Final = 5  # samples of one sort that are kept
SMALL: Final = 16 * 2**20  # bytes that one process scans sooner than a second one starts


class Runner(Protocol):
    """Scans bundles of shards somewhere and puts their parts into a folder."""

    def __call__(
        self, bundles: Sequence[Bundle], settings: Settings, folder: Path, jobs: int, progress: Callable[[int], None]
    ) -> Iterator[ShardResult]:
        """Yield the results of shards as they are done, in any order."""


@dataclass(frozen=True)
class ScanOptions:
    """How a scan runs; none of it changes what is found.

    Attributes:
        jobs: processes; None: as many as there are processors, one for a small corpus.
        sources: a name for what lies under a path; other files count for the folder they lie in.
        runner: where the shards are scanned; None: on this machine.
        runner_name: its name, for the report.
        shard_bytes: about how large a shard is; None: 64 MiB.
    """

    jobs: int | None = None
    sources: dict[str, str] = field(default_factory=dict)
    runner: Runner | None = None
    runner_name: str = "local"
    shard_bytes: int | None = None


@dataclass(frozen=True)
class ScanResult:
    """What a scan found, file by file, and how it ran.

    Attributes:
        files: their accounts, in order.
        left_out: how many files of the folders are not read, by reason.
        came_late: files that came into the folders while the scan ran; they are not read.
        settings: what was looked for.
        settings_sha256: their digest.
        shards: how many; `resumed`: how many of them an earlier run had done.
        mentions: the Parquet file of all mentions.
        run: how it ran: runner, jobs, core, seconds. No part of what was found.
    """

    files: tuple[FileResult, ...]
    left_out: dict[str, int]
    came_late: tuple[str, ...]
    settings: Settings
    settings_sha256: str
    shards: int
    samples: tuple[dict[str, Any], ...]
    mentions: Resource
    run: dict[str, Any]

    @property
    def total(self) -> Tally:
        """The counts of all files together."""
        return Tally.total([file.tally for file in self.files])

    @property
    def rows_in(self) -> int:
        """Rows met in all files."""
        return sum(file.rows_in for file in self.files)

    @property
    def rows_given(self) -> int:
        """Rows that were scanned."""
        return sum(file.rows_given for file in self.files)

    @property
    def missed(self) -> int:
        """Files and folders that were met and could not be read or opened at all."""
        return missed(self.left_out)

    @property
    def is_whole(self) -> bool:
        """Whether every file was read to its end, none was missed and none came late."""
        return all(file.is_read for file in self.files) and not self.came_late and not self.missed


def run_scan(
    paths: Sequence[Path],
    settings: Settings,
    out: Path,
    options: ScanOptions | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    finish: Callable[[ScanResult], None] | None = None,
) -> ScanResult:
    """Scan files and folders into `out`; parts of a scan that was stopped there are not scanned again.

    Args:
        paths: files, folders or patterns.
        settings: what is looked for.
        out: the folder of the results.
        options: how it runs.
        progress: is called with bytes done, bytes in all and a word on shards.
        finish: writes what is made of the result; only after it are the parts removed, so that a full disk loses nothing.

    Raises:
        Fault: as `list_corpus`; `scan-busy`, `scan-out`, `disk-full`, `scan-unwritable`, `scan-unbalanced`.
    """
    options = options or ScanOptions()
    _refuse_corpus(out, paths)
    began = time.monotonic()
    try:
        out.mkdir(parents=True, exist_ok=True)
        with sole(out):
            plan = make_plan(paths, settings, out, options.sources, options.shard_bytes)
            is_same = settle_plan(plan, out)
            results, resumed = _results(plan, settings, out, options, progress or (lambda *_: None), is_same=is_same)
            run = _facts(options, plan, resumed, time.monotonic() - began)
            result = _put_together(plan, results, settings, out, paths, run)
            if finish:
                finish(result)
            if not any(fault["code"] == DIED for file in result.files for fault in file.faults):
                remove_parts(out)  # else the same command scans but what is missing
            return result
    except OSError as error:
        raise write_fault(error, out) from error


def _refuse_corpus(out: Path, paths: Sequence[Path]) -> None:
    """Refuse to write into the corpus itself: it would count as output ever after."""
    if any(path.is_dir() and path.resolve() == out.resolve() for path in paths):
        raise Fault("scan-out", "结果文件夹就是语料的文件夹", "用 --out 给出另一个文件夹", file=str(out))


def jobs_for(options: ScanOptions, bundles: Sequence[Bundle]) -> int:
    """Return how many processes a scan gets."""
    if sum(shard.size for bundle in bundles for shard in bundle) <= SMALL and options.jobs is None:
        return 1
    return max(1, min(options.jobs or len(os.sched_getaffinity(0)), len(bundles)))


def _results(
    plan: Plan,
    settings: Settings,
    out: Path,
    options: ScanOptions,
    progress: Callable[[int, int, str], None],
    *,
    is_same: bool,
) -> tuple[Results, int]:
    results = Results(out / PARTS)
    for shard in plan.shards if is_same else ():
        if shard not in results:
            for known in read_part(shard.index, results.parts):
                results.add(known)
    resumed = len(results)
    total = sum(shard.size for shard in plan.shards)
    done = sum(shard.size for shard in plan.shards if shard in results)

    def read(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total, f"{len(results)}/{len(plan.shards)} 片")

    read(0)
    left = (tuple(shard for shard in bundle if shard not in results) for bundle in plan.bundles)
    waiting = [bundle for bundle in left if bundle]
    runner = options.runner or scan_bundles
    for result in runner(waiting, settings, results.parts, jobs_for(options, waiting), read) if waiting else ():
        results.add(result)
        read(0)
    if missing := [shard for shard in plan.shards if shard not in results]:
        raise Fault(
            "scan-unbalanced", f"有 {len(missing)} 个分片没有结果", "再运行同一条命令", file=missing[0].file.name
        )
    return results, resumed


def _facts(options: ScanOptions, plan: Plan, resumed: int, seconds: float) -> dict[str, Any]:
    return {
        "runner": options.runner_name,
        "jobs": jobs_for(options, plan.bundles),
        "core": core_name(),
        "shards": len(plan.shards),
        "resumed": resumed,
        "seconds": round(seconds, 1),
        "bytes": sum(shard.size for shard in plan.shards),
    }


def _put_together(
    plan: Plan,
    results: Results,
    settings: Settings,
    out: Path,
    paths: Sequence[Path],
    run: dict[str, Any],
) -> ScanResult:
    files = merge_files(plan.files, plan.shards, results)
    path = out / MENTIONS_FILE
    write_mentions(path, plan.shards, results, sum(sum(file.tally.mentions.values()) for file in files))
    late = new_files(paths, plan.files, without=[out])
    return ScanResult(
        files=tuple(files),
        left_out=plan.left_out,
        came_late=tuple(file.name for file in late),
        settings=settings,
        settings_sha256=plan.settings,
        shards=len(plan.shards),
        samples=tuple(_samples(plan, results)),
        mentions=Resource(name=MENTIONS_FILE, sha256=sha256_file(path), size=path.stat().st_size),
        run=run,
    )


def _samples(plan: Plan, results: Results) -> Iterator[dict[str, Any]]:
    """Yield the shards' samples with their file and source, rows counted through the file; the first few of each sort."""
    seen: Counter[tuple[str, ...]] = Counter()
    for shard, result, base in results.placed(plan.shards):
        for sample in result.samples:
            sort = tuple(sample[name] for name in KEY)
            seen[sort] += 1
            if seen[sort] <= ALIKE:
                yield {**sample, "row": sample["row"] + base, "file": shard.file.name, "source": shard.file.source}
