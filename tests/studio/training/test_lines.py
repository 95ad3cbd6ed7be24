"""Training of texts: the same bits after an interruption and in every process, both trainings, and a choice that is measured."""

import json
import math
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import torch

from openbeian.manifest import Fault
from openbeian.studio import evaluate, to_record
from openbeian.studio.models.line_samples import LineSamples
from openbeian.studio.models.lines import LineModel
from openbeian.studio.recipes import as_plain
from openbeian.studio.recipes.lines import TextGan
from openbeian.studio.runs.folder import RUN, SAMPLES, WEIGHTS, load_run
from openbeian.studio.training.line_job import LineJob
from openbeian.studio.training.lines import LineTraining
from openbeian.studio.training.loop import Loop, Rhythm
from openbeian.studio.training.machine import Hardware
from openbeian.studio.training.run import RunOptions, Watcher, run_recipe
from openbeian.studio.training.schedule import Schedule

pytestmark = [pytest.mark.studio, pytest.mark.req("M1", "M5")]

HERE = Hardware(torch.device("cpu"))
WISHES = ["平安喜乐", "万事顺意", "吃好睡好", "笑口常开", "一路顺风", "心想事成", "阖家团圆", "天天开心", "步步高升"]
RHYTHM = Rhythm(steps_a_row=4, check_seconds=1e9, save_seconds=0)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "wishes.txt"
    path.write_text(
        "".join(
            f"{day}\t{day}到了，祝您{a}，{b}。\n" for day in ("春节", "中秋") for a in WISHES for b in WISHES if a != b
        ),
        encoding="utf-8",
    )
    return TextGan.model_validate(
        {
            "name": "tiny",
            "title": "小",
            "family": "text-gan",
            "data": {"source": str(path)},
            "generator": {"embedding": 12, "width": 24, "condition": 6},
            "discriminator": {"embedding": 8, "spans": [2, 3], "filters": 6},
            "objective": {
                "likelihood_steps": 12, "adversarial_steps": 8, "check_every": 4, "check_samples": 20, "check_temperatures": [1.0],
                "real_penalty": 0.1, "likelihood_weight": 0.1, "embedding_dropout": 0.1, "state_dropout": 0.1,
            },
            "optimiser": {"rate": 0.02, "batch": 16, "average": 0.5},
            "speaking": {"temperature": 1.0, "longest_copy": 14, "is_gated": False},
            "evaluation": {"samples": 100, "curve_samples": 100, "temperatures": [0.7, 1.3]},
            "machine": {"threads": 1},
        }
    )  # fmt: skip


def loop(job, recipe, folder, *, stop_after=None):
    folder.mkdir(exist_ok=True)
    asked = iter(range(1000))
    return Loop(
        job.trainee, Schedule(0, 0.0, None, recipe.budget.steps), folder, "run", RHYTHM,
        is_stopped=lambda: stop_after is not None and next(asked) >= stop_after,
    )  # fmt: skip


@pytest.fixture(scope="module")
def finished(recipe, tmp_path_factory):
    """A run of both trainings as `train` leaves it, and a job that has trained the same once more."""
    folder = tmp_path_factory.mktemp("run")
    run_recipe(recipe, RunOptions(1, folder, folder, rhythm=RHYTHM), Watcher())
    job = LineJob(recipe, 1, HERE)
    assert loop(job, recipe, tmp_path_factory.mktemp("again")).run().outcome == "finished"
    return folder, job, load_run(folder)


def test_the_budget_is_both_trainings_together(recipe):
    assert recipe.budget.steps == 20
    assert TextGan.model_validate({**as_plain(recipe), "budget": {"steps": 7}}).budget.steps == 7


@pytest.mark.parametrize("stop_after", [2, 4])  # in the first training, in the second
def test_an_interrupted_run_goes_on_with_the_same_bits(recipe, finished, tmp_path, stop_after):
    first = loop(LineJob(recipe, 1, HERE), recipe, tmp_path, stop_after=stop_after)
    assert first.run().outcome == "interrupted"
    job = LineJob(recipe, 1, HERE)
    again = loop(job, recipe, tmp_path)
    again.resume()
    assert again.run().outcome == "finished"
    straight, resumed = finished[1].trainee.tensors(), job.trainee.tensors()
    assert straight.keys() == resumed.keys()
    assert all(straight[name].equal(resumed[name]) for name in straight)
    assert job.facts()["model"] == finished[1].facts()["model"]


def test_another_process_trains_the_same_weights_and_another_seed_others(recipe, finished, tmp_path):
    code = (
        "import sys, json, torch, hashlib; torch.set_num_threads(1);"
        "from openbeian.studio.recipes.lines import TextGan; from openbeian.studio.training.line_job import LineJob;"
        "from openbeian.studio.training.machine import Hardware;"
        "recipe = TextGan.model_validate(json.loads(sys.argv[1])); job = LineJob(recipe, int(sys.argv[2]), Hardware(torch.device('cpu')));"
        "[job.trainee.step(1.0) for _ in range(recipe.budget.steps)];"
        "print(hashlib.sha256(b''.join(t.numpy().tobytes() for _, t in sorted(job.weights().items()))).hexdigest())"
    )
    import hashlib

    ours = hashlib.sha256(b"".join(t.numpy().tobytes() for _, t in sorted(finished[1].weights().items()))).hexdigest()
    hashing = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    said = subprocess.run(
        [sys.executable, "-c", code, json.dumps(as_plain(recipe)), "1"],
        env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == ours
    other = LineTraining(recipe, finished[1].data, 2, HERE)
    other.step(1.0)
    assert not other.tensors()["generator.leave.weight"].equal(finished[1].trainee.tensors()["generator.leave.weight"])


def test_likelihood_learns_and_adversarial_weights_are_kept_only_by_their_margin(recipe, finished):
    found = finished[1].facts()["model"]
    assert found["validation"]["nll"] < math.log(len(finished[1].data.alphabet))
    better = (
        found["validation"]["reverse_nll_adversarial"]
        < found["validation"]["reverse_nll_likelihood"] - recipe.objective.margin
    )
    assert found["kept"] == ("adversarial" if better else "likelihood")
    assert {name.partition(".")[0] for name in finished[1].weights()} == {"likelihood", "adversarial"}


def test_the_alarm_rings_for_texts_that_are_all_alike(recipe, finished):
    trainee = finished[1].trainee
    assert "重复" in trainee.alarm({"distinct_texts": 0.1})
    assert trainee.alarm(trainee.check()) is None


def test_the_record_has_every_figure_with_reference_samples_judge_and_spread(finished):
    results = finished[2]["results"]
    for name in ("nll", "self_bleu", "bleu", "distinct_2", "novelty", "exact_copies", "right_occasion", "reverse_nll"):
        low, high = results["spread"][name]
        assert low <= results[name] <= high, name
        assert results["spread_methods"][name]
    assert results["reference"] == {"name": "wishes.txt 测试部分", "sha256": finished[2]["data"]["sha256"], "count": 14}
    assert results["samples"] == 100
    assert results["judge"]["accuracy"] == pytest.approx(1)
    assert [point["temperature"] for point in results["curves"]["adversarial"]] == [0.7, 1.3]
    assert results["conclusion"].startswith("对抗训练")
    cold, warm = results["curves"]["likelihood"]
    assert cold["self_bleu"] > warm["self_bleu"]
    assert cold["distinct_2"] < warm["distinct_2"]
    assert results["nll"] < results["baselines"]["nll_unigram"]
    for name in ("bleu", "self_bleu", "reverse_nll"):
        low, high = cold["spread"][name]
        assert low <= cold[name] <= high, name


def test_beside_the_figures_stands_what_real_texts_score(recipe, finished):
    results, data = finished[2]["results"], finished[1].data
    floor = results["floor"]
    assert floor["count"] == len(data.validation) == 14
    assert floor["right_occasion"] == results["judge"]["accuracy"]
    assert floor["reverse_nll"] < results["reverse_nll"]
    assert {"self_bleu", "distinct_2"} <= floor.keys()
    few = LineSamples(
        recipe.model_copy(update={"evaluation": recipe.evaluation.model_copy(update={"samples": 200})}),
        data,
        finished[1].trainee.alphabet,
    )
    assert len(data.train) < 200
    assert not {"self_bleu", "distinct_2"} & few.floors().keys(), "variety falls with the number of texts"


def test_the_copied_runs_are_counted_and_the_longest_is_shown(finished):
    results, train = finished[2]["results"], finished[1].data.train
    copies = results["copies"]
    assert sum(copies["samples"]) == results["samples"]
    assert sum(copies["unseen"]) == 28  # validation and test
    assert copies["samples"][results["longest_copy"]]
    assert not sum(copies["samples"][results["longest_copy"] + 1 :])
    assert len(copies["samples"]) == len(copies["unseen"]) >= results["copy_limit"] + 2, "the limit lies on the axis"
    worst = copies["worst"]
    assert len(worst["copied"]) == results["longest_copy"]
    assert worst["copied"] in worst["sample"]
    assert worst["copied"] in worst["training"] in train.texts
    over = sum(copies["samples"][results["copy_limit"] + 1 :])
    assert results["novelty"] == pytest.approx(1 - over / results["samples"])


@pytest.mark.req("M8")
def test_a_run_leaves_report_and_card_and_is_evidence_with_all_its_files(finished):
    folder, _, facts = finished
    record = to_record(folder, now=datetime(2026, 11, 27, tzinfo=UTC))
    names = [
        "weights.safetensors",
        "run.json",
        "recipe.yaml",
        "metrics.jsonl",
        "samples.json",
        "report.html",
        "card.md",
    ]
    assert [item.name for item in record.subjects] == names
    assert record.model_sha256 == facts["weights_sha256"]
    assert {metric.name for metric in record.metrics} == set(facts["results"]["spread"])
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert facts["results"]["conclusion"] in html
    for texts in json.loads((folder / SAMPLES).read_text(encoding="utf-8")).values():
        assert all(each["text"] in html for each in texts)


@pytest.mark.req("M8")
def test_evaluating_again_gives_the_same_figures_and_another_count_others(finished):
    folder, _, facts = finished
    assert evaluate(folder) == facts["results"]
    assert json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["run"] == facts["weights_sha256"]
    assert evaluate(folder, samples=120)["samples"] == 120


def test_evaluating_on_other_texts_takes_those_that_were_not_trained_on(finished, tmp_path):
    folder, _, facts = finished
    other = tmp_path / "other.txt"
    other.write_text(
        "".join(f"春节\t春节里愿您{a}又{b}。\n" for a in WISHES for b in WISHES if a != b), encoding="utf-8"
    )
    found = evaluate(folder, data=other)
    assert found["reference"]["name"] == "other.txt 测试部分"
    assert found["reference"]["sha256"] != facts["data"]["sha256"] == found["judge"]["sha256"]
    assert found["nll"] > facts["results"]["nll"]
    other.write_text(other.read_text(encoding="utf-8").replace("春节\t", "元宵\t"), encoding="utf-8")
    with pytest.raises(Fault, match="没有学过这些场合：元宵"):
        evaluate(folder, data=other)


def test_a_loaded_model_writes_the_same_texts_for_a_seed_and_copies_no_more_than_it_may(finished):
    model = LineModel.load(finished[0])
    texts = model.write("春节", 12, seed=4)
    assert len(set(texts)) == 12
    assert texts == LineModel.load(finished[0]).write("春节", 12, seed=4)
    assert texts != model.write("春节", 12, seed=5)
    assert all(len(model.longest_run(text)) <= 14 for text in texts)
    assert model.occasions == ("中秋", "春节")
    drawn = json.loads((finished[0] / SAMPLES).read_text(encoding="utf-8"))
    assert drawn.keys() == {"中秋", "春节"}
    assert [each.text for each in model.draw("中秋", 3, seed=0)] == [each["text"] for each in drawn["中秋"]]


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("春节到了，祝您平安喜乐，笑口常开。", True),
        ("春节到了，祝您平安喜乐", False),  # did not come to its end
        ("春节到了，祝您安平喜乐，笑口常开。", False),  # 安平 were never neighbours
        ("春节到了，祝您平安喜乐，平安喜乐。", False),  # says it twice
    ],
)
def test_what_is_plainly_broken_is_drawn_again(recipe, finished, text, is_good):
    _, job, _ = finished
    speaking = recipe.speaking.model_copy(update={"is_gated": True, "longest_copy": 40})
    model = LineModel(job.trainee.networks()["likelihood"], job.trainee.alphabet, speaking, job.data.train.texts)
    assert model._is_good(text) is is_good


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"condition": "春捷"}, "lines-condition"),
        ({"condition": "春节", "count": 0}, "lines-count"),
        ({"condition": "春节", "temperature": 9.0}, "lines-temperature"),
        ({"condition": "春节", "temperature": 0.1, "count": 100}, "lines-unwritten"),
    ],
)
def test_what_it_cannot_write_it_says(finished, asked, code):
    with pytest.raises(Fault) as caught:
        LineModel.load(finished[0]).write(**asked)
    assert caught.value.code == code
    assert caught.value.remedy


def test_weights_of_another_architecture_other_texts_and_several_processes_are_refused(recipe, finished, tmp_path):
    folder, job, facts = finished
    other = {**facts, "recipe": {**facts["recipe"], "generator": {"embedding": 12, "width": 25, "condition": 6}}}
    (tmp_path / RUN).write_text(json.dumps(other), encoding="utf-8")
    (tmp_path / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes())
    with pytest.raises(Fault) as caught:
        LineModel.load(tmp_path)
    assert caught.value.code == "weights-broken"
    (tmp_path / RUN).write_text(json.dumps({**facts, "data": {**facts["data"], "sha256": "0"}}), encoding="utf-8")
    with pytest.raises(Fault) as caught:
        LineModel.load(tmp_path)
    assert caught.value.code == "lines-other"
    with pytest.raises(Fault) as caught:
        LineTraining(recipe, job.data, 1, Hardware(torch.device("cpu"), count=2))
    assert caught.value.code == "lines-one-process"
