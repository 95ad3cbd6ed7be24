"""Shards scanned by processes of this machine: one that dies is replaced and its shard scanned again, nothing counted twice."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from openbeian.manifest import Fault, reason_of
from openbeian.screening.reading import Shard
from openbeian.screening.running.shard_scan import Settings, ShardResult, scan_to_part, spoilt

if TYPE_CHECKING:
    from collections.abc import Callable

DIED: Final = "worker-died"
TRIES: Final = 3  # a shard that ended so many processes is given up, and said so


def scan_shards(
    shards: Sequence[Shard], settings: Settings, folder: Path, jobs: int, progress: Callable[[int], None]
) -> Iterator[ShardResult]:
    """Yield the results of shards as they are done, in any order, their parts written to `folder`.

    Args:
        shards: what to scan.
        settings: how.
        folder: of the parts.
        jobs: processes; with 1 the shards are scanned in this one.
        progress: is called with bytes newly read, from this process.

    Raises:
        Fault: `scan-unbalanced`, `disk-full`, `scan-unwritable`.
    """
    if jobs == 1:
        for shard in shards:
            meter = _Meter(progress)
            with _writing(folder):
                result = scan_to_part(shard, settings, folder, meter.to)
            meter.to(shard.size)
            yield result
        return
    with _Pool(settings, folder, min(jobs, len(shards)), progress) as pool:
        yield from pool.run(shards)


class _Meter:
    """Turns “so far” into “newly”."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._told = tell, 0

    def to(self, total: int) -> None:
        """Report bytes read of a shard so far."""
        if total > self._told:
            self._tell(total - self._told)
            self._told = total


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn an OSError of writing parts into a fault that says what to do."""
    try:
        yield
    except OSError as error:
        raise write_fault(error, folder) from error


def write_fault(error: OSError, folder: Path) -> Fault:
    """Return the fault of a result that cannot be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Fault(
            "disk-full",
            "磁盘写满，扫描停下了；已完成的分片都在",
            "腾出空间后再运行同一条命令，从停下的地方继续",
            file=str(folder),
        )
    return Fault("scan-unwritable", f"写不了结果：{reason_of(error)}", "检查目录的权限", file=str(folder))


@dataclass
class _Worker:
    process: ForkServerProcess
    pipe: Connection
    shard: Shard | None = None
    meter: _Meter | None = None


class _Pool:
    """Processes that scan shards given to them by pipe; ended when this process ends, however it ends."""

    def __init__(self, settings: Settings, folder: Path, jobs: int, progress: Callable[[int], None]) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])  # imported once, for every process that is started
        self._settings, self._folder, self._progress = settings, folder, progress
        self._deaths: dict[int, int] = {}
        self._jobs = jobs
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        self._workers = [self._start() for _ in range(self._jobs)]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.kill()  # a part is whole or not there, so a process may be ended at any moment
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        arguments = (theirs, self._settings, self._folder)
        process = self._context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def run(self, shards: Sequence[Shard]) -> Iterator[ShardResult]:
        """Yield the results of all shards."""
        waiting = deque(shards)
        while waiting or any(worker.shard for worker in self._workers):
            for worker in self._workers:
                if waiting and worker.shard is None:
                    self._give(worker, waiting)
            ready = wait([worker.pipe for worker in self._workers if worker.shard])
            for worker in [each for each in self._workers if each.pipe in ready]:
                yield from self._heard(worker, waiting)

    def _give(self, worker: _Worker, waiting: deque[Shard]) -> None:
        worker.shard, worker.meter = waiting.popleft(), _Meter(self._progress)
        with suppress(OSError):  # it died idle: hearing from it will tell
            worker.pipe.send(worker.shard.as_json())

    def _heard(self, worker: _Worker, waiting: deque[Shard]) -> Iterator[ShardResult]:
        shard, meter = worker.shard, worker.meter
        assert shard is not None
        assert meter is not None
        try:
            word, value = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._died(worker, shard, waiting)
            return
        if word == "read":
            meter.to(value)
        elif word == "fault":
            code, message, remedy, file = value
            raise Fault(code, message, remedy, file=file)
        else:
            meter.to(shard.size)
            worker.shard = None
            yield value

    def _died(self, worker: _Worker, shard: Shard, waiting: deque[Shard]) -> Iterator[ShardResult]:
        """Put another process in place of one that died; its shard is scanned again, unless it has ended too many."""
        worker.process.join()
        worker.pipe.close()
        self._workers[self._workers.index(worker)] = self._start()
        self._deaths[shard.index] = self._deaths.get(shard.index, 0) + 1
        if self._deaths[shard.index] < TRIES:
            waiting.appendleft(shard)
            return
        code = worker.process.exitcode
        fault = Fault(
            DIED,
            f"扫描它的进程 {TRIES} 次意外结束（{code}），这一段没有扫描",
            "看内存是否够用，再运行同一条命令",
        )
        yield spoilt(shard, fault)


def _work(pipe: Connection, settings: Settings, folder: Path) -> None:
    """Scan shards until the pipe closes; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    _end_with_parent()
    with suppress(EOFError, OSError):
        while True:
            shard = Shard.from_json(pipe.recv())
            pipe.send(_answer(shard, settings, folder, pipe))


def _answer(shard: Shard, settings: Settings, folder: Path, pipe: Connection) -> tuple[str, Any]:
    try:
        with _writing(folder):
            return "done", scan_to_part(shard, settings, folder, lambda count: pipe.send(("read", count)))
    except Fault as fault:
        return "fault", (fault.code, fault.message, fault.remedy, fault.file)


def _end_with_parent() -> None:
    """End this process when the scan's own process is gone, also while it is busy with a shard."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        assert parent is not None
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
