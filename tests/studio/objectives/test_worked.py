"""The worked examples, against arithmetic that knows none of the losses: what the founding document prints and what is right."""

import math

import pytest

from openbeian.studio.objectives.worked import bounds, equilibria, games

pytestmark = [pytest.mark.studio, pytest.mark.req("M4", "M7")]

LN2 = math.log(2)
near = 1e-6


def test_chapter_13_first_example_is_0_105_not_0_15():
    found = games.first_example()
    assert found.generator == pytest.approx(0.105360516, abs=near)
    assert found.generator_in_bits == pytest.approx(-math.log2(0.9), abs=near)
    assert round(found.generator_in_bits, 2) == 0.15  # what was printed is the logarithm to base 2
    assert found.discriminator_part == pytest.approx(-math.log(0.1), abs=near)


def test_chapter_13_second_example_is_plus_0_649_not_minus_0_7():
    found = games.second_example()
    assert found.ln_real == pytest.approx(-0.051293294, abs=near)
    assert found.ln_not_fake == pytest.approx(-0.597837001, abs=near)
    assert found.discriminator == pytest.approx(0.649130295, abs=near)
    assert found.generator == pytest.approx(0.798507696, abs=near)


def test_chapter_13_weighted_total_asks_the_generator_for_d_equal_to_lambda():
    found = games.second_example()
    assert found.total == pytest.approx(0.5 * 0.798507696 + 0.5 * 0.649130295, abs=near)
    assert found.total_by_fake == pytest.approx(0.45 - 0.5, abs=near)
    assert found.total_floor == pytest.approx(LN2, abs=near)


def test_chapter_11_both_printed_signs_raise_the_loss_that_should_fall():
    def d(score):
        return 1 / (1 + math.exp(-score))

    real, fake = math.log(19), math.log(9 / 11)
    generator, discriminator = games.generator_step(), games.discriminator_step()
    assert generator.before == pytest.approx(-math.log(0.45), abs=near)
    assert generator.printed == pytest.approx(-math.log(d(fake - 0.55)), abs=near)
    assert generator.right == pytest.approx(-math.log(d(fake + 0.55)), abs=near)
    assert discriminator.printed == pytest.approx(-math.log(d(real - 0.05)) - math.log(1 - d(fake + 0.45)), abs=near)
    assert discriminator.right == pytest.approx(-math.log(d(real + 0.05)) - math.log(1 - d(fake - 0.45)), abs=near)
    for step in (generator, discriminator):
        assert step.right < step.before < step.printed


def test_chapter_8_the_saturating_slope_is_d_and_the_other_one_minus_d():
    for row in games.saturation():
        assert row.minimax == pytest.approx(-row.believed, abs=near)
        assert row.non_saturating == pytest.approx(row.believed - 1, abs=near)


def test_descent_finds_the_best_discriminator_and_its_loss_is_2_ln_2_minus_2_jsd():
    found = equilibria.optimum()
    assert found.formula == pytest.approx((5 / 6, 1 / 2, 1 / 6), abs=near)
    assert found.descended == pytest.approx(found.formula, abs=near)
    divergence = 0.5 * math.log(0.5 / 0.3) + 0.1 * math.log(0.1 / 0.3)  # both halves are alike by symmetry
    assert found.divergence == pytest.approx(divergence, abs=near)
    assert found.loss == pytest.approx(2 * LN2 - 2 * divergence, abs=near)
    assert found.from_divergence == pytest.approx(found.loss, abs=near)


def test_at_equilibrium_every_game_has_its_known_value():
    found = {row.name: (row.discriminator, row.generator) for row in equilibria.at_equilibrium()}
    known = {
        "minimax": (2 * LN2, -LN2),
        "non-saturating": (2 * LN2, LN2),
        "least-squares": (0.5, 0.25),
        "hinge": (2, 0),
        "wasserstein": (0, 0),
        "relativistic": (LN2, LN2),
    }
    assert found.keys() == known.keys()
    for name, values in known.items():
        assert found[name] == pytest.approx(values, abs=near), name


def test_at_the_example_every_game_has_the_value_worked_by_hand():
    real, fake = math.log(19), math.log(9 / 11)
    found = {row.name: (row.discriminator, row.generator) for row in equilibria.at_the_example()}
    known = {
        "minimax": (0.649130295, math.log(0.55)),
        "non-saturating": (0.649130295, 0.798507696),
        "least-squares": ((real - 1) ** 2 + fake**2, (fake - 1) ** 2),
        "hinge": (1 + fake, -fake),
        "wasserstein": (fake - real + 1e-3 * real**2, -fake),
        "relativistic": (math.log1p(9 / 11 / 19), math.log1p(19 / (9 / 11))),
    }
    assert found.keys() == known.keys()
    for name, values in known.items():
        assert found[name] == pytest.approx(values, abs=near), name


def test_apart_the_divergence_is_ln_2_at_any_distance_and_the_critic_sees_the_distance():
    for row in equilibria.apart():
        assert row.wasserstein == pytest.approx(row.distance, abs=near)
        assert row.divergence == pytest.approx(LN2 if row.distance else 0, abs=near)


def test_penalties_of_the_critic_3_4_are_25_and_16():
    assert equilibria.penalties() == equilibria.Penalties(pytest.approx(25, abs=near), pytest.approx(16, abs=near))


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_chapter_11_played_in_turns_as_worked_by_hand_with_and_without_the_penalty(gamma):
    def d(score):
        return 1 / (1 + math.exp(-score))

    place, slope, distances = 1.0, 0.0, [1.0]
    for _ in range(equilibria.TURNS[-1]):
        slope -= equilibria.RATE * (d(slope * place) * place + gamma * slope)
        place -= equilibria.RATE * (d(slope * place) - 1) * slope
        distances.append(math.hypot(place, slope))
    expected = [distances[turn] for turn in equilibria.TURNS]
    assert equilibria.alternation(gamma).distances == pytest.approx(expected, abs=near)
    assert (expected[-1] < 1e-3) == (gamma > 0)


def test_chapters_15_17_and_18_pull_the_generator_the_wrong_way():
    found = games.mislabelled()
    assert (found.logistic_printed, found.logistic_right) == pytest.approx((0.45, -0.55), abs=near)
    assert (found.squares_printed, found.squares_right) == pytest.approx((0.9, -1.1), abs=near)
    assert found.floor_of_double_sigmoid == pytest.approx(math.log(1 + math.exp(-1)) + LN2, abs=near)


def test_chapter_12_the_divergence_is_an_integral_and_the_printed_sum_depends_on_the_grid():
    found, closed = bounds.divergence(), (0.25 + 1 - 1 - math.log(0.25)) / 2
    assert found.closed == pytest.approx(closed, abs=near)
    assert abs(found.drawn.value - closed) < 4 * found.drawn.error
    assert found.sum_coarse == pytest.approx(10 * closed, abs=near)
    assert found.sum_fine == pytest.approx(100 * closed, abs=near)
    assert found.integral == pytest.approx(closed, abs=near)
    assert found.reverse == pytest.approx((4 + 4 - 1 + math.log(0.25)) / 2, abs=near)


def test_chapter_14_five_pictures_cost_what_the_columns_say():
    found = bounds.five_pictures()
    for row in found.rows:
        assert row.error == pytest.approx(
            sum((x - y) ** 2 for x, y in zip(row.pixels, row.output, strict=True)), abs=near
        )
        assert row.divergence == pytest.approx((row.sigma**2 + row.mean**2 - 1 - 2 * math.log(row.sigma)) / 2, abs=near)
    coded, blind = found.coded, found.blind
    assert coded.error == pytest.approx((0.02 + 0.08 + 0.02 + 0.05 + 0.01) / 5, abs=near)
    assert coded.divergence == pytest.approx(sum(row.divergence for row in found.rows) / 5, abs=near)
    assert coded.total == pytest.approx(coded.error + coded.divergence, abs=near)
    assert (blind.error, blind.divergence, blind.total) == pytest.approx((0.4, 0, 0.4), abs=near)
    for loss in (coded, blind):  # two pixels: 1/2 * 2 (ln 2 pi MSE + 1) + KL
        fitted = math.log(2 * math.pi * loss.error / 2) + 1 + loss.divergence
        assert loss.fitted == pytest.approx(fitted, abs=near)
    assert blind.total < coded.total  # squared error would rather not look
    assert coded.fitted < blind.fitted


def test_chapter_14_the_noisy_square_wants_no_noise_and_the_likelihood_wants_the_truth():
    rows = bounds.noisy_pixel()
    for row in rows:
        assert row.printed == pytest.approx(0.04 + row.sigma**2, abs=near)
        right = (math.log(2 * math.pi) + 2 * math.log(row.sigma) + 0.04 / row.sigma**2) / 2
        assert row.right == pytest.approx(right, abs=near)
    assert min(rows, key=lambda row: row.printed).sigma == rows[0].sigma
    assert min(rows, key=lambda row: row.right).sigma == 0.2


def test_the_variance_of_squared_error_weighs_an_error_of_a_tenth_fifty_times_too_little():
    found = bounds.variances()
    assert found.error == pytest.approx(1, abs=near)
    assert found.likelihood_half == pytest.approx(-50 * math.log(math.pi) - 1, abs=near)
    assert found.likelihood_best == pytest.approx(-50 * (math.log(2 * math.pi * 0.01) + 1), abs=near)
    assert found.weight_best / found.weight_half == pytest.approx(50, abs=near)


def test_the_bounds_stand_in_their_order_below_the_evidence():
    found = bounds.bounds()
    evidence = -(math.log(2 * math.pi * 1.25) + 1.5**2 / 1.25) / 2
    gap = (0.4 / 0.2 + (1.0 - 1.2) ** 2 / 0.2 - 1 - math.log(2)) / 2
    assert found.evidence == pytest.approx(evidence, abs=near)
    assert found.gap == pytest.approx(gap, abs=near)
    assert found.elbo == pytest.approx(evidence - gap, abs=near)
    assert found.elbo_of_posterior == pytest.approx(evidence, abs=near)
    drawn = [row for _, row in found.weighted]
    assert abs(drawn[0].value - found.elbo) < 4 * drawn[0].error
    assert [row.value for row in drawn] == sorted(row.value for row in drawn)
    assert all(row.value < evidence + 4 * row.error for row in drawn)


def test_the_slope_through_the_draw_is_right_and_quieter_than_the_one_around_it():
    found = bounds.through_the_draw()
    assert found.exact == 2
    for row in (found.reparametrised, found.scored):
        assert abs(row.value - 2) < 4 * row.error
    assert found.reparametrised.error == pytest.approx(2 * 0.5 / 100, rel=0.05)  # the deviation of 2 z over 100
    assert found.scored.error > 3 * found.reparametrised.error
