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
from openbeian.assessment.journal import Course, Entry, Journal, Replay, State
from openbeian.manifest import Fault

MEBIBYTE: Final = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds of one run. Times in seconds, sizes in bytes."""

    attempts: int = 5
    request_seconds: float = 60.0
    question_seconds: float = 180.0
    backoff_seconds: float = 0.5
    longest_backoff_seconds: float = 30.0
    most_bytes: int = 4 * MEBIBYTE
    window: int = 100
    window_least: int = 20
    window_share: float = 0.5


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
    """The terminal record of one question."""

    question_id: str
    state: State
    attempts: int
    uncertain: int
    text: str
    finish: str | None
    action: str | None
    reason: Reason | None
    detail: str


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


def run_bank(
    bank: Bank,
    endpoint: Endpoint,
    journal: Path,
    *,
    concurrency: int,
    now: datetime,
    random: Random,
    limits: Limits | None = None,
    progress: Watch | None = None,
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

    Raises:
        Fault: `endpoint-unreachable`, `journal-locked`, `journal-other-run`, `journal-write`.
    """
    if concurrency < 1:
        raise Fault("assessment-concurrency", "并发数至少为 1", remedy="把并发数改为正整数")
    begun = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    opened = Journal.open(journal, _head(bank, endpoint), {"at": now.isoformat(), "url": endpoint.chat_url})
    try:
        run = _Run(bank, endpoint, opened, limits or Limits(), random, clock, progress or _nobody)
        asyncio.run(run.session(concurrency))
    finally:
        opened.close()
    return outcome_of(bank, opened.replay, clock(), run.listed, run.stopped)


def _nobody(_: Progress) -> None:
    """Watch nothing."""


def _head(bank: Bank, endpoint: Endpoint) -> Entry:
    """Return what makes a run this run: a journal is continued only for the same of all these."""
    return {
        "bank": bank.digest,
        "questions": len(bank.items),
        "model": endpoint.model,
        "parameters": dict(endpoint.parameters),
        "stream": endpoint.is_stream,
    }


@dataclass
class _Run:
    """The workers of one session and what they share."""

    bank: Bank
    endpoint: Endpoint
    journal: Journal
    limits: Limits
    random: Random
    clock: Callable[[], datetime]
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
                f"连不上待评测的服务 {self.endpoint.chat_url}（{error.detail or error.reason.value}）",
                remedy="先启动服务，核对地址与端口；已完成的题目都在，再运行一次会继续",
            ) from error

    async def work(self, client: Client, todo: Iterator[Question]) -> None:
        for question in todo:
            await self.question(client, question)
            if self.stopped:
                return

    async def question(self, client: Client, question: Question) -> None:
        """Bring one question to its terminal record."""
        last = AskError(Reason.WALL_LIMIT, is_final=True)
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.limits.question_seconds):
                for tried in range(1, self.limits.attempts + 1):
                    try:
                        answer = await self.attempt(client, question)
                    except AskError as error:
                        last = error
                    else:
                        self.end(question, _answered(answer), begun)
                        return
                    wait = self.wait_after(question, last, tried, begun)
                    if wait is None:
                        break
                    await asyncio.sleep(wait)
        except TimeoutError:
            last = AskError(Reason.WALL_LIMIT, is_final=True, detail=last.reason.value)
        self.end(question, {"state": State.FAILED, "reason": last.reason, "detail": last.detail}, begun)

    async def attempt(self, client: Client, question: Question) -> Answer:
        number = _course(self.journal.replay.courses, question).attempts + 1
        self.move(question, {"t": "sent", "id": question.id, "n": number, "at": self.clock().isoformat()})
        await self.journal.durable()
        return await client.ask(question.text)

    def wait_after(self, question: Question, error: AskError, tried: int, begun: float) -> float | None:
        """Record why an attempt failed; return the seconds to the next one, or None when there is none.

        Full jitter on top of what the service asks for; a service that asks for more than the question's time has lost.
        """
        number = _course(self.journal.replay.courses, question).attempts
        self.move(question, {"t": "try", "id": question.id, "n": number, "reason": error.reason})
        if error.is_final or tried == self.limits.attempts:
            return None
        ceiling = min(self.limits.longest_backoff_seconds, self.limits.backoff_seconds * 2 ** (tried - 1))
        wait = (error.retry_after or 0.0) + self.random.uniform(0, ceiling)
        return wait if time.monotonic() + wait < begun + self.limits.question_seconds else None

    def end(self, question: Question, facts: Mapping[str, object], begun: float) -> None:
        course = _course(self.journal.replay.courses, question)
        milliseconds = round((time.monotonic() - begun) * 1000)
        entry = {"t": "end", "id": question.id, "n": course.attempts, "uncertain": course.uncertain, "ms": milliseconds}
        self.move(question, {**entry, "question_sha256": question.sha256, **facts})
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


def _answered(answer: Answer) -> Entry:
    return {
        "state": State.ANSWERED,
        "text": answer.text,
        "answer_sha256": sha256(answer.text.encode()).hexdigest(),
        "finish": answer.finish,
        "action": answer.action,
        "model": answer.model,
        "fingerprint": answer.fingerprint,
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
    )


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) else None
