"""`demo`: the main job, end to end, then the office left running."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from openbeian.cli.console import home, out

if TYPE_CHECKING:
    from openbeian.cli.demo.journal import Facts
    from openbeian.cli.demo.servers import Server
    from openbeian.cli.demo.stage import Stage

OFFICE_PORT = 8000


def register(app: typer.Typer) -> None:
    """Add this command to the tree."""
    app.command("demo")(demo_command)


def demo_command(
    *,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="结束后留下备案机构网站")] = True,
    port: Annotated[int, typer.Option(help="备案机构网站的端口")] = OFFICE_PORT,
) -> None:
    """把一项真实的客服服务从清单办到备案号：训练、扫描、评估、结论、材料、提交、公示、登记、投诉、变更、网关、账本。"""
    from openbeian.cli.demo.journal import Journal
    from openbeian.cli.demo.servers import free_port
    from openbeian.cli.demo.stage import Stage

    started = time.monotonic()
    place = home()
    chosen = free_port(port)
    if chosen != port:
        out.print(f"[yellow]端口 {port} 已被占用，改用 {chosen}。[/]")
    stage = Stage(place, Journal(place / "demo"))
    out.print(f"[bold]备案通演示[/] 第 {stage.journal.run} 次，状态在 {place}；编号和时钟都是模拟的\n")
    with ExitStack() as servers:
        _run(stage, servers, chosen)
        stage.journal.finish()
        out.print(f"\n[green]十步全部成立[/]，用时 {time.monotonic() - started:.0f} 秒")
        if serve:
            _tour(stage)
            _wait()


def _run(stage: Stage, servers: ExitStack, port: int) -> None:
    from openbeian.cli.demo import filing, guarding, preparing
    from openbeian.cli.demo.servers import free_port

    steps: list[tuple[str, str, Callable[[], Facts]]] = [
        ("manifest", "服务清单", lambda: preparing.check_manifest(stage)),
        ("training", "训练客服答复模型", lambda: preparing.train(stage)),
        ("scan", "扫描训练语料", lambda: preparing.scan(stage)),
        ("assessment", "运行并评估", lambda: preparing.assess_service(stage)),
        ("findings", "对照规则逐条给出结论", lambda: preparing.conclude(stage)),
        ("dossier", "生成备案材料", lambda: preparing.render(stage)),
        ("filing", "向备案机构申请备案", lambda: filing.file_service(stage)),
        ("after", "备案之后：投诉与变更", lambda: filing.after(stage)),
        ("guard", "经网关使用，改动权重", lambda: guarding.guard(stage, model)),
        ("ledger", "核验账本", lambda: guarding.check_ledger(stage)),
    ]
    model = preparing.model_server(stage, free_port())
    for number, (name, title, step) in enumerate(steps, 1):
        done = name in stage.journal.facts
        out.print(f"[bold]{number:>2}. {title}[/]{'  [dim]上次已完成[/]' if done else ''}")
        if name == "assessment":
            stage.model_url = model.url
            servers.enter_context(model)
        if name == "filing":
            stage.office_url = servers.enter_context(_office(stage, port)).url
        stage.journal.once(name, step)


def _office(stage: Stage, port: int) -> Server:
    from openbeian.cli.demo.servers import Server
    from openbeian.office import running

    running.prepare(stage.home, is_demo=True, now=datetime.now(UTC))
    log = stage.folder / "office.log"
    environment = {"OPENBEIAN_HOME": str(stage.home), "OPENBEIAN_DEMO": "1"}
    return Server("备案机构", ["office", "run", "--demo"], port, log, environment)


def _tour(stage: Stage) -> None:
    table = Table("账号", "密码", "身份", box=None, pad_edge=False)
    roles = {
        "provider_member": "提供者",
        "clerk": "受理人",
        "reviewer": "承办人",
        "approver": "批准人",
        "inspector": "检查人",
        "auditor": "审计人",
    }
    for account in stage.accounts().values():
        table.add_row(account["username"], account["password"], f"{account['name']}，{roles[account['role']]}")
    url, number = stage.office_url, stage.journal.facts["filing"]
    out.print(f"\n[bold]备案机构正在运行：{url}[/]（Ctrl-C 停止）\n")
    out.print(table)
    out.print(
        f"\n去看看：\n  {url}/register/{number['number']}/  公众：登记页与账本证明\n"
        f"  {url}/notices/  公众：公示与异议\n"
        f"  {url}/provider/  提供者（kefu）：不一致提示、结论、材料、轮次\n"
        f"  {url}/office/cases/{number['case']}/  备案机构（reviewer、approver）：案卷\n"
        f"  {stage.folder / 'dossier'}  备案表与自评估报告（docx、pdf）"
    )


def _wait() -> None:
    """Keep the servers until the user stops them."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        out.print("\n已停止。再运行 make demo 会开始新的一次演示；只看网站用 make office ARGS=--demo。")
