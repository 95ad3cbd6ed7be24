"""The command tree and its one error border: a fault becomes words and an exit code, never a traceback."""

from __future__ import annotations

import sys

import click
import typer

from openbeian.cli import (
    assess_commands,
    demo_command,
    evidence_commands,
    filing_commands,
    manifest_commands,
    model_commands,
    office_commands,
    scan_commands,
)
from openbeian.cli.console import Exit, err, exit_code
from openbeian.manifest import Fault, ManifestInvalid

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
    model_commands,
    assess_commands,
    evidence_commands,
    filing_commands,
    office_commands,
):
    commands.register(app)


def main() -> None:
    """Run the command line and end the process with a documented exit code."""
    try:
        app(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as mistake:
        mistake.show()
        sys.exit(Exit.USAGE)
    except (KeyboardInterrupt, click.Abort):
        err.print("[yellow]已停止。[/] 已完成的步骤都在；再运行一次，从停下的地方继续。")
        sys.exit(Exit.INTERRUPTED)
    except ManifestInvalid as invalid:
        for problem in invalid.problems:
            err.print(problem.text(), markup=False)
        sys.exit(Exit.PROBLEMS)
    except Fault as fault:
        err.print("[red]错误[/] ", end="")
        err.print(fault.text(), markup=False)
        sys.exit(exit_code(fault))
    except BrokenPipeError:
        sys.exit(Exit.OK)
    sys.exit(Exit.OK)
