"""`tune`: search for better settings of a recipe; a table and plots at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress as Bar
from rich.table import Table

from openbeian.cli.console import home, out, print_json, share_bar
from openbeian.cli.train_commands import stop_by_signal

if TYPE_CHECKING:
    from openbeian.studio.training.loop import Progress
    from openbeian.studio.tuning import Trial, Tuned


def register(app: typer.Typer) -> None:
    """Add this command to the tree."""
    app.command("tune")(tune_command)


def tune_command(  # noqa: PLR0913 - one argument an option
    recipe: Annotated[str, typer.Argument(help="配方名（见 openbeian recipes），或自己的 .yaml 文件")],
    *,
    space: Annotated[Path | None, typer.Option(help="搜索范围的 .yaml；不给就用这一类配方现成的")] = None,
    trials: Annotated[int, typer.Option(min=1, help="一共试多少次")] = 20,
    cpu_minutes: Annotated[
        float | None, typer.Option(min=0.01, help="所有试验一共训练多少 CPU 分钟（不含评估）")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="一次完整的试验训练多少步")] = None,
    seed: Annotated[int, typer.Option(min=0, help="随机种子；同一种子提出同样的试验")] = 1,
    method: Annotated[str, typer.Option(help="random 每次预算相等；halving 中途停掉落后的")] = "random",
    metric: Annotated[str | None, typer.Option(help="按哪个指标找，如 fid_c、elbo、coverage")] = None,
    direction: Annotated[str | None, typer.Option(help="不常见的指标：higher 越大越好，lower 越小越好")] = None,
    data: Annotated[Path | None, typer.Option(help="用自己的数据代替配方里的")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="调参的文件夹")] = None,
    is_resumed: Annotated[bool, typer.Option("--resume", help="从停下的地方接着调")] = False,
    settings: Annotated[list[str] | None, typer.Option("--set", help="改配方里的一个值，各次试验都用；可重复")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """给配方找更好的设置：多次训练，比较指标，最后给出表格、图和最好的配方。"""
    from openbeian.studio.tuning import Watching, tune

    target = to or home() / "runs" / f"tune-{Path(recipe).stem}-seed{seed}"
    with _line() as shown, stop_by_signal() as is_stopped:
        found = tune(
            recipe, out=target, space=space, trials=trials, method=method, metric=metric, direction=direction, seed=seed,
            settings=settings or (), cpu_minutes=cpu_minutes, steps=steps, data=data, cache=home() / "studio", is_resumed=is_resumed,
            watching=Watching(shown.began, shown.ended, shown.row, shown.say, is_stopped),
        )  # fmt: skip
    if as_json:
        print_json(found.as_json())
        return
    _print(found)


def _print(found: Tuned) -> None:
    from openbeian.studio.tuning.report import rows, summary
    from openbeian.studio.tuning.trials import BEST, CAUTION, REPORT

    table = Table("试验", found.plan.metric.name, "设置", "结局", "步", "CPU 分钟")
    for row in rows(found):
        tried = zip(found.plan.space, row.values, strict=True)
        # One line a setting: a column a setting does not fit into a terminal.
        settings = "\n".join(f"{each.field.rpartition('.')[2]} {value}" for each, value in tried)
        said = f"{row.outcome}：{row.words}" if row.words else row.outcome
        cells = (row.number, row.value, settings, said, str(row.steps), row.minutes)
        table.add_row(*cells, style="bold" if row.is_best else None)
    out.print(table, markup=False)
    out.print(summary(found), markup=False)
    if found.best is not None:
        out.print(f"{CAUTION}", markup=False)
        out.print(f"  {found.confirmation()}", markup=False, soft_wrap=True)
        out.print(f"最好的配方 {found.folder / BEST}", markup=False, soft_wrap=True)
    out.print(f"报告 {found.folder / REPORT}", markup=False, soft_wrap=True)


class _Shown:
    """The live line of a search: which trial, how far it is, its losses and figures."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("准备", total=1.0, note="")
        self._trial = ""

    def began(self, number: int, count: int) -> None:
        """Show that a trial begins."""
        self._trial = f"第 {number + 1}/{count} 次试验"
        self.say("准备", 0.0)

    def ended(self, trial: Trial) -> None:
        """Leave a line about a trial that has ended."""
        said = trial.words if trial.value is None else f"{trial.value:.4g}"
        self._bar.console.print(f"第 {trial.number + 1} 次：{said}", markup=False)

    def row(self, progress: Progress) -> None:
        """Show a row of training."""
        figures = {**progress.losses, **progress.figures}
        words = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        told = f"{self._trial} 第 {progress.done} 步"
        self._bar.update(self._task, description=told, completed=progress.share, note=words)

    def say(self, words: str, share: float) -> None:
        """Show anything else that takes long."""
        self._bar.update(self._task, description=f"{self._trial} {words}".strip(), completed=share, note="")


@contextmanager
def _line() -> Iterator[_Shown]:
    with share_bar() as bar:
        yield _Shown(bar)
