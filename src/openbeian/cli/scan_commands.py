"""`scan`: read a corpus for personal information and for the user's own keyword library."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openbeian.cli.console import Exit, home, out, print_json, share_bar
from openbeian.cli.evidence_commands import keep, store
from openbeian.cli.listing import say
from openbeian.evidence import EvidenceKind
from openbeian.manifest import Fault, digest, load_manifest

if TYPE_CHECKING:
    from openbeian.evidence import StoredRecord
    from openbeian.manifest import Manifest
    from openbeian.screening.corpus import Scan, ScanOptions

LOCAL, SPARK = "local", "spark"
EDITION = "gbt-45654-2025"
Sample = dict[str, tuple[int, int]]


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("scan")(scan_command)


def corpus_path(given: str) -> Path:
    """Return the path of a corpus; an empty one is refused, which as a `Path` would be the current folder.

    Raises:
        Fault: `no-corpus`.
    """
    if not given.strip():
        raise Fault("no-corpus", "语料的路径是空的", "给出文件、文件夹或模式，当前文件夹写作“.”")
    return Path(given)


def scan_command(  # noqa: PLR0913 - one argument an option
    paths: Annotated[list[Path], typer.Argument(help="语料：文件、文件夹或带 * 的模式", parser=corpus_path)],
    *,
    library: Annotated[Path, typer.Option(help="关键词库（xlsx、csv、yaml、txt），由您提供")],
    to: Annotated[
        Path | None, typer.Option("--out", help="结果文件夹；中断后用同一个文件夹再运行，从停下的地方继续")
    ] = None,
    column: Annotated[str | None, typer.Option(help="放文本的列或字段；默认按格式自动识别")] = None,
    classifier: Annotated[
        Path | None,
        typer.Option(help="分类模型（train classifier 所得）：标出的行按概率排队由人看（queue.csv），计入技术抽检"),
    ] = None,
    personal: Annotated[bool, typer.Option("--personal/--no-personal", help="查个人信息")] = True,
    disguises: Annotated[bool, typer.Option("--disguises/--no-disguises", help="第二遍：找改写的关键词")] = True,
    jobs: Annotated[int | None, typer.Option(min=1, help="几个进程；默认与处理器数相同，语料小时一个")] = None,
    source: Annotated[list[str] | None, typer.Option(help="来源名称=路径，可多次；默认按语料下的文件夹分来源")] = None,
    service: Annotated[Path | None, typer.Option(help="服务清单：来源的名称取自其中写了 path 的数据来源")] = None,
    review: Annotated[
        str | None, typer.Option(help="语料的人工抽检：复核文件夹，或证据的摘要；默认取证据库里最近的一次")
    ] = None,
    edition: Annotated[str, typer.Option(help="规则包")] = EDITION,
    on: Annotated[str, typer.Option(help="在哪里扫描：local 或 spark")] = LOCAL,
    master: Annotated[str | None, typer.Option(help="Spark 的主节点，如 yarn；默认按 Spark 自己的设置")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """扫描语料中的关键词和个人信息：每一行都有下落，可中断续扫；结果存为报告和证据。"""
    from openbeian.screening import Library
    from openbeian.screening.classifier import Classifier
    from openbeian.screening.corpus import Beside, ScanOptions, scan_corpus, to_record  # pyarrow: extra `scale`
    from openbeian.screening.library_files import read_entries

    now = datetime.now(UTC)
    entries = read_entries(library)
    words = Library(entries.keywords, entries.allowed)
    model = Classifier.load(classifier) if classifier else None
    manifest = load_manifest(service).manifest if service else None
    names = _sources(source or [], manifest, service)
    choices = {"column": column, "personal": personal, "disguises": disguises, "sources": names}
    target = to or _target(
        [*map(str, map(Path.resolve, paths)), words.digest, "" if model is None else model.digest, digest(choices)]
    )
    given = {"service": service, "classifier": classifier, "column": column, "review": review, "edition": edition}
    flags = [name for name, wanted in (("--no-personal", personal), ("--no-disguises", disguises)) if not wanted]
    command = _command([*map(str, paths), "--library", str(library)], given, source or [], flags, target)
    human, human_from = _human(review)
    title = manifest.service.name if manifest else ""
    beside = Beside(human, human_from, edition, command, entries.notes, now, title)
    options = _options(ScanOptions, jobs, names, on, master)
    result = _scanned(
        lambda progress: scan_corpus(
            paths,
            words,
            target,
            column=column,
            classifier=model,
            personal=personal,
            disguises=disguises,
            options=options,
            beside=beside,
            progress=progress,
        )
    )
    stored = keep(to_record(result, now=now))
    _tell(result, stored, target, entries.notes, as_json=as_json)
    raise typer.Exit(Exit.OK if result.is_whole and result.figures.rows.kept else Exit.PROBLEMS)


def _scanned(scan: Callable[[Callable[[int, int, str], None]], Scan]) -> Scan:
    """Scan with a progress line; Ctrl-C says how much is done."""
    done = ""
    with share_bar() as bar:
        task = bar.add_task("扫描语料", total=None, note="")

        def progress(read: int, total: int, note: str) -> None:
            nonlocal done
            done = note
            bar.update(task, completed=read, total=total or None, note=note)

        try:
            return scan(progress)
        except KeyboardInterrupt:
            words = f"扫描停下了，已完成 {done}" if done else "扫描停下了"
            raise Fault("run-interrupted", words, "再运行同一条命令，从停下的地方继续") from None


def _tell(result: Scan, stored: StoredRecord, target: Path, notes: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        made = {
            "report": "report.json",
            "page": "report.html",
            **({"queue": result.queue.name} if result.queue else {}),
        }
        files = {name: str(target / file) for name, file in made.items()}
        print_json({"evidence": stored.digest, "files_written": files, **result.as_json()})
        return
    for note in notes:
        say(f"词库：{note}", "  ")
    for line in result.summary_text().splitlines():
        say(line, "  ")
    if not result.is_whole:
        out.print("[yellow]有文件没有读完：上面是读到的部分，证据里也这样写着。[/]")
    out.print(f"证据 {stored.digest[:12]}  报告 {target / 'report.html'}", markup=False, soft_wrap=True)


def _target(choices: list[str]) -> Path:
    """Return the folder of a scan whose folder was not named: that of the same one unfinished, else a new one."""
    name = digest(choices)[:12]
    folders = (home() / "runs" / (f"scan-{name}" + (f"-{number}" if number > 1 else "")) for number in count(1))
    return next(folder for folder in folders if not (folder / "report.json").exists())


def _sources(given: Sequence[str], manifest: Manifest | None, service: Path | None) -> dict[str, str]:
    """Return the names of sources by path: those of the manifest, then those given."""
    found = {}
    if manifest is not None and service is not None:
        named = [each for each in manifest.data_sources.sources if each.path]
        found = {str((service.parent / str(each.path)).resolve()): each.name for each in named}
    for each in given:
        name, sign, path = each.partition("=")
        if not sign or not name.strip() or not path.strip():
            raise Fault("scan-source", f"--source 写作 名称=路径，不能是“{each}”", "如 --source 百科=corpus/wiki")
        found[_place(Path(path.strip()))] = name.strip()
    return found


def _place(path: Path) -> str:
    if not path.exists():
        raise Fault("scan-source", "--source 的路径不存在", "检查路径", file=str(path))
    return str(path.resolve())


def _options(
    kind: type[ScanOptions], jobs: int | None, sources: dict[str, str], on: str, master: str | None
) -> ScanOptions:
    if on == LOCAL:
        return kind(jobs=jobs, sources=sources)
    if on != SPARK:
        raise Fault("scan-runner", f"没有 {on} 这种跑法", "可选：local、spark")
    from openbeian.screening.running.spark import SparkRunner

    return kind(jobs=jobs, sources=sources, runner=SparkRunner(master), runner_name="Spark")


def _human(review: str | None) -> tuple[Sample, str]:
    """Return what people found in a sample of the corpus, by the digest of each file, and where it comes from."""
    if review is not None and Path(review).is_dir():
        return _from_folder(Path(review))
    if review is not None:
        stored = store().get(review)
        if not _is_of_corpus(stored):
            raise Fault("scan-review", "这条证据不是语料的人工抽检", "用 openbeian evidence list 找到它", file=review)
        return _counts(stored.record.detail), stored.digest
    found = [stored for stored in store().list() if _is_of_corpus(stored)]
    if not found:
        return {}, ""
    latest = max(found, key=lambda stored: stored.record.made_at)
    return _counts(latest.record.detail), latest.digest


def _is_of_corpus(stored: StoredRecord) -> bool:
    return stored.record.kind is EvidenceKind.HUMAN_REVIEW and stored.record.detail.get("population") == "corpus"


def _from_folder(folder: Path) -> tuple[Sample, str]:
    from openbeian.assessment.review import Population, ReviewFolder
    from openbeian.assessment.review.results import result_json, summarise

    opened = ReviewFolder(folder)
    written = opened.load()
    if written.task.population is not Population.CORPUS:
        raise Fault(
            "scan-review", "这个复核文件夹不是语料的抽检", "给出 review export --corpus 的文件夹", file=str(folder)
        )
    found = result_json(summarise(written, {}, opened.marks_sha256))
    return _counts(found), f"复核文件夹 {folder.name}，标注 {opened.marks_sha256}"


def _counts(detail: dict[str, Any]) -> Sample:
    """Return a review's counts; a stratum is one file, which its digest tells from another of the same name."""
    found: Sample = {}
    for name, share in detail["strata"].items():
        key = str(detail["seed_facts"].get(name, name))
        bad, total = found.get(key, (0, 0))
        found[key] = bad + share["total"] - share["passed"], total + share["total"]
    return found


def _command(
    begin: Sequence[str],
    options: Mapping[str, str | Path | None],
    sources: Sequence[str],
    flags: Sequence[str],
    target: Path,
) -> str:
    """Return what to enter to scan again."""
    given = [f"--{name}={value}" for name, value in options.items() if value not in {None, EDITION}]
    named = [f"--source={each}" for each in sources]
    return shlex.join(["openbeian", "scan", *begin, *given, *named, *flags, "--out", str(target)])
