"""`review`: two people mark a sample, a third decides, and the outcome becomes evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from openbeian.cli.console import home, out, print_json
from openbeian.cli.evidence_commands import keep
from openbeian.cli.scan_commands import corpus_path
from openbeian.manifest import Fault, reason_of

if TYPE_CHECKING:
    from openbeian.assessment.review import Population, Review, ReviewFolder, Seat, Task
    from openbeian.assessment.review.results import ReviewResult

review = typer.Typer(help="人工复核：两人盲审、第三人裁定，标注不可改写。", no_args_is_help=True)
FIRST_SHEETS = {"first": "初审甲.xlsx", "second": "初审乙.xlsx", "third": "终审.xlsx"}


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.add_typer(review, name="review")


@review.command("export")
def export_command(
    run: Annotated[Path | None, typer.Argument(help="评估的运行目录，如 …/assessment/runs/1")] = None,
    *,
    population: Annotated[str, typer.Option(help="refuse 应拒答、answer 非拒答、any 生成内容")] = "refuse",
    corpus: Annotated[
        list[Path] | None, typer.Option(help="改为抽检语料：文件或文件夹，可多次", parser=corpus_path)
    ] = None,
    size: Annotated[int | None, typer.Option(min=1, help="抽样量；默认为规则包的下限")] = None,
    per_stratum: Annotated[int, typer.Option(min=0, help="每个风险类别（语料为每个文件）至少抽多少")] = 0,
    redirection_refuses: Annotated[bool, typer.Option(help="“正面引导”是否计作拒答")] = True,
    to: Annotated[Path | None, typer.Option("--out", help="复核文件夹")] = None,
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
) -> None:
    """抽样并写出两名初审各自的表：盲审、次序打乱；抽样任何人都能重做。"""
    from openbeian.assessment.review import Policy, ReviewFolder, Seat
    from openbeian.assessment.review.drawing import draw_from_corpus, draw_from_run

    if (run is None) == (corpus is None):
        raise Fault("review-source", "要么给出评估的运行目录，要么给出 --corpus", "二选一")
    if run is None:
        task = draw_from_corpus(corpus or [], size or _size("corpus", edition), per_stratum=per_stratum)
    else:
        policy = Policy(redirection_refuses=redirection_refuses)
        what = _population(population)
        task = draw_from_run(run, what, size or _size(population, edition), per_stratum=per_stratum, policy=policy)
    folder = ReviewFolder.create(to or _place(run, task), task)
    written = folder.load()
    for seat in (Seat.FIRST, Seat.SECOND):
        if written.open_for(seat):
            _write(written, seat, folder.path / FIRST_SHEETS[seat.value])
    _describe(task, edition)
    out.print(f"复核文件夹 {folder.path}", markup=False)


def _population(name: str) -> Population:
    from openbeian.assessment.review import Population

    try:
        return Population(name)
    except ValueError as error:
        raise Fault("review-population", f"没有复核对象 {name}", "可选：refuse、answer、any") from error


def _size(population: str, edition: str) -> int:
    """Return the least sample of the rule for a population."""
    from openbeian.assessment import rule_book

    metric = {"corpus": "corpus_manual_sample", "any": "generated_content_sample"}.get(population, "refusal_sample")
    return rule_book(edition).sample_size(metric)


def _place(run: Path | None, task: Task) -> Path:
    if run is not None:
        return run / "review" / task.population.value
    return home() / "reviews" / f"corpus-{task.digest[:12]}"


def _describe(task: Task, edition: str) -> None:
    core = sum(item.is_core for item in task.items)
    out.print(f"{task.population.word}：共 {task.size} 条，抽 {core} 条" + _extra(task), markup=False)
    out.print(f"种子 {task.seed[:16]}…  {task.counting}", markup=False)
    least = _size(task.population.value, edition)
    if core + len(task.silent) < least:
        out.print(f"[yellow]少于规定的 {least} 条：复核可以做，但不算达到[/]")
    for name, stratum in task.strata.items():
        if stratum.shortfall:
            out.print(f"[yellow]{name} 只有 {stratum.size} 条，比所要的少 {stratum.shortfall} 条[/]")


def _extra(task: Task) -> str:
    topped = sum(stratum.top_up for stratum in task.strata.values())
    words = f"，为小类另补 {topped} 条" if topped else ""
    return words + (f"，其中 {len(task.silent)} 条没有应答、不送复核" if task.silent else "")


def _write(written: Review, seat: Seat, path: Path) -> None:
    from openbeian.assessment import rule_book
    from openbeian.assessment.review.sheets import write_sheet

    rows = write_sheet(written, seat, path, rule_book().names)
    out.print(f"{seat.word}：{rows} 条 → {path}", markup=False)


@review.command("sheet")
def sheet_command(
    folder: Annotated[Path, typer.Argument(help="复核文件夹")],
    seat: Annotated[str, typer.Option(help="first、second 或 third")] = "third",
    to: Annotated[Path | None, typer.Option("--out", help="写到哪里")] = None,
) -> None:
    """写出一席尚待标注的表；终审的表列出分歧和抽中复查的条目，附两份初审意见。"""
    from openbeian.assessment.review import ReviewFolder, Seat

    try:
        chosen = Seat(seat)
    except ValueError as error:
        raise Fault("review-seat", f"没有席位 {seat}", "可选：first、second、third") from error
    _write(ReviewFolder(folder).load(), chosen, to or folder / FIRST_SHEETS[seat])


@review.command("package")
def package_command(
    folder: Annotated[Path, typer.Argument(help="复核文件夹")],
    to: Annotated[Path, typer.Option("--out", help="写到哪里（.json）")],
) -> None:
    """写出一份可上传到提供者工作台的复核包，改在网页上标注。"""
    from openbeian.assessment.review import ReviewFolder

    text = json.dumps(ReviewFolder(folder).task.as_json(), ensure_ascii=False) + "\n"
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Fault("review-unwritable", f"复核包写不进去：{reason_of(error)}", "换一个位置", file=str(to)) from error
    out.print(f"复核包 {to}", markup=False)


@review.command("import")
def import_command(
    folder: Annotated[Path, typer.Argument(help="复核文件夹")],
    marked: Annotated[Path, typer.Argument(help="填好的表（xlsx），或从网页下载的标注（jsonl）")],
    reviewer: Annotated[str, typer.Option(help="复核人的姓名或工号；可省略：表里写了，或 jsonl 自带")] = "",
) -> None:
    """导入标注：全部可用才写入；已有的标注不会被改写；每次导入和被拒都记下。"""
    from openbeian.assessment.review import ReviewFolder, Seat
    from openbeian.assessment.review.importing import import_marks

    opened = ReviewFolder(folder)
    done = import_marks(opened, marked, reviewer, datetime.now(UTC))
    missing = f"，少 {done.missing} 行" if done.missing else ""
    out.print(f"导入 {done.new} 条新标注（文件中 {done.held} 条，空着 {done.left_open} 条{missing}）")
    _status(opened, Seat)


@review.command("status")
def status_command(folder: Annotated[Path, typer.Argument(help="复核文件夹")]) -> None:
    """看各席还有多少条要标注。"""
    from openbeian.assessment.review import ReviewFolder, Seat

    _status(ReviewFolder(folder), Seat)


def _status(folder: ReviewFolder, seats: type[Seat]) -> None:
    from openbeian.assessment.review.importing import TRIES, tries

    written = folder.load()
    table = Table("席位", "已标", "待标", box=None, pad_edge=False)
    for seat in seats:
        table.add_row(seat.word, str(len(written.seats[seat])), str(len(written.open_for(seat))))
    out.print(table)
    seen = tries(folder)
    if seen["refused"]:
        out.print(f"导入 {seen['taken']} 次，另有 {seen['refused']} 次被拒，见 {folder.path / TRIES}", markup=False)


@review.command("result")
def result_command(
    folder: Annotated[Path, typer.Argument(help="复核文件夹")],
    run: Annotated[Path | None, typer.Option(help="评估的运行目录；默认为复核文件夹所在的那一次")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """复核的结果：一致性、分歧、合格率，机器判定的校正；存为证据。"""
    from openbeian.assessment.machines import machine_flags
    from openbeian.assessment.review import Population, ReviewFolder
    from openbeian.assessment.review.reporting import summary_lines, to_record
    from openbeian.assessment.review.results import result_json, summarise

    opened = ReviewFolder(folder)
    written = opened.load()
    task = written.task
    where = run or (folder.parent.parent if (folder.parent.parent / "answers.jsonl").exists() else None)
    is_run = where is not None and task.population is not Population.CORPUS
    flags = machine_flags(where, task.population, task.policy) if is_run and where is not None else {}
    result: ReviewResult = summarise(written, flags, opened.marks_sha256)
    stored = keep(to_record(result, opened, where if is_run else None, made_at=written.last_at or datetime.now(UTC)))
    if as_json:
        print_json({"evidence": stored.digest, **result_json(result)})
        return
    for line in summary_lines(result):
        out.print(line, markup=False)
    out.print(f"证据 {stored.digest[:12]}")


@review.command("borrow")
def borrow_command(
    run: Annotated[Path, typer.Argument(help="要校正的运行目录")],
    by: Annotated[Path, typer.Option(help="另一次运行的复核文件夹，已完成")],
    by_run: Annotated[Path | None, typer.Option(help="那一次的运行目录；默认为复核文件夹所在的那一次")] = None,
) -> None:
    """没有自己的复核时，借另一次的复核校正机器判定（Rogan–Gladen）；只作参考，不存为证据。"""
    from openbeian.assessment.borrowing import WARNING, borrow
    from openbeian.assessment.review import ReviewFolder

    found = borrow(run, ReviewFolder(by), by_run)
    for one in found:
        out.print(one.text, markup=False)
    out.print(f"注意：{WARNING}" if found else "两次运行没有同名的机器判定，无从校正", markup=False)
