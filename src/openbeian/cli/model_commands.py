"""`train`, `serve`, `gateway`: make a model, answer with it, guard it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import home, out, print_json, progress_bar
from openbeian.cli.evidence_commands import keep
from openbeian.manifest import Fault


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("train")(train_command)
    app.command("serve")(serve_command)
    app.command("gateway")(gateway_command)


def train_command(
    recipe: Annotated[str, typer.Argument(help="配方：replies（客服答复模型）、classifier（内容分类模型）")],
    *,
    data: Annotated[Path, typer.Option(help="问答数据（yaml、csv、jsonl）；分类模型为有“文本”“风险”两列的标注")],
    to: Annotated[Path | None, typer.Option("--out", help="运行文件夹；分类模型为文件")] = None,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """训练一个参考模型；权重、指标、曲线和运行记录存为证据。"""
    if recipe == "classifier":
        _train_classifier(data, to or home() / "runs" / "classifier.npz")
        return
    if recipe != "replies":
        raise Fault("unknown-recipe", f"没有配方 {recipe}", "现有配方：replies、classifier")
    from openbeian.studio import to_record, train_replies

    target = to or home() / "runs" / f"replies-seed{seed}"
    with progress_bar() as bar:
        task = bar.add_task("训练答复模型", total=None, note="")
        run = train_replies(
            data,
            target,
            seed=seed,
            progress=lambda done, total, note: bar.update(task, completed=done, total=total, note=note),
        )
    stored = keep(to_record(target, now=datetime.now(UTC)))
    if as_json:
        print_json(
            {
                "run": str(target),
                "evidence": stored.digest,
                "weights_sha256": run.weights_sha256,
                "results": run.results,
            }
        )
        return
    out.print(f"权重 sha256:{run.weights_sha256[:16]}…  证据 {stored.digest[:12]}  运行 {target}")
    for name, value in run.results.items():
        out.print(f"  {name}: {value}", markup=False)


def _train_classifier(data: Path, to: Path) -> None:
    from openbeian.assessment.bank_files import read_rows
    from openbeian.manifest import sha256_file
    from openbeian.screening.classifier import fit, labelled, to_record

    columns = ("文本", "text"), ("风险", "risk")
    rows = (
        [next((row.values[key] for key in keys if key in row.values), "") for keys in columns]
        for row in read_rows(data)
    )
    trained = fit(labelled((text, risk) for text, risk in rows), sha256_file(data), str(data))
    to.parent.mkdir(parents=True, exist_ok=True)
    trained.save(to)
    stored = keep(to_record(trained, to, data, now=datetime.now(UTC)))
    quality = trained.quality
    out.print(
        f"留出 {quality.held_out} 条：AUC {quality.auc:.3f}，查全 {quality.recall:.1%}，查准 {quality.precision:.1%}"
    )
    out.print(f"说得上的风险 {len(trained.covered)} 种：{'、'.join(trained.covered) or '无'}；其余没有足够样本")
    out.print(f"证据 {stored.digest[:12]}  文件 {to}", markup=False)


def serve_command(
    run: Annotated[Path, typer.Option(help="训练运行的文件夹")],
    host: str = "127.0.0.1",
    port: int = 8001,
) -> None:
    """以 OpenAI 兼容接口提供一个训练好的模型。"""
    from openbeian.serving import serve

    serve(run, host=host, port=port)


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
