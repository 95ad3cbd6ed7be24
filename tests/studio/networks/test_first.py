"""The first convolution against the library's own, to slopes of slopes."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.studio, pytest.mark.req("M3")]


def _both(kernel, edge, channels):
    import torch
    from torch import nn

    from openbeian.studio.networks.first import FirstConvolution

    torch.manual_seed(kernel)
    ours, theirs = (made(channels, 5, kernel, 2, 1).double() for made in (FirstConvolution, nn.Conv2d))
    theirs.load_state_dict(ours.state_dict())
    pictures = torch.randn(3, channels, edge, edge, dtype=torch.float64)
    return ours, theirs, pictures


def _penalised(network, pictures):
    """What a penalty on gradients asks: a function of the slope towards the picture, and that function's slope by the weights."""
    import torch

    seen = pictures.clone().requires_grad_()
    scores = network(seen).square().sum((1, 2, 3))
    (slope,) = torch.autograd.grad(scores.sum(), seen, create_graph=True)
    (scores.mean() + slope.square().sum()).backward()
    return network(pictures), slope, seen.grad, network.weight.grad, network.bias.grad


@pytest.mark.parametrize(("kernel", "edge"), [(4, 28), (3, 7), (3, 28), (4, 9)])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_library_s_convolution_in_values_slopes_and_slopes_of_slopes(kernel, edge, channels):
    import torch

    ours, theirs, pictures = _both(kernel, edge, channels)

    for one, other in zip(_penalised(ours, pictures), _penalised(theirs, pictures), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_it_goes_back_from_half_precision_in_its_own():
    import torch

    ours, _, pictures = _both(4, 28, 1)
    ours.float()
    seen = pictures.float().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        scores = ours(seen)
    scores.float().sum().backward()

    assert scores.dtype == torch.bfloat16
    assert seen.grad.dtype == ours.weight.grad.dtype == torch.float32
