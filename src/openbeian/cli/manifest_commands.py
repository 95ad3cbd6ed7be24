"""`check`, `packs`, `requirements`: what a manifest and the rules say."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from openbeian import __version__
from openbeian.cli.console import Exit, home, out, print_json
from openbeian.cli.explaining import print_editions, print_explanation
from openbeian.cli.export_commands import write
from openbeian.cli.listing import print_findings, say
from openbeian.evidence import Store
from openbeian.manifest import LoadedManifest, Manifest, ManifestInvalid, Problem
from openbeian.rules import (
    EvidenceView,
    Finding,
    Verdict,
    changed_findings,
    check,
    clause_pack,
    compare_editions,
    explain,
    explain_finding,
    find,
    load_checked,
    load_pack,
    pack_ids,
    requirements,
    sarif_log,
)
from openbeian.rules.sarif import Place
from openbeian.rules.shapes import ClausePack

packs = typer.Typer(help="规则包：以数据写成的规则，每条有来源和可信度。", no_args_is_help=True)
EDITIONS = ("gbt-45654-2025", "tc260-003")
STANDARD_OUTPUT = Path("-")


class FailOn(StrEnum):
    """From which level on a check ends with exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("check")(check_command)
    app.command("requirements")(requirements_command)
    app.add_typer(packs, name="packs")


def check_command(
    service: Annotated[Path, typer.Argument(help="服务清单 service.yaml")],
    *,
    findings: Annotated[bool, typer.Option("--findings", help="再按规则包逐条给出结论（用证据库中的证据）")] = False,
    why: Annotated[str | None, typer.Option(metavar="CLAUSE", help="说明一条结论的由来，直到记录和摘要")] = None,
    edition: Annotated[str, typer.Option(help="规则包")] = EDITIONS[0],
    fail_on: Annotated[
        FailOn, typer.Option(help="到哪一级退出码为 1：应不满足或清单有错，宜不满足，从不")
    ] = FailOn.ERROR,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    sarif: Annotated[Path | None, typer.Option(metavar="FILE", help="写成 SARIF 2.1.0；- 为标准输出")] = None,
) -> None:
    """核对服务清单：缺什么、错在第几行、哪条规则要求。有问题时退出码为 1。"""
    if sarif is not None and (why is not None or (as_json and sarif == STANDARD_OUTPUT)):
        raise typer.BadParameter("--sarif 不能与 --why 同用；写到标准输出时也不能与 --json 同用")
    if why is not None:
        _explain(service, why, edition, as_json=as_json)
        return
    pack = clause_pack(edition) if findings else None
    loaded = _load(service, sarif)
    problems = check(loaded)
    results = find(pack, loaded.manifest, _views(), now=datetime.now(UTC)) if pack else []
    if sarif is not None:
        log = sarif_log(pack, results, problems, _place(service, loaded), tool_version=__version__)
        _write_sarif(sarif, log)
    if as_json:
        print_json(
            {"problems": [problem.as_json() for problem in problems], "findings": [f.as_json() for f in results]}
        )
    elif sarif != STANDARD_OUTPUT:
        _print_check(problems, pack, results, loaded.manifest, str(service))
    raise typer.Exit(_exit_code(problems, results, fail_on))


def _views() -> list[EvidenceView]:
    return Store(home() / "evidence").views()


def _load(service: Path, sarif: Path | None) -> LoadedManifest:
    """Read the manifest; one that cannot be read is told in the log, too, before the run ends with its problems."""
    try:
        return load_checked(service)
    except ManifestInvalid as invalid:
        if sarif is not None:
            problems = explain(invalid).problems
            place = Place(_uri(service), {}, {})
            log = sarif_log(None, [], problems, place, tool_version=__version__, is_readable=False)
            _write_sarif(sarif, log)
        raise


def _place(service: Path, loaded: LoadedManifest) -> Place:
    stated = {statement.clause: index for index, statement in enumerate(loaded.manifest.statements)}
    return Place(_uri(service), loaded.lines, stated)


def _uri(service: Path) -> str:
    return service.as_uri() if service.is_absolute() else quote(os.fsencode(service.as_posix()))


def _write_sarif(path: Path, log: dict[str, Any]) -> None:
    if path == STANDARD_OUTPUT:
        print_json(log)
    else:
        write(path.parent, path.name, json.dumps(log, ensure_ascii=False, indent=2).encode() + b"\n")


def _exit_code(problems: list[Problem], results: list[Finding], fail_on: FailOn) -> Exit:
    failed = [finding for finding in results if finding.verdict is Verdict.FAILS]
    errors = bool(problems) or any(not finding.is_warning for finding in failed)
    is_bad = {FailOn.ERROR: errors, FailOn.WARNING: errors or bool(failed), FailOn.NONE: False}[fail_on]
    return Exit.PROBLEMS if is_bad else Exit.OK


def _print_check(
    problems: list[Problem], pack: ClausePack | None, results: list[Finding], manifest: Manifest, service: str
) -> None:
    for problem in problems:
        say(problem.text(), "  ")
    if pack is not None:
        stated = {row.clause for row in manifest.statements if row.verdict == Verdict.CONFORMS.value}
        print_findings(pack, results, service, stated)
    out.print("[green]清单完整。[/]" if not problems else f"[red]清单有 {len(problems)} 处要改。[/]")


def _explain(service: Path, clause: str, edition: str, *, as_json: bool) -> None:
    # The statistics are a floor above the rules, and only this needs them.
    from openbeian.assessment.statistics import is_shown, most_failures_shown

    def certainty(passed: int, total: int, least: str) -> tuple[bool, bool]:
        return is_shown(passed, total, least), most_failures_shown(total, least) is not None

    pack, loaded = clause_pack(edition), load_checked(service)
    explained = explain_finding(pack, clause, loaded, _views(), now=datetime.now(UTC), certainty=certainty)
    if as_json:
        print_json(explained.as_json())
    else:
        print_explanation(explained, pack, str(service))


@packs.command("list")
def list_packs() -> None:
    """列出规则包。"""
    table = Table("编号", "名称", "条数", "待核对", box=None, pad_edge=False)
    for pack_id in pack_ids():
        pack = load_pack(pack_id)
        table.add_row(pack_id, pack.title, str(pack.count), str(pack.to_check_count))
    out.print(table)


@packs.command("show")
def show_pack(pack_id: str, item: Annotated[str | None, typer.Argument(help="条款号")] = None) -> None:
    """显示一个规则包，或其中一条的内容、来源和可信度。"""
    for row in load_pack(pack_id).rows():
        if item is None or row.id == item:
            flag = " [yellow]待核对[/]" if row.to_check else ""
            out.print(
                f"[bold]{row.id}[/] {row.text}{flag} [dim]来源 {'、'.join(row.source)}；可信度 {row.confidence}[/]"
            )


@packs.command("diff")
def diff_packs(
    old: Annotated[str, typer.Argument(help="旧规则包")],
    new: Annotated[str, typer.Argument(help="新规则包")],
    *,
    service: Annotated[Path | None, typer.Option(help="服务清单：再列出这项服务哪些结论会变，为什么")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """比较两版规则：条款和门槛的增、删、改；给出服务清单时，还有哪些结论会变。"""
    before, after = clause_pack(old), clause_pack(new)
    compared = compare_editions(before, after)
    if service is not None:
        manifest = load_checked(service).manifest
        changed = changed_findings(before, after, manifest, _views(), now=datetime.now(UTC))
        compared = replace(compared, findings=changed)
    if as_json:
        print_json(compared.as_json())
    else:
        print_editions(compared)


def requirements_command(
    tests: Annotated[Path, typer.Option(help="测试所在的文件夹")] = Path("tests"),
) -> None:
    """列出立项要求，以及各有多少测试（开发用）。"""
    marks: dict[str, int] = {}
    for path in sorted(tests.rglob("test_*.py")):
        for group in re.findall(r"mark\.req\(([^)]*)\)", path.read_text(encoding="utf-8")):
            for name in re.findall(r"[\"']([A-Z]\d?[a-z]?)[\"']", group):
                marks[name] = marks.get(name, 0) + 1
    table = Table("要求", "内容", "测试", box=None, pad_edge=False)
    for requirement in requirements():
        count = marks.get(requirement.id, 0)
        table.add_row(requirement.id, requirement.title, str(count) if count else "[red]无[/]")
    out.print(table)
