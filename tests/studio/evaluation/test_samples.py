"""The figures of samples: all of them or none, what they rest on, and what collapsed or copied samples look like in them."""

import dataclasses
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from openbeian.manifest import Fault
from openbeian.studio.evaluation import reference as reference_module
from openbeian.studio.evaluation.frechet import frechet_distance
from openbeian.studio.evaluation.judge import Judge
from openbeian.studio.evaluation.neighbours import neighbourhood
from openbeian.studio.evaluation.reference import Reference
from openbeian.studio.evaluation.samples import SampleQuality, judge_samples, quick_check, quick_reference
from tests.studio.evaluation.conftest import TINY, bars, picture_data

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M5")]

NUMBERS = {
    "fid_c", "floor_fid_c", "precision", "recall", "density", "coverage", "right_class", "class_spread",
    "memorised_pixels", "memorised_features",
}  # fmt: skip


@pytest.fixture(scope="module")
def good(judge, bar_data) -> SampleQuality:
    """New pictures from the very source of the data."""
    samples = bars(80, 11)
    return judge_samples(judge, bar_data, samples.pixels, samples.labels, seed=4)


def test_every_figure_has_its_spread_reference_count_and_judge(good, judge, bar_data):
    results = good.as_results()
    assert set(results["spread"]) == NUMBERS == set(results["spread_methods"])
    for name in NUMBERS:
        low, high = results["spread"][name]
        assert low <= results[name] <= high, name
    assert results["reference"] == {"name": "bars", "sha256": bar_data.card.sha256, "count": 60}
    assert results["samples"] == 80
    assert results["neighbours"] == {"k": 5, "samples": 80, "reference": 60}
    assert results["judge"] == {"sha256": judge.digest, "task": "class", "accuracy": judge.accuracy}
    assert results["evaluation_seed"] == 4
    assert json.loads(json.dumps(results)) == results


def test_the_figures_are_those_of_their_functions_on_the_judges_features(good, judge, bar_data):
    samples = bars(80, 11)
    features, test = judge.features(samples.pixels), judge.features(bar_data.test.pixels)
    assert good.fid_c.value == pytest.approx(frechet_distance(features, test), rel=1e-4)
    found = neighbourhood(test, features)
    assert good.precision.value == pytest.approx(found.precision)
    assert good.recall.value == pytest.approx(found.recall)
    assert good.density.value == pytest.approx(found.density)
    assert good.coverage.value == pytest.approx(found.coverage)
    right = judge.predicted(samples.pixels).eq(samples.labels).double().mean()
    assert good.right_class.value == pytest.approx(float(right))


def test_a_report_with_precision_but_without_recall_cannot_be_made(good):
    fields = {field.name: getattr(good, field.name) for field in dataclasses.fields(good)}
    assert SampleQuality(**fields) == good
    for name in fields:
        with pytest.raises(TypeError, match=name):
            SampleQuality(**{key: value for key, value in fields.items() if key != name})


def test_the_same_seed_gives_the_same_figures(good, judge, bar_data):
    samples = bars(80, 11)
    again = judge_samples(judge, bar_data, samples.pixels, samples.labels, seed=4)
    assert again.as_results() == good.as_results()


def test_samples_that_are_all_one_picture_are_told_by_recall_coverage_and_the_distance(good, judge, bar_data):
    one = bars(1, 11).pixels.repeat(80, 1, 1, 1)
    found = judge_samples(judge, bar_data, one, seed=4)
    assert found.recall.value < 0.2 < good.recall.value
    assert found.coverage.value < 0.2 < good.coverage.value
    assert found.fid_c.value > 3 * good.fid_c.value
    assert found.class_spread.value == pytest.approx(0.5, abs=0.1)
    assert good.class_spread.value < 0.2
    assert found.right_class is None
    assert "right_class" not in found.as_results()


def test_copies_of_training_pictures_are_found_and_new_pictures_are_not(good, judge, bar_data):
    found = judge_samples(judge, bar_data, bar_data.train.pixels[:40], seed=4)
    for kind in (found.pixels, found.features):
        assert kind.memorised.value == 1
        assert kind.smallest < kind.threshold / 100
        assert sum(kind.sample_counts) == 40
        assert sum(kind.unseen_counts) == 60
        assert list(kind.unseen) == sorted(kind.unseen)
    assert good.pixels.memorised.value < 0.1
    assert good.pixels.smallest > 0


def test_pixel_distances_are_root_mean_square_differences_in_grey_levels(good, bar_data):
    samples = bars(80, 11).pixels.numpy().astype(float).reshape(80, -1)
    train = bar_data.train.pixels.numpy().astype(float).reshape(120, -1)
    nearest = np.sqrt(((samples[:, None] - train[None]) ** 2).mean(2)).min(1)
    assert good.pixels.smallest == pytest.approx(nearest.min(), rel=1e-5)
    np.testing.assert_allclose(good.pixels.samples, np.percentile(nearest, (1, 5, 50, 95)), rtol=1e-5)


def test_labels_asked_for_that_are_not_drawn_count_as_wrong(judge, bar_data):
    samples = bars(40, 11)
    found = judge_samples(judge, bar_data, samples.pixels, 1 - samples.labels, seed=1)
    assert found.right_class.value < 0.2
    assert found.right_class.method == "wilson"


@pytest.fixture
def own_judge(judge, bar_data, tmp_path) -> Judge:
    """The judge of bars with a folder of its own."""
    shutil.copy(judge.cache.with_suffix(".safetensors"), tmp_path)
    return Judge.of(bar_data, tmp_path, recipe=TINY)


def test_the_floor_is_that_of_real_pictures_and_made_once(own_judge, bar_data, monkeypatch):
    judge = own_judge
    first = Reference.of(judge, bar_data)
    assert first.floor.count == 60
    assert first.floor.neighbourhood.precision > 0.7
    monkeypatch.setattr(reference_module, "_made", lambda *_: pytest.fail("made again"))
    again = Reference.of(judge, bar_data)
    assert again.floor == first.floor
    assert torch.equal(again.test, first.test)


@pytest.mark.parametrize("content", [b"", b"half"])
def test_a_broken_file_of_the_floor_is_made_anew(own_judge, bar_data, tmp_path, content):
    floor = Reference.of(own_judge, bar_data).floor
    (path,) = tmp_path.glob("*.reference.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == b"half" else content)
    assert Reference.of(own_judge, bar_data).floor == floor
    assert path.read_bytes() == whole


def test_a_floor_of_another_judge_is_not_taken(own_judge, bar_data, tmp_path):
    judge = own_judge
    Reference.of(judge, bar_data)
    (path,) = tmp_path.glob("*.reference.safetensors")
    other = Judge.of(bar_data, tmp_path, recipe=replace(TINY, seed=1, least_steps=5))
    path.rename(path.with_name(path.name.replace(judge.cache.name, other.cache.name)))
    assert Reference.of(other, bar_data).floor != Reference.of(judge, bar_data).floor


def test_a_set_without_labels_has_figures_without_classes(tmp_path):
    data = picture_data(bars(60, 1, is_labelled=False), bars(30, 2, is_labelled=False))
    judge = Judge.of(data, tmp_path, recipe=replace(TINY, least_steps=3))
    found = judge_samples(judge, data, bars(30, 5).pixels, seed=0)
    assert found.right_class is None
    assert found.class_spread is None
    assert found.judge["task"] == "turn"
    with pytest.raises(Fault) as caught:
        judge_samples(judge, data, bars(30, 5).pixels, bars(30, 5).labels, seed=0)
    assert caught.value.code == "samples-labels"


@pytest.mark.parametrize(
    ("labels", "count", "code"),
    [
        (torch.zeros(3, dtype=torch.int64), 20, "samples-labels"),
        (torch.full((20,), 2), 20, "samples-labels"),
        (torch.full((20,), -1), 20, "samples-labels"),
        (None, 5, "points-too-few"),
    ],
)
def test_samples_no_figure_can_rest_on_are_a_fault(judge, bar_data, labels, count, code):
    with pytest.raises(Fault) as caught:
        judge_samples(judge, bar_data, bars(count, 1).pixels, labels, seed=0)
    assert caught.value.code == code


def test_the_quick_check_sees_collapse(judge, bar_data):
    known = quick_reference(judge, bar_data)
    recall, coverage = quick_check(judge, known, bars(60, 11).pixels)
    assert recall > 0.5
    assert coverage > 0.5
    recall, coverage = quick_check(judge, known, bars(1, 11).pixels.repeat(60, 1, 1, 1))
    assert recall < 0.2
    assert coverage < 0.2
