"""`scan`: read a corpus for personal information and for the user's own keyword library."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import home, out, print_json, progress_bar
from openbeian.cli.evidence_commands import keep


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("scan")(scan_command)


def scan_command(
    paths: Annotated[list[Path], typer.Argument(help="语料文件或文件夹")],
    *,
    library: Annotated[Path, typer.Option(help="关键词库（yaml、csv、xlsx），由您提供")],
    classifier: Annotated[
        Path | None, typer.Option(help="分类模型（train classifier 所得）：与关键词一起作技术抽检")
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="结果文件夹")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """扫描语料中的个人信息和关键词，结果存为证据。行数必须对得上：读入 = 保留 + 剔除。"""
    from openbeian.screening import Library
    from openbeian.screening.classifier import Classifier
    from openbeian.screening.corpus import scan_corpus, to_record  # pyarrow: extra `scale`

    now = datetime.now(UTC)
    target = to or home() / "runs" / f"scan-{now:%Y%m%dT%H%M%SZ}"
    words = Library.load(library)
    model = Classifier.load(classifier) if classifier else None
    with progress_bar() as bar:
        task = bar.add_task("扫描语料", total=None, note="")
        result = scan_corpus(
            paths,
            words,
            target,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            classifier=model,
        )
    stored = keep(to_record(result, now=now))
    if as_json:
        print_json({"evidence": stored.digest, "report": str(target / "report.json"), **result.as_json()})
        return
    out.print(result.summary_text(), markup=False)
    out.print(f"证据 {stored.digest[:12]}  结果 {target}")
