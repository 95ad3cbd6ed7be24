"""`assess`: ask a running service the questions of a bank."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openbeian.cli.console import home, out, print_json, progress_bar
from openbeian.cli.evidence_commands import keep


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("assess")(assess_command)


def assess_command(
    *,
    bank: Annotated[Path, typer.Option(help="题库（yaml、csv、jsonl、xlsx），由您提供")],
    target: Annotated[str, typer.Option(help="被测服务的 OpenAI 兼容接口")],
    model: Annotated[str, typer.Option(help="模型名称")] = "default",
    to: Annotated[Path | None, typer.Option("--out", help="结果文件夹")] = None,
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
    concurrency: Annotated[int, typer.Option(help="同时在途的问题数")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """评估运行中的服务：每题恰有一条记录，可中断续跑；比率带 95% 区间。"""
    from openbeian.assessment import assess, load_bank, result_json, rule_book, summary_text, to_record

    now = datetime.now(UTC)
    questions = load_bank(bank)
    with progress_bar() as bar:
        task = bar.add_task("提问", total=len(questions.items), note="")
        result = assess(
            questions,
            target,
            model,
            to or home() / "assessment",
            book=rule_book(edition),
            seed_facts={"target": target},
            now=now,
            concurrency=concurrency,
            progress=lambda seen: bar.update(task, completed=seen.answered + seen.failed),
        )
    stored = keep(to_record(result))
    if as_json:
        print_json({"evidence": stored.digest, **result_json(result)})
        return
    out.print(summary_text(result), markup=False)
    out.print(f"证据 {stored.digest[:12]}")
