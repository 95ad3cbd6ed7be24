"""`dossier`, `submit`, `status`: papers for an office, and handing them in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from openbeian.cli.console import Exit, home, out, print_json
from openbeian.cli.evidence_commands import store
from openbeian.evidence import Store
from openbeian.manifest import Fault, LoadedManifest
from openbeian.rules import clause_pack, find, load_checked

if TYPE_CHECKING:
    from openbeian.dossier import Annex, Attached, Dossier, Round

dossier = typer.Typer(help="备案材料：生成与核验。", no_args_is_help=True)
AT = "材料的时刻，如 2026-11-20T16:30:00+08:00；不写时区按北京时间；不给则为现在"
ANSWERS = ("public", "opinion", "model")


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.add_typer(dossier, name="dossier")
    app.command("submit")(submit_command)
    app.command("status")(status_command)


def make_round(  # all of them go to the office
    loaded: LoadedManifest, evidence: Store, edition: str, papers: Dossier | None, note: str = "", *, now: datetime
) -> Round:
    """Return what goes to an office: manifest, findings at the papers' moment, evidence summaries, papers."""
    from openbeian.dossier import Attachment, Round
    from openbeian.dossier.contents import duty_of

    findings = find(clause_pack(edition), loaded.manifest, evidence.views(), now=now)
    files = [] if papers is None else [file for file in papers.files if file.path.suffix not in {".json", ".zip"}]
    track = loaded.manifest.service.track
    return Round(
        manifest_source=loaded.source,
        findings=[finding.as_json() for finding in findings],
        evidence=[stored.summary() for stored in evidence.list()],
        note=note,
        attachments=[
            Attachment(duty_of(file.path.name, track), file.path.name, file.path.read_bytes()) for file in files
        ],
    )


@dossier.command("build")
def build_command(
    service: Annotated[Path, typer.Argument(help="服务清单")],
    to: Annotated[Path, typer.Option("--out", help="材料文件夹")],
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
    *,
    at: Annotated[str | None, typer.Option(help=AT)] = None,
    keywords: Annotated[Path | None, typer.Option(help="关键词库，成为可编辑的附件 4")] = None,
    bank: Annotated[Path | None, typer.Option(help="题库，成为可编辑的附件 5")] = None,
    run: Annotated[Path | None, typer.Option(help="做完的评估运行（runs/<n>），附件 5 写入应答与研判")] = None,
    attach: Annotated[list[str] | None, typer.Option(help="自己的附件，如 2=服务协议.docx；代替同号的稿本")] = None,
) -> None:
    """由清单、结论和证据生成申报表、报告和全部附件；同样的输入和时刻得到同样的字节。"""
    from openbeian.dossier import build

    loaded, moment = load_checked(service), moment_of(at)
    files = annexes(keywords, bank, run, attach or [])
    evidence = store()
    findings = find(clause_pack(edition), loaded.manifest, evidence.views(), now=moment)
    papers = build(loaded.manifest, findings, evidence.list(), to, moment, annexes=files, pack_id=edition)
    for file in papers.files:
        out.print(f"{file.sha256[:12]}  {file.path}", markup=False, soft_wrap=True)
    out.print(f"核验码 {papers.code}；重做同样的字节：--at {moment:%Y-%m-%dT%H:%M:%SZ}", markup=False, soft_wrap=True)


@dossier.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(help="dossier.zip，或其中一份 PDF、Word 文件")],
    code: Annotated[str | None, typer.Option(help="纸面上的核验码，或二维码里的 sha256:…，须与文件相符")] = None,
) -> None:
    """离线核验：取出文件所附的输入，重做一遍，逐字节比对。"""
    from openbeian.dossier import check

    found = check(file, code)
    for problem in found.problems:
        out.print(problem.text(), markup=False, soft_wrap=True)
    for note in found.notes:
        out.print(note, markup=False, soft_wrap=True)
    if found.code is not None:
        out.print(f"{found.what}\n核验码 {found.code}　材料时刻 {found.made_at}", markup=False, soft_wrap=True)
        out.print(f"sha256:{found.digest}", markup=False, soft_wrap=True)
    out.print("[red]核验不通过。[/]" if found.problems else "[green]材料完好。[/]")
    raise typer.Exit(Exit.PROBLEMS if found.problems else Exit.OK)


def moment_of(text: str | None) -> datetime:
    """Return the moment that a call names, or now; a time without a zone is Beijing time.

    Raises:
        Fault: `moment-unreadable`.
    """
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo("Asia/Shanghai"))).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        said = f"读不懂时刻“{text}”"
        raise Fault("moment-unreadable", said, "请写成 2026-11-20T16:30:00+08:00") from error


def annexes(
    keywords: Path | None, bank: Path | None, run: Path | None, attach: Sequence[str]
) -> list[Annex | Attached]:
    """Return the annexes that a call names: workbooks of words and questions, and files of the provider's own."""
    from openbeian.dossier import keyword_annex, question_annex
    from openbeian.dossier.answering import question_sheets

    found: list[Annex | Attached] = []
    if keywords is not None:
        from openbeian.screening import Library

        found.append(keyword_annex((one.word, one.class1, one.class2) for one in Library.load(keywords).keywords))
    if bank is not None or run is not None:
        found.append(question_annex(question_sheets(bank, run)))
    return [*found, *(_attached(pair) for pair in attach)]


def _attached(pair: str) -> Attached:
    from openbeian.dossier import read_attached

    number, _, path = pair.partition("=")
    if not path or not (number.isascii() and number.isdigit()):
        raise Fault("annex-unreadable", f"读不懂 --attach {pair}", "请写成 附件号=文件，如 2=服务协议.docx")
    return read_attached(int(number), Path(path))


def submit_command(  # noqa: PLR0913  # one argument for each option of the command
    service: Annotated[Path, typer.Argument(help="服务清单")],
    office: Annotated[str, typer.Option(help="备案机构网址")],
    token_file: Annotated[Path, typer.Option(help="令牌所在文件")],
    answers: Annotated[str, typer.Option(help="线路问卷的回答，如 public=yes,opinion=yes,model=own")],
    edition: Annotated[str, typer.Option(help="规则包")] = "gbt-45654-2025",
    *,
    keywords: Annotated[Path | None, typer.Option(help="关键词库，成为可编辑的附件 4")] = None,
    bank: Annotated[Path | None, typer.Option(help="题库，成为可编辑的附件 5")] = None,
    run: Annotated[Path | None, typer.Option(help="做完的评估运行（runs/<n>），附件 5 写入应答与研判")] = None,
    attach: Annotated[list[str] | None, typer.Option(help="自己的附件，如 2=服务协议.docx；代替同号的稿本")] = None,
) -> None:
    """生成材料并提交第一轮；语料、权重和原始证据不离开本机。"""
    from openbeian.dossier import OfficeClient, build

    loaded, moment = load_checked(service), moment_of(None)
    evidence, files = store(), annexes(keywords, bank, run, attach or [])
    findings = find(clause_pack(edition), loaded.manifest, evidence.views(), now=moment)
    folder = home() / "dossier" / loaded.manifest.service.id
    papers = build(loaded.manifest, findings, evidence.list(), folder, moment, annexes=files, pack_id=edition)
    client = OfficeClient(office, token_file.read_text(encoding="utf-8").strip())
    chosen = dict(pair.split("=", 1) for pair in answers.split(",") if "=" in pair)
    filed = client.submit_filing(chosen, make_round(loaded, evidence, edition, papers, now=moment))
    out.print(f"已提交，案卷 {filed.number} 第 {filed.round} 轮", markup=False)


def status_command(
    number: Annotated[str, typer.Argument(help="案卷号")],
    office: Annotated[str, typer.Option(help="备案机构网址")],
    token_file: Annotated[Path, typer.Option(help="令牌所在文件")],
) -> None:
    """查询案卷的状态。"""
    from openbeian.dossier import OfficeClient

    client = OfficeClient(office, token_file.read_text(encoding="utf-8").strip())
    print_json(client.filing(number).model_dump(mode="json"))
