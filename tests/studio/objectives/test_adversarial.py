"""The games: values, slopes and optima against arithmetic done without them; penalties of critics whose gradients are known."""

import itertools
import math
import statistics

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import rel_entr

from openbeian.studio.objectives.adversarial import (
    GAMES,
    gradient_penalty,
    interpolated_penalty,
    wasserstein_discriminator,
)

pytestmark = [pytest.mark.studio, pytest.mark.req("M7")]

NAMES = sorted(GAMES)
REAL, FAKE = (2.0, -1.0, 0.3), (0.5, -0.5, -2.0)
SCORES = st.lists(st.floats(-8, 8), min_size=3, max_size=3)
COUNTS = st.lists(st.integers(1, 9), min_size=3, max_size=3)
few = settings(max_examples=20)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def d(score):
    return 1 / (1 + math.exp(-score))


def mean(function, *columns):
    return statistics.fmean(function(*row) for row in zip(*columns, strict=True))


BY_HAND = {  # each formula as its paper prints it, with probabilities where the paper has them
    "minimax": (
        lambda: -mean(lambda r: math.log(d(r)), REAL) - mean(lambda f: math.log(1 - d(f)), FAKE),
        lambda: mean(lambda f: math.log(1 - d(f)), FAKE),
    ),
    "non-saturating": (
        lambda: -mean(lambda r: math.log(d(r)), REAL) - mean(lambda f: math.log(1 - d(f)), FAKE),
        lambda: -mean(lambda f: math.log(d(f)), FAKE),
    ),
    "least-squares": (lambda: (1 + 4 + 0.49) / 3 + (0.25 + 0.25 + 4) / 3, lambda: (0.25 + 2.25 + 9) / 3),
    "hinge": (lambda: (0 + 2 + 0.7) / 3 + (1.5 + 0.5 + 0) / 3, lambda: 2 / 3),
    "wasserstein": (lambda: -2 / 3 - 1.3 / 3 + 1e-3 * (4 + 1 + 0.09) / 3, lambda: 2 / 3),
    "relativistic": (
        lambda: -mean(lambda r, f: math.log(d(r - f)), REAL, FAKE),
        lambda: -mean(lambda r, f: math.log(d(f - r)), REAL, FAKE),
    ),
}
SLOPES = {  # derivatives of (L_D by real, L_D by fake, L_G by fake) for a batch of one
    "minimax": lambda r, f: (d(r) - 1, d(f), -d(f)),
    "non-saturating": lambda r, f: (d(r) - 1, d(f), d(f) - 1),
    "least-squares": lambda r, f: (2 * (r - 1), 2 * f, 2 * (f - 1)),
    "hinge": lambda r, f: (-1.0 * (r < 1), 1.0 * (f > -1), -1.0),
    "wasserstein": lambda r, _f: (-1 + 2e-3 * r, 1.0, -1.0),
    "relativistic": lambda r, f: (d(r - f) - 1, 1 - d(r - f), -d(r - f)),
}


@pytest.mark.parametrize("name", NAMES)
def test_losses_are_those_of_their_papers(name):
    game, (discriminator, generator) = GAMES[name], BY_HAND[name]
    assert game.name == name
    assert game.discriminator(tensor(REAL), tensor(FAKE)).item() == pytest.approx(discriminator(), abs=1e-9)
    assert game.generator(tensor(REAL), tensor(FAKE)).item() == pytest.approx(generator(), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_slopes_by_differentiation_are_the_closed_forms(name):
    for r, f in ((2.0, 0.5), (-1.0, -0.5), (0.3, -2.0), (5.0, 6.0)):
        real, fake = tensor([r]).requires_grad_(), tensor([f]).requires_grad_()
        by_real, by_fake = torch.autograd.grad(GAMES[name].discriminator(real, fake), (real, fake))
        (generator,) = torch.autograd.grad(GAMES[name].generator(real, fake), fake)
        assert (by_real.item(), by_fake.item(), generator.item()) == pytest.approx(SLOPES[name](r, f), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_slopes_by_differentiation_are_those_of_finite_differences(name):
    real, fake = tensor(REAL).requires_grad_(), tensor(FAKE).requires_grad_()
    assert torch.autograd.gradcheck(GAMES[name].discriminator, (real, fake), atol=1e-6)
    assert torch.autograd.gradcheck(lambda f: GAMES[name].generator(real.detach(), f), (fake,), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_losses_and_slopes_stay_finite_where_the_sigmoid_has_rounded(name):
    for r, f in ((1e4, -1e4), (-1e4, 1e4)):
        real, fake = torch.tensor([r], requires_grad=True), torch.tensor([f], requires_grad=True)
        loss = GAMES[name].discriminator(real, fake) + GAMES[name].generator(real, fake)
        slopes = torch.autograd.grad(loss, (real, fake))
        assert all(torch.isfinite(value).all() for value in (loss, *slopes))


def test_the_minimax_generator_saturates_where_the_other_pulls_hardest():
    for belief in (1e-1, 1e-3, 1e-6, 1e-12):
        fake = tensor([math.log(belief / (1 - belief))]).requires_grad_()
        (minimax,) = torch.autograd.grad(GAMES["minimax"].generator(fake, fake), fake)
        (other,) = torch.autograd.grad(GAMES["non-saturating"].generator(fake, fake), fake)
        assert minimax.item() == pytest.approx(-belief, rel=1e-6)
        assert other.item() == pytest.approx(belief - 1, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_game_says_whether_its_generator_reads_real_scores(name):
    generator = GAMES[name].generator
    heard = generator(tensor([1.0]), tensor([0.3])) != generator(tensor([2.0]), tensor([0.3]))
    assert heard == GAMES[name].generator_needs_real == (name == "relativistic")


@few
@given(real=SCORES, fake=SCORES, shift=st.floats(-5, 5))
def test_the_relativistic_game_knows_no_absolute_height_and_exchanges_its_players(real, fake, shift):
    game, r, f = GAMES["relativistic"], tensor(real), tensor(fake)
    assert game.discriminator(r + shift, f + shift).item() == pytest.approx(game.discriminator(r, f).item(), abs=1e-9)
    assert game.generator(r, f).item() == pytest.approx(game.discriminator(f, r).item(), abs=1e-12)


@few
@given(real=SCORES, fake=SCORES)
def test_the_minimax_game_is_of_sum_zero_but_for_what_the_generator_cannot_touch(real, fake):
    game, r, f = GAMES["minimax"], tensor(real), tensor(fake)
    total = game.discriminator(r, f) + game.generator(r, f)
    assert total.item() == pytest.approx(-mean(lambda s: math.log(d(s)), real), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_short_last_batch_is_averaged_not_broadcast(name):
    game, real, fake = GAMES[name], torch.linspace(-1, 1, 96).unsqueeze(1), torch.linspace(-2, 2, 128).unsqueeze(1)
    if name == "relativistic":
        with pytest.raises(ValueError, match="pairs"):
            game.discriminator(real, fake)
        with pytest.raises(ValueError, match="pairs"):
            game.generator(fake, fake.squeeze(1))
    else:
        twice = game.discriminator(real.repeat(2, 1), fake)
        assert game.discriminator(real, fake).item() == pytest.approx(twice.item(), abs=1e-6)


def of_kinds(name, scores, p, q):
    """The discriminator's loss when the batch holds p[i] real and q[i] generated pictures of kind i."""
    return GAMES[name].discriminator(
        scores.repeat_interleave(torch.tensor(p)), scores.repeat_interleave(torch.tensor(q))
    )


def shares(counts):
    return [count / sum(counts) for count in counts]


def best(name, p, q):
    """The best score of each kind, and the loss there, both from the literature."""
    pairs = list(zip(shares(p), shares(q), strict=True))
    if name == "minimax":  # ln p/q, the score of p / (p + q); 2 ln 2 - 2 JSD
        middle = [(a + b) / 2 for a, b in pairs]
        divergence = (rel_entr(shares(p), middle).sum() + rel_entr(shares(q), middle).sum()) / 2
        return [math.log(a / b) for a, b in pairs], 2 * math.log(2) - 2 * divergence
    if name == "least-squares":
        return [a / (a + b) for a, b in pairs], sum(a * b / (a + b) for a, b in pairs)
    return [math.copysign(1, a - b) for a, b in pairs], 2 * sum(min(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", ["minimax", "least-squares", "hinge"])
@few
@given(p=COUNTS, q=COUNTS, elsewhere=SCORES)
def test_the_best_discriminator_is_the_known_one_and_no_other_does_better(name, p, q, elsewhere):
    scores, least = best(name, p, q)
    assert of_kinds(name, tensor(scores), p, q).item() == pytest.approx(least, abs=1e-9)
    assert of_kinds(name, tensor(elsewhere), p, q).item() >= least - 1e-9
    if name != "hinge":  # whose optimum is a corner
        at = tensor(scores).requires_grad_()
        (slope,) = torch.autograd.grad(of_kinds(name, at, p, q), at)
        assert slope.abs().max().item() < 1e-9


@few
@given(p=COUNTS)
def test_at_equilibrium_d_is_one_half_and_the_losses_are_2_ln_2_and_ln_2(p):
    scores, least = best("minimax", p, p)
    assert [d(score) for score in scores] == pytest.approx([0.5] * 3, abs=1e-9)
    assert least == pytest.approx(1.3862943611, abs=1e-9)
    assert GAMES["non-saturating"].generator(tensor(scores), tensor(scores)).item() == pytest.approx(
        0.6931471806, abs=1e-9
    )


@few
@given(real=SCORES, fake=SCORES)
def test_the_best_critic_sees_the_wasserstein_distance_on_a_line_and_another_sees_less(real, fake):
    points = sorted({*real, *fake})
    height, heights = 0.0, {points[0]: 0.0}
    for left, right in itertools.pairwise(points):  # falls where more of the fakes are still to come
        ahead = sum(x <= left for x in real) - sum(x <= left for x in fake)
        height -= (right - left) * ((ahead > 0) - (ahead < 0))
        heights[right] = height
    critic = (tensor([heights[x] for x in real]), tensor([heights[x] for x in fake]))
    moved = statistics.fmean(
        abs(r - f) for r, f in zip(sorted(real), sorted(fake), strict=True)
    )  # the cheapest transport
    assert -wasserstein_discriminator(*critic, drift=0).item() == pytest.approx(moved, abs=1e-9)
    assert -wasserstein_discriminator(tensor(real).sin(), tensor(fake).sin(), drift=0).item() <= moved + 1e-9


def test_the_gradient_penalty_of_a_quadratic_score_is_known_for_each_image():
    matrix = tensor([[2.0, 1.0], [1.0, 3.0]])
    images = tensor([[1.0, 0.0], [0.5, -2.0]]).requires_grad_()
    score = 0.5 * ((images @ matrix) * images).sum(1)
    assert gradient_penalty(score, images).tolist() == pytest.approx(
        [5.0, (2 * 0.5 - 2) ** 2 + (0.5 - 6) ** 2], abs=1e-9
    )


def test_the_gradient_penalty_teaches_the_weights_by_finite_differences_too():
    images = tensor([[[0.2, -1.0], [0.7, 0.1]], [[1.0, 0.0], [-0.4, 0.3]]]).requires_grad_()

    def penalty(weights):
        return gradient_penalty(torch.tanh(images.flatten(1) @ weights), images).mean()

    assert torch.autograd.gradcheck(penalty, (tensor([0.3, -0.2, 0.8, 0.5]).requires_grad_(),), atol=1e-6)


def test_the_interpolated_penalty_of_a_linear_critic_is_that_of_its_slope_at_any_point():
    weights = tensor([3.0, 4.0])
    real, fake = tensor([[1.0, 2.0], [0.0, 0.0]]), tensor([[-1.0, 0.5], [9.0, 9.0]])
    for mix in ([0.0, 1.0], [0.25, 0.75]):
        assert interpolated_penalty(lambda x: x @ weights, real, fake, tensor(mix)).tolist() == pytest.approx(
            [16, 16], abs=1e-9
        )


def test_the_interpolated_penalty_looks_between_the_pair_and_leaves_the_generator_alone():
    real, fake = tensor([[1.0, 1.0]]), tensor([[4.0, 5.0]]).requires_grad_()
    for mix, point in ((0.0, (1, 1)), (1.0, (4, 5)), (0.5, (2.5, 3))):  # the gradient of |x|^2 / 2 is x
        found = interpolated_penalty(lambda x: 0.5 * x.square().sum(1), real, fake, tensor([mix]))
        assert found.item() == pytest.approx((math.hypot(*point) - 1) ** 2, abs=1e-9)
    assert not found.requires_grad or torch.autograd.grad(found.sum(), fake, allow_unused=True) == (None,)


def test_the_interpolated_penalty_teaches_the_weights_even_a_critic_that_is_flat():
    real, fake, mix = tensor([[1.0, 1.0]]), tensor([[4.0, 5.0]]), tensor([0.3])

    def penalty(weights):
        return interpolated_penalty(lambda x: torch.tanh(x @ weights), real, fake, mix).mean()

    assert torch.autograd.gradcheck(penalty, (tensor([0.3, -0.2]).requires_grad_(),), atol=1e-6)
    flat = tensor([0.0, 0.0]).requires_grad_()
    (slope,) = torch.autograd.grad(penalty(flat), flat)
    assert penalty(flat).item() == 1
    assert torch.isfinite(slope).all()
