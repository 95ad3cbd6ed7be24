"""`office`: run, tick, back up and restore a filing office."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import home, out
from openbeian.protection import backup, restore, secret

office = typer.Typer(help="备案机构：运行、签发树头、备份与恢复。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.add_typer(office, name="office")


@office.command("run")
def run_office(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="演示机构：模拟编号、可拨快的时钟、演示账号")] = False,
) -> None:
    """准备数据库并运行备案机构，直到被停止。"""
    from openbeian.office import running

    running.prepare(home(), is_demo=demo, now=datetime.now(UTC))
    out.print(f"备案机构 http://{host}:{port}")
    running.serve(host, port)


@office.command("tick")
def tick_office() -> None:
    """签发账本树头；可由定时任务反复运行。"""
    from openbeian.office import running

    running.configure(home(), is_demo=False)
    for checkpoint in running.tick(now=datetime.now(UTC)):
        out.print(checkpoint, markup=False)


@office.command("backup")
def backup_office(file: Annotated[Path, typer.Argument(help="备份文件，须不存在")]) -> None:
    """加密备份整个状态文件夹；密钥不在备份里，请另存 keys 文件夹。"""
    count = backup(home(), file, secret(home() / "keys", "backup"))
    out.print(f"已备份 {count} 个文件到 {file}；密钥在 {home() / 'keys'}，请另存。")


@office.command("restore")
def restore_office(
    file: Annotated[Path, typer.Argument(help="备份文件")],
    folder: Annotated[Path, typer.Argument(help="要恢复到的空文件夹")],
    keys: Annotated[Path | None, typer.Option(help="密钥文件夹")] = None,
) -> None:
    """核对每个摘要后恢复到空文件夹。"""
    count = restore(file, folder, secret(keys or home() / "keys", "backup"))
    out.print(f"已恢复 {count} 个文件，摘要全部相符。")
