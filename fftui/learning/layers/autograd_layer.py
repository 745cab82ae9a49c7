"""Layers whose own weights get their gradient from autograd; the graph begins and ends inside the
layer.
"""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from fftui.learning.layers.layer import Layer
from fftui.learning.objective import Objective, ObjectiveValue, ShapedObjective


class AutogradLayer(Layer):
    """A layer that only implements `compute_activities`, from differentiable operations.

    `self.training` says whether batch normalisation takes this batch's statistics (and remembers
    them) or remembered ones: `learn` sets it, `activities` clears it, `forward` leaves it to the
    caller.
    """

    @abstractmethod
    def compute_activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (N, H), or (N, channels, height, width), for normalised input."""

    def forward(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """Outputs for raw input, with autograd."""
        x_ND = self.labelled(x_ND, labels_N)
        return self.outputs_of(self.compute_activities(x_ND, labels_N), x_ND)

    @torch.no_grad()
    def activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (N, H) for normalised input, without autograd."""
        self.eval()
        return self.compute_activities(x_ND, labels_N).flatten(1)

    def learn(self, x_ND: Tensor, labels_N: Tensor, objective: Objective) -> ObjectiveValue:
        """Set the gradients of `objective`: its gradient in z goes to autograd, which stops at the
        input.
        """
        self.train()
        self.zero_grad(set_to_none=True)
        with torch.enable_grad():
            z = self.compute_activities(x_ND.detach(), labels_N)
            if not isinstance(objective, ShapedObjective):
                z = z.flatten(1)
        with torch.no_grad():
            value = objective(z.detach())
        # `backward` with a gradient would load sympy, which takes seconds
        with torch.enable_grad():
            end: Tensor = _WithGradient.apply(z, value.grad.to(z.dtype).view(z.shape))
        end.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return value


class _WithGradient(torch.autograd.Function):
    """0, whose gradient in z is the one given: no pass over memory finds it."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, grad: Tensor) -> Tensor:
        ctx.save_for_backward(grad)
        return z.new_zeros(())

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        del grads
        (grad,) = ctx.saved_tensors
        return grad, None
