"""Chapters 17 and 18: each printed fault happens, and what repairs it does."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch

from openbeian.studio.lessons import chapter17, chapter18
from openbeian.studio.lessons.chapter18 import FLOOR
from openbeian.studio.lessons.pictures import Match, picture_variant
from openbeian.studio.networks.document import PictureDiscriminator

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M7")]


@pytest.fixture
def real():
    return torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(3))


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        yield


class _Digits:
    """Twenty pictures, so that a batch of 8 leaves a last one of 4."""

    def __init__(self):
        self.train = self
        self.pixels = torch.randint(256, (20, 1, 28, 28), dtype=torch.uint8)


def _believed_after(rules, real, steps=3):
    """Return D(G(z)) before and after steps of the generator alone."""
    match = Match(rules)
    before_d = [each.clone() for each in match.discriminator.parameters()]
    noise = torch.randn(32, 100)

    def believed():
        with torch.no_grad():
            return match.discriminator(match.generator(noise)).mean().item()

    start = believed()
    for _ in range(steps):
        match.step(real)
        with torch.no_grad():
            for each, was in zip(match.discriminator.parameters(), before_d, strict=True):
                each.copy_(was)
    return start, believed()


def test_chapter_18_the_last_batch_of_another_size_ends_the_first_epoch():
    printed = replace(chapter18.PRINTED, batch=8)
    played = picture_variant("printed", "", printed).play(_Digits(), 4, 1)
    assert played.steps == 2
    assert "must match" in played.stopped
    repaired = picture_variant("batch", "", replace(printed, follows_batch=True)).play(_Digits(), 4, 1)
    assert (repaired.steps, repaired.stopped) == (4, None)


def test_chapter_18_a_perfect_discriminator_s_probabilities_taken_for_scores_cost_1_006():
    real, fake = torch.ones(4), torch.zeros(4)
    assert chapter18.added_discriminator(real, fake).item() == pytest.approx(FLOOR)
    assert pytest.approx(1.0064, abs=1e-4) == FLOOR
    assert chapter18.added_discriminator(40 * real, fake - 40).item() == pytest.approx(0, abs=1e-6)  # as scores


def test_chapter_18_a_discriminator_that_knows_everything_stops_at_the_floor(real):
    match = Match(replace(chapter18.RUNNING, batch=8, rate=5e-3))
    losses = [match.step(real)[0] for _ in range(20)]
    assert FLOOR < losses[-1] < FLOOR + 0.02


@pytest.mark.parametrize(
    ("rules", "right"),
    [
        (replace(chapter18.RUNNING, batch=8), chapter18.RIGHT_GAME),
        (replace(chapter17.RUNNING, batch=8), chapter17.RIGHT_GAME),
    ],
)
def test_as_printed_the_generator_s_steps_lower_what_the_discriminator_believes_and_corrected_raise_it(
    real, rules, right
):
    before, after = _believed_after(rules, real)
    assert after < before
    before, after = _believed_after(replace(rules, game=right), real)
    assert after > before


def test_chapter_17_the_printed_target_is_the_discriminator_s_own():
    fake = torch.tensor([0.45], requires_grad=True)
    real = torch.ones(1)
    printed = chapter17.zero_generator(real, fake)
    assert torch.autograd.grad(printed, fake)[0].item() == pytest.approx(0.9)
    assert torch.autograd.grad(chapter17.RIGHT_GAME.discriminator(real, fake), fake)[0].item() == pytest.approx(0.9)
    assert torch.autograd.grad(chapter17.RIGHT_GAME.generator(real, fake), fake)[0].item() == pytest.approx(-1.1)


def test_chapter_17_as_printed_does_not_get_through_one_step():
    played = chapter17.LESSON.variant("printed").play(_Digits(), 3, 1)
    assert played.steps == 0
    assert "cannot be multiplied" in played.stopped
    assert played.pixels.shape[1:] == (1, 56, 56)


def test_without_training_mode_the_discriminator_has_no_dropout(real):
    for rules, works in ((chapter18.RUNNING, False), (chapter18.REPAIRED, True)):
        match = Match(rules)
        with torch.no_grad():
            assert torch.equal(match.discriminator(real), match.discriminator(real)) != works


def test_what_tanh_says_below_0_is_lost_where_data_lie_between_0_and_1(real):
    for rules in (chapter18.RUNNING, chapter18.REPAIRED):
        drawn = Match(replace(rules, batch=8)).samples(4, 0)
        black = (drawn == 0).float().mean().item()
        assert (black > 0.3) == (not rules.is_signed)


def test_each_single_repair_changes_one_rule():
    for lesson, running in ((chapter18.LESSON, chapter18.RUNNING), (chapter17.LESSON, chapter17.RUNNING)):
        for variant in lesson.variants:
            if variant.share == 1 or variant.name in {"printed", "batch", "geometry"}:
                continue
            (rules,) = variant.play.args
            changed = [name for name, value in vars(rules).items() if value != getattr(running, name)]
            assert len(changed) == 1, variant.name


def test_the_same_seed_gives_the_same_bits_and_another_one_others():
    rules = replace(chapter18.REPAIRED, batch=8, penalty=1.0)
    play = picture_variant("", "", rules).play
    data = _Digits()
    first, again, other = (play(data, 2, seed) for seed in (1, 1, 2))
    assert first.losses == again.losses
    assert torch.equal(first.pixels, again.pixels)
    assert first.losses != other.losses


def test_the_penalty_stands_in_every_fourth_step_and_only_in_the_slopes(real):
    still = partial(PictureDiscriminator, ends_in_sigmoid=False, dropout=0.0)
    rules = replace(chapter18.RELATIVISTIC, discriminator=still, batch=8)
    moved = []
    for penalty in (0.0, 1000.0):
        torch.manual_seed(5)
        match = Match(replace(rules, penalty=penalty))
        loss = match.step(real)[0]
        moved.append((loss, [each.clone() for each in match.discriminator.parameters()]))
    (plain, ours), (curbed, theirs) = moved
    assert plain == curbed
    assert math.isfinite(plain)
    assert not all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
