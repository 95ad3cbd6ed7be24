"""The search through `tune`: proposals, outcomes, kill and resume, what is left."""

from __future__ import annotations

import errno
import json
import subprocess
import sys

import pytest

from openbeian.manifest import Fault
from openbeian.studio.recipes import load_recipe
from openbeian.studio.tuning import Watching, tune
from openbeian.studio.tuning.journal import JOURNAL
from tests.studio.tuning.quick import QuickRunner, killed

pytestmark = [pytest.mark.studio, pytest.mark.req("M8")]


def told(found):
    """Return everything of a search but its folder."""
    return {key: value for key, value in found.as_json().items() if key != "confirm"}


def test_the_best_of_equal_trials_is_found_and_left_as_a_recipe(search, tmp_path):
    found = search(trials=5)
    assert [trial.outcome for trial in found.trials] == ["finished"] * 5
    assert found.best.value == min(trial.value for trial in found.trials)
    best = load_recipe(str(tmp_path / "out" / "best.yaml"))
    assert best.optimiser.generator_rate == pytest.approx(found.best.values["optimiser.generator_rate"], rel=1e-12)
    assert best.optimiser.batch == found.best.values["optimiser.batch"]
    assert best.budget.steps == 180
    kept = json.loads((tmp_path / "out" / "tuning.json").read_text(encoding="utf-8"))
    assert kept == found.as_json()
    assert f"{tmp_path / 'out' / 'best.yaml'} --seed 2" in kept["confirm"]


def test_values_lie_in_their_ranges_whole_numbers_stay_whole_and_the_seed_decides(search):
    first, again, other = search(out="a"), search(out="b"), search(out="c", seed=2)
    assert told(first) == told(again)
    assert [trial.values for trial in first.trials] != [trial.values for trial in other.trials]
    for trial in first.trials + other.trials:
        assert 1e-4 <= trial.values["optimiser.generator_rate"] <= 1e-2
        assert 8 <= trial.values["optimiser.batch"] <= 64
        assert type(trial.values["optimiser.batch"]) is int
        assert trial.values["objective.game"] in {"relativistic", "hinge"}


def test_a_field_more_leaves_the_values_of_the_others(search, space):
    before = search(out="a", trials=2).trials
    space.write_text("objective.real_penalty: [0, 2]\n" + space.read_text(encoding="utf-8"), encoding="utf-8")
    after = search(out="b", trials=2).trials
    assert [{**trial.values, "objective.real_penalty": None} for trial in before] == [
        {**trial.values, "objective.real_penalty": None} for trial in after
    ]


@pytest.mark.parametrize(("method", "killed_at"), [("random", (2, 60)), ("halving", (1, 20)), ("halving", (0, 40))])
def test_a_killed_search_goes_on_as_if_it_had_not_been(search, method, killed_at):
    whole = search(out="whole", method=method)
    assert killed(lambda: search(QuickRunner(killed_at=killed_at), out="cut", method=method))
    assert told(search(out="cut", method=method, is_resumed=True)) == told(whole)


def test_two_of_four_trials_then_the_rest(search):
    whole = search(out="whole")
    search(out="parts", trials=2)
    assert told(search(out="parts", is_resumed=True)) == told(whole)


def test_a_journal_cut_anywhere_in_its_last_lines_goes_on(search, tmp_path):
    """The process was killed while a line was written: what was noted stays, the rest is made again."""
    whole = told(search(method="halving", trials=3))
    path = tmp_path / "out" / JOURNAL
    content = path.read_bytes()
    last = content.rindex(b'"op_code":4')  # the third trial begins there
    for at in range(last + 30, len(content), (len(content) - last) // 6):
        path.write_bytes(content[:at])
        assert told(search(method="halving", trials=3, is_resumed=True)) == whole


def test_halving_stops_the_worse_early_and_says_at_which_rung(search):
    found = search(trials=8, method="halving")
    pruned = [trial for trial in found.trials if trial.outcome == "pruned"]
    assert pruned
    assert {trial.steps for trial in pruned} <= {20, 60}
    assert all("coverage" in trial.words and trial.value is None for trial in pruned)
    assert found.best.value == min(trial.value for trial in found.trials if trial.value is not None)
    assert sum(trial.steps for trial in found.trials) < 8 * 180 * 0.7


def test_a_trial_that_collapsed_does_not_compete_at_the_rungs(search):
    """The third trial has the best rate of all by its seed; when it collapses, the others are compared among themselves."""
    best = search(out="whole", method="halving").best.number
    faults = {best: Fault("run-collapsed", "召回 0.01", "")}
    found = search(QuickRunner(faults=faults), method="halving")
    assert found.trials[best].outcome == "collapsed"
    assert found.best is not None


def test_halving_without_steps_asks_the_clock_once(search):
    """3 trials in 0.3 CPU-minutes: the pilot makes 100 steps a second."""
    found = search(trials=3, method="halving", steps=None, cpu_minutes=0.3)
    assert found.plan.steps % 180 == 0
    assert found.plan.steps > 18 / 3 * 100, "a full trial is longer than an equal share"
    again = search(trials=4, method="halving", steps=None, cpu_minutes=99, is_resumed=True)
    assert again.plan.steps == found.plan.steps


def test_random_trials_share_the_time_equally(search):
    runner = QuickRunner()
    assert search(runner, steps=None, cpu_minutes=1, trials=2).plan.cpu_minutes == 0.5


def test_no_trial_begins_when_the_time_is_spent(search):
    assert len(search(trials=50, steps=600, cpu_minutes=0.15).trials) == 2


def test_what_goes_wrong_in_a_trial_is_recorded_and_the_search_goes_on(search):
    faults = {
        0: Fault("run-collapsed", "召回 0.01", "换种子"),
        1: Fault("run-not-finite", "损失 NaN", ""),
        2: RuntimeError("out of memory"),
    }
    found = search(QuickRunner(faults=faults))
    assert [trial.outcome for trial in found.trials] == ["collapsed", "not-finite", "failed", "finished"]
    assert "召回 0.01" in found.trials[0].words
    assert "out of memory" in found.trials[2].words
    assert found.best.number == 3


def test_a_full_disk_stops_the_search_and_it_goes_on_later(search):
    with pytest.raises(Fault) as caught:
        search(QuickRunner(faults={1: Fault("disk-full", "磁盘已满", "")}))
    assert caught.value.code == "disk-full"
    assert told(search(trials=2, is_resumed=True)) == told(search(out="whole", trials=2))


def test_a_full_disk_under_the_journal_stops_the_search(search):
    with pytest.raises(Fault) as caught:
        search(QuickRunner(faults={1: OSError(errno.ENOSPC, "No space left on device")}))
    assert caught.value.code == "disk-full"


def test_a_recipe_that_never_works_ends_the_search(search):
    faults = dict.fromkeys(range(9), Fault("data-missing", "没有这个文件夹", "检查路径"))
    with pytest.raises(Fault) as caught:
        search(QuickRunner(faults=faults), trials=9)
    assert caught.value.code == "search-hopeless"
    assert "没有这个文件夹" in caught.value.message


def test_stopping_by_hand_keeps_the_trial_for_the_next_time(search):
    rows = []
    watching = Watching(progress=rows.append, is_stopped=lambda: len(rows) > 12)
    with pytest.raises(Fault) as caught:
        search(trials=2, watching=watching)
    assert caught.value.code == "search-interrupted"
    assert told(search(trials=2, is_resumed=True)) == told(search(out="whole", trials=2))


def test_a_metric_that_the_recipe_does_not_have(search):
    with pytest.raises(Fault) as caught:
        search(metric="nll")
    assert caught.value.code == "metric-missing"
    assert "fid_c" in caught.value.remedy


def test_a_higher_figure_may_be_the_better_one(search):
    found = search(metric="coverage", trials=3)
    assert found.best.value == max(trial.value for trial in found.trials)
    assert search(out="b", trials=1, metric="fid_c", direction="higher").best.value > 0


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("unknown-metric", {"metric": "fid"}),
        ("unknown-direction", {"direction": "up"}),
        ("unknown-method", {"method": "grid"}),
        ("no-search", {"is_resumed": True}),
    ],
)
def test_a_wrong_call_is_said_before_anything_runs(search, code, options):
    runner = QuickRunner()
    with pytest.raises(Fault) as caught:
        search(runner, **options)
    assert caught.value.code == code
    assert not runner.asked


@pytest.mark.parametrize(
    "options", [{"seed": 2}, {"method": "halving"}, {"steps": 360}, {"settings": ["objective.critic_steps=2"]}]
)
def test_another_search_is_not_mixed_into_one_that_is_there(search, options):
    search(trials=1)
    with pytest.raises(Fault) as caught:
        search(is_resumed=True, **options)
    assert caught.value.code == "other-search"


def test_a_recipe_of_a_family_that_trains_otherwise_is_refused(tmp_path):
    with pytest.raises(Fault) as caught:
        tune("replies", out=tmp_path / "out", run=QuickRunner())
    assert caught.value.code == "recipe-family"


def test_a_search_that_is_there_is_not_overwritten(search):
    search(trials=1)
    with pytest.raises(Fault) as caught:
        search(trials=1)
    assert caught.value.code == "search-there"


def test_a_journal_that_is_none(search, tmp_path):
    search(trials=1)
    (tmp_path / "out" / JOURNAL).write_text("no journal\nat all\n", encoding="utf-8")
    with pytest.raises(Fault) as caught:
        search(is_resumed=True)
    assert caught.value.code == "search-broken"


def test_one_search_at_a_time_in_a_folder(search):
    caught = []

    def began(_number, _count):
        with pytest.raises(Fault) as fault:
            search(is_resumed=True)
        caught.append(fault.value.code)

    search(trials=1, watching=Watching(began=began))
    assert caught == ["search-busy"]


def test_importing_needs_neither_torch_nor_optuna():
    code = "import sys, openbeian.studio.tuning; print([m for m in ('torch', 'optuna') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
