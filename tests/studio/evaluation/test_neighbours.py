"""Precision, recall, density, coverage and nearest pictures: against `prdc`, numpy, and collapses made by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.studio.evaluation import neighbours
from openbeian.studio.evaluation.neighbours import Neighbourhood, nearest_distances, neighbourhood

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M5")]


def points(count: int, seed: int, width: int = 8, scale: float = 1.0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(count, width)) * scale).float()


@pytest.fixture
def narrow(monkeypatch):
    """Strips of a few rows, so that small sets are cut as large ones are."""
    monkeypatch.setattr(neighbours, "STRIP", 700)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("reals", "fakes", "scale"), [(200, 200, 1.0), (150, 90, 0.5), (90, 210, 2.0)])
def test_the_four_figures_are_prdcs(reals, fakes, scale, k, narrow, capsys):
    from prdc import compute_prdc

    real, fake = points(reals, 1), points(fakes, 2, scale=scale)
    ours = neighbourhood(real, fake, k)
    theirs = compute_prdc(real.double().numpy(), fake.double().numpy(), k)
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(ours, name) == pytest.approx(float(theirs[name]), abs=1e-12), name


def test_far_from_the_origin_the_figures_stay():
    real, fake = points(120, 1), points(120, 2)
    assert neighbourhood(real + 1000, fake + 1000) == neighbourhood((real + 1000) - 1000, (fake + 1000) - 1000)


def test_samples_that_are_all_one_good_picture_have_precision_and_no_recall():
    real = points(200, 1)
    centre = real[real.norm(dim=1).argmin()]
    found = neighbourhood(real, centre + points(200, 3) * 1e-3)
    assert found.precision == 1
    assert found.recall <= 0.005  # the one real picture they all resemble
    assert found.coverage < 0.1


def test_samples_elsewhere_have_nothing():
    assert neighbourhood(points(50, 1), points(50, 2) + 100) == Neighbourhood(0, 0, 0, 0)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), reals=st.integers(6, 40), fakes=st.integers(6, 40))
def test_figures_are_shares_and_do_not_ask_in_which_order_the_points_come(seed, reals, fakes):
    real, fake = points(reals, seed), points(fakes, seed + 1)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(fakes))
    found = neighbourhood(real, fake)
    assert found == neighbourhood(real, fake[order])
    assert all(0 <= value <= 1 for value in (found.precision, found.recall, found.coverage))
    assert found.density >= 0
    assert (found.precision == 0) == (found.density == 0) == (found.coverage == 0)


def test_the_nearest_is_numpys_and_a_copy_is_at_exactly_nothing(narrow):
    samples, references = points(70, 1), points(130, 2)
    samples[3] = references[17]
    expected = np.linalg.norm(samples.numpy()[:, None] - references.numpy()[None], axis=2).min(1)
    found = nearest_distances(samples, references)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)
    assert found[3] == 0


@pytest.mark.parametrize(
    ("real", "fake", "code"),
    [
        (torch.zeros(5, 2), torch.zeros(9, 2), "points-too-few"),
        (torch.zeros(9, 2), torch.zeros(5, 2), "points-too-few"),
        (torch.zeros(9, 2), torch.full((9, 2), float("nan")), "points-not-finite"),
    ],
)
def test_points_no_figure_can_rest_on_are_refused_in_words(real, fake, code):
    with pytest.raises(Fault) as caught:
        neighbourhood(real, fake)
    assert caught.value.code == code
