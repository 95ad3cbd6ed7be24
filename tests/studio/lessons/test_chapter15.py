"""Chapter 15: the combined model trains the discriminator along, and nothing leads back through a hard choice."""

import pytest
import torch

from openbeian.studio.data.lines import TextSet
from openbeian.studio.lessons import chapter15
from openbeian.studio.lessons.chapter15 import (
    BagMatch,
    BagRules,
    bags_of,
    hard_choice,
    kept,
    moved,
    slope_through,
    soft_choice,
)
from openbeian.studio.networks.document import NOISE, BagGenerator

pytestmark = [pytest.mark.studio, pytest.mark.req("M1", "M7")]

WORDS = 12


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        yield


def _match(*, label, is_frozen):
    return BagMatch(BagRules(label=label, is_frozen=is_frozen), WORDS)


@pytest.mark.parametrize("is_frozen", [False, True])
def test_the_combined_step_trains_the_discriminator_as_printed_and_leaves_it_alone_when_frozen(is_frozen):
    match = _match(label=0.0, is_frozen=is_frozen)
    theirs, ours = kept(match.discriminator), kept(match.generator)
    match.combined_step(torch.randn(4, NOISE), torch.zeros(4, WORDS))
    assert (moved(match.discriminator, theirs) == 0) == is_frozen
    assert moved(match.generator, ours) > 0


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_label_0_lowers_what_the_discriminator_believes_and_label_1_raises_it(label):
    match = _match(label=label, is_frozen=True)
    noise, text = torch.randn(16, NOISE), torch.zeros(16, WORDS)
    before = match.combined(noise, text).mean().item()
    for _ in range(5):
        match.combined_step(noise, text)
    after = match.combined(noise, text).mean().item()
    assert (after > before) == (label == 1)


def test_no_slope_comes_through_the_likeliest_word_and_one_comes_through_a_relaxed_draw():
    generator, judge = BagGenerator(WORDS), torch.randn(WORDS)
    likely = generator(torch.randn(4, NOISE))
    hard, soft = hard_choice(likely), soft_choice(likely, torch.rand(4, WORDS).clamp(1e-6, 1 - 1e-6), 1.0)
    assert slope_through(hard, generator, judge) is None
    assert slope_through(soft, generator, judge) > 0
    assert hard.sum(1).tolist() == [1] * 4
    assert soft.sum(1).tolist() == pytest.approx([1] * 4)


def test_a_relaxed_draw_is_nearly_one_word_when_sharp_and_words_come_as_often_as_they_are_likely():
    likely = torch.tensor([[0.2, 0.1, 0.7]]).expand(4000, 3)
    drawn = soft_choice(likely, torch.rand(4000, 3).clamp(1e-6, 1 - 1e-6), 50.0)
    assert (drawn.max(1).values > 0.9).float().mean() > 0.9
    shares = torch.bincount(drawn.argmax(1), minlength=3) / 4000
    assert shares.tolist() == pytest.approx([0.2, 0.1, 0.7], abs=0.03)


def test_texts_that_differ_only_in_order_or_length_are_the_same_bag():
    texts = TextSet(("不退款", "款退不", "不退款款"), ("", "", ""))
    first, second, third = bags_of(texts, ("不", "退", "款"))
    assert torch.equal(first, second)
    assert torch.equal(first, third)


def test_the_same_seed_gives_the_same_bits(lines):
    data = chapter15.LESSON.load(str(lines))
    play = chapter15.LESSON.variant("both").play
    first, again = play(data, 2, 1), play(data, 2, 1)
    assert first.losses == again.losses
    assert first.figures == again.figures
    assert first.figures["slope_hard"] == 0 < first.figures["slope_soft"]


def test_the_generator_that_replaces_it_writes_for_an_occasion(lines):
    data = chapter15.LESSON.load(str(lines))
    played = chapter15.LESSON.variant("sequence").play(data, 8, 1)
    assert played.losses["generator"]
    assert all(text.split("：")[0] in data.occasions for text in played.texts)
