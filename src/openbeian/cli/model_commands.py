"""`serve`, `gateway`: answer with a model, guard it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import home


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("serve")(serve_command)
    app.command("gateway")(gateway_command)


def serve_command(
    run: Annotated[Path, typer.Option(help="训练运行的文件夹")],
    *,
    producer: Annotated[
        str | None, typer.Option(help="服务提供者的编码，写进图片的隐式标识；前面有网关时不用，网关会写")
    ] = None,
    host: str = "127.0.0.1",
    port: int = 8001,
) -> None:
    """以 OpenAI 兼容接口提供一个训练好的模型。"""
    from openbeian.serving import serve

    serve(run, host=host, port=port, producer=producer)


def gateway_command(
    service: Annotated[Path, typer.Argument(help="已备案的服务清单")],
    *,
    upstream: Annotated[str, typer.Option(help="模型接口，如 http://127.0.0.1:8001")],
    library: Annotated[Path | None, typer.Option(help="关键词库")] = None,
    office: Annotated[str | None, typer.Option(help="备案机构网址，用于报告不一致")] = None,
    token_file: Annotated[Path | None, typer.Option(help="备案机构令牌所在文件")] = None,
    host: str = "127.0.0.1",
    port: int = 8002,
) -> None:
    """把运行中的模型置于它的备案之下：替换个人信息、加标识、留记录、发现不一致。"""
    from openbeian.gateway import GatewayConfig, run

    config = GatewayConfig(
        manifest_path=service,
        upstream_url=upstream,
        records_dir=home() / "gateway",
        office_url=office,
        office_token=token_file.read_text(encoding="utf-8").strip() if token_file else None,
        library_path=library,
    )
    run(config, host=host, port=port)
