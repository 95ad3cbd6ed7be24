"""Ctrl-C while a session runs, at the moments when it is easily lost."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import operator
import selectors
import signal
import socket
import threading
from datetime import UTC, datetime
from random import Random

import pytest

from openbeian.assessment import Endpoint, Limits, load_bank, run_bank
from openbeian.assessment.interrupts import run_interruptible
from openbeian.assessment.journal import read_journal

pytestmark = pytest.mark.req("T5")
LONG_S = 5  # what a lost Ctrl-C would last
NAP_S = 0.1  # what is over sooner, such as a connection being made, is no sleep


@pytest.fixture(autouse=True)
def hears():
    """Hear Ctrl-C even where these tests were started in the background: shells start that with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    after = signal.signal(signal.SIGINT, before)
    assert after is signal.default_int_handler  # nobody has left a handler of its own
    left = signal.set_wakeup_fd(-1)
    assert left == -1


class PressedBeforeSleep:
    """An epoll on which Ctrl-C comes, once, between the last look at signals and a sleep; it keeps what woke it."""

    def __init__(self, real):
        self.real = real
        self.woken_by = None

    def __getattr__(self, name):
        return getattr(self.real, name)

    def poll(self, timeout=None, most=-1):
        if self.woken_by is not None:
            return self.real.poll(timeout, most)
        if (ready := self.real.poll(min(timeout, NAP_S), most)) or timeout <= NAP_S:
            return ready
        press = functools.partial(ctypes.CDLL(None)["raise"], int(signal.SIGINT))
        sleep = functools.partial(self.real.poll, timeout, most)
        # `map` goes from one to the next in C: the interpreter looks at no signal in between.
        _, self.woken_by = map(operator.call, (press, sleep))
        return self.woken_by


@pytest.fixture
def polls(monkeypatch):
    """Press Ctrl-C before the first sleep of every loop begun from here on; hold what they sleep on."""
    made = []

    class Selector(selectors.EpollSelector):
        def __init__(self):
            super().__init__()
            self._selector = PressedBeforeSleep(self._selector)
            made.append(self._selector)

    monkeypatch.setattr(selectors, "DefaultSelector", Selector)
    return made


def test_ctrl_c_in_the_instant_before_the_loop_sleeps_wakes_it(polls):
    ended = []

    async def session():
        try:
            await asyncio.sleep(LONG_S)
        finally:
            await asyncio.sleep(0)  # what it opened is closed in the loop
            ended.append("in order")

    with pytest.raises(KeyboardInterrupt):
        run_interruptible(session)
    assert ended == ["in order"]
    assert polls[0].woken_by  # and not by the end of the time, with nothing to read


def test_run_is_stopped_in_the_instant_before_it_waits_for_a_service_that_says_nothing(tmp_path, polls):
    bank, journal = tmp_path / "bank.jsonl", tmp_path / "journal.log"
    bank.write_text('{"text": "甲", "class2": "A.3.b", "expect": "any"}\n', encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(KeyboardInterrupt):
        run_bank(
            load_bank(bank),
            Endpoint(f"http://127.0.0.1:{mute.getsockname()[1]}", "mute", {}),
            journal,
            concurrency=1,
            now=datetime(2026, 11, 23, tzinfo=UTC),
            random=Random(1),
            limits=Limits(request_seconds=LONG_S),
        )
    assert polls[0].woken_by
    assert read_journal(journal).sessions == 1


def test_second_ctrl_c_ends_a_session_that_does_not_end():
    async def session():
        try:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(LONG_S)
        except asyncio.CancelledError:
            signal.raise_signal(signal.SIGINT)
            raise AssertionError from None

    with pytest.raises(KeyboardInterrupt):
        run_interruptible(session)


def test_ctrl_c_that_a_session_swallows_is_not_lost():
    async def session():
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.sleep(LONG_S)
        except asyncio.CancelledError:
            return

    with pytest.raises(KeyboardInterrupt):
        run_interruptible(session)


def test_session_that_cancels_itself_is_no_ctrl_c():
    async def session():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_interruptible(session)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_ctrl_c_that_is_ignored_or_handled_goes_unnoticed(handler):
    ended = []

    async def session():
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0)
        ended.append("whole")

    before = signal.signal(signal.SIGINT, handler)
    try:
        run_interruptible(session)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended == ["whole"]


def test_session_runs_in_a_thread_that_hears_no_signals():
    ended = []

    async def session():
        ended.append("whole")

    thread = threading.Thread(target=run_interruptible, args=(session,))
    thread.start()
    thread.join()
    assert ended == ["whole"]
