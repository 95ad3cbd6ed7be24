"""One stack in one process: it says when it is ready, then takes as many steps as it is told and says what they cost.

Needs nothing but Python: the stacks run in environments of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

WARM_UP = 3
"""Steps before the first turn: whatever a stack compiles or allocates once is not its pace."""


def arguments() -> argparse.Namespace:
    """Read what `studio_speed.py` tells a stack."""
    parser = argparse.ArgumentParser()
    parser.add_argument("variant")
    parser.add_argument("network")
    parser.add_argument("--pictures", type=Path, required=True, help=".npy, uint8 (n, 28, 28)")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    return parser.parse_args()


def take_turns(step: Callable[[], object], versions: dict[str, str]) -> None:
    """Take turns until standard input ends: a line asks for a number of steps, the answer is wall and CPU seconds.

    Args:
        step: takes one step; done when it returns.
        versions: of the libraries, for the table.
    """
    for _ in range(WARM_UP):
        step()
    _say(versions)
    for line in sys.stdin:
        begun, used = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            step()
        _say([time.perf_counter() - begun, time.process_time() - used])


def _say(content: object) -> None:
    print(json.dumps(content), flush=True)
