"""Likelihoods, divergences and bounds against torch.distributions, finite differences, quadrature and a model whose ln p(x) is known."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal, kl_divergence

from openbeian.studio.objectives.variational import (
    bernoulli_log_likelihood,
    elbo,
    gaussian_kl,
    gaussian_kl_between,
    gaussian_log_likelihood,
    importance_weighted_bound,
    optimal_log_variance,
    optimal_variance_log_likelihood,
    reparametrise,
    squared_error,
)

pytestmark = [pytest.mark.studio, pytest.mark.req("M4", "M7")]

NUMBERS = st.lists(st.floats(-4, 4), min_size=3, max_size=3)
few = settings(max_examples=20)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def normals(seed, *shape):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def normal(mean, log_variance):
    return Normal(mean, (0.5 * log_variance).exp())


@few
@given(mean=NUMBERS, log_variance=NUMBERS, prior=NUMBERS, prior_log_variance=NUMBERS)
def test_the_divergence_is_that_of_an_independent_library_and_never_negative(
    mean, log_variance, prior, prior_log_variance
):
    m, v, pm, pv = map(tensor, (mean, log_variance, prior, prior_log_variance))
    zero = torch.zeros_like(m)
    standard, between = gaussian_kl(m, v), gaussian_kl_between(m, v, pm, pv)
    assert standard.item() == pytest.approx(
        kl_divergence(normal(m, v), normal(zero, zero)).sum().item(), rel=1e-9, abs=1e-9
    )
    assert between.item() == pytest.approx(kl_divergence(normal(m, v), normal(pm, pv)).sum().item(), rel=1e-9, abs=1e-9)
    assert gaussian_kl_between(m, v, zero, zero).item() == pytest.approx(standard.item(), rel=1e-12)
    assert gaussian_kl_between(m, v, m, v).item() == 0
    assert min(standard.item(), between.item()) >= 0


def test_the_divergence_is_zero_only_at_the_prior_and_keeps_its_digits_near_it():
    assert gaussian_kl(tensor([0.0, 0.0]), tensor([0.0, 0.0])).item() == 0
    assert gaussian_kl(tensor([0.0]), tensor([1e-6])).item() == pytest.approx(1e-12 / 4, rel=1e-3)
    nearly = gaussian_kl(torch.tensor([0.0]), torch.tensor([1e-3]))  # single precision
    assert nearly.item() == pytest.approx(1e-6 / 4, rel=1e-2)


def test_the_divergence_is_the_mean_of_the_log_ratio_within_four_standard_errors():
    mean, log_variance = tensor([0.7, -1.2]), tensor([-1.0, 0.6])
    z = reparametrise(mean, log_variance, normals(0, 40_000, 2))
    ratio = (normal(mean, log_variance).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1)
    error = ratio.std().item() / math.sqrt(len(ratio))
    assert error < 0.02
    assert abs(ratio.mean().item() - gaussian_kl(mean, log_variance).item()) < 4 * error


@few
@given(x=NUMBERS, mean=NUMBERS, log_variance=NUMBERS)
def test_the_gaussian_likelihood_is_that_of_an_independent_library(x, mean, log_variance):
    x, m, v = map(tensor, (x, mean, log_variance))
    assert gaussian_log_likelihood(x, m, v).item() == pytest.approx(normal(m, v).log_prob(x).sum().item(), rel=1e-9)


@few
@given(logits=NUMBERS, x=st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=3))
def test_the_bernoulli_likelihood_is_that_of_an_independent_library(logits, x):
    found = bernoulli_log_likelihood(tensor(logits), tensor(x)).item()
    assert found == pytest.approx(Bernoulli(logits=tensor(logits)).log_prob(tensor(x)).sum().item(), abs=1e-9)


def test_the_bernoulli_likelihood_is_finite_and_exact_where_the_sigmoid_has_rounded():
    sure = bernoulli_log_likelihood(torch.tensor([[200.0, -200.0], [200.0, 200.0]]), torch.tensor([1.0, 0.0]))
    assert sure.tolist() == [0.0, -200.0]


def test_draws_and_data_stand_before_the_summed_dimension():
    k, n, d = 4, 3, 5
    x, logits, mean = torch.rand(n, d).round(), torch.zeros(k, n, d), torch.zeros(n, d)
    assert bernoulli_log_likelihood(logits, x).shape == (k, n)
    assert gaussian_log_likelihood(x, logits, torch.zeros(())).shape == (k, n)
    assert squared_error(x, logits).shape == (k, n)
    assert reparametrise(mean, mean, logits).shape == (k, n, d)
    assert gaussian_kl(mean, mean).shape == (n,)
    assert importance_weighted_bound(torch.zeros(k, n)).shape == (n,)
    assert bernoulli_log_likelihood(logits, x)[0].tolist() == pytest.approx([-d * math.log(2)] * n)


@few
@given(x=NUMBERS, mean=NUMBERS)
def test_squared_error_is_a_gaussian_of_variance_one_half(x, mean):
    half = gaussian_log_likelihood(tensor(x), tensor(mean), tensor(math.log(0.5)))
    assert -squared_error(tensor(x), tensor(mean)).item() == pytest.approx(
        half.item() + 1.5 * math.log(math.pi), abs=1e-9
    )


@few
@given(x=NUMBERS, mean=NUMBERS, other=st.floats(-10, 4))
def test_no_variance_makes_the_batch_likelier_than_the_optimal_one(x, mean, other):
    x, m = tensor(x).reshape(3, 1), tensor(mean).reshape(3, 1)
    best = optimal_variance_log_likelihood(x, m).sum().item()
    assert gaussian_log_likelihood(x, m, tensor(other)).sum().item() <= best + 1e-9
    error = (x - m).square().mean().item()
    if error > 1e-6:
        assert best == pytest.approx(-1.5 * (math.log(2 * math.pi * error) + 1), abs=1e-9)


def test_a_perfect_reconstruction_has_a_finite_likelihood():
    x = torch.full((2, 3), 0.5)
    assert optimal_log_variance(x, x, least=1e-4).item() == pytest.approx(math.log(1e-4), rel=1e-6)
    assert torch.isfinite(optimal_variance_log_likelihood(x, x)).all()


def test_the_optimal_variance_changes_the_slope_of_the_mean_only_by_its_weight():
    x, mean = tensor([[0.1, 0.9]]), tensor([[0.3, 0.4]]).requires_grad_()
    (slope,) = torch.autograd.grad(optimal_variance_log_likelihood(x, mean).sum(), mean)
    error = (0.2**2 + 0.5**2) / 2
    assert slope.squeeze(0).tolist() == pytest.approx([-0.2 / error, 0.5 / error], abs=1e-9)


def test_slopes_by_differentiation_are_those_of_finite_differences():
    a, b, c, e = (normals(seed, 2, 3).requires_grad_() for seed in range(4))
    x = tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    for function, inputs in (
        (gaussian_kl, (a, b)),
        (gaussian_kl_between, (a, b, c, e)),
        (gaussian_log_likelihood, (a, b, c)),
        (lambda logits: bernoulli_log_likelihood(logits, x), (a,)),
        (optimal_variance_log_likelihood, (a, b)),
        (squared_error, (a, b)),
        (reparametrise, (a, b, c)),
        (importance_weighted_bound, (a,)),
    ):
        assert torch.autograd.gradcheck(function, inputs, atol=1e-6)


def test_the_slope_through_the_draw_is_the_analytic_one_for_a_square():
    # E[z^2] = mean^2 + sigma^2. Nodes of Gauss and Hermite make the expectation exact.
    mean, log_variance = tensor([1.3]).requires_grad_(), tensor([-0.7]).requires_grad_()
    nodes, weights = map(torch.from_numpy, np.polynomial.hermite_e.hermegauss(8))
    z = reparametrise(mean, log_variance, nodes.unsqueeze(1))
    expectation = (weights / weights.sum()) @ z.square().squeeze(1)
    by_mean, by_log_variance = torch.autograd.grad(expectation, (mean, log_variance))
    assert expectation.item() == pytest.approx(1.3**2 + math.exp(-0.7), abs=1e-9)
    assert (by_mean.item(), by_log_variance.item()) == pytest.approx((2.6, math.exp(-0.7)), abs=1e-9)


@few
@given(weights=st.lists(st.floats(-30, 30), min_size=4, max_size=4), shift=st.floats(-900, 900))
def test_the_importance_weighted_bound_grows_with_every_sample_on_average(weights, shift):
    # The theorem's own argument: the mean over all subsets of size k, which is exact for four weights.
    means = [
        np.mean([importance_weighted_bound(tensor(s).unsqueeze(1)).item() for s in itertools.combinations(weights, k)])
        for k in (1, 2, 3, 4)
    ]
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(means))
    assert means[0] == pytest.approx(np.mean(weights), abs=1e-9)
    assert means[-1] <= max(weights) + 1e-9
    moved = importance_weighted_bound(tensor(weights).unsqueeze(1) + shift).item()
    assert moved == pytest.approx(means[-1] + shift, abs=1e-6)


W, B, NOISE = tensor([[1.0], [-0.5]]), tensor([0.2, 0.1]), 0.3  # x = W z + B + noise of variance 0.3, z standard normal
X = tensor([[0.9, -0.8], [-0.4, 0.6]])
GUESS = (tensor([[0.5], [-0.3]]), tensor([[-0.9], [-0.2]]))


def evidence():
    covariance = W @ W.T + NOISE * torch.eye(2, dtype=torch.float64)
    return torch.distributions.MultivariateNormal(B, covariance).log_prob(X)


def log_weights(mean, log_variance, noise):
    z = reparametrise(mean, log_variance, noise)
    likelihood = gaussian_log_likelihood(X, z @ W.T + B, tensor(math.log(NOISE)))
    zero = torch.zeros_like(mean)
    return likelihood + gaussian_log_likelihood(z, zero, zero) - gaussian_log_likelihood(z, mean, log_variance)


def expected_bound(k):
    """The bound of k samples in expectation, by a product of Gauss-Hermite rules; shape (2,)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(48)
    grid = torch.tensor(list(itertools.product(nodes, repeat=k)), dtype=torch.float64).T  # (k, points)
    chance = torch.tensor(list(itertools.product(weights / weights.sum(), repeat=k)), dtype=torch.float64).prod(1)
    return chance @ importance_weighted_bound(log_weights(*GUESS, grid.reshape(k, -1, 1, 1)))


def test_elbo_is_below_the_importance_weighted_bound_is_below_the_evidence():
    mean, log_variance = GUESS
    averaged = gaussian_log_likelihood(X, mean @ W.T + B, tensor(math.log(NOISE)))
    averaged = averaged - 0.5 * W.square().sum() * log_variance.exp().squeeze(1) / NOISE
    lower = elbo(averaged, gaussian_kl(mean, log_variance))
    one, two = expected_bound(1), expected_bound(2)
    many = importance_weighted_bound(log_weights(*GUESS, normals(5, 200, 2, 1)))
    assert one.tolist() == pytest.approx(lower.tolist(), abs=1e-6)
    assert (one + 0.01 < two).all()
    assert (two + 0.01 < evidence()).all()
    assert many.tolist() == pytest.approx(evidence().tolist(), abs=0.1)


def test_the_gap_of_the_elbo_is_the_divergence_from_the_true_posterior():
    precision = 1 + W.square().sum() / NOISE
    posterior = ((X - B) @ W / NOISE / precision, -precision.log().expand(2, 1))
    gap = gaussian_kl_between(*GUESS, *posterior)
    assert (evidence() - expected_bound(1)).tolist() == pytest.approx(gap.tolist(), abs=1e-6)
    exact = log_weights(*posterior, normals(6, 7, 2, 1))  # every draw weighs the same: the bound is tight
    assert exact.std(0).max().item() < 1e-9
    assert importance_weighted_bound(exact).tolist() == pytest.approx(evidence().tolist(), abs=1e-9)


def test_the_elbo_takes_off_the_divergence_of_every_level():
    assert elbo(tensor([-3.0, -4.0]), tensor([1.0, 0.5]), tensor([0.25, 0.0])).tolist() == [-4.25, -4.5]
    assert elbo(tensor([-3.0])).tolist() == [-3.0]
