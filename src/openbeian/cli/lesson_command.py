"""`lesson`: run the founding document's own networks, as printed and repaired, and keep the pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from openbeian.cli.console import err, home, out, print_json


def register(app: typer.Typer) -> None:
    """Add this command to the tree."""
    app.command("lesson")(lesson_command)


def lesson_command(
    name: Annotated[str, typer.Argument(help="哪一课：chapter-15、chapter-17、chapter-18")],
    *,
    to: Annotated[Path | None, typer.Option("--out", help="结果和图片的文件夹")] = None,
    seed: Annotated[int, typer.Option(min=0, help="随机种子")] = 1,
    steps: Annotated[int | None, typer.Option(min=1, help="每种做法多少步（单改一处的只走其中四成）")] = None,
    data: Annotated[str | None, typer.Option(help="换一套训练数据")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="只跑这种做法；可重复")] = None,
    reference: Annotated[
        str | None, typer.Option(help="用这套真图和它的评审模型量 FID-c、召回率；第一次要训练评审模型")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """跑一课：原文档的网络照印的、逐处改、全改，各是什么样。"""
    from openbeian.studio.data.gathered import need

    need("torch", "PyTorch")
    from openbeian.studio.lessons.pictures import load_pictures
    from openbeian.studio.lessons.running import Measure, lesson, run_lesson

    target = to or home() / "lessons" / lesson(name).name
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(24),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as bar:
        task = bar.add_task("准备", total=1.0)
        results = run_lesson(
            name, target, seed=seed, steps=steps, source=data, only=only or (),
            measure=Measure(load_pictures(reference), home() / "studio") if reference else None,
            tell=lambda words, share: bar.update(task, description=words, completed=share),
        )  # fmt: skip
    if as_json:
        print_json(results)
        return
    for row in results["variants"]:
        out.print(f"{row['change']}：{_said(row)}", markup=False)
    out.print(f"图片和 results.json 在 {target}", markup=False)


def _said(row: dict[str, Any]) -> str:
    if row["stopped"]:
        return f"第 {row['steps'] + 1} 步停下，{row['stopped']}"
    figures = {**{f"{name} 损失": value for name, value in row["last"].items()}, **row["figures"]}
    return "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
