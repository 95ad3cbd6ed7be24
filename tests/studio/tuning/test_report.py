"""What a search leaves for people: a page of one file, plots, a table on the terminal; and a search with real training."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from openbeian.cli import tune_command
from openbeian.manifest import Fault
from openbeian.studio.recipes import load_recipe
from openbeian.studio.training.loop import Rhythm
from openbeian.studio.tuning import Choice, Metric, Span, Trial, Tuned, load_space, tune
from openbeian.studio.tuning.halving import ROW
from openbeian.studio.tuning.plots import Logarithmic, panels
from openbeian.studio.tuning.report import report_html, rows
from openbeian.studio.tuning.rhythm import RungRhythm
from openbeian.studio.tuning.trials import CAUTION, Plan
from tests.studio.tuning.quick import QuickRunner

pytestmark = [pytest.mark.studio, pytest.mark.req("M8")]

SPACE = (Span("optimiser.generator_rate", 1e-4, 1e-2, is_log=True), Choice("generator.channels", ([64, 32], [32, 16])))


def found(*values, outcome="failed"):
    """A search whose trials had these values; None ends a trial early."""
    plan = Plan(
        "digits-gan", (), load_recipe("digits-gan"), SPACE, "random", Metric("fid_c", is_high_better=False), 1, 100
    )
    trials = [
        Trial(
            number, {"optimiser.generator_rate": 1e-3 + number * 1e-4, "generator.channels": [64, 32]},
            "finished" if value is not None else outcome, "" if value is not None else "<b>坏了</b>", value, {}, {}, 100, 6.0,
        )
        for number, value in enumerate(values)
    ]  # fmt: skip
    return Tuned(plan, tuple(trials), Path("调 参"), len(trials))


def test_the_table_has_the_best_first_and_what_ended_early_last():
    shown = rows(found(0.5, None, 0.2, 0.9))
    assert [row.number for row in shown] == ["3", "1", "4", "2"]
    assert [row.is_best for row in shown] == [True, False, False, False]
    assert shown[0].values == ("0.0012", "[64, 32]")


def test_the_page_says_that_the_best_is_optimistic_and_how_to_confirm_it():
    page = report_html(found(0.5, None, 0.2))
    assert CAUTION in page
    assert "openbeian train &#39;调 参/best.yaml&#39; --seed 2" in page
    assert "<b>坏了</b>" not in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=", page)


def test_the_plots_show_every_finished_trial_and_the_best_so_far():
    course, rate, channels = panels(found(0.5, 0.7, None, 0.2))
    assert course.title == "3 次里最好的 fid_c 是 0.2，在第 4 次"
    assert [chart.count("<circle") for chart in (course.chart, rate.chart, channels.chart)] == [3, 3, 3]
    assert '0.7</td><td class="num">0.5</td>' in course.table
    assert channels.title == "generator.channels：中位数最好的是 [64, 32]（3 次）"


def test_a_very_bad_trial_does_not_flatten_the_others():
    course = next(panels(found(0.5, 0.6, 0.55, 0.52, 300.0)))
    assert "有 1 次太差" in course.note
    assert "300" not in course.chart


def test_a_search_in_which_nothing_finished_still_has_its_page():
    page = report_html(found(None, None))
    assert "没有一次训完" in page
    assert not list(panels(found(None)))


def test_a_logarithmic_axis_has_a_few_round_values():
    for low, high in ((1e-4, 1e-2), (0.1, 10), (5e-4, 5e-3), (1e-5, 1e4), (2.1, 2.9)):
        places = Logarithmic(low, high).ticks()
        assert 2 <= len(places) <= 6
        assert places == sorted(places)


def test_rows_of_training_end_where_halving_expects_it():
    assert Rhythm().steps_a_row == ROW
    rhythm = RungRhythm((60,), 0)
    assert [rhythm.saw(done) or rhythm.check_seconds for done in (0, 20, 40, 60)] == [30.0, 30.0, 0.0, 30.0]
    assert RungRhythm((60,), 40).check_seconds == 0.0


@pytest.fixture
def command(monkeypatch, tmp_path, space):
    """The command line with a quick runner."""
    app = typer.Typer()
    tune_command.register(app)
    app.callback()(lambda: None)
    monkeypatch.setattr("openbeian.studio.tuning.search._run", QuickRunner())
    monkeypatch.setenv("COLUMNS", "200")

    def call(*more):
        options = ["tune", "digits-gan", "--space", str(space), "--steps", "60", "--out", str(tmp_path / "out"), *more]
        return CliRunner().invoke(app, options, catch_exceptions=False)

    return call


def test_the_command_prints_the_table_and_goes_on(command, tmp_path):
    done = command("--trials", "1")
    assert done.exit_code == 0
    assert "fid_c" in done.stdout
    assert CAUTION in done.stdout.replace("\n", "")
    assert "openbeian train" in done.stdout
    more = json.loads(command("--trials", "2", "--resume", "--json").stdout)
    assert len(more["trials"]) == 2
    assert (tmp_path / "out" / "report.html").exists()


@pytest.fixture
def pictures(tmp_path):
    """A hundred and twenty pictures of two classes."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(3)
    for number in range(120):
        pixels = random.integers(0, 90, (8, 8), dtype=np.uint8)
        pixels[slice(0, 4) if number % 2 else slice(4, 8)] += 160
        path = tmp_path / "own" / ("上", "下")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return tmp_path / "own"


SMALL = (
    "data={size: 8}", "generator={noise: 6, channels: [8, 4]}", "discriminator.channels=[4, 8]", "machine.threads=1",
    "evaluation={samples: 100, check_samples: 100, alarm_below: 0, judge: {epochs: 1, least_steps: 30}}",
)  # fmt: skip


@pytest.mark.long
def test_real_trials_are_runs_of_their_own_and_stop_at_rungs(pictures, tmp_path):
    """Stopped after a rung and taken up again from the checkpoint."""
    from openbeian.studio import load
    from openbeian.studio.runs.folder import CHECKPOINT
    from openbeian.studio.tuning import Watching

    (tmp_path / "space.yaml").write_text(
        "optimiser.generator_rate: {low: 1.0e-5, high: 1.0e-2, log: true}\n", encoding="utf-8"
    )

    def search(**more):
        return tune(
            "digits-gan", out=tmp_path / "out", space=tmp_path / "space.yaml", trials=1, method="halving", steps=60, settings=SMALL,
            data=pictures, cache=tmp_path / "cache", **more,
        )  # fmt: skip

    asked = []
    with pytest.raises(Fault) as caught:
        search(watching=Watching(is_stopped=lambda: asked.append(1) or len(asked) > 2))
    assert caught.value.code == "search-interrupted"
    assert (tmp_path / "out" / "trials" / "000" / CHECKPOINT).exists()
    rows_seen = []
    found = search(is_resumed=True, watching=Watching(progress=rows_seen.append))
    assert [row.done for row in rows_seen] == [60], "it went on where it had stopped"
    assert [(trial.outcome, trial.steps, set(trial.course)) for trial in found.trials] == [("finished", 60, {20})]
    run = load(tmp_path / "out" / "trials" / "000")
    assert run.results["fid_c"] == found.best.value
    assert load_recipe(str(tmp_path / "out" / "best.yaml")) == load_recipe(
        str(tmp_path / "out" / "trials" / "000" / "recipe.yaml")
    )


def test_the_shipped_space_is_what_is_searched_unless_said_otherwise(tmp_path):
    run = QuickRunner()
    searched = tune("digits-gan", out=tmp_path / "out", trials=1, steps=20, run=run)
    assert searched.plan.space == load_space(None, "digits-gan")
