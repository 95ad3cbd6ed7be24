"""The generator of texts: it says what it reads, keeps the form, and lets gradients through soft choices."""

import pytest
import torch

from openbeian.studio.data.lines import TextData, TextSet
from openbeian.studio.data.symbols import Alphabet, before
from openbeian.studio.networks.line_discriminator import LineDiscriminator
from openbeian.studio.networks.sequences import END, UNKNOWN, LineGenerator, imagine, speak

pytestmark = [pytest.mark.studio, pytest.mark.req("M1", "M5")]

FREE = Alphabet(tuple("一二三四五六七八九十，。"), ("一二", "三四五"), ("甲", "乙"), "occasion", False, 12)
VERSE = Alphabet(tuple("一二三四五六七八九十"), (), ("五言", "七言"), "title", True, 28)


def generator(alphabet):
    torch.manual_seed(0)
    return LineGenerator(
        symbols=alphabet.symbols, choices=alphabet.choices, places=alphabet.places, embedding=8, width=12, condition=4
    )


def asked(alphabet, count):
    if alphabet.is_verse:
        return alphabet.ask(["一二", "三"] * (count // 2), ["五言", "七言"] * (count // 2))
    return alphabet.ask(["甲", "乙"] * (count // 2))


@pytest.mark.parametrize("alphabet", [FREE, VERSE])
def test_speaking_step_by_step_scores_as_reading_at_once(alphabet):
    network, wanted = generator(alphabet), asked(alphabet, 4)
    symbols = speak(network, wanted, 1.0, torch.Generator().manual_seed(1))
    at_once = network(before(symbols), wanted)
    saying = network.start(wanted.conditions)
    for step in range(symbols.shape[1]):
        torch.testing.assert_close(network.advance(saying, wanted.places[:, step]), at_once[:, step])
        network.hear(saying, symbols[:, step])


def test_the_form_is_kept_at_any_temperature_and_nothing_unknown_is_said():
    network, wanted = generator(VERSE), asked(VERSE, 40)
    for temperature in (0.1, 3.0):
        symbols = speak(network, wanted, temperature, torch.Generator().manual_seed(1))
        lengths = (symbols != END).sum(1)
        assert lengths.tolist() == [20, 28] * 20
        assert not (symbols == UNKNOWN).any()
        assert all(len(text) in (24, 32) and text[-1] == "。" for text in VERSE.decode(symbols))


def test_the_same_seed_says_the_same_and_a_condition_changes_what_is_said():
    network = generator(FREE)
    first, again = (speak(network, asked(FREE, 6), 1.0, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first.equal(again)
    one, other = FREE.ask(["甲"]), FREE.ask(["乙"])
    start = torch.zeros(1, 12, dtype=torch.int64)
    assert not torch.allclose(network(start, one), network(start, other))


@pytest.mark.parametrize("alphabet", [FREE, VERSE])
def test_sharp_soft_choices_are_the_hard_ones_drawn_with_the_same_noise(alphabet):
    network, wanted = generator(alphabet), asked(alphabet, 8)
    soft = imagine(network, wanted, 1e5, torch.Generator().manual_seed(5))
    hard = speak(network, wanted, 1.0, torch.Generator().manual_seed(5))
    torch.testing.assert_close(soft.sum(2), torch.ones(soft.shape[:2]))
    said = soft.argmax(2)
    is_open = torch.ones(len(said), dtype=torch.bool)
    for step in range(said.shape[1]):
        assert said[is_open, step].equal(hard[is_open, step])
        is_open &= hard[:, step] != END


def test_gradients_reach_the_generator_through_the_discriminator_and_soft_equals_hard_reading():
    network, wanted = generator(FREE), asked(FREE, 4)
    judge = LineDiscriminator(symbols=FREE.symbols, choices=FREE.choices, embedding=6, spans=(1, 3), filters=5)
    soft = imagine(network, wanted, 2.0, torch.Generator().manual_seed(5))
    judge(judge.read(soft), wanted.conditions).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())
    symbols = FREE.encode(["一二三四。", "四五，六。"])
    hard = torch.nn.functional.one_hot(symbols, FREE.choices).float()
    torch.testing.assert_close(judge.read(symbols), judge.read(hard))


def test_an_unseen_character_is_read_as_unknown():
    assert FREE.encode(["一龘"])[0, :3].tolist() == [2, UNKNOWN, END]
    data = TextData(TextSet((), ()), TextSet((), ()), TextSet((), ()), "title", True, VERSE.characters, (), None)
    assert Alphabet.of(data) == VERSE
