"""What the training of an autoencoder begins with."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.studio, pytest.mark.req("M4")]


def _first_likelihood(network, *, is_centred):
    from openbeian.studio.data.images import load_images
    from openbeian.studio.recipes import load_recipe
    from openbeian.studio.training.vae import VaeTraining
    from tests.studio.training.small import ONE, WATCH

    settings = (
        f"network.network={network}",
        f"network.is_centred={is_centred}",
        "network.width=32",
        "optimiser.batch=64",
    )
    digits = load_images("digits", size=28, channels=1, limit=200).train
    made = VaeTraining(load_recipe("digits-vae", settings), digits, 1, ONE, WATCH)
    return made.step(1.0)["likelihood"].item()


@pytest.mark.parametrize("network", ["plain", "residual"])
def test_a_centred_autoencoder_begins_with_what_the_mean_picture_explains(network):
    assert _first_likelihood(network, is_centred=False) < -500  # a fair coin for each pixel has 784 ln 2 = 543 nats
    assert _first_likelihood(network, is_centred=True) > -230


def test_a_centred_network_says_the_mean_picture_when_it_knows_nothing():
    import torch

    from openbeian.studio.networks.latent import Ladder

    mean = torch.linspace(0, 1, 64)
    network = Ladder(64, 16, (4, 3))
    network.leave[-1].weight.data.zero_()
    network.centre(mean)

    said = network.decode_top(torch.zeros(1, 4)).sigmoid()[0]
    assert (said - mean).abs().max() < 0.0011  # a pixel that is never on is kept off an infinite logit
    assert network.enter(mean * 2 - 1).abs().max() < 1e-5
