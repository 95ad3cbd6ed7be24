"""What every command shares: where the state lives, how results are printed, how a mistake ends a run."""

from __future__ import annotations

import json
import os
import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openbeian.manifest import Fault

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Exit(IntEnum):
    """Exit codes of every command; documented in docs/reference/command-line.md."""

    OK = 0
    """Done, and nothing is wrong."""
    PROBLEMS = 1
    """The command ran and found problems in what it was given."""
    USAGE = 2
    """The call itself is wrong: an option, an argument, a missing file."""
    ENVIRONMENT = 3
    """Something around is missing: an extra, a port, an office, disk space."""
    INTERRUPTED = 130
    """Stopped by the user; run it again to go on."""


ENVIRONMENT_CODES = frozenset(
    {
        "missing-extra",
        "port-busy",
        "office-unreachable",
        "disk-full",
        "model-unreachable",
        "endpoint-unreachable",
        "judge-folder",
        "journal-write",
        "no-cuda",
        "run-unwritable",
        "runs-unwritable",
        "scan-busy",
        "scan-unwritable",
    }
)


def home() -> Path:
    """Return the folder that holds all state: `OPENBEIAN_HOME`, or `.openbeian` in the current folder."""
    return Path(os.environ.get("OPENBEIAN_HOME") or ".openbeian").resolve()


def exit_code(fault: Fault) -> Exit:
    """Tell which exit code a fault ends with."""
    if fault.code == "run-interrupted":
        return Exit.INTERRUPTED
    return Exit.ENVIRONMENT if fault.code in ENVIRONMENT_CODES else Exit.PROBLEMS


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on standard output, for programs (`--json`)."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def progress_bar() -> Progress:
    """Return the one look of a progress line; it draws on standard error so that output stays clean."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}"),
        console=err,
        transient=True,
    )


def share_bar() -> Progress:
    """Return the progress line of what counts in shares, not in pieces; it draws on standard error."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("[dim]{task.fields[note]}"),
        console=err,
        transient=True,
    )
