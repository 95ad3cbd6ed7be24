"""`evidence`, `ledger`: records behind every claim, and the log nobody can alter unnoticed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from openbeian.cli.console import Exit, home, out, print_json
from openbeian.evidence import Record, Store, StoredRecord, attest, verify_log, verify_receipt_file
from openbeian.manifest import load_manifest, set_value
from openbeian.protection import signing_key

evidence = typer.Typer(help="证据库：以内容为地址、不可更改的记录。", no_args_is_help=True)
ledger = typer.Typer(help="存证账本：离线核验。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.add_typer(evidence, name="evidence")
    app.add_typer(ledger, name="ledger")


def store() -> Store:
    """Open the evidence store of this home."""
    return Store(home() / "evidence")


def keep(record: Record) -> StoredRecord:
    """Sign a record with this home's key and keep it."""
    return store().add(record, signing_key(home() / "keys", "evidence"))


@evidence.command("list")
def list_evidence(*, as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """列出证据。"""
    records = store().list()
    if as_json:
        print_json(
            {"evidence": [{"digest": s.digest, "kind": s.record.kind, "title": s.record.title} for s in records]}
        )
        return
    table = Table("摘要", "类型", "名称", "时间（UTC）", box=None, pad_edge=False)
    for stored in records:
        table.add_row(
            stored.digest[:12], stored.record.kind.value, stored.record.title, f"{stored.record.made_at:%Y-%m-%d %H:%M}"
        )
    out.print(table)


@evidence.command("show")
def show_evidence(digest: str) -> None:
    """显示一条证据（摘要可只写开头几位）。"""
    print_json(store().get(digest).record.model_dump(mode="json"))


@evidence.command("verify")
def verify_evidence() -> None:
    """核验证据库：每条记录的签名，每个文件的摘要。"""
    problems = store().verify()
    for problem in problems:
        out.print(problem.text(), markup=False)
    out.print("[green]证据库完好。[/]" if not problems else f"[red]{len(problems)} 处不符。[/]")
    raise typer.Exit(Exit.PROBLEMS if problems else Exit.OK)


@evidence.command("attest")
def attest_command(service: Annotated[Path, typer.Argument(help="服务清单")]) -> None:
    """把清单中由人声明的结论和证明文件存为证据。"""
    loaded = load_manifest(service)
    key = signing_key(home() / "keys", "evidence")
    for stored in attest(loaded.manifest, service.parent, store(), key, now=datetime.now(UTC)):
        out.print(f"{stored.digest[:12]}  {stored.record.title}", markup=False)


@evidence.command("bind")
def bind_command(
    service: Annotated[Path, typer.Argument(help="服务清单")],
    run: Annotated[Path, typer.Option(help="训练运行的文件夹")],
) -> None:
    """把训练所得的权重摘要和答复阈值写进清单（保留注释）。"""
    from openbeian.studio import RunResult

    result = RunResult.load(run)
    set_value(service, "technical.model.weights_sha256", result.weights_sha256)
    set_value(service, "technical.reply_policy.answer_from", result.answer_from)
    set_value(service, "technical.reply_policy.hand_over_from", result.hand_over_from)
    set_value(service, "technical.parameters", result.parameters)
    out.print(f"已写入 {service}：权重 sha256:{result.weights_sha256[:16]}…")


@ledger.command("verify")
def verify_ledger(
    path: Annotated[Path, typer.Argument(help="导出的账本文件夹，或一份回执 .json")],
    public_key: Annotated[Path | None, typer.Option(help="公布的公钥；核验文件夹时可省略，用文件夹内的")] = None,
) -> None:
    """离线核验整本账，或一份回执在账中。改动一个字节就会指出是哪一条。"""
    key = public_key.read_text(encoding="utf-8").strip() if public_key else None
    result = verify_receipt_file(path, key) if path.is_file() else verify_log(path, key)
    for problem in result.problems:
        out.print(problem.text(), markup=False)
    out.print(f"[green]核验通过[/] 共 {result.size} 条，根 {result.root[:16]}…" if result.ok else "[red]核验不通过[/]")
    raise typer.Exit(Exit.OK if result.ok else Exit.PROBLEMS)
