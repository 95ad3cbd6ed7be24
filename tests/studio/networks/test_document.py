"""The document's networks: what fits, what does not, what they begin with."""

import pytest
import torch
from torch import nn

from openbeian.studio.networks.document import (
    NOISE,
    BagDiscriminator,
    BagGenerator,
    Combined,
    ConvolutionGenerator,
    DenseGenerator,
    PictureDiscriminator,
)

pytestmark = [pytest.mark.studio, pytest.mark.req("M7")]


@pytest.fixture
def noise():
    return torch.randn(3, NOISE, generator=torch.Generator().manual_seed(0))


def test_chapter_17_as_printed_makes_56_where_28_is_wanted_and_the_discriminator_cannot_read_it(noise):
    pictures = ConvolutionGenerator(is_halved=False, is_bounded=False)(noise)
    assert pictures.shape == (3, 1, 56, 56)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        PictureDiscriminator(ends_in_sigmoid=True)(pictures)


@pytest.mark.parametrize("is_bounded", [True, False])
def test_chapter_17_from_14_fits(noise, is_bounded):
    pictures = ConvolutionGenerator(is_bounded=is_bounded)(noise)
    assert pictures.shape == (3, 1, 28, 28)
    assert PictureDiscriminator(ends_in_sigmoid=False)(pictures).shape == (3, 1)


def test_chapter_17_tanh_before_the_last_layer_bounds_nothing(noise):
    printed, right = ConvolutionGenerator(is_bounded=False), ConvolutionGenerator()
    with torch.no_grad():
        for network in (printed, right):
            network.body[-2].weight.mul_(50)
        assert printed(noise).abs().max() > 1
        assert right(noise).abs().max() <= 1


def test_chapter_18_speaks_between_minus_1_and_1_and_half_of_it_lies_below_what_the_data_hold(noise):
    pictures = DenseGenerator()(noise)
    assert pictures.shape == (3, 1, 28, 28)
    assert pictures.abs().max() <= 1
    assert 0.4 < (pictures < 0).float().mean() < 0.6


@pytest.mark.parametrize("ends_in_sigmoid", [True, False])
def test_the_discriminator_ends_in_a_probability_as_printed_and_in_a_score_as_repaired(ends_in_sigmoid):
    found = PictureDiscriminator(ends_in_sigmoid=ends_in_sigmoid)(torch.randn(64, 1, 28, 28) * 20)
    assert (bool(found.min() >= 0) and bool(found.max() <= 1)) == ends_in_sigmoid


def test_dropout_works_only_in_training_mode():
    network, pictures = PictureDiscriminator(ends_in_sigmoid=True), torch.ones(1, 1, 28, 28)
    assert not torch.equal(network(pictures), network(pictures))
    network.eval()
    assert torch.equal(network(pictures), network(pictures))


def test_chapter_15_says_each_word_by_itself_and_the_question_leads_nowhere(noise):
    generator, discriminator = BagGenerator(40), BagDiscriminator(40)
    said = generator(noise)
    assert said.shape == (3, 40)  # one number a word: no place for order, number or length
    assert not torch.allclose(said.sum(1), torch.ones(3))  # 40 probabilities, no distribution
    text = torch.rand(3, 40, requires_grad=True)
    believed = Combined(generator, discriminator)(noise, text)
    (slope,) = torch.autograd.grad(believed.sum(), text, allow_unused=True)
    assert slope is None
    assert torch.equal(believed, Combined(generator, discriminator)(noise, torch.zeros(3, 40)))


def test_networks_begin_as_in_the_document_s_framework():
    layer = next(each for each in DenseGenerator().body if isinstance(each, nn.Linear))
    assert not layer.bias.any()
    limit = (6 / (100 + 128)) ** 0.5
    assert 0.99 * limit < layer.weight.abs().max() <= limit
