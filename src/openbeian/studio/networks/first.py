"""The first convolution of a network that looks at pictures: of one or three channels, which usual kernels are slow to go back through."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional
from torch.nn.grad import conv2d_weight


class FirstConvolution(nn.Conv2d):
    """A convolution over pictures, the same as `nn.Conv2d` but for rounding, several times as fast towards the picture.

    A generator learns through that slope, and a penalty on gradients is made of it. Kernels for it work on eight channels or more at once; with one,
    a matrix product and a sum over the places where windows overlap take a fifth to a third of their time. Slopes of slopes are right as well.
    """

    def forward(self, pictures: Tensor) -> Tensor:
        """Return maps (n, out, height, width) for pictures (n, in, height, width)."""
        seen: Tensor = _Looked.apply(pictures, self.weight, self.bias, self.stride, self.padding)  # type: ignore[no-untyped-call]
        return seen


class _Looked(Function):
    """The convolution with its own way back to the picture."""

    @staticmethod
    def forward(
        ctx: Any,
        pictures: Tensor,
        weight: Tensor,
        bias: Tensor,
        stride: tuple[int, int],
        padding: tuple[int, int],
    ) -> Tensor:
        ctx.save_for_backward(pictures, weight)
        ctx.stride, ctx.padding = stride, padding
        return functional.conv2d(pictures, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        pictures, weight = ctx.saved_tensors
        slope = slope.to(weight.dtype)
        to_pictures = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            windows = weight.flatten(1).t() @ slope.flatten(2)
            to_pictures = functional.fold(
                windows, pictures.shape[2:], weight.shape[2:], padding=ctx.padding, stride=ctx.stride
            )
        if ctx.needs_input_grad[1]:
            to_weight = conv2d_weight(pictures, weight.shape, slope, ctx.stride, ctx.padding)  # type: ignore[no-untyped-call]
        if ctx.needs_input_grad[2]:
            to_bias = slope.sum((0, 2, 3))
        return to_pictures, to_weight, to_bias, None, None
