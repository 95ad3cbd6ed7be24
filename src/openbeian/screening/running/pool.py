"""Shards scanned by processes of this machine: one that dies is replaced and its shards scanned again, nothing counted twice."""

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
from openbeian.screening.running.bundles import Bundle
from openbeian.screening.running.parts import ShardResult
from openbeian.screening.running.shard_scan import Settings, scan_to_part, spoilt

if TYPE_CHECKING:
    from collections.abc import Callable

DIED: Final = "worker-died"
TRIES: Final = 3  # a shard that ended so many processes is given up, and said so


def scan_bundles(
    bundles: Sequence[Bundle], settings: Settings, folder: Path, jobs: int, progress: Callable[[int], None]
) -> Iterator[ShardResult]:
    """Yield the results of shards as they are done, in any order, their parts written to `folder`.

    Args:
        bundles: what to scan.
        settings: how.
        folder: of the parts.
        jobs: processes; with 1 all is scanned in this one.
        progress: is called with bytes newly read, from this process.

    Raises:
        Fault: `scan-unbalanced`, `disk-full`, `scan-unwritable`.
    """
    if jobs == 1:
        for bundle in bundles:
            meter = _Meter(progress)
            with _writing(folder):
                results = scan_to_part(bundle, settings, folder, meter.to)
            meter.to(_size(bundle))
            yield from results
        return
    with _Pool(settings, folder, min(jobs, len(bundles)), progress) as pool:
        yield from pool.run(bundles)


def _size(bundle: Bundle) -> int:
    return sum(shard.size for shard in bundle)


class _Meter:
    """Turns “so far” into “newly”."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._told = tell, 0

    def to(self, total: int) -> None:
        """Report bytes read of a bundle so far."""
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
    bundle: Bundle | None = None
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
        """Start a process; one that ends before it has taken what it is to do is started again."""
        for _ in range(TRIES):
            ours, theirs = self._context.Pipe()
            arguments = (theirs, self._settings, self._folder)
            process = self._context.Process(target=_work, args=arguments, daemon=True)
            with theirs, suppress(ConnectionError):
                process.start()
                return _Worker(process, ours)
            ours.close()
        raise Fault(DIED, f"扫描的进程 {TRIES} 次一启动就结束", "看内存是否够用，用 --jobs 1 再运行同一条命令")

    def run(self, bundles: Sequence[Bundle]) -> Iterator[ShardResult]:
        """Yield the results of all shards."""
        waiting = deque(bundles)
        while waiting or any(worker.bundle for worker in self._workers):
            for worker in self._workers:
                if waiting and worker.bundle is None:
                    self._give(worker, waiting)
            ready = wait([worker.pipe for worker in self._workers if worker.bundle])
            for worker in [each for each in self._workers if each.pipe in ready]:
                yield from self._heard(worker, waiting)

    def _give(self, worker: _Worker, waiting: deque[Bundle]) -> None:
        worker.bundle, worker.meter = waiting.popleft(), _Meter(self._progress)
        with suppress(OSError):  # it died idle: hearing from it will tell
            worker.pipe.send([shard.as_json() for shard in worker.bundle])

    def _heard(self, worker: _Worker, waiting: deque[Bundle]) -> Iterator[ShardResult]:
        bundle, meter = worker.bundle, worker.meter
        assert bundle is not None
        assert meter is not None
        try:
            word, value = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._died(worker, bundle, waiting)
            return
        if word == "read":
            meter.to(value)
        elif word == "fault":
            code, message, remedy, file = value
            raise Fault(code, message, remedy, file=file)
        else:
            meter.to(_size(bundle))
            worker.bundle = None
            yield from value

    def _died(self, worker: _Worker, bundle: Bundle, waiting: deque[Bundle]) -> Iterator[ShardResult]:
        """Put another process in place of one that died; its shards are scanned again, unless it is one that ended too many."""
        worker.process.join()
        worker.pipe.close()
        self._workers[self._workers.index(worker)] = self._start()
        if len(bundle) > 1:  # one by one, so that the one which ended it does not take the others with it
            waiting.extendleft((shard,) for shard in reversed(bundle))
            return
        (shard,) = bundle
        self._deaths[shard.index] = self._deaths.get(shard.index, 0) + 1
        if self._deaths[shard.index] < TRIES:
            waiting.appendleft(bundle)
            return
        code = worker.process.exitcode
        fault = Fault(
            DIED,
            f"扫描它的进程 {TRIES} 次意外结束（{code}），这一段没有扫描",
            "看内存是否够用，再运行同一条命令",
        )
        yield spoilt(shard, fault)


def _work(pipe: Connection, settings: Settings, folder: Path) -> None:
    """Scan bundles until the pipe closes; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    _end_with_parent()
    with suppress(EOFError, OSError):
        while True:
            bundle = tuple(Shard.from_json(shard) for shard in pipe.recv())
            pipe.send(_answer(bundle, settings, folder, pipe))


def _answer(bundle: Bundle, settings: Settings, folder: Path, pipe: Connection) -> tuple[str, Any]:
    try:
        with _writing(folder):
            return "done", scan_to_part(bundle, settings, folder, lambda count: pipe.send(("read", count)))
    except Fault as fault:
        return "fault", (fault.code, fault.message, fault.remedy, fault.file)


def _end_with_parent() -> None:
    """End this process when the scan's own process is gone, also while it is busy."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        assert parent is not None
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
