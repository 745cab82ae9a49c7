"""The planes of labels, convolved, added to convolved images.

Letters in shapes: B images, S labels an image, N = S · B, C planes, X values of an output.
"""

from typing import Any

import torch
from torch import Tensor


def add_planes(a_BX: Tensor, planes_CX: Tensor, labels_N: Tensor) -> Tensor:
    """(N, X): the images with each of their S labels' planes, with autograd.

    As a product of one-hot rows with the planes would give it, but in two passes over memory: where
    images are large and have few channels, such a product took as long as all the rest.
    """
    result: Tensor = _AddedPlanes.apply(a_BX, planes_CX, labels_N)
    return result


class _AddedPlanes(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a_BX: Tensor, planes_CX: Tensor, labels_N: Tensor) -> Tensor:
        ctx.save_for_backward(labels_N)
        ctx.images, ctx.planes = len(a_BX), len(planes_CX)
        sum_NX = planes_CX.index_select(0, labels_N)
        sum_NX.view(-1, *a_BX.shape).add_(a_BX)
        return sum_NX

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        (labels_N,) = ctx.saved_tensors
        (grad_NX,) = grads
        # a product, not the sum of an index: the same every time on a GPU
        one_hot_NC = torch.eye(ctx.planes, device=grad_NX.device, dtype=grad_NX.dtype)[labels_N]
        images_BX = grad_NX.reshape(-1, ctx.images, grad_NX.shape[1]).sum(0)
        return images_BX, one_hot_NC.t() @ grad_NX, None
