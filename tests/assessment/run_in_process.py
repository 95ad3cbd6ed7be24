"""Ask a bank in a process of its own, so that it can be killed: BANK URL JOURNAL CONCURRENCY [SIZE].

With SIZE the process kills itself in the middle of the write that brings the journal to so many bytes.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from openbeian.assessment import Endpoint, load_bank, run_bank


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


if __name__ == "__main__":
    bank, url, journal, concurrency, *size = sys.argv[1:]
    if size:
        die_at(int(size[0]))
    run_bank(
        load_bank(bank),
        Endpoint(url, "fake", {"temperature": 0}),
        Path(journal),
        concurrency=int(concurrency),
        now=datetime(2026, 11, 23, tzinfo=UTC),
        random=Random(1),
    )
