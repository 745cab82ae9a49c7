"""Layers that leave the gradient of their own weights to autograd. It begins and ends inside the layer."""

from abc import abstractmethod

import torch
from torch import Tensor

from fftui.learning.layers.base import Layer, Outcome
from fftui.learning.objective import Objective


class AutogradLayer(Layer):
    """A layer whose kind gives `respond` alone: activities for normalised input, made of differentiable operations.

    `self.training` says whether batch normalisation takes this batch's statistics (and remembers them) or remembered
    ones: `learn` sets it, `activities` clears it, `forward` leaves it to the caller.
    """

    @abstractmethod
    def respond(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (N, H) for normalised input."""

    def forward(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """What is passed on for raw input, with autograd."""
        return self.onward(self.respond(self.labelled(x_ND, labels_N), labels_N))

    @torch.no_grad()
    def activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (N, H) for normalised input, without autograd."""
        self.eval()
        return self.respond(x_ND, labels_N)

    def learn(self, x_ND: Tensor, labels_N: Tensor, objective: Objective) -> Outcome:
        """Set the gradients of `objective`: its slope in z is handed to autograd, which stops at the input."""
        self.train()
        self.zero_grad(set_to_none=True)
        with torch.enable_grad():
            z_NH = self.respond(x_ND.detach(), labels_N)
        answered_NH = z_NH.detach()
        with torch.no_grad():
            judged = objective(answered_NH)
        z_NH.backward(judged.slope_NH)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return Outcome.of(judged, answered_NH)
