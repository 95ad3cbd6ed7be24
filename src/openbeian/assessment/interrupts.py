"""Ctrl-C while a session runs: from whatever moment, the session ends in order and soon.

`asyncio.run` alone can sleep through it. A signal that comes in the instant before the loop goes to sleep, or that the
system hands to another thread, is only noted: nothing breaks the sleep, and the note is read when the next timer is due,
which may be a minute away. So here every signal also writes to a socket that the loop watches.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], Any]

_MOST_BYTES: Final = 4096  # taken from the socket at once; what they are does not matter


def run_interruptible(session: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a session in a loop of its own, like `asyncio.run`, until its end or Ctrl-C.

    Every Ctrl-C goes to the handler that was there before. When that raises KeyboardInterrupt, the first one cancels the
    session instead, so that it can close what it opened; the next ones go through. A process that was started with
    Ctrl-C ignored, as shells start what runs in the background, goes on ignoring it.

    Args:
        session: makes the coroutine to run.

    Raises:
        KeyboardInterrupt: the session was cancelled by Ctrl-C and has ended.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        asyncio.run(session())
        return
    interrupt = _Interrupt(before)
    with _handled_by(interrupt, before), _written_down() as written, asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.add_reader(written, written.recv, _MOST_BYTES)
        interrupt.task = loop.create_task(session())
        try:
            loop.run_until_complete(interrupt.task)
        except asyncio.CancelledError:
            if not interrupt.is_heard:
                raise
    if interrupt.is_heard:
        raise KeyboardInterrupt


class _Interrupt:
    """Turns the first KeyboardInterrupt of the handler before into the cancellation of a task."""

    def __init__(self, before: Handler) -> None:
        self.task: asyncio.Task[None] | None = None
        self.is_heard = False
        self._before = before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        try:
            self._before(number, frame)
        except KeyboardInterrupt:
            if self.is_heard or self.task is None or self.task.done():
                raise
            self.is_heard = True
            self.task.cancel()


@contextmanager
def _handled_by(handler: Handler, before: Handler) -> Iterator[None]:
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _written_down() -> Iterator[socket.socket]:
    """Yield a socket that can be read once a signal has come, whichever thread took it."""
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(before)
