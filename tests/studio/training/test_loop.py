"""The loop: killed, resumed, stopped, out of room, out of bounds, and always the same bits."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openbeian.manifest import Fault

pytestmark = pytest.mark.studio
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def loops(tmp_path):
    from tests.studio.training.small import loop

    return lambda *arguments, folder="run", **more: loop(tmp_path / folder, *arguments, **more)


def _bits(loop):
    import torch

    return {name: tensor.clone() for name, tensor in loop.trainee.tensors().items() if isinstance(tensor, torch.Tensor)}


def _same(one, other):
    import torch

    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.req("M5", "M8")
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("gan", ()),
        ("gan", ("objective.game=wasserstein", "objective.interpolated_penalty=10", "objective.critic_steps=2", "objective.penalty_every=1")),
        ("gan", ("discriminator.normalisation=spectral", "objective.game=hinge", "objective.real_penalty=0", "objective.fake_penalty=0")),
        ("gan", ("augmentation={target: 0.1, images_to_full: 200}", "objective.penalty_every=2")),
        ("vae", ()),
        ("vae", ("network.network=plain", "objective.observation=gaussian", "objective.importance_samples=3")),
    ],
)  # fmt: skip
def test_a_run_stopped_anywhere_and_resumed_has_the_bits_of_one_never_stopped(loops, kind, settings):
    whole = loops(kind, *settings, folder="whole")
    assert whole.run().outcome == "finished"
    calls = iter(range(100))
    stopped = loops(kind, *settings, is_stopped=lambda: next(calls) == 3)
    assert stopped.run().outcome == "interrupted"
    resumed = loops(kind, *settings)
    resumed.resume()
    ended = resumed.run()
    assert (ended.outcome, ended.done) == ("finished", 40)
    assert _same(_bits(resumed), _bits(whole))
    assert [row["step"] for row in ended.rows] == list(range(5, 41, 5))
    untimed = [{k: v for k, v in row.items() if k != "cpu_seconds"} for row in ended.rows]
    assert untimed == [{k: v for k, v in row.items() if k != "cpu_seconds"} for row in whole._rows]


def test_another_seed_has_other_bits(loops):
    one, other = loops(folder="a", steps=5), loops(folder="b", steps=5, seed=2)
    one.run(), other.run()
    assert not _same(_bits(one), _bits(other))


def test_checks_do_not_touch_the_bits_of_training(loops):
    from openbeian.studio.training.loop import Rhythm

    quiet = loops(folder="a")
    quiet.run()
    checked = loops(folder="b", rhythm=Rhythm(steps_a_row=5, check_seconds=0.0, save_seconds=1e9))
    assert checked.run().rows[-1]["recall"] == 0.5
    assert _same(_bits(quiet), _bits(checked))


KILLED = """
import os, signal, sys
from pathlib import Path
from openbeian.files import write_whole
from openbeian.studio.training import checkpoint
from tests.studio.training.small import loop
calls = iter(range(100))
def dying(path, content):
    if next(calls) == 5:
        path.with_name("." + path.name + ".part").write_bytes(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    return write_whole(path, content)
checkpoint.write_whole = dying
loop(Path(sys.argv[1]), steps=20).run()
"""


def test_a_run_killed_in_the_middle_of_a_save_goes_on_from_the_save_before(loops, tmp_path):
    whole = loops(steps=20, folder="whole")
    whole.run()
    command = [sys.executable, "-c", KILLED, tmp_path / "run"]
    killed = subprocess.run(
        command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, cwd=ROOT, check=False
    )
    assert killed.returncode == -9, killed.stderr
    resumed = loops(steps=20)
    resumed.resume()
    assert 0 < resumed._done < 20
    resumed.run()
    assert _same(_bits(resumed), _bits(whole))


def test_a_full_disk_is_a_fault_and_the_save_before_it_stays(loops, monkeypatch):
    from openbeian.studio.training import checkpoint

    first = loops(steps=10)
    first.run()
    before = (first.folder / "checkpoint.safetensors").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_whole", full)
    longer = loops(steps=20)
    longer.resume()
    longer.schedule.steps = 20
    with pytest.raises(Fault, match="磁盘已满") as fault:
        longer.run()
    assert fault.value.code == "disk-full"
    assert (first.folder / "checkpoint.safetensors").read_bytes() == before


def test_not_a_number_ends_the_run_and_names_the_tensor_and_keeps_the_good_weights(loops):
    import torch

    loop = loops(steps=40)
    real, count = loop.trainee.step, iter(range(100))

    def poisoned(rate):
        losses = real(rate)
        if next(count) == 17:
            loop.trainee.generator.enter.weight.data[0, 0] = float("nan")
        return losses

    loop.trainee.step = poisoned
    ended = loop.run()
    assert ended.outcome == "not-finite"
    assert "generator" in ended.words
    again = loops(steps=40)
    again.resume()
    assert again._done == 15
    assert all(bool(torch.isfinite(t).all()) for t in again.trainee.tensors().values() if t.is_floating_point())


@pytest.mark.req("M2")
def test_samples_all_alike_end_the_run_with_an_alarm(loops):
    from dataclasses import replace

    from openbeian.studio.training.loop import Rhythm
    from tests.studio.training.small import WATCH

    loop = loops(steps=400, rhythm=Rhythm(steps_a_row=5, check_seconds=0.0, save_seconds=1e9))
    settings = WATCH.settings.model_copy(update={"alarm_after_steps": 20})
    loop.trainee._watch = replace(WATCH, look=lambda _: (0.02, 0.4), settings=settings)
    ended = loop.run()
    assert ended.outcome == "collapsed"
    assert "召回 0.020" in ended.words
    assert 20 <= ended.done <= 25, "no alarm before training had a chance"


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda path: path.unlink(), "no-checkpoint"),
    (lambda path: path.write_bytes(path.read_bytes()[:100]), "weights-broken"),
    (lambda path: path.write_bytes(b"\x80\x04pickle"), "weights-broken"),
])  # fmt: skip
def test_a_checkpoint_that_is_not_there_or_not_whole_is_told(loops, spoil, code):
    first = loops(steps=5)
    first.run()
    spoil(first.folder / "checkpoint.safetensors")
    with pytest.raises(Fault) as fault:
        loops(steps=5).resume()
    assert fault.value.code == code
    assert fault.value.remedy


def test_a_checkpoint_of_another_run_or_network_is_not_taken(loops):
    loops(steps=5).run()
    with pytest.raises(Fault) as other:
        loops(steps=5, run_of="two").resume()
    assert other.value.code == "other-run"
    with pytest.raises(Fault) as shape:
        loops("gan", "generator.channels=[12, 4]", steps=5).resume()
    assert shape.value.code == "weights-broken"
