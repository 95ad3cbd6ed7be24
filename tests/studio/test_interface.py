"""The studio from outside: a folder of pictures becomes a model with its record, figures, report and evidence; stopped, resumed, repeated."""

import json
from datetime import UTC, datetime

import pytest

from openbeian.manifest import Fault

pytestmark = [pytest.mark.studio, pytest.mark.long]

SMALL = (
    "data={size: 8}", "generator={noise: 6, channels: [8, 4]}", "discriminator.channels=[4, 8]", "optimiser.batch=16",
    "evaluation={samples: 120, check_samples: 100, alarm_below: 0, judge: {epochs: 1, least_steps: 30}}", "machine.threads=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's folder: sixty pictures of two classes, eight pixels wide, and one broken file."""
    import numpy as np
    from PIL import Image

    made, random = tmp_path_factory.mktemp("own"), np.random.default_rng(3)
    for number in range(120):
        pixels = random.integers(0, 90, (8, 8), dtype=np.uint8)
        name = ("上", "下")[number % 2]
        pixels[slice(0, 4) if number % 2 else slice(4, 8)] += 160
        (made / name).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(made / name / f"{number}.png")
    (made / "上" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    return made


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """A run of sixty steps on it."""
    from openbeian.studio import train

    out = tmp_path_factory.mktemp("runs") / "one"
    return train("digits-gan", out=out, data=folder, steps=60, seed=3, settings=SMALL), out


@pytest.mark.req("M2", "M3", "M5", "M8")
def test_a_run_leaves_its_record_figures_pictures_report_and_card(trained):
    _, out = trained
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert list(run)[-1] == "results"
    results = run["results"]
    assert {"fid_c", "precision", "recall", "density", "coverage", "right_class"} <= results.keys() & results[
        "spread"
    ].keys()
    assert results["samples"] == 120
    assert results["reference"]["count"] == run["data"]["test"] > 0
    assert results["judge"]["sha256"]
    assert run["data"]["skipped"], "the broken file is named"
    assert (run["steps"], run["seed"], run["outcome"]) == (60, 3, "finished")
    assert run["environment"]["device"] == "cpu"
    assert not (out / "checkpoint.safetensors").exists()
    left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {
        "weights.safetensors",
        "metrics.jsonl",
        "recipe.yaml",
        "report.html",
        "card.md",
        "pictures/samples.png",
    } <= left


def test_the_same_seed_draws_the_same_pictures_of_the_class_asked_for(trained):
    import torch

    from openbeian.studio import load

    model, out = trained
    one, again = model.sample(7, label="下", seed=4), load(out).sample(7, label=1, seed=4)
    assert one.shape == (7, 1, 8, 8)
    assert one.dtype == torch.uint8
    assert torch.equal(one, again)
    assert not torch.equal(one, model.sample(7, label="下", seed=5))
    assert model.walk(5, 2).shape == (10, 1, 8, 8)
    for bad in ({"label": "左"}, {"label": 2}, {"count": 0}):
        with pytest.raises(Fault):
            model.sample(**{"count": 2, **bad})


@pytest.mark.req("F1")
def test_a_finished_run_is_evidence_and_a_changed_one_is_not(trained, tmp_path):
    import shutil

    from openbeian.studio import to_record

    _, out = trained
    record = to_record(out, now=datetime(2026, 11, 27, tzinfo=UTC))
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record.model_sha256 == run["weights_sha256"]
    assert {"weights.safetensors", "run.json", "report.html"} <= {item.name for item in record.subjects}
    assert {metric.name for metric in record.metrics} >= {"fid_c", "recall"}
    changed = shutil.copytree(out, tmp_path / "changed")
    weights = bytearray((changed / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (changed / "weights.safetensors").write_bytes(weights)
    with pytest.raises(Fault, match="权重不是"):
        to_record(changed, now=datetime(2026, 11, 27, tzinfo=UTC))


def test_evaluating_again_gives_the_same_figures_and_another_count_others(trained):
    from openbeian.studio import evaluate

    model, out = trained
    again = evaluate(out, cache=out.parent / "cache")
    assert again == model.results
    assert evaluate(out, samples=200, cache=out.parent / "cache")["samples"] == 200
    assert (out / "evaluation.json").exists()


@pytest.mark.req("M4", "M5")
@pytest.mark.parametrize("observation", ["bernoulli", "gaussian"])
def test_an_autoencoder_leaves_bound_and_likelihood(folder, trained, tmp_path, observation):
    from openbeian.studio import train

    small = (
        "network={width: 16, levels: [4, 3]}",
        "optimiser.batch=16",
        f"objective.observation={observation}",
        SMALL[0],
        SMALL[-1],
    )
    judged = "evaluation={samples: 120, check_samples: 100, alarm_below: 0, importance_samples: 8, judge: {epochs: 1, least_steps: 30}}"
    model = train(
        "digits-vae",
        out=tmp_path / "vae",
        data=folder,
        steps=40,
        settings=(*small, judged),
        cache=trained[1].parent / "cache",
    )
    results = model.results
    assert "elbo" in results["spread"]
    assert ("nll" in results) == (observation == "bernoulli")
    if observation == "bernoulli":
        assert results["nll"] <= -results["elbo"] + 0.5, "the tighter bound is not looser"
        assert results["likelihood"]["importance_samples"] == 8
    assert (tmp_path / "vae" / "pictures" / "reconstructions.png").exists()
    assert model.walk(4, 2).shape == (8, 1, 8, 8)


def test_interrupted_and_resumed_it_has_the_weights_of_a_run_never_stopped(folder, trained, tmp_path):
    from openbeian.studio import load, train

    _, out = trained
    calls = iter(range(1000))
    more = {"data": folder, "steps": 60, "seed": 3, "settings": SMALL, "cache": out.parent / "cache"}
    with pytest.raises(Fault) as stopped:
        train("digits-gan", out=tmp_path / "run", is_stopped=lambda: next(calls) == 1, **more)
    assert stopped.value.code == "run-interrupted"
    with pytest.raises(Fault) as unfinished:
        load(tmp_path / "run")
    assert "--resume" in unfinished.value.remedy
    resumed = train("digits-gan", out=tmp_path / "run", is_resumed=True, **more)
    assert (tmp_path / "run" / "weights.safetensors").read_bytes() == (out / "weights.safetensors").read_bytes()
    assert resumed.results == trained[0].results
    with pytest.raises(Fault) as finished:
        train("digits-gan", out=tmp_path / "run", is_resumed=True, **more)
    assert finished.value.code == "run-finished"


def test_a_collapsed_run_is_recorded_without_figures_and_is_no_evidence(folder, trained, tmp_path):
    from openbeian.studio import to_record, train
    from openbeian.studio.training.loop import Rhythm

    settings = (*SMALL[:4], SMALL[4].replace("alarm_below: 0", "alarm_below: 1, alarm_after_steps: 1"), SMALL[5])
    with pytest.raises(Fault) as fault:
        train(
            "digits-gan", out=tmp_path / "run", data=folder, steps=400, settings=settings, cache=trained[1].parent / "cache",
            rhythm=Rhythm(check_seconds=0.0),
        )  # fmt: skip
    assert fault.value.code == "run-collapsed"
    run = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (run["outcome"], run["results"]) == ("collapsed", {})
    assert "坍缩" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    with pytest.raises(Fault, match="中途停下"):
        to_record(tmp_path / "run", now=datetime(2026, 11, 27, tzinfo=UTC))


@pytest.mark.parametrize(("content", "words"), [(b"\x80\x04pickle", "safetensors"), (None, "另一种结构")])
def test_weights_that_are_no_safetensors_or_of_another_network_are_refused(trained, tmp_path, content, words):
    import shutil

    import torch

    from openbeian.studio import load
    from openbeian.studio.training.checkpoint import write_tensors

    folder = shutil.copytree(trained[1], tmp_path / "run")
    if content is None:
        write_tensors(folder / "weights.safetensors", {"enter.weight": torch.zeros(3)})
    else:
        (folder / "weights.safetensors").write_bytes(content)
    with pytest.raises(Fault, match=words):
        load(folder)
