"""`export`: the filed facts in open formats, for catalogues, scanners and auditors."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import out
from openbeian.cli.evidence_commands import store
from openbeian.cli.filing_commands import AT, moment_of
from openbeian.files import write_whole
from openbeian.manifest import Fault, reason_of
from openbeian.rules import clause_pack, find, load_checked


class Format(StrEnum):
    """What can be written."""

    CYCLONEDX = "cyclonedx"
    CROISSANT = "croissant"
    MODEL_CARD = "model-card"
    OSCAL = "oscal"
    ALL = "all"


def register(app: typer.Typer) -> None:
    """Add this command to the tree."""
    app.command("export")(export_command)


def export_command(
    what: Annotated[Format, typer.Argument(metavar="FORMAT", help="cyclonedx、croissant、model-card、oscal 或 all")],
    service: Annotated[Path, typer.Argument(help="服务清单")],
    to: Annotated[Path, typer.Option("--out", help="导出文件夹")],
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
    at: Annotated[str | None, typer.Option(help=AT)] = None,
) -> None:
    """导出开放格式：ML-BOM、数据卡、模型卡、评估结果；只含清单、结论和证据里的事实，不含个人信息。"""
    from openbeian.dossier.exports import FORMATS

    loaded, pack, evidence = load_checked(service), clause_pack(edition), store()
    records, now = evidence.list(), moment_of(at)
    findings = find(pack, loaded.manifest, evidence.views(), now=now)
    for name in FORMATS if what is Format.ALL else (what.value,):
        file, export = FORMATS[name]
        path = write(to, file, export(loaded.manifest, findings, records, now, pack))
        out.print(f"{name}  {path}", markup=False)


def write(folder: Path, name: str, content: bytes) -> Path:
    """Write a file whole or not at all, and return its path.

    Raises:
        Fault: `export-not-written` when the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return write_whole(folder / name, content)
    except OSError as error:
        raise Fault(
            "export-not-written",
            f"写不进文件夹 {folder}：{reason_of(error)}",
            "请换一个可写的文件夹，或腾出空间后再导出一次",
            file=str(folder),
        ) from error
