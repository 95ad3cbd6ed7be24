"""Ctrl-C during an assessment: the first ends it in order, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

from openbeian.cli.console import Exit

WORDS: Final = "已立即停止。已完成的题目都在；再运行一次，从停下的地方继续。"
_SHOW_CURSOR: Final = "\x1b[?25h"  # a progress line hides it


@contextmanager
def second_ends_at_once() -> Iterator[None]:
    """Let the second Ctrl-C end the process, whatever it waits for: a disk, a name server, a thread of its own.

    Nothing is lost by it: the journal is made to be killed at any byte. After the first Ctrl-C this stays in force until
    the process has ended, because its last act is to wait for its threads. Where Ctrl-C is ignored or is somebody
    else's, nothing is changed.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    is_pressed = False

    def press(_number: int, _frame: FrameType | None) -> NoReturn:
        nonlocal is_pressed
        if is_pressed:
            _end()
        is_pressed = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        if not is_pressed:
            signal.signal(signal.SIGINT, before)


def _end() -> NoReturn:
    """Say so and be gone, past every buffer and lock: the code that was interrupted may hold any of them."""
    shown = _SHOW_CURSOR if os.isatty(2) else ""
    with suppress(OSError):
        os.write(2, f"{shown}\n{WORDS}\n".encode(sys.stderr.encoding or "utf-8", "replace"))
    os._exit(Exit.INTERRUPTED)
