"""The one clock of the office. Pages, API and tasks ask it; services take `now` as an argument.

In a demonstration it can be moved forward, never back (ADR 0007); pages then say that it is simulated.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from openbeian.files import write_whole
from openbeian.manifest import Fault

FILE = "office/clock.json"


def now(home: Path, *, is_demo: bool) -> datetime:
    """Return the instant in UTC; in a demonstration with the offset that was asked for."""
    return datetime.now(UTC) + (offset(home) if is_demo else timedelta())


def offset(home: Path) -> timedelta:
    """Return how far the demonstration's clock runs ahead."""
    try:
        return timedelta(seconds=float(json.loads((home / FILE).read_text(encoding="utf-8"))["ahead_s"]))
    except FileNotFoundError:
        return timedelta()
    except (ValueError, KeyError, TypeError) as reason:
        raise Fault("clock-broken", "演示时钟的文件读不懂", "删除它，时钟回到现在", file=str(home / FILE)) from reason


def move_forward(home: Path, by: timedelta) -> timedelta:
    """Move the demonstration's clock forward and return the new offset; a negative step is refused."""
    if by < timedelta():
        raise Fault("clock-back", "时钟只能向前拨", "给出正的天数")
    ahead = offset(home) + by
    path = home / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps({"ahead_s": ahead.total_seconds()}))
    return ahead
