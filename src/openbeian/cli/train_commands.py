"""`train`, `evaluate`, `sample`: make a model by a recipe, measure it, look at what it makes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress as Bar

from openbeian.cli.console import home, out, print_json, share_bar
from openbeian.cli.evidence_commands import keep
from openbeian.manifest import Fault

if TYPE_CHECKING:
    from openbeian.screening.classifier import Classifier, Labelled
    from openbeian.studio.models.lines import LineModel
    from openbeian.studio.training.loop import Progress

CLASSIFIER = "classifier"
RUN = Annotated[Path, typer.Argument(help="训练运行的文件夹")]
JSON = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    app.command("train")(train_command)
    app.command("recipes")(recipes_command)
    app.command("evaluate")(evaluate_command)
    app.command("sample")(sample_command)


def train_command(  # noqa: PLR0913 - one argument an option
    recipe: Annotated[
        str, typer.Argument(help="配方名（见 openbeian recipes），或自己的 .yaml 文件；classifier 为内容分类模型")
    ],
    *,
    data: Annotated[
        Path | None, typer.Option(help="用自己的数据代替配方里的：文件夹、npz、MNIST idx、问答表……")
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="运行文件夹；分类模型为文件")] = None,
    seed: Annotated[int, typer.Option(min=0, help="随机种子")] = 1,
    cpu_minutes: Annotated[float | None, typer.Option(min=0.01, help="训练用多少 CPU 分钟（不含评估）")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="训练多少步；与时间相反，步数决定每一位")] = None,
    is_resumed: Annotated[bool, typer.Option("--resume", help="从上次的存档接着训练")] = False,
    save_seconds: Annotated[float, typer.Option(min=0, help="每多少 CPU 秒存档一次")] = 15.0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="改配方里的一个值，如 objective.game=hinge；可重复")
    ] = None,
    as_json: JSON = False,
) -> None:
    """按配方训练一个模型；权重、指标、样本、报告和运行记录存为证据。"""
    if recipe == CLASSIFIER:
        _train_classifier(_needed(data), to or home() / "runs" / "classifier.npz", as_json=as_json)
        return
    from openbeian.studio import to_record, train
    from openbeian.studio.training.loop import Rhythm

    target = to or home() / "runs" / f"{Path(recipe).stem}-seed{seed}"
    with _progress() as shown, stop_by_signal() as is_stopped:
        model = train(
            recipe, out=target, seed=seed, settings=settings or (), cpu_minutes=cpu_minutes, steps=steps, data=data, cache=home() / "studio",
            is_resumed=is_resumed, progress=shown.row, tell=shown.say, is_stopped=is_stopped, rhythm=Rhythm(save_seconds=save_seconds),
        )  # fmt: skip
    if os.environ.get("RANK", "0") != "0":
        return  # one of several processes: the first one speaks for all
    stored = keep(to_record(target, now=datetime.now(UTC)))
    facts = model.facts
    if as_json:
        print_json(
            {
                "run": str(target),
                "evidence": stored.digest,
                "weights_sha256": facts["weights_sha256"],
                "results": facts["results"],
            }
        )
        return
    out.print(f"权重 sha256:{facts['weights_sha256'][:16]}…  证据 {stored.digest[:12]}  运行 {target}", markup=False)
    _print_results(facts["results"])
    if (target / "report.html").exists():
        out.print(f"报告 {target / 'report.html'}", markup=False)


def recipes_command(*, as_json: JSON = False) -> None:
    """列出随软件的配方。"""
    from openbeian.studio.recipes import load_recipe, shipped

    found = {name: load_recipe(name).title for name in shipped()} | {CLASSIFIER: "内容分类模型（需自备标注）"}
    if as_json:
        print_json(found)
        return
    for name, title in found.items():
        out.print(f"{name:<24} {title}", markup=False)


def evaluate_command(
    run: RUN,
    *,
    data: Annotated[Path | None, typer.Option(help="换一套数据来评")] = None,
    samples: Annotated[int | None, typer.Option(min=100, help="生成多少个样本来评")] = None,
    as_json: JSON = False,
) -> None:
    """重新评估一次训练运行；结果写进 evaluation.json，运行记录不变。"""
    from openbeian.studio import evaluate

    with _progress() as shown:
        results = evaluate(run, data=data, samples=samples, cache=home() / "studio", tell=shown.say)
    if as_json:
        print_json(results)
        return
    _print_results(results)


def sample_command(
    run: RUN,
    *,
    label: Annotated[
        str | None, typer.Option("--class", help="类别的名称或序号；文本模型为场合或题目；不给则轮流")
    ] = None,
    count: Annotated[int, typer.Option("--n", min=1, help="多少张（篇）")] = 64,
    to: Annotated[Path | None, typer.Option("--out", help="图片写到哪个 .png；文本写到哪个 .txt")] = None,
    seed: Annotated[int, typer.Option(min=0, help="同一种子生成同样的样本")] = 0,
    temperature: Annotated[float | None, typer.Option(help="文本模型的采样温度")] = None,
) -> None:
    """用训练好的模型生成样本：图片拼成一张 png，文本逐行打印。"""
    from openbeian.studio import ImageModel, ReplyModel, load
    from openbeian.studio.runs.pictures import grid_png, write_png

    model = load(run)
    if isinstance(model, ReplyModel):
        raise Fault("run-other", "答复模型只回答问题，不生成样本", "用 openbeian serve 提供它", file=str(run))
    if not isinstance(model, ImageModel):
        _print_texts(model, label, count, to, seed, temperature)
        return
    target = to or run / "sample.png"
    write_png(target, grid_png(model.sample(count, label, seed=seed).numpy()))
    out.print(f"{count} 张，种子 {seed}：{target}", markup=False)


def _print_texts(
    model: LineModel, condition: str | None, count: int, to: Path | None, seed: int, temperature: float | None
) -> None:
    from openbeian.files import write_whole

    if condition is None and not model.occasions:
        raise Fault("lines-condition", "没有给题目", "加上 --class 题目")
    asked = [condition] if condition else list(model.occasions)
    each = -(-count // len(asked))
    texts = [text for name in asked for text in model.write(name, each, temperature, seed)][:count]
    if to:
        write_whole(to, "\n".join(texts) + "\n")
        out.print(f"{len(texts)} 篇，种子 {seed}：{to}", markup=False)
        return
    for text in texts:
        out.print(text, markup=False)


def _print_results(results: dict[str, Any]) -> None:
    spread = results.get("spread", {})
    for name, value in results.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = spread.get(name, (None, None))
            interval = f"  （95% 区间 {low:.4g}–{high:.4g}）" if low is not None else ""
            out.print(f"  {name}: {value:.4g}{interval}", markup=False)


def _needed(data: Path | None) -> Path:
    if data is None:
        raise Fault("data-needed", "没有给数据", "加上 --data 文件")
    return data


class _Shown:
    """The live line of a run: losses, figures, units a second, time left."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("准备", total=1.0, note="")

    def row(self, progress: Progress) -> None:
        """Show a row of training."""
        figures = {**progress.losses, **progress.figures}
        words = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        left = progress.spent * (1 - progress.share) / progress.share if progress.share else 0.0
        note = f"{words}  {progress.pace:,.0f}/s  还要 {left:.0f} CPU 秒"
        self._bar.update(self._task, description=f"第 {progress.done} 步", completed=progress.share, note=note)

    def say(self, words: str, share: float) -> None:
        """Show anything else that takes long."""
        self._bar.update(self._task, description=words, completed=share, note="")


@contextmanager
def _progress() -> Iterator[_Shown]:
    with share_bar() as bar:
        yield _Shown(bar)


@contextmanager
def stop_by_signal() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end the run between two steps, with everything saved; the second ends it at once."""
    stopped = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _train_classifier(data: Path, to: Path, *, as_json: bool) -> None:
    from openbeian.manifest import sha256_file
    from openbeian.reports import write
    from openbeian.screening.classifier import fit, to_record, training_report

    now = datetime.now(UTC)
    trained = fit(_labels(data), sha256_file(data), str(data))
    to.parent.mkdir(parents=True, exist_ok=True)
    trained.save(to)
    report = write(to.with_suffix(".html"), training_report(trained, data.name, now=now))
    record = to_record(trained, to, data, now=now, report=report)
    stored = keep(record)
    if as_json:
        print_json({"model": str(to), "report": str(report), "evidence": stored.digest, **record.detail})
        return
    _print_classifier(trained)
    out.print(f"证据 {stored.digest[:12]}  文件 {to}  报告 {report}", markup=False)


def _labels(data: Path) -> list[Labelled]:
    """Return the texts of a labelled file; a row that cannot be read is a mistake, not left out."""
    from openbeian.assessment.bank_files import read_rows
    from openbeian.screening.classifier import labelled

    columns = ("文本", "text"), ("风险", "risk"), ("组别", "group")
    rows = []
    for row in read_rows(data):
        if row.defect:
            raise Fault("labels-row", row.defect, "改正这一行", file=str(data), line=row.line)
        rows.append([next((row.values[key] for key in keys if key in row.values), "") for keys in columns])
    return labelled(rows)


def _print_classifier(trained: Classifier) -> None:
    quality = trained.quality
    out.print(
        f"留出 {quality.held_out} 条：AUC {quality.auc:.3f}，宏平均 F1 {quality.macro_f1:.3f}，"
        f"查全 {quality.recall:.1%}，查准 {quality.precision:.1%}，概率平均误差 {quality.ece:.1%}"
    )
    for group in quality.groups:
        out.print(f"  {group.name}：合格 {group.qualified} 条，误标 {group.rate:.1%}", markup=False)
    out.print(f"说得上的风险 {len(trained.covered)} 种：{'、'.join(trained.covered) or '无'}；其余没有足够样本")
    for risk, why in trained.left_out.items():
        out.print(f"  {risk}：{why}", markup=False)
    out.print(f"31 种风险里没有模型的 {len(trained.without_model)} 种：{'、'.join(trained.without_model) or '无'}")
