"""The command tree and its one error border: a fault becomes words and an exit code, never a traceback."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer

from openbeian.cli import (
    assess_commands,
    bank_commands,
    demo_command,
    evidence_commands,
    export_commands,
    filing_commands,
    lesson_command,
    manifest_commands,
    model_commands,
    office_commands,
    review_commands,
    scan_commands,
    train_commands,
    tune_command,
)
from openbeian.cli.console import Exit, err, exit_code
from openbeian.manifest import Fault, ManifestInvalid
from openbeian.rules import explain

# Typer brings its own copy of click; the base of its public errors is the error of a wrong call.
USAGE_ERROR: Any = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="openbeian",
    help="备案通 OpenBeian：从模型到备案号，以及之后的一切。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for commands in (
    demo_command,
    manifest_commands,
    scan_commands,
    train_commands,
    tune_command,
    lesson_command,
    model_commands,
    bank_commands,
    assess_commands,
    review_commands,
    evidence_commands,
    filing_commands,
    export_commands,
    office_commands,
):
    commands.register(app)


def main() -> None:
    """Run the command line and end the process with a documented exit code."""
    try:
        code = app(standalone_mode=False)
    except USAGE_ERROR as mistake:
        mistake.show()
        sys.exit(Exit.USAGE)
    except (KeyboardInterrupt, typer.Abort):
        _interrupted()
    except ManifestInvalid as invalid:
        for problem in explain(invalid).problems:
            err.print(problem.text(), markup=False, soft_wrap=True)
        sys.exit(Exit.PROBLEMS)
    except Fault as fault:
        err.print("[red]错误[/] ", end="")
        err.print(fault.text(), markup=False, soft_wrap=True)
        sys.exit(exit_code(fault))
    except BrokenPipeError:
        sys.exit(Exit.OK)
    if code == Exit.INTERRUPTED:  # Typer turns Ctrl-C into this code by itself, without a word
        _interrupted()
    sys.exit(code if isinstance(code, int) else Exit.OK)


def _interrupted() -> NoReturn:
    err.print("[yellow]已停止。[/] 已完成的步骤都在；再运行一次，从停下的地方继续。")
    sys.exit(Exit.INTERRUPTED)
