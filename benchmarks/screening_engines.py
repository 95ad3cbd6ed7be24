"""The engines of the screening benchmark: each in a process of its own, all those of a table alive at once, taking turns."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TRIAL_DOCUMENTS = 400


@dataclass(frozen=True)
class Engine:
    """A row of a table: its name, the program that runs it, which of its variants, with which core of ours."""

    name: str
    program: str
    variant: str = ""
    core: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it is the scan of this project."""
        return self.program == "ours.py"

    @property
    def gives_all(self) -> bool:
        """Whether it gives all overlapping matches, as ours does."""
        return self.program != "translated_flashtext2.py"


@dataclass(frozen=True)
class Turn:
    """What a turn read (MB), what it cost (s), what it found, and how fast the same bytes are decoded and read (MB/s)."""

    mb: float
    cpu: float
    wall: float
    decode: float
    memory: float
    matches: int

    @property
    def pace(self) -> float:
        """MB a CPU second."""
        return self.mb / self.cpu


@dataclass
class Timed:
    """What came of the engines of one table."""

    turns: dict[Engine, list[Turn]] = field(default_factory=dict)
    ready: dict[Engine, dict[str, float]] = field(default_factory=dict)
    expected: dict[Engine, int] = field(default_factory=dict)
    findings: dict[str, dict[str, list[list]]] = field(default_factory=dict)
    are_cores_alike: bool = True
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[Engine, str] = field(default_factory=dict)


# The engines' processes.


class Gone(RuntimeError):
    """An engine's process has ended by itself; the message is the last line it said."""


class Worker:
    """An engine in its process.

    Args:
        command: of the process.
        complaints: file for what it says besides.
        core: of ours, compiled or pure.

    Raises:
        Gone: it did not come to its first turn.
    """

    def __init__(self, command: Sequence[str], complaints: Path, core: str) -> None:
        self._complaints = complaints
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = os.environ | one_thread | ({"OPENBEIAN_SCREENING_CORE": core} if core else {})
        with complaints.open("w") as said:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, env=environment
            )
        self.ready = self._answer()
        self.documents = TRIAL_DOCUMENTS

    def settle(self, seconds: float) -> None:
        """Find the number of documents that fill a turn of so many CPU seconds; the first try only warms up."""
        for _ in range(2):
            turn = self.turn()
            self.documents = min(int(self.documents * seconds / turn.cpu) + 1, int(self.ready["documents"]))

    def turn(self, documents: int = 0) -> Turn:
        """Read so many documents, or as many as were settled. Raises `Gone`."""
        return Turn(**self.ask({"documents": documents or self.documents}))

    def ask(self, question: object) -> dict:
        """Return the answer. Raises `Gone`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as reason:
            raise Gone(self._last_words()) from reason
        return self._answer()

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Gone(self._last_words())
        return json.loads(line)

    def _last_words(self) -> str:
        self._process.wait()
        lines = self._complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self._process.returncode}"


@contextmanager
def workers(engines: Mapping[Engine, Sequence[str]], folder: Path, timed: Timed) -> Iterator[dict[Engine, Worker]]:
    """Start the engines; those that do not come up are noted as missing. All are ended afterwards."""
    alive: dict[Engine, Worker] = {}
    try:
        for engine, command in engines.items():
            try:
                alive[engine] = Worker(command, folder / f"{engine.program}.{engine.variant}.log", engine.core)
                timed.versions |= alive[engine].ready["versions"]
                timed.ready[engine] = alive[engine].ready
            except Gone as reason:
                timed.missing[engine] = str(reason)
        yield alive
    finally:
        for worker in alive.values():
            worker.end()


def in_turns(alive: Mapping[Engine, Worker], timed: Timed, arguments: argparse.Namespace, title: str) -> None:
    """Let the engines take turns: first to find their pace, then the rounds that count."""
    timed.turns = {engine: [] for engine in alive}
    for worker in alive.values():
        worker.settle(arguments.seconds)
    order = list(alive)
    for number in range(arguments.rounds):
        begin = number % len(order)
        for engine in order[begin:] + order[:begin]:
            timed.turns[engine].append(alive[engine].turn())
        print(f"{title}: round {number + 1} of {arguments.rounds}", file=sys.stderr)
