"""What a search leaves: `tuning.json`, the best recipe, and a report as one HTML file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Final

from ruamel.yaml import YAML

from openbeian.files import write_whole
from openbeian.reports import render
from openbeian.studio.recipes import as_plain, load_recipe
from openbeian.studio.tuning.plots import panels, written
from openbeian.studio.tuning.space import Choice, Dimension, setting
from openbeian.studio.tuning.trials import BEST, CAUTION, OUTCOMES, REPORT, TUNING, Trial, Tuned

PACKAGE: Final = "openbeian.studio.tuning"
TEMPLATE: Final = "tuning_page.html"
METHODS: Final = {"random": "随机搜索", "halving": "逐次减半"}


@dataclass(frozen=True)
class Row:
    """One trial as it stands in a table: every cell in words."""

    number: str
    value: str
    values: tuple[str, ...]
    outcome: str
    words: str
    tone: str
    steps: int
    minutes: str
    run: str
    is_best: bool


def note(found: Tuned) -> None:
    """Write `tuning.json`. Raises `OSError` when the folder cannot be written."""
    text = json.dumps(found.as_json(), ensure_ascii=False, indent=1, allow_nan=False)
    write_whole(found.folder / TUNING, text)


def leave(found: Tuned) -> None:
    """Write everything a search leaves. Raises as `note`."""
    note(found)
    best = found.best
    if best is not None:
        write_whole(found.folder / BEST, best_recipe(found, best))
    write_whole(found.folder / REPORT, report_html(found))


def best_recipe(found: Tuned, best: Trial) -> str:
    """Return a recipe with the best trial's values and budget, as YAML that `openbeian train` takes."""
    plan = found.plan
    values = [setting(field, value) for field, value in best.values.items()]
    recipe = load_recipe(plan.recipe, [*plan.settings, *plan.budget(), *values])
    text, writer = StringIO(), YAML()
    writer.dump(as_plain(recipe), text)
    told = f"{len(found.trials)} 次试验里最好的一次：第 {best.number + 1} 次，{plan.metric.name} = {best.value:.4g}"
    head = f"# {told}，种子 {plan.seed}。\n# {CAUTION}\n"
    return head + text.getvalue()


def rows(found: Tuned) -> list[Row]:
    """Return all trials for a table, best first."""
    return [_row(found, trial) for trial in found.ranked]


def summary(found: Tuned) -> str:
    """Say in a sentence what came of the search."""
    best, metric = found.best, found.plan.metric
    if best is None:
        return f"{len(found.trials)} 次试验，没有一次训完"
    return f"{metric.name} 最好 {best.value:.4g}（第 {best.number + 1} 次，{metric.words}）；{len(found.trials)} 次试验，训完 {found.finished} 次"


def report_html(found: Tuned) -> str:
    """Return the report of a search as one HTML file."""
    return render(
        PACKAGE,
        TEMPLATE,
        title=found.plan.base.title,
        summary=summary(found),
        caution=CAUTION,
        confirm=found.confirmation() if found.best else "",
        best=found.best,
        facts=list(_facts(found)),
        fields=[each.field for each in found.plan.space],
        metric=found.plan.metric,
        rows=rows(found),
        panels=list(panels(found)),
        digest=found.plan.digest(),
    )


def _row(found: Tuned, trial: Trial) -> Row:
    tones = {"finished": "ok", "pruned": ""}
    return Row(
        str(trial.number + 1),
        "—" if trial.value is None else f"{trial.value:.4g}",
        tuple(written(trial.values[each.field]) if each.field in trial.values else "—" for each in found.plan.space),
        OUTCOMES.get(trial.outcome, trial.outcome),
        trial.words,
        tones.get(trial.outcome, "warn"),
        trial.steps,
        f"{trial.cpu_seconds / 60:.1f}",
        trial.folder,
        trial is found.best,
    )


def _facts(found: Tuned) -> Iterator[tuple[str, str]]:
    plan = found.plan
    yield "配方", " ".join([plan.recipe, *plan.settings])
    yield "方法", METHODS[plan.method]
    yield "指标", f"{plan.metric.name}，{plan.metric.words}"
    yield "种子", f"{plan.seed}，提议和每次训练都用它"
    yield "每次试验", plan.budget_words()
    if plan.rungs:
        yield "中途比较", f"第 {'、'.join(map(str, plan.rungs))} 步；每三次留一次"
    yield "试验", f"做了 {len(found.trials)} 次，计划 {found.planned} 次；训完 {found.finished} 次"
    yield "用时", f"训练共 {found.cpu_minutes:.1f} CPU 分钟，不含评估"
    yield "范围", "；".join(f"{each.field} {range_words(each)}" for each in plan.space)


def range_words(dimension: Dimension) -> str:
    """Write what a field may be."""
    if isinstance(dimension, Choice):
        return "、".join(map(written, dimension.choices))
    return f"{dimension.low:g} 到 {dimension.high:g}" + ("，按对数" if dimension.is_log else "")
