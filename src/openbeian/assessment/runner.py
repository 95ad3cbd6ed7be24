"""Ask a whole bank, and account for every question exactly once across any number of kills.

Nobody can ask exactly once of a service that does not promise it; everybody can count exactly once. The journal is
written before a question leaves, a question ends in one terminal entry, and every doubtful asking is on record.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

from openbeian.assessment.answers import Answer, AskError, Reason
from openbeian.assessment.banks import Bank, Question
from openbeian.assessment.client import Client, Endpoint, ModelIdentity, session, weights_of
from openbeian.assessment.interrupts import run_interruptible
from openbeian.assessment.journal import Course, Entry, Journal, Replay, State
from openbeian.assessment.pacing import Bucket, Pace, Ticks
from openbeian.manifest import Fault

MEBIBYTE: Final = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds of one run. Times in seconds, sizes in bytes.

    `requests_per_second` and `burst` (requests at once), `tokens_per_minute` and `burst_tokens` are token buckets; None
    sets no bound. A token is what the service states in `usage`, before that one character (`pacing`). Waiting for a
    turn does not count against `question_seconds`.
    """

    attempts: int = 5
    request_seconds: float = 60.0
    question_seconds: float = 180.0
    backoff_seconds: float = 0.5
    longest_backoff_seconds: float = 30.0
    most_bytes: int = 4 * MEBIBYTE
    window: int = 100
    window_least: int = 20
    window_share: float = 0.5
    requests_per_second: float | None = None
    burst: int = 1
    tokens_per_minute: float | None = None
    burst_tokens: int = 4_096


@dataclass(frozen=True)
class Progress:
    """How far the run is; the five numbers add up to `total`."""

    total: int
    planned: int
    sent: int
    answered: int
    failed: int
    uncertain: int


@dataclass(frozen=True)
class Reply:
    """The terminal record of one question.

    `milliseconds` is how long the last attempt took, from request to the end of the answer; `at` is when it ended;
    `picture` is the name that the picture is kept under, where that was the answer.
    """

    question_id: str
    state: State
    attempts: int
    uncertain: int
    text: str
    finish: str | None
    action: str | None
    reason: Reason | None
    detail: str
    milliseconds: int | None = None
    model: str | None = None
    fingerprint: str | None = None
    usage: Mapping[str, int] | None = None
    request_sha256: str | None = None
    at: str | None = None
    picture: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `stopped` says why it ended early; then some questions have no reply yet."""

    replies: dict[str, Reply]
    states: dict[State, int]
    identity: Identity
    asked_again: int
    sessions: int
    finished_at: datetime
    stopped: str | None = None


@dataclass(frozen=True)
class Identity:
    """Which model answered: every name and fingerprint seen in its replies, and its weights where it names them."""

    models: tuple[str, ...]
    fingerprints: tuple[str, ...]
    weights_sha256: str | None

    @property
    def is_single(self) -> bool:
        """Whether one and the same model answered all along."""
        return len(self.models) <= 1 and len(self.fingerprints) <= 1


Watch = Callable[[Progress], None]


def run_bank(  # noqa: PLR0913 - time, seed, clock and limits are arguments
    bank: Bank,
    endpoint: Endpoint,
    journal: Path,
    *,
    concurrency: int,
    now: datetime,
    random: Random,
    limits: Limits | None = None,
    progress: Watch | None = None,
    seed: str | None = None,
    ticks: Ticks = time.monotonic,
) -> Outcome:
    """Ask every question of the bank that has no terminal record yet; run again after a kill to go on.

    Args:
        bank: the questions.
        endpoint: where and how to ask.
        journal: the run's journal file, created when missing.
        concurrency: requests in flight.
        now: the moment the session begins (aware); later moments are counted from it.
        random: the source of jitter.
        limits: bounds of time, size, attempts.
        progress: called after each terminal record.
        seed: the seed of every sample of this run; it stands in the journal's head before the first question.
        ticks: the clock that times are counted by, in seconds.

    Raises:
        Fault: `assessment-concurrency`, `assessment-rate`, `endpoint-unreachable`, `journal-locked`, `journal-other-run`, `journal-write`.
        KeyboardInterrupt: after Ctrl-C, with every answer that had come in on record.
    """
    if concurrency < 1:
        raise Fault("assessment-concurrency", "并发数至少为 1", remedy="把并发数改为正整数")
    begun, bounds = ticks(), limits or Limits()
    pace = _pace(bounds, ticks, random)

    def clock() -> datetime:
        return now + timedelta(seconds=ticks() - begun)

    opened = Journal.open(journal, _head(bank, endpoint, seed), {"at": now.isoformat(), "url": endpoint.address})
    try:
        run = _Run(bank, endpoint, journal.parent, opened, bounds, random, clock, ticks, pace, progress or _nobody)
        run_interruptible(lambda: run.session(concurrency))
    finally:
        opened.close()
    return outcome_of(bank, opened.replay, clock(), run.listed, run.stopped)


def _nobody(_: Progress) -> None:
    """Watch nothing."""


def _pace(limits: Limits, ticks: Ticks, random: Random) -> Pace:
    """Return the token buckets that the limits ask for, full at the start."""
    at, a_second, a_minute = ticks(), limits.requests_per_second, limits.tokens_per_minute
    return Pace(
        ticks,
        requests=None if a_second is None else Bucket(a_second, limits.burst, at),
        text=None if a_minute is None else Bucket(a_minute / 60, limits.burst_tokens, at),
        random=random,
        spread=limits.backoff_seconds,
    )


def _head(bank: Bank, endpoint: Endpoint, seed: str | None) -> Entry:
    """Return what makes a run this run: a journal is continued only for the same of all these."""
    return {
        **({"seed": seed} if seed is not None else {}),
        "bank": bank.digest,
        "questions": len(bank.items),
        "model": endpoint.model,
        "parameters": dict(endpoint.parameters),
        "stream": endpoint.is_stream,
        **({"pictures": True} if endpoint.is_pictures else {}),
    }


class Stopped(Exception):
    """The run was stopped while a question waited for its turn."""


@dataclass
class Asking:
    """One question on its way: what is sent, since when, and why the last attempt gave no answer."""

    question: Question
    body: bytes
    begun: float
    asked: float = field(init=False)
    reason: str = ""

    def __post_init__(self) -> None:
        """Count from the beginning until the first request leaves."""
        self.asked = self.begun


@dataclass
class _Run:
    """The workers of one session and what they share."""

    bank: Bank
    endpoint: Endpoint
    folder: Path
    journal: Journal
    limits: Limits
    random: Random
    clock: Callable[[], datetime]
    ticks: Ticks
    pace: Pace
    progress: Watch
    stopped: str | None = None
    listed: ModelIdentity | None = None
    recent: deque[bool] = field(default_factory=deque)
    states: Counter[State] = field(default_factory=Counter)

    async def session(self, concurrency: int) -> None:
        """Ask every question without a terminal record, so many at once."""
        courses = self.journal.replay.courses
        self.states = Counter(_course(courses, item).state for item in self.bank.items)
        todo = iter([item for item in self.bank.items if _course(courses, item).end is None])
        async with session(concurrency, self.limits.request_seconds) as http:
            client = Client(http, self.endpoint, self.limits.most_bytes, self.clock)
            self.listed = await self.reach(client)
            try:
                async with asyncio.TaskGroup() as workers:
                    for _ in range(concurrency):
                        workers.create_task(self.work(client, todo))
            except ExceptionGroup as group:
                raise group.exceptions[0] from None  # the first fault ended the others; it alone is the news

    async def reach(self, client: Client) -> ModelIdentity:
        """Find out that somebody answers at the address, before the first question is marked as sent."""
        try:
            return await client.identity()
        except AskError as error:
            raise Fault(
                "endpoint-unreachable",
                f"连不上待评测的服务 {self.endpoint.address}（{error.detail or error.reason.value}）",
                remedy="先启动服务，核对地址与端口；已完成的题目都在，再运行一次会继续",
            ) from error

    async def work(self, client: Client, todo: Iterator[Question]) -> None:
        for question in todo:
            await self.question(client, question)
            if self.stopped:
                return

    async def question(self, client: Client, question: Question) -> None:
        """Bring one question to its terminal record; once the run is stopped, leave it as it is."""
        asking = Asking(question, self.endpoint.request(question.text), self.ticks())
        try:
            async with asyncio.timeout(self.limits.question_seconds) as wall:
                answer = await self.attempts(client, asking, wall)
        except TimeoutError:
            error = AskError(Reason.WALL_LIMIT, is_final=True, detail=asking.reason)
            self.end(asking, _failed(error))
        except AskError as error:
            self.end(asking, _failed(error))
        except Stopped:
            return
        else:
            if answer.picture is not None:  # before the record that names it
                answer.picture.keep(self.folder)
            self.end(asking, _answered(answer))

    async def attempts(self, client: Client, asking: Asking, wall: asyncio.Timeout) -> Answer:
        """Ask until there is an answer; raises the AskError after which there is no further attempt."""
        for tried in range(1, self.limits.attempts + 1):
            await self.turn(asking, wall)
            try:
                return await self.attempt(client, asking)
            except AskError as error:
                await asyncio.sleep(self.wait_after(asking, error, tried, wall))
        raise AssertionError("the last attempt returns or raises")

    async def turn(self, asking: Asking, wall: asyncio.Timeout) -> None:
        """Wait until this question may be asked; the time spent in the queue is not the question's."""
        if not self.pace.is_free:
            left = _left(wall)
            wall.reschedule(None)
            await self.pace.admit(len(asking.question.text))
            wall.reschedule(asyncio.get_running_loop().time() + left)
        if self.stopped:
            raise Stopped

    async def attempt(self, client: Client, asking: Asking) -> Answer:
        question = asking.question
        number = _course(self.journal.replay.courses, question).attempts + 1
        self.move(question, {"t": "sent", "id": question.id, "n": number, "at": self.clock().isoformat()})
        await self.journal.durable()
        asking.asked = self.ticks()
        answer = await client.ask(asking.body)
        used = answer.usage.get("total_tokens") if answer.usage else None
        characters = len(question.text)
        self.pace.settle(characters, used or characters + len(answer.text))
        return answer

    def wait_after(self, asking: Asking, error: AskError, tried: int, wall: asyncio.Timeout) -> float:
        """Record why an attempt failed; return the seconds to the next one, or raise the error when there is none.

        Full jitter on top of what the service asks for; a service that asks for more than the question's time has lost.
        A service that says it is asked too much is left alone by every worker.
        """
        number = _course(self.journal.replay.courses, asking.question).attempts
        asking.reason = error.reason
        self.move(asking.question, {"t": "try", "id": asking.question.id, "n": number, "reason": error.reason})
        ceiling = min(self.limits.longest_backoff_seconds, self.limits.backoff_seconds * 2 ** (tried - 1))
        wait = (error.retry_after or 0.0) + self.random.uniform(0, ceiling)
        if error.retry_after is not None or error.reason is Reason.RATE_LIMITED:
            self.pace.pause(min(wait, self.limits.question_seconds))
        if error.is_final or tried == self.limits.attempts or wait >= _left(wall):
            raise error
        return wait

    def end(self, asking: Asking, facts: Mapping[str, object]) -> None:
        question, ended = asking.question, self.ticks()
        course = _course(self.journal.replay.courses, question)
        entry = {
            "t": "end",
            "id": question.id,
            "n": course.attempts,
            "uncertain": course.uncertain,
            "at": self.clock().isoformat(),
            "ms": max(0, round((ended - asking.begun) * 1000)),  # a clock may go back
            "latency_ms": max(0, round((ended - asking.asked) * 1000)),
            "question_sha256": question.sha256,
            "request_sha256": sha256(asking.body).hexdigest(),
        }
        self.move(question, {**entry, **facts})
        self.recent.append(facts["state"] == State.FAILED)
        if len(self.recent) > self.limits.window:
            self.recent.popleft()
        self.stop_when_most_fail()
        self.progress(self.seen())

    def stop_when_most_fail(self) -> None:
        failures = sum(self.recent)
        if len(self.recent) >= self.limits.window_least and failures > self.limits.window_share * len(self.recent):
            self.stopped = self.stopped or f"最近 {len(self.recent)} 题中有 {failures} 题没有得到应答"

    def move(self, question: Question, entry: Entry) -> None:
        """Append an entry and keep the tally of states right."""
        before = _course(self.journal.replay.courses, question).state
        self.journal.append(entry)
        self.states[before] -= 1
        self.states[_course(self.journal.replay.courses, question).state] += 1

    def seen(self) -> Progress:
        counts = {state.value: self.states[state] for state in State}
        return Progress(total=len(self.bank.items), **counts)


def _course(courses: Mapping[str, Course], question: Question) -> Course:
    return courses.get(question.id) or Course()


def _left(wall: asyncio.Timeout) -> float:
    """Return the seconds until the question's time is over."""
    when = wall.when()
    return float("inf") if when is None else when - asyncio.get_running_loop().time()


def _failed(error: AskError) -> Entry:
    return {"state": State.FAILED, "reason": error.reason, "detail": error.detail}


def _answered(answer: Answer) -> Entry:
    return {
        "state": State.ANSWERED,
        "text": answer.text,
        "answer_sha256": sha256(answer.text.encode()).hexdigest(),
        "finish": answer.finish,
        "action": answer.action,
        "model": answer.model,
        "fingerprint": answer.fingerprint,
        **({"usage": answer.usage} if answer.usage is not None else {}),
        **({"picture": answer.picture.name, "caption": answer.caption} if answer.picture is not None else {}),
    }


def outcome_of(
    bank: Bank,
    replay: Replay,
    finished_at: datetime,
    listed: ModelIdentity | None = None,
    stopped: str | None = None,
) -> Outcome:
    """Return what a journal says about a bank: one reply per finished question, states that add up to the bank.

    Raises:
        AssertionError: the states do not add up (an invariant of the journal).
    """
    courses = {item.id: _course(replay.courses, item) for item in bank.items}
    states = Counter(course.state for course in courses.values())
    assert sum(states.values()) == len(bank.items), "every question is in exactly one state"
    ends = [course.end for course in courses.values() if course.end is not None]
    models = sorted({str(end["model"]) for end in ends if end.get("model")})
    fingerprints = sorted({str(end["fingerprint"]) for end in ends if end.get("fingerprint")})
    weights = weights_of(fingerprints[0]) if len(fingerprints) == 1 else None
    if weights is None and not fingerprints and listed is not None:
        weights = listed.weights_sha256
    return Outcome(
        replies={name: _reply(name, course) for name, course in courses.items() if course.end is not None},
        states={state: states[state] for state in State},
        identity=Identity(tuple(models), tuple(fingerprints), weights),
        asked_again=sum(course.uncertain for course in courses.values()),
        sessions=replay.sessions,
        finished_at=finished_at,
        stopped=stopped,
    )


def _reply(name: str, course: Course) -> Reply:
    end = course.end or {}
    reason = end.get("reason")
    return Reply(
        question_id=name,
        state=course.state,
        attempts=course.attempts,
        uncertain=course.uncertain,
        text=str(end.get("text", "")),
        finish=_optional(end.get("finish")),
        action=_optional(end.get("action")),
        reason=Reason(str(reason)) if reason else None,
        detail=str(end.get("detail", "")),
        milliseconds=_number(end.get("latency_ms")),
        model=_optional(end.get("model")),
        fingerprint=_optional(end.get("fingerprint")),
        usage=_usage(end.get("usage")),
        request_sha256=_optional(end.get("request_sha256")),
        at=_optional(end.get("at")),
        picture=_optional(end.get("picture")),
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _usage(value: object) -> dict[str, int] | None:
    return {str(name): int(count) for name, count in value.items()} if isinstance(value, dict) else None


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) else None
