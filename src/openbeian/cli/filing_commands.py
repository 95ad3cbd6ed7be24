"""`dossier`, `submit`, `status`: papers for an office, and handing them in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import Exit, home, out, print_json
from openbeian.cli.evidence_commands import store
from openbeian.dossier import Attachment, Dossier, OfficeClient, Round, build, verify
from openbeian.evidence import Store
from openbeian.manifest import LoadedManifest
from openbeian.rules import clause_pack, find, load_checked

dossier = typer.Typer(help="备案材料：生成与核验。", no_args_is_help=True)
ANSWERS = ("public", "opinion", "model")


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.add_typer(dossier, name="dossier")
    app.command("submit")(submit_command)
    app.command("status")(status_command)


def make_round(loaded: LoadedManifest, evidence: Store, edition: str, papers: Dossier | None, note: str = "") -> Round:
    """Return what goes to an office: manifest, findings, evidence summaries, papers."""
    findings = find(clause_pack(edition), loaded.manifest, evidence.views(), now=datetime.now(UTC))
    files = [] if papers is None else [file for file in papers.files if file.path.suffix in {".pdf", ".docx", ".xlsx"}]
    return Round(
        manifest_source=loaded.source,
        findings=[finding.as_json() for finding in findings],
        evidence=[stored.summary() for stored in evidence.list()],
        note=note,
        attachments=[Attachment(file.kind, file.path.name, file.path.read_bytes()) for file in files],
    )


@dossier.command("build")
def build_command(
    service: Annotated[Path, typer.Argument(help="服务清单")],
    to: Annotated[Path, typer.Option("--out", help="材料文件夹")],
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
) -> None:
    """由清单、结论和证据生成备案表与自评估报告；同样的输入得到同样的字节。"""
    loaded = load_checked(service)
    findings = find(clause_pack(edition), loaded.manifest, store().views(), now=datetime.now(UTC))
    papers = build(loaded.manifest, findings, store().list(), to, datetime.now(UTC), pack_id=edition)
    for file in papers.files:
        out.print(f"{file.sha256[:12]}  {file.path}", markup=False)


@dossier.command("verify")
def verify_command(file: Annotated[Path, typer.Argument(help="dossier.zip")]) -> None:
    """离线核验一份材料：每个文件与目录中的摘要相符。"""
    problems = verify(file)
    for problem in problems:
        out.print(problem.text(), markup=False)
    out.print("[green]材料完好。[/]" if not problems else "[red]材料被改动过。[/]")
    raise typer.Exit(Exit.PROBLEMS if problems else Exit.OK)


def submit_command(
    service: Annotated[Path, typer.Argument(help="服务清单")],
    office: Annotated[str, typer.Option(help="备案机构网址")],
    token_file: Annotated[Path, typer.Option(help="令牌所在文件")],
    answers: Annotated[str, typer.Option(help="线路问卷的回答，如 public=yes,opinion=yes,model=own")],
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
) -> None:
    """生成材料并提交第一轮；语料、权重和原始证据不离开本机。"""
    loaded = load_checked(service)
    evidence = store()
    findings = find(clause_pack(edition), loaded.manifest, evidence.views(), now=datetime.now(UTC))
    folder = home() / "dossier" / loaded.manifest.service.id
    papers = build(loaded.manifest, findings, evidence.list(), folder, datetime.now(UTC), pack_id=edition)
    client = OfficeClient(office, token_file.read_text(encoding="utf-8").strip())
    chosen = dict(pair.split("=", 1) for pair in answers.split(",") if "=" in pair)
    filed = client.submit_filing(chosen, make_round(loaded, evidence, edition, papers))
    out.print(f"已提交，案卷 {filed.number} 第 {filed.round} 轮", markup=False)


def status_command(
    number: Annotated[str, typer.Argument(help="案卷号")],
    office: Annotated[str, typer.Option(help="备案机构网址")],
    token_file: Annotated[Path, typer.Option(help="令牌所在文件")],
) -> None:
    """查询案卷的状态。"""
    client = OfficeClient(office, token_file.read_text(encoding="utf-8").strip())
    print_json(client.filing(number).model_dump(mode="json"))
