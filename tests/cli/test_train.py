"""`train`, `evaluate`, `sample`, `recipes` from the command line: what is printed, exit codes, Ctrl-C and kill -9 in the middle."""

import json
import select
import signal

import pytest

pytestmark = pytest.mark.studio

SET = [
    "--set", "data.size=8", "--set", "generator={noise: 6, channels: [8, 4]}", "--set", "discriminator.channels=[4, 8]",
    "--set", "optimiser.batch=16", "--set", "machine.threads=1",
    "--set", "evaluation={samples: 120, check_samples: 100, alarm_below: 0, judge: {epochs: 1, least_steps: 30}}",
]  # fmt: skip


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    import numpy as np
    from PIL import Image

    made, random = tmp_path_factory.mktemp("own"), np.random.default_rng(3)
    for number in range(120):
        pixels = random.integers(0, 90, (8, 8), dtype=np.uint8)
        pixels[slice(0, 4) if number % 2 else slice(4, 8)] += 160
        (made / "上下"[number % 2]).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(made / "上下"[number % 2] / f"{number}.png")
    return made


@pytest.mark.req("M8", "M2", "F1")
def test_train_then_evaluate_then_sample(command, pictures, tmp_path):
    run = tmp_path / "run"
    trained = command.run(
        "train", "digits-gan", "--data", str(pictures), "--steps", "40", "--seed", "2", "--out", run, "--json", *SET
    )
    assert trained.returncode == 0, trained.stderr
    said = json.loads(trained.stdout)
    assert said["results"]["samples"] == 120
    listed = command.run("evidence", "list")
    assert "训练运行" in listed.stdout
    assert said["evidence"][:12] in listed.stdout
    evaluated = command.run("evaluate", run, "--json")
    assert json.loads(evaluated.stdout) == said["results"]
    sampled = command.run("sample", run, "--class", "上", "--n", "9", "--out", tmp_path / "grid.png")
    assert sampled.returncode == 0, sampled.stderr
    assert (tmp_path / "grid.png").read_bytes().startswith(b"\x89PNG")
    bound = command.run("evidence", "bind", "example/service.yaml", "--run", run)
    assert bound.returncode == 0, bound.stderr
    assert said["weights_sha256"] in (tmp_path / "example" / "service.yaml").read_text(encoding="utf-8")
    for arguments, words in (
        (("sample", run, "--class", "左"), "可选：上、下"),
        (("sample", tmp_path / "none"), "没有完成的训练运行"),
        (
            ("train", "digits-gan", "--resume", "--data", pictures, "--steps", "40", "--seed", "2", "--out", run, *SET),
            "已经完成",
        ),
        (("train", "digits-gna"), "digits-gan"),
        (("train", "digits-gan", "--set", "objective.gme=hinge"), "game"),
        (("train", "digits-gan", "--data", tmp_path / "nowhere", "--out", tmp_path / "x"), "nowhere"),
    ):
        wrong = command.run(*arguments)
        assert wrong.returncode == 1, (arguments, wrong.stderr)
        assert words in wrong.stderr
        assert "Traceback" not in wrong.stderr


def test_recipes_are_listed(command):
    listed = json.loads(command.run("recipes", "--json").stdout)
    assert {"digits-gan", "digits-vae", "faces-gan", "classifier"} <= listed.keys()


@pytest.mark.long
def test_ctrl_c_or_a_kill_in_the_middle_loses_an_interval_and_resume_makes_the_same_weights(
    command, pictures, tmp_path
):
    """Weights are the same three times: never stopped, stopped by Ctrl-C, killed."""
    arguments = ["train", "digits-gan", "--data", str(pictures), "--steps", "300", "--seed", "2", *SET]
    whole = command.run(*arguments, "--out", tmp_path / "whole", "--json")
    for blow, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        run = tmp_path / blow.name
        process = command.start(*arguments, "--out", str(run), "--save-seconds", "0")
        checkpoint = run / "checkpoint.safetensors"
        while process.poll() is None and not checkpoint.exists():
            select.select([process.stdout], [], [], 0.05)
        process.send_signal(blow)
        said = process.communicate()[0]
        assert process.returncode == code, said
        assert "Traceback" not in said
        assert not (run / "run.json").exists()
        resumed = command.run(*arguments, "--out", run, "--resume", "--json")
        assert resumed.returncode == 0, resumed.stderr
        assert json.loads(resumed.stdout)["weights_sha256"] == json.loads(whole.stdout)["weights_sha256"]
