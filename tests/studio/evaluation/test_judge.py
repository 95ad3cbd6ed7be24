"""The judge: same bits everywhere, trained once, never read from a file that is not its own."""

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from openbeian.manifest import Fault
from openbeian.studio.data.images import ImageData, ImageSet
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.evaluation.judge_network import JudgeRecipe
from tests.studio.evaluation.conftest import TINY, bars, picture_data

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M5")]

TRAIN = """
import sys
from pathlib import Path
from tests.studio.evaluation.conftest import TINY, bars, picture_data
from openbeian.studio.evaluation.judge import Judge
print(Judge.of(picture_data(bars(120, 1), bars(60, 2)), Path(sys.argv[1]), recipe=TINY).digest)
"""


def weights(judge: Judge) -> Path:
    return judge.cache.with_suffix(".safetensors")


def test_it_knows_its_classes_and_says_how_well(judge, bar_data):
    assert judge.task == "class"
    assert judge.classes == ("lying", "standing")
    assert judge.accuracy >= 0.9
    right = judge.predicted(bar_data.test.pixels).eq(bar_data.test.labels).double().mean()
    assert judge.accuracy == pytest.approx(float(right))
    assert judge.recipe["recipe"]["least_steps"] == TINY.least_steps
    assert judge.recipe["data"] == bar_data.card.sha256


def test_features_are_128_floats_and_do_not_depend_on_the_company_of_a_picture(judge, bar_data):
    features, logits = judge.look(bar_data.test.pixels)
    assert features.shape == (60, 128)
    assert features.dtype == torch.float32
    assert logits.shape == (60, 2)
    alone = torch.cat([judge.features(picture[None]) for picture in bar_data.test.pixels[:5]])
    assert torch.allclose(alone, features[:5], atol=1e-5)
    assert torch.equal(judge.logits(bar_data.test.pixels), logits)


def test_two_processes_at_once_come_to_the_same_bits_and_leave_one_whole_file(judge, bar_data, tmp_path):
    other = subprocess.Popen([sys.executable, "-c", TRAIN, tmp_path], stdout=subprocess.PIPE, text=True)
    assert Judge.of(bar_data, tmp_path, recipe=TINY).digest == judge.digest
    assert other.communicate()[0].strip() == judge.digest
    assert [path.name for path in tmp_path.glob("*.safetensors")] == [weights(judge).name]
    assert (tmp_path / weights(judge).name).read_bytes() == weights(judge).read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_the_second_time_nothing_is_trained_and_the_user_sees_the_first(bar_data, tmp_path):
    steps = []
    first = Judge.of(bar_data, tmp_path, recipe=TINY, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(step, 25) for step in range(1, 26)]
    again = Judge.of(bar_data, tmp_path, recipe=TINY, progress=lambda *_: pytest.fail("trained again"))
    assert (again.digest, again.accuracy, again.recipe) == (first.digest, first.accuracy, first.recipe)
    assert torch.equal(again.features(bar_data.test.pixels), first.features(bar_data.test.pixels))


def test_training_leaves_threads_and_the_callers_random_numbers_as_they_were(bar_data, tmp_path):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    before = torch.get_num_threads()
    Judge.of(bar_data, tmp_path, recipe=replace(TINY, least_steps=2))
    assert torch.tensor([1e-40]).mul(1) > 0
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == before


def test_other_data_or_another_recipe_is_another_judge(judge, bar_data, tmp_path):
    few = replace(TINY, least_steps=2)
    first = Judge.of(bar_data, tmp_path, recipe=few)
    recipe = Judge.of(bar_data, tmp_path, recipe=replace(few, seed=1))
    other = Judge.of(picture_data(bars(120, 5), bar_data.test), tmp_path, recipe=few)
    assert len({judge.digest, first.digest, recipe.digest, other.digest}) == 4
    assert len({judge.cache.name, first.cache.name, recipe.cache.name, other.cache.name}) == 4


class Planted:
    def __reduce__(self):
        return (open, ("planted", "w"))


@pytest.mark.parametrize("broken", ["half", "empty", "pickle", "foreign", "other architecture"])
def test_a_file_that_is_not_its_own_is_never_unpacked_only_replaced(judge, bar_data, tmp_path, monkeypatch, broken):
    monkeypatch.chdir(tmp_path)
    whole, path = weights(judge).read_bytes(), tmp_path / weights(judge).name
    path.write_bytes(
        {
            "half": lambda: whole[: len(whole) // 2],
            "empty": lambda: b"",
            "pickle": lambda: pickle.dumps(Planted()),
            "foreign": lambda: other_judge(bar_data, tmp_path / "other", replace(TINY, seed=3)),
            "other architecture": lambda: other_judge(wide_data(), tmp_path / "other", TINY),
        }[broken]()
    )
    assert Judge.of(bar_data, tmp_path, recipe=TINY).digest == judge.digest
    assert path.read_bytes() == whole
    assert not (tmp_path / "planted").exists()


def other_judge(data: ImageData, folder: Path, recipe: JudgeRecipe) -> bytes:
    return weights(Judge.of(data, folder, recipe=replace(recipe, least_steps=2))).read_bytes()


def wide_data() -> ImageData:
    return picture_data(bars(20, 1, channels=3), bars(10, 2, channels=3))


def test_a_folder_that_cannot_be_written_is_a_fault(bar_data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Fault) as caught:
        Judge.of(bar_data, tmp_path / "file", recipe=TINY)
    assert caught.value.code == "judge-folder"


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (32, 3), (64, 1)])
def test_it_looks_at_every_size_the_studio_draws(size, channels, tmp_path):
    few = replace(TINY, least_steps=2, batch=5)
    data = picture_data(bars(10, 1, size=size, channels=channels), bars(10, 2, size=size, channels=channels))
    assert Judge.of(data, tmp_path, recipe=few).features(data.test.pixels).shape == (10, 128)


def test_without_labels_it_learns_which_way_a_picture_is_turned(tmp_path):
    lying = [ImageSet(bars(count, seed).of_class(0).pixels) for count, seed in ((160, 1), (60, 2))]
    data = picture_data(*lying)
    judge = Judge.of(data, tmp_path, recipe=replace(TINY, least_steps=60))
    assert judge.task == "turn"
    assert judge.classes == ()
    assert judge.accuracy > 0.8  # guessing gives 0.25
    turned = torch.rot90(data.test.pixels, 1, (2, 3))
    assert judge.predicted(turned).eq(1).double().mean() > 0.8


@pytest.mark.parametrize(
    ("count", "batch", "steps"), [(60_000, 250, 960), (5_000, 125, 480), (320, 25, 480), (12, 12, 480)]
)
def test_a_small_set_is_passed_over_more_often_in_smaller_steps(count, batch, steps):
    assert JudgeRecipe().batch_for(count) == batch
    assert JudgeRecipe().steps_for(count) == steps


def test_oblong_pictures_cannot_be_turned(tmp_path):
    oblong = ImageSet(torch.zeros(20, 1, 8, 12, dtype=torch.uint8))
    with pytest.raises(Fault) as caught:
        Judge.of(picture_data(oblong, oblong), tmp_path, recipe=TINY)
    assert caught.value.code == "judge-square"


@pytest.mark.parametrize(
    "pixels",
    [
        torch.zeros(3, 1, 9, 8, dtype=torch.uint8),
        torch.zeros(3, 1, 8, 8),
        torch.zeros(0, 1, 8, 8, dtype=torch.uint8),
        torch.zeros(8, 8, dtype=torch.uint8),
    ],
)
def test_pictures_it_does_not_know_are_a_fault(judge, pixels):
    with pytest.raises(Fault) as caught:
        judge.look(pixels)
    assert caught.value.code == "judge-pictures"
    assert "1×8×8" in caught.value.message
