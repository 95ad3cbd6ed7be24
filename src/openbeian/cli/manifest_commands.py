"""`check`, `packs`, `requirements`: what a manifest and the rules say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from openbeian.cli.console import Exit, home, out, print_json
from openbeian.evidence import Store
from openbeian.rules import Finding, Verdict, check, find, load_checked, load_pack, pack_ids, requirements

packs = typer.Typer(help="规则包：以数据写成的规则，每条有来源和可信度。", no_args_is_help=True)
EDITIONS = ("gbt-45654-2025", "tc260-003")
ICONS = {Verdict.CONFORMS: "[green]✓[/]", Verdict.FAILS: "[red]✗[/]", Verdict.NOT_APPLICABLE: "[dim]–[/]"}


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("check")(check_command)
    app.command("requirements")(requirements_command)
    app.add_typer(packs, name="packs")


def check_command(
    service: Annotated[Path, typer.Argument(help="服务清单 service.yaml")],
    *,
    findings: Annotated[bool, typer.Option("--findings", help="再按规则包逐条给出结论（用证据库中的证据）")] = False,
    edition: Annotated[str, typer.Option(help="规则包")] = EDITIONS[0],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """核对服务清单：缺什么、错在第几行、哪条规则要求。有问题时退出码为 1。"""
    loaded = load_checked(service)
    problems = check(loaded)
    results = find(load_pack(edition), loaded.manifest, Store(home() / "evidence").views(), now=datetime.now(UTC)) if findings else []
    if as_json:
        print_json(
            {"problems": [problem.as_json() for problem in problems], "findings": [f.as_json() for f in results]}
        )
    else:
        for problem in problems:
            out.print(problem.text(), markup=False)
        print_findings(results)
        out.print("[green]清单完整。[/]" if not problems else f"[red]{len(problems)} 处要改。[/]")
    failed = any(f.verdict is Verdict.FAILS and not f.is_warning for f in results)
    raise typer.Exit(Exit.PROBLEMS if problems or failed else Exit.OK)


def print_findings(results: list[Finding]) -> None:
    """Print findings as a table, the ones to deal with first."""
    if not results:
        return
    order = {Verdict.FAILS: 0, Verdict.NOT_APPLICABLE: 2, Verdict.CONFORMS: 1}
    table = Table("条款", "结论", "理由", "证据", box=None, pad_edge=False)
    for finding in sorted(results, key=lambda f: (order[f.verdict], f.clause)):
        chips = " ".join(digest[:8] for digest in finding.evidence) or " ".join(f"缺：{m}" for m in finding.missing)
        verdict = f"{ICONS[finding.verdict]} {finding.verdict.value}{'（宜）' if finding.is_warning else ''}"
        table.add_row(finding.clause, verdict, finding.reason + ("［待核对］" if finding.to_check else ""), chips)
    out.print(table)


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
