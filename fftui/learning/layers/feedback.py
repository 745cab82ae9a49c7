"""Products whose gradient goes down through fixed feedback weights in place of their own: feedback
alignment (Lillicrap et al. 2016).

The gradient of the weights is backprop's; only what is handed to the inputs differs.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


def product(x_ND: Tensor, weight_DH: Tensor, feedback_DH: Tensor | None) -> Tensor:
    """x W, with autograd; its gradient in x goes through `feedback_DH`, or W where that is None."""
    if feedback_DH is None:
        return x_ND @ weight_DH
    result: Tensor = _Product.apply(x_ND, weight_DH, feedback_DH)
    return result


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x_ND: Tensor, weight_DH: Tensor, feedback_DH: Tensor) -> Tensor:
        ctx.save_for_backward(x_ND, feedback_DH)
        return x_ND @ weight_DH

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x_ND, feedback_DH = ctx.saved_tensors
        (grad_NH,) = grads
        down_ND = grad_NH @ feedback_DH.to(grad_NH.dtype).t()
        return down_ND.to(x_ND.dtype), x_ND.to(grad_NH.dtype).t() @ grad_NH, None


class Steps(NamedTuple):
    """How a convolution goes over its input: stride, padding, and groups of channels."""

    stride: int
    padding: int
    groups: int


def convolved(
    x: Tensor, weight: Tensor, bias: Tensor | None, feedback: Tensor | None, steps: Steps
) -> Tensor:
    """`conv2d`; its gradient in x goes through `feedback`, or the weights where that is None."""
    if feedback is None:
        return functional.conv2d(x, weight, bias, steps.stride, steps.padding, 1, steps.groups)
    result: Tensor = _Convolution.apply(x, weight, feedback, steps)
    return result if bias is None else result + bias[:, None, None]


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, feedback: Tensor, steps: Steps) -> Tensor:
        ctx.save_for_backward(x, feedback)
        ctx.steps = steps
        return functional.conv2d(x, weight, None, steps.stride, steps.padding, 1, steps.groups)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, feedback = ctx.saved_tensors
        (over,) = grads
        steps = ctx.steps
        down, own, _ = torch.ops.aten.convolution_backward(
            over,
            x,
            feedback.to(over.dtype),
            None,
            (steps.stride, steps.stride),
            (steps.padding, steps.padding),
            (1, 1),
            False,
            (0, 0),
            steps.groups,
            (True, True, False),
        )
        return down, own, None, None
