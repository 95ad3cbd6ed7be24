"""`evidence`, `ledger`: records behind every claim, and the log nobody can alter unnoticed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import Exit, home, out, print_json
from openbeian.cli.listing import say
from openbeian.evidence import (
    Record,
    Store,
    StoredRecord,
    VerifyKey,
    attest,
    verify_log,
    verify_receipt_file,
    verify_record,
)
from openbeian.manifest import Fault, load_manifest, set_value
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
    """列出证据，最早的在前，以及哪些已过期或已被取代。"""
    records, now = store().list(), datetime.now(UTC)
    successors = {old: stored.digest for stored in records for old in stored.record.supersedes}
    if as_json:
        print_json(
            {"evidence": [{**stored.summary(), "replaced_by": successors.get(stored.digest)} for stored in records]}
        )
        return
    for stored in records:
        record, replaced = stored.record, successors.get(stored.digest)
        is_over = record.valid_until is not None and record.valid_until < now
        state = f"［已被 {replaced[:12]} 取代］" if replaced else "［已过期］" if is_over else ""
        when = f"{record.made_at:%Y-%m-%d %H:%M}Z"
        say(f"{stored.digest[:12]}  {when}  {record.kind.word}  {record.title}{state}", " " * 14)
    if not records:
        out.print("证据库里还没有证据。scan、train、assess、review 和 evidence attest 会留下证据。")


@evidence.command("show")
def show_evidence(
    digest: str,
    *,
    signed: Annotated[bool, typer.Option("--signed", help="输出签名的信封（DSSE），可交给他人离线核验")] = False,
) -> None:
    """显示一条证据（摘要可只写开头几位）。"""
    stored = store().get(digest)
    print_json(stored.envelope if signed else stored.record.model_dump(mode="json"))


@evidence.command("key")
def key_command(*, pem: Annotated[bool, typer.Option("--pem", help="输出 PEM，供别的工具核验")] = False) -> None:
    """显示本机签署证据的公钥；把它公布或交给备案机构，别人据此离线核验。"""
    public = signing_key(home() / "keys", "evidence").public
    out.print(public.pem().rstrip("\n") if pem else public.text(), markup=False, soft_wrap=True)


@evidence.command("verify")
def verify_evidence(
    path: Annotated[Path | None, typer.Argument(help="证据库文件夹，或一份签名的记录；省略为本机的证据库")] = None,
    public_key: Annotated[
        list[Path] | None, typer.Option(help="只信任这些公钥（evidence key 的输出存成的文件）；省略为本机的公钥")
    ] = None,
) -> None:
    """离线核验：每条记录由可信的密钥签名，没有记录或文件被改动、删去、放入。"""
    trusted = _trusted(path, public_key)
    if path is not None and not path.is_file() and not (path / "records").is_dir():
        raise Fault("no-such-evidence", "这里没有证据库，也不是一份签名的记录", "检查路径", file=str(path))
    if path is not None and path.is_file():
        problems = verify_record(path, trusted)
    else:
        problems = Store(path).verify(trusted) if path is not None else store().verify(trusted)
    for problem in problems:
        say(problem.text(), "  ")
    by = "，由可信的密钥签名" if trusted else "；没有给出公钥，只核对了记录自带的密钥"
    out.print(f"[green]完好[/]{by}。" if not problems else f"[red]{len(problems)} 处不符。[/]")
    raise typer.Exit(Exit.PROBLEMS if problems else Exit.OK)


def _trusted(path: Path | None, files: list[Path] | None) -> list[VerifyKey] | None:
    """Return the keys to trust: those given, else for the store of this home the one it signs with, if it has one."""
    if files:
        return [_read_key(file) for file in files]
    own = home() / "keys"
    return [signing_key(own, "evidence").public] if path is None and (own / "evidence.ed25519").exists() else None


def _read_key(file: Path) -> VerifyKey:
    try:
        return VerifyKey.parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Fault) as reason:
        raise Fault("bad-public-key", "公钥读不懂", "用 openbeian evidence key 的输出", file=str(file)) from reason


@evidence.command("attest")
def attest_command(service: Annotated[Path, typer.Argument(help="服务清单")]) -> None:
    """把清单中由人声明的结论和证明文件存为证据。"""
    loaded = load_manifest(service)
    key = signing_key(home() / "keys", "evidence")
    kept = attest(loaded.manifest, service.parent, store(), key, now=datetime.now(UTC))
    for stored in kept:
        say(f"{stored.digest[:12]}  {stored.record.title}", " " * 14)
    out.print(f"{len(kept)} 项声明已在证据库中。" if kept else "清单里没有声明（statements）。")


@evidence.command("bind")
def bind_command(
    service: Annotated[Path, typer.Argument(help="服务清单")],
    run: Annotated[Path, typer.Option(help="训练运行的文件夹")],
) -> None:
    """把训练所得的权重摘要、参数量和（答复模型的）阈值写进清单（保留注释）。"""
    from openbeian.studio import RunResult
    from openbeian.studio.runs.folder import is_run, load_run

    if is_run(run):
        facts = load_run(run)
        weights, parameters, thresholds = facts["weights_sha256"], sum(facts["parameters"].values()), {}
    else:
        result = RunResult.load(run)
        weights, parameters = result.weights_sha256, result.parameters
        thresholds = {"answer_from": result.answer_from, "hand_over_from": result.hand_over_from}
    set_value(service, "technical.model.weights_sha256", weights)
    for name, value in thresholds.items():
        set_value(service, f"technical.reply_policy.{name}", value)
    set_value(service, "technical.parameters", parameters)
    out.print(f"已写入 {service}：权重 sha256:{weights[:16]}…")


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
