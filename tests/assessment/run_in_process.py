"""Ask a bank in a process of its own, so that it can be killed: each line names BANK URL JOURNAL CONCURRENCY [SIZE].

With SIZE the process kills itself in the middle of the write that brings the journal to so many bytes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from openbeian.assessment import Endpoint, load_bank, run_bank

ROOT = Path(__file__).resolve().parents[2]


def die_at(size):
    """Let the journal grow to exactly so many bytes, then die as by `kill -9`."""
    write = os.write

    def dying(descriptor, line):
        room = size - os.lseek(descriptor, 0, os.SEEK_CUR)
        if room > len(line):
            return write(descriptor, line)
        write(descriptor, line[: max(0, room)])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    os.write = dying


def ask(bank, url, journal, concurrency, size=None):
    """Ask a bank as its own process, which may be one that dies."""
    if size:
        die_at(size)
    run_bank(
        load_bank(bank),
        Endpoint(url, "fake", {"temperature": 0}),
        Path(journal),
        concurrency=concurrency,
        now=datetime(2026, 11, 23, tzinfo=UTC),
        random=Random(1),
    )


def serve():
    """Fork for every line, say the process and then how it ended."""
    for line in iter(sys.stdin.readline, ""):
        number = os.fork()
        if number == 0:
            ask(*json.loads(line))
            os._exit(0)
        print(number, flush=True)  # noqa: T201 - the answer of this program
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)  # noqa: T201


class Processes:
    """Processes that ask a bank one after the other, forked from one that has the code imported."""

    def __init__(self, *arguments):
        self._arguments = [str(each) if isinstance(each, Path) else each for each in arguments]

    def __enter__(self):
        command = [sys.executable, "-m", __name__]
        self._server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def start(self, *size):
        """Start the next process and return its number."""
        self._server.stdin.write(json.dumps([*self._arguments, *size]) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def ended(self):
        """Wait for the process and return its exit code."""
        return int(self._server.stdout.readline())


if __name__ == "__main__":
    serve()
