"""What the tables of the studio's benchmarks have in common: the machine, a Markdown table, a verdict in a word."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

TOLD_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")
"""What decides how fast a CPU multiplies matrices."""
HALF_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""One of them computes bfloat16; without, it is emulated, many times slower than float32."""


def machine() -> str:
    """Return processor, its flags, cores, load, Python and date in a line."""
    flags = cpu_flags()
    told = " ".join(flag for flag in TOLD_FLAGS if flag in flags) or "none of " + " ".join(TOLD_FLAGS)
    load = f"load {os.getloadavg()[0]:.1f}"
    return f"{cpu_name()} ({told}), {os.cpu_count()} cores, {load}; Python {platform.python_version()}; {today()}"


def today() -> str:
    """Return the date, UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def cpu_name() -> str:
    """Return what the machine calls its processor."""
    return _cpuinfo("model name") or platform.machine()


def cpu_flags() -> frozenset[str]:
    """Return what the processor says it can do; nothing where the system does not tell."""
    return frozenset(_cpuinfo("flags").split())


def _cpuinfo(name: str) -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table as lines."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def met(is_met: bool) -> str:  # noqa: FBT001 - the one thing it says
    """Return the verdict in a word."""
    return "met" if is_met else "missed"
