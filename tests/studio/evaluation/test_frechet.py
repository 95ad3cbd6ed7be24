"""The Fréchet distance: against scipy's matrix root, by hand, and with points no figure can rest on."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from openbeian.manifest import Fault
from openbeian.studio.evaluation import frechet
from openbeian.studio.evaluation.frechet import (
    Moments,
    Root,
    frechet_distance,
    frechet_estimate,
    moments_distance,
)

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M7")]


def normal(count: int, width: int, seed: int, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
    mixing = np.random.default_rng(seed + 100).normal(size=(width, width))
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(count, width)) @ mixing * scale + shift)


def by_scipy(a: torch.Tensor, b: torch.Tensor) -> float:
    a, b = a.numpy(), b.numpy()
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    cross = np.trace(sqrtm(first @ second)).real
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * cross)


@pytest.mark.parametrize(("width", "scale", "shift"), [(2, 1.0, 0.0), (8, 1.5, 0.3), (32, 0.2, -2.0)])
def test_it_is_scipys_to_six_digits(width, scale, shift):
    a, b = normal(200, width, 1), normal(150, width, 2, scale, shift)
    assert frechet_distance(a, b) == pytest.approx(by_scipy(a, b), rel=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)


def test_in_one_dimension_it_is_the_known_formula():
    a, b = normal(50, 1, 1), normal(70, 1, 2, 3.0, 1.0)
    expected = (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2
    assert frechet_distance(a, b) == pytest.approx(float(expected), rel=1e-9)


def test_a_set_is_at_no_distance_from_itself_and_moving_it_adds_the_square_of_the_way():
    points = normal(60, 6, 3)
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(points + 2, points) == pytest.approx(6 * 4, rel=1e-9)


def test_features_that_never_fire_leave_the_covariance_singular_and_do_no_harm():
    a, b = normal(40, 5, 1), normal(40, 5, 2)
    a[:, 2:], b[:, 2:] = 0, 0
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(a[:, :2], b[:, :2]), abs=1e-6)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), count=st.integers(3, 40), width=st.integers(1, 6))
def test_it_is_never_negative_and_does_not_ask_in_which_order_the_points_come(seed, count, width):
    a, b = normal(count, width, seed), normal(count + 3, width, seed + 1)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(count))
    assert frechet_distance(a, b) >= -1e-8
    assert frechet_distance(a[order], b) == pytest.approx(frechet_distance(a, b), rel=1e-6, abs=1e-8)


def test_moments_of_counted_points_are_those_of_the_points_written_out():
    points = normal(30, 4, 5, shift=100.0)
    counts = frechet._counts(30, seed=2)
    assert (counts.sum(1) == 30).all()
    for drawn, moments in zip(counts, frechet._resampled(points, seed=2), strict=True):
        written = np.repeat(points.numpy(), drawn.astype(int), 0)
        np.testing.assert_allclose(moments.mean, written.mean(0), rtol=1e-5)
        np.testing.assert_allclose(moments.covariance, np.cov(written, rowvar=False), rtol=1e-4, atol=1e-5)


def test_the_spread_holds_the_figure_names_its_method_and_is_that_of_new_samples():
    reference = Moments.of(normal(2000, 4, 1))
    first = frechet_estimate(normal(400, 4, 2, 0.7), reference, seed=3)
    assert first == frechet_estimate(normal(400, 4, 2, 0.7), reference, seed=3)
    assert first.low < first.value < first.high
    assert first.method == "bootstrap-centred"
    again, root = [], Root.of(reference)
    mixing = np.random.default_rng(102).normal(size=(4, 4)) * 0.7
    for seed in range(200):
        points = torch.from_numpy(np.random.default_rng(1000 + seed).normal(size=(400, 4)) @ mixing)
        again.append(moments_distance(Moments.of(points), root))
    width = np.quantile(again, 0.975) - np.quantile(again, 0.025)
    assert first.high - first.low == pytest.approx(width, rel=0.35)


@pytest.mark.parametrize(
    ("points", "code"),
    [
        (torch.zeros(1, 3), "points-too-few"),
        (torch.zeros(0, 3), "points-too-few"),
        (torch.full((5, 3), float("nan")), "points-not-finite"),
        (torch.tensor([[1.0], [float("inf")]]), "points-not-finite"),
        (torch.zeros(5), "points-shape"),
        (torch.zeros(5, 3, dtype=torch.int64), "points-shape"),
    ],
)
def test_points_no_figure_can_rest_on_are_refused_in_words(points, code):
    with pytest.raises(Fault) as caught:
        frechet_distance(points, torch.randn(5, 3, generator=torch.Generator().manual_seed(1)))
    assert caught.value.code == code
    assert caught.value.remedy
