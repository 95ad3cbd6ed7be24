"""`assess`: ask a running service the questions of a bank, and what is done with the runs kept."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from openbeian.cli.assess_interrupts import second_ends_at_once
from openbeian.cli.console import Exit, home, out, print_json, progress_bar
from openbeian.cli.evidence_commands import keep
from openbeian.manifest import Fault

if TYPE_CHECKING:
    from openbeian.assessment import Limits, Progress
    from openbeian.assessment.content import ContentJudge, RefusalJudge
    from openbeian.manifest import Manifest

runs = typer.Typer(help="评估的各次运行：每次都留，可导出、比较、评审、出报告。", no_args_is_help=True)
RUN = Annotated[Path, typer.Argument(help="运行目录，如 …/assessment/<服务>/runs/1")]
RATE = Annotated[float | None, typer.Option(min=0.001, help="每秒最多多少个请求")]
TOKENS = Annotated[float | None, typer.Option(min=1, help="每分钟最多多少词元；服务未报用量时按字数计")]
ATTEMPTS = Annotated[int | None, typer.Option(min=1, help="每题最多问几次（默认 5）")]
REQUEST_TIME = Annotated[float | None, typer.Option("--timeout", min=0.1, help="一次请求的时限，秒（默认 60）")]
QUESTION_TIME = Annotated[
    float | None, typer.Option("--question-timeout", min=0.1, help="一题连同重试的时限，秒（默认 180）")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("assess")(assess_command)
    app.add_typer(runs, name="runs")


def assess_command(  # noqa: PLR0913 - one argument an option
    service: Annotated[Path | None, typer.Argument(help="服务清单；给出后核对被测模型与清单是否同一份权重")] = None,
    *,
    bank: Annotated[Path, typer.Option(help="题库（yaml、csv、jsonl、xlsx），由您提供")],
    target: Annotated[str, typer.Option(help="被测服务的 OpenAI 兼容接口")],
    model: Annotated[str, typer.Option(help="模型名称")] = "default",
    library: Annotated[Path | None, typer.Option(help="关键词库：对生成内容作关键词抽检")] = None,
    classifier: Annotated[
        Path | None, typer.Option(help="分类模型（train classifier 所得）：对生成内容作分类抽检")
    ] = None,
    refusals: Annotated[
        Path | None,
        typer.Option("--refusal-classifier", help="以“拒答”为标注训练的分类模型：对是否拒答另作判断，供复核校正"),
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="结果文件夹")] = None,
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
    concurrency: Annotated[int, typer.Option(min=1, help="同时在途的问题数")] = 8,
    rate: RATE = None,
    tokens_per_minute: TOKENS = None,
    attempts: ATTEMPTS = None,
    request_time: REQUEST_TIME = None,
    question_time: QUESTION_TIME = None,
    temperature: Annotated[float, typer.Option(min=0, help="采样温度，随每个问题送出")] = 0,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="每个应答最多多少词元，随每个问题送出")] = None,
    stream: Annotated[bool, typer.Option(help="要求流式应答")] = False,
    pictures: Annotated[
        bool, typer.Option(help="被测服务给图片（/v1/images/generations）：每题一张，存在运行目录，由人评审")
    ] = False,
    key_variable: Annotated[str | None, typer.Option(help="存放接口密钥的环境变量名；密钥不写入任何记录")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """评估运行中的服务：每题恰有一条记录，可中断续跑；比率带 95% 区间。"""
    from openbeian.assessment import assess, load_bank, result_json, rule_book, summary_text, to_record
    from openbeian.assessment.assess import PICTURE_BYTES
    from openbeian.rules import load_checked

    now = datetime.now(UTC)
    manifest = load_checked(service).manifest if service else None
    questions = load_bank(bank)
    with second_ends_at_once(), progress_bar() as bar:
        task = bar.add_task("提问", total=len(questions.items), note="")
        result = assess(
            questions,
            target,
            model,
            to or home() / "assessment" / (manifest.service.id if manifest else ""),
            book=rule_book(edition),
            seed_facts=_fixed_before(manifest) if manifest else {"target": target},
            now=now,
            concurrency=concurrency,
            limits=limits(
                rate, tokens_per_minute, attempts, request_time, question_time, PICTURE_BYTES if pictures else None
            ),
            parameters=_parameters(temperature, max_tokens, is_pictures=pictures),
            is_stream=stream,
            is_pictures=pictures,
            api_key=_key(key_variable),
            content_judges=content_judges(library, classifier),
            refusal_judge=_refusal_judge(refusals),
            progress=lambda seen: bar.update(task, completed=seen.answered + seen.failed, note=_note(seen)),
        )
    stored = keep(to_record(result))
    if as_json:
        print_json({"evidence": stored.digest, "run_folder": str(result.run.path), **result_json(result)})
        return
    out.print(summary_text(result), markup=False)
    filed = manifest.technical.model.weights_sha256 if manifest else None
    if filed and result.outcome.identity.weights_sha256 != filed:
        out.print("[red]被测模型的权重与清单不符或没有说明：这次结果不能作为本服务的证据[/]")
    out.print(f"证据 {stored.digest[:12]}  运行 {result.run.path}", markup=False)


def limits(
    rate: float | None,
    tokens_per_minute: float | None,
    attempts: int | None = None,
    request_seconds: float | None = None,
    question_seconds: float | None = None,
    most_bytes: int | None = None,
) -> Limits:
    """Return the bounds of a run: those given, else the runner's own."""
    from openbeian.assessment import Limits

    given: dict[str, Any] = {
        "requests_per_second": rate,
        "tokens_per_minute": tokens_per_minute,
        "attempts": attempts,
        "request_seconds": request_seconds,
        "question_seconds": question_seconds,
        "most_bytes": most_bytes,
    }
    return replace(Limits(), **{name: value for name, value in given.items() if value is not None})


def _parameters(
    temperature: float, max_tokens: int | None, *, is_pictures: bool = False
) -> dict[str, int | float | str]:
    """Return what is sent with every question; a whole number is written as one, so that requests stay the same bytes.

    Raises:
        Fault: `assessment-pictures` for sampling parameters of words where pictures are asked for.
    """
    if is_pictures:
        if temperature or max_tokens:
            raise Fault("assessment-pictures", "图片接口没有温度和词元数", "去掉 --temperature、--max-tokens")
        return {}
    chosen: dict[str, int | float | str] = {
        "temperature": int(temperature) if temperature.is_integer() else temperature
    }
    return chosen | ({"max_tokens": max_tokens} if max_tokens else {})


def _fixed_before(manifest: Manifest) -> dict[str, str]:
    """Return what a manifest fixes before a run; the seed of every sample follows from it."""
    weights = manifest.technical.model.weights_sha256
    return {"service": manifest.service.id} | ({"weights": weights} if weights else {})


def _note(seen: Progress) -> str:
    """Say what goes wrong while it goes wrong."""
    words = [f"失败 {seen.failed}"] if seen.failed else []
    return "，".join(words + ([f"中断待重问 {seen.uncertain}"] if seen.uncertain else []))


def content_judges(library: Path | None, classifier: Path | None) -> list[ContentJudge]:
    """Return the machines that look at generated content, from the files the user brought."""
    from openbeian.assessment.content import KeywordJudge
    from openbeian.screening import Library
    from openbeian.screening.classifier import Classifier

    found: list[ContentJudge] = [KeywordJudge(Library.load(library))] if library else []
    return [*found, Classifier.load(classifier)] if classifier else found


def _refusal_judge(path: Path | None) -> RefusalJudge | None:
    if path is None:
        return None
    from openbeian.assessment.content import RefusalJudge
    from openbeian.screening.classifier import Classifier

    return RefusalJudge(Classifier.load(path))


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise Fault("no-api-key", f"环境变量 {variable} 没有值", f"先设置 {variable}，再运行")
    return os.environ[variable]


@runs.command("list")
def list_command(
    folder: Annotated[Path | None, typer.Argument(help="结果文件夹，默认为本机的 assessment")] = None,
) -> None:
    """列出各次运行，包括中断和停止的。"""
    from openbeian.assessment.runs import RESULT, STOPPED, missing_runs, read_plan, run_numbers, weights_of_run

    where = folder or home() / "assessment"
    table = Table("次", "计划时间（UTC）", "题库", "模型", "权重", "状态", box=None, pad_edge=False)
    for number in run_numbers(where):
        run = where / "runs" / str(number)
        plan = read_plan(run)
        state = "完成" if (run / RESULT).exists() else "停止" if (run / STOPPED).exists() else "中断，可续"
        weights = weights_of_run(run)
        known = (plan.planned_at[:16], plan.bank[:12], plan.model) if plan else ("—", "—", "—")
        table.add_row(str(number), *known, weights[:12] if weights else "—", state)
    out.print(table)
    if gone := missing_runs(where):
        out.print(f"[red]缺少第 {'、'.join(map(str, gone))} 次的记录[/]")


@runs.command("export")
def export_command(
    run: RUN,
    bank: Annotated[Path, typer.Option(help="当时的题库")],
    to: Annotated[Path, typer.Option("--out", help="写到哪里")],
    form: Annotated[str, typer.Option(help="eval（Inspect 日志）或 jsonl")] = "jsonl",
) -> None:
    """把一次运行导出为 Inspect 的 .eval 或 JSONL。"""
    from openbeian.assessment import load_bank
    from openbeian.assessment.exporting import export_run

    if form not in {"eval", "jsonl"}:
        raise Fault("export-form", f"没有格式 {form}", "可选：eval、jsonl")
    out.print(str(export_run(run, load_bank(bank), to, "eval" if form == "eval" else "jsonl")), markup=False)


@runs.command("replay")
def replay_command(
    run: RUN,
    bank: Annotated[Path | None, typer.Option(help="当时的题库；给出后核对摘要")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """重做一次运行中可重做的：种子、日志、应答、状态、复核样本。任何人拿到运行目录都能做；有不符时退出码为 1。"""
    from openbeian.assessment import load_bank
    from openbeian.assessment.replaying import replay

    checks = replay(run, load_bank(bank) if bank else None)
    if as_json:
        print_json({"checks": [vars(check) for check in checks]})
    for check in () if as_json else checks:
        out.print(("[green]√[/] " if check.is_same else "[red]×[/] ") + check.what, end="：")
        out.print(check.seen, markup=False)
    raise typer.Exit(Exit.OK if all(check.is_same for check in checks) else Exit.PROBLEMS)


@runs.command("compare")
def compare_command(
    before: Annotated[Path, typer.Argument(help="较早的运行目录")],
    after: Annotated[Path, typer.Argument(help="较晚的运行目录")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """逐题比较两次运行：变差、变好多少，是否超出偶然。"""
    from openbeian.assessment.comparing import compare_runs

    found = compare_runs(before, after)
    if as_json:
        print_json({"comparisons": [comparison.as_json() for comparison in found]})
        return
    for comparison in found:
        out.print(comparison.text(), markup=False)
    if not found:
        out.print("两次运行没有可比的题目")


@runs.command("judge")
def judge_command(
    run: RUN,
    *,
    target: Annotated[str, typer.Option(help="评审模型的 OpenAI 兼容接口")],
    model: Annotated[str, typer.Option(help="评审模型的名称")],
    prompts: Annotated[Path | None, typer.Option(help="自己的提示词（yaml）；默认为随附的中性提示词")] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="同时在途的请求数")] = 8,
    rate: RATE = None,
    tokens_per_minute: TOKENS = None,
    key_variable: Annotated[str | None, typer.Option(help="存放接口密钥的环境变量名")] = None,
) -> None:
    """请一个模型评审应答；提示词与模型随结果记录，未经人工复核前误差未知。"""
    from openbeian.assessment import Endpoint
    from openbeian.assessment.model_judge import FOLDER, answers_of, judge_answers, load_prompts, to_record

    asked = answers_of(run)
    with second_ends_at_once(), progress_bar() as bar:
        task = bar.add_task("模型评审", total=len(asked), note="")
        judged = judge_answers(
            asked,
            Endpoint(target, model, {"temperature": 0}, api_key=_key(key_variable)),
            run / FOLDER,
            prompts=load_prompts(prompts),
            concurrency=concurrency,
            now=datetime.now(UTC),
            limits=limits(rate, tokens_per_minute),
            progress=lambda seen: bar.update(task, completed=seen.answered + seen.failed, note=_note(seen)),
        )
    stored = keep(to_record(judged, run))
    for verdict, count in judged.counts.most_common():
        out.print(f"{verdict}：{count}", markup=False)
    out.print(f"未经人工复核，误差未知。证据 {stored.digest[:12]}")


@runs.command("report")
def report_command(
    run: RUN,
    to: Annotated[Path | None, typer.Option("--out", help="写到哪里，默认为运行目录里的 report.html")] = None,
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
    borrow: Annotated[
        list[Path] | None, typer.Option(help="没有自己的复核时借用的、另一次运行的复核文件夹，可多次")
    ] = None,
) -> None:
    """写出一次运行的评估报告：一个文件，可离线打开和打印。"""
    from openbeian.assessment import rule_book
    from openbeian.assessment.report import report_html
    from openbeian.assessment.review import ReviewFolder
    from openbeian.reports import write

    lent = [ReviewFolder(folder) for folder in borrow or []]
    html = report_html(run, rule_book(edition), lent_by=lent)
    out.print(str(write(to or run / "report.html", html)), markup=False)
