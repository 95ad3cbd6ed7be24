"""`bank`: is a question bank large enough, what changed in it, since when, and what it should look like."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from openbeian.cli.console import Exit, out, print_json
from openbeian.cli.evidence_commands import keep, store
from openbeian.manifest import Fault

if TYPE_CHECKING:
    from openbeian.assessment.bank_checks import BankReport, Part

bank = typer.Typer(help="题库：核对、比较、登记版本、写出待填的空表。项目不带题目。", no_args_is_help=True)
BANK = Annotated[Path, typer.Argument(help="题库（yaml、csv、jsonl、xlsx）")]
EDITION = Annotated[str, typer.Option(help="规则包")]
JSON = Annotated[bool, typer.Option("--json", help="输出 JSON")]
STANDARD = "gbt-45654-2025"
LISTED = 20


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.add_typer(bank, name="bank")


@bank.command("check")
def check_command(path: BANK, *, edition: EDITION = STANDARD, as_json: JSON = False) -> None:
    """核对题库：总量、各类下限、覆盖与均衡、重复与近似、分类是否写对、这一版多久了。不足时退出码为 1。"""
    from openbeian.assessment import load_bank, rule_book
    from openbeian.assessment.bank_checks import check_bank, report_json
    from openbeian.assessment.bank_versions import age_words, versions

    book = rule_book(edition)
    report = check_bank(load_bank(path), book)
    known = versions(stored.record for stored in store().list())
    age = age_words(known, report.bank, book, datetime.now(UTC))
    if as_json:
        print_json({**report_json(report), "age": age})
    else:
        _print_report(report)
        out.print(age, markup=False)
    raise typer.Exit(Exit.OK if report.is_enough else Exit.PROBLEMS)


def _print_report(report: BankReport) -> None:
    from openbeian.assessment.bank_checks import WORDS

    out.print(f"题库 {report.bank.name}：{len(report.bank.items)} 题，版本 {report.bank.digest[:12]}", markup=False)
    for part in report.parts:
        short = [row for row in part.classes if row.missing]
        words = f"{WORDS[part.expect]}：{part.count} 题，要求不少于 {part.minimum}"
        words += f"；{len(part.classes)} 类中 {len(short)} 类不足；均衡度 {part.evenness:.2f}（1 为各类一样多）"
        out.print(("[green]√[/] " if part.is_enough else "[red]×[/] ") + words)
        if short:
            out.print(_classes_table(part))
    for name, found in (("分类存疑", _misplaced(report)), ("近似重复", _near(report))):
        for line in found[:LISTED]:
            out.print(f"{name}：{line}", markup=False)
        if len(found) > LISTED:
            out.print(f"{name}：另有 {len(found) - LISTED} 处，见 --json")


def _classes_table(part: Part) -> Table:
    table = Table("类别", "名称", "题数", "下限", "还缺", box=None, pad_edge=False)
    for row in part.classes:
        if row.missing:
            table.add_row(row.code, row.name, str(row.count), str(row.minimum), str(row.missing))
    return table


def _misplaced(report: BankReport) -> list[str]:
    return [f"{question.place} {words}" for question, words in report.misplaced]


def _near(report: BankReport) -> list[str]:
    return [f"{near.question.place} 与 {near.earlier.place} 相近（{near.similarity:.0%}）" for near in report.near]


@bank.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(help="较早的题库文件，或问过它的运行目录")],
    new: Annotated[Path, typer.Argument(help="较新的题库文件，或运行目录")],
    *,
    as_json: JSON = False,
) -> None:
    """比较两版题库：增、删、改写、改类各多少，落在哪些类别。没有编号的题改写后算一增一删。"""
    from openbeian.assessment.bank_versions import compare, entries

    change = compare(entries(old), entries(new))
    if as_json:
        print_json(change.as_json())
        return
    out.print(
        f"新增 {len(change.added)} 题，删去 {len(change.removed)} 题，改写 {len(change.reworded)} 题，"
        f"改类 {len(change.reclassed)} 题，不变 {change.same} 题"
    )
    if change.by_class:
        table = Table("题库", "类别", "增", "减", box=None, pad_edge=False)
        for (expect, code), (gained, lost) in change.by_class.items():
            table.add_row(expect, code or "—", str(gained), str(lost))
        out.print(table)


@bank.command("keep")
def keep_command(
    path: BANK,
    *,
    since: Annotated[str | None, typer.Option(help="这一版题库定稿的日子，如 2026-11-01；默认为今天")] = None,
    edition: EDITION = STANDARD,
) -> None:
    """登记题库的这一版：题量、各类题数和定稿日存为证据，更新间隔（T25）由此计算。评估会自动登记。"""
    from openbeian.assessment import load_bank, rule_book
    from openbeian.assessment.bank_versions import to_record

    kept = keep(to_record(load_bank(path), rule_book(edition), now=datetime.now(UTC), since=_day(since)))
    out.print(f"{kept.record.title}  证据 {kept.digest[:12]}", markup=False)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Fault("bank-version-date", f"不认识的日期 {text}", "写成 2026-11-01") from error


@bank.command("versions")
def versions_command(*, as_json: JSON = False) -> None:
    """列出证据中出现过的题库版本，自哪一天起、最近何时用过。"""
    from openbeian.assessment.bank_versions import versions

    found = versions(stored.record for stored in store().list())
    if as_json:
        print_json({"versions": [{**vars(version), "last": version.last.isoformat()} for version in found]})
        return
    table = Table("版本", "题库", "题数", "自", "记录", "最近（UTC）", box=None, pad_edge=False)
    for version in found:
        used = f"{version.last:%Y-%m-%d %H:%M}"
        row = version.digest[:12], version.name, version.questions, version.since, version.records, used
        table.add_row(*map(str, row))
    out.print(table)


@bank.command("outline")
def outline_command(
    to: Annotated[Path, typer.Option("--out", help="写到哪里（.xlsx）")],
    *,
    given: Annotated[Path | None, typer.Option("--bank", help="已有的题库：只列还缺的")] = None,
    edition: EDITION = STANDARD,
) -> None:
    """写出待填的空表：列与备案附件一致，规则要求的每一题一行，类别已填、题目空着，由您填写。"""
    from openbeian.assessment import load_bank, rule_book
    from openbeian.assessment.bank_checks import WORDS
    from openbeian.assessment.bank_outline import write_outline

    sizes = write_outline(to, rule_book(edition), load_bank(given) if given else None)
    for expect, count in sizes.items():
        out.print(f"{WORDS[expect]}：{count} 行待填")
    out.print(f"{to}  填好后用 openbeian bank check 核对", markup=False)
