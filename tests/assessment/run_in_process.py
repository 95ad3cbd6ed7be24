"""Ask a bank in a process of its own, so that it can be killed: BANK URL JOURNAL CONCURRENCY."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from openbeian.assessment import Endpoint, load_bank, run_bank

if __name__ == "__main__":
    bank, url, journal, concurrency = sys.argv[1:]
    run_bank(
        load_bank(bank),
        Endpoint(url, "fake", {"temperature": 0}),
        Path(journal),
        concurrency=int(concurrency),
        now=datetime(2026, 11, 23, tzinfo=UTC),
        random=Random(1),
    )
