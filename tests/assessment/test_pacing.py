"""Pacing on a clock of its own: never faster than the rate, in order, and a pause holds everybody."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.assessment.pacing import Bucket, Pace
from openbeian.manifest import Fault

pytestmark = pytest.mark.req("T5")

RATES = st.floats(0.05, 200)
BURSTS = st.integers(1, 50)
AMOUNTS = st.lists(st.integers(1, 80), min_size=1, max_size=60)


class VirtualTime:
    """A clock that moves only when everybody sleeps."""

    def __init__(self):
        self.at = 0.0
        self.sleepers = []

    def ticks(self):
        return self.at

    async def sleep(self, seconds):
        waiter = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.at + seconds, len(self.sleepers), waiter))
        await waiter

    async def run(self, *workers):
        tasks = [asyncio.ensure_future(worker) for worker in workers]
        while not all(task.done() for task in tasks):
            for _ in range(2 * len(tasks) + 5):  # let everybody come to rest
                await asyncio.sleep(0)
            pending = sorted(sleeper for sleeper in self.sleepers if not sleeper[2].done())
            if pending:
                self.at = max(self.at, pending[0][0])
                pending[0][2].set_result(None)
        await asyncio.gather(*tasks)


def left_at(amounts, *, rate, burst, workers=4, text=False, spread=0.0):
    """Let workers send the amounts as fast as they may; return when each left, in order."""
    time, left = VirtualTime(), []
    bucket = Bucket(rate, burst, 0.0)
    pace = Pace(
        time.ticks,
        requests=None if text else bucket,
        text=bucket if text else None,
        random=Random(1),
        spread=spread,
        sleep=time.sleep,
    )
    queue = iter(amounts)

    async def work():
        for amount in queue:
            await pace.admit(amount)
            left.append((time.at, amount))

    asyncio.run(time.run(*(work() for _ in range(workers))))
    return left


def most_over(left, rate, burst):
    """Return by how much any window saw more than rate * t + burst."""
    worst = 0.0
    for start in range(len(left)):
        total = 0
        for at, amount in left[start:]:
            total += amount
            worst = max(worst, total - rate * (at - left[start][0]) - burst)
    return worst


@settings(max_examples=80, deadline=None)
@given(RATES, BURSTS, st.integers(1, 60), st.integers(1, 9))
def test_requests_in_any_time_never_exceed_the_rate_and_the_burst(rate, burst, count, workers):
    left = left_at([1] * count, rate=rate, burst=burst, workers=workers)
    assert len(left) == count
    assert most_over(left, rate, burst) <= 1e-6 * count
    assert left[-1][0] == pytest.approx(max(0, count - burst) / rate)  # and no slower than that


@settings(max_examples=80, deadline=None)
@given(RATES, BURSTS, AMOUNTS, st.integers(1, 9))
def test_text_in_any_time_never_exceeds_the_rate_and_the_burst_or_one_larger_request(rate, burst, amounts, workers):
    left = left_at(amounts, rate=rate, burst=burst, workers=workers, text=True)
    assert [amount for _, amount in left] == amounts
    assert most_over(left, rate, max(burst, *amounts)) <= 1e-6 * sum(amounts)


@given(RATES, BURSTS, st.lists(st.floats(-100, 100), max_size=30))
def test_bucket_under_a_clock_that_goes_back_gains_only_what_goes_forward(rate, burst, steps):
    bucket, at, forward, taken = Bucket(rate, burst, 0.0), 0.0, 0.0, 0
    for step in steps:
        at, forward = at + step, forward + max(0.0, step)
        while bucket.wait(1, at) == 0:
            bucket.charge(1)
            taken += 1
        assert 0 < bucket.wait(1, at) <= 1 / rate + 1e-6
    assert taken <= rate * forward + burst + 1e-6 * (1 + taken)


def test_pause_holds_every_worker_until_its_end_and_the_longer_pause_counts():
    time, left = VirtualTime(), []
    pace = Pace(time.ticks, random=Random(1), spread=2.0, sleep=time.sleep)
    assert pace.is_free
    pace.pause(30)
    pace.pause(10)

    async def work():
        await pace.admit(1)
        left.append(time.at)

    asyncio.run(time.run(*(work() for _ in range(20))))
    assert min(left) >= 30
    assert max(left) <= 32
    assert len(set(left)) == 20  # they do not all come back at one moment
    assert pace.is_free


def test_pause_that_begins_while_others_wait_for_their_turn_holds_them_too():
    time, left = VirtualTime(), []
    pace = Pace(time.ticks, requests=Bucket(1, 1, 0.0), random=Random(1), sleep=time.sleep)

    async def work():
        await pace.admit(1)
        left.append(time.at)
        if len(left) == 2:
            pace.pause(100)

    asyncio.run(time.run(*(work() for _ in range(4))))
    assert left == [pytest.approx(at) for at in (0, 1, 101, 102)]


def test_settle_charges_what_the_answer_used():
    time, left = VirtualTime(), []
    pace = Pace(time.ticks, text=Bucket(10, 100, 0.0), random=Random(1), sleep=time.sleep)

    async def work():
        for used in (200, 10, 10):
            await pace.admit(10)
            left.append(time.at)
            pace.settle(10, used)

    asyncio.run(time.run(work()))
    assert left == [pytest.approx(at) for at in (0, 11, 12)]


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0), (float("nan"), 1)])
def test_bucket_without_a_rate_is_a_fault(rate, burst):
    with pytest.raises(Fault) as caught:
        Bucket(rate, burst, 0.0)
    assert caught.value.code == "assessment-rate"
