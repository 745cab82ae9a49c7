"""Direct feedback alignment: each layer learns from the error at the head, sent to its outputs
through a fixed random matrix of its own (Nøkland 2016).

Letters in shapes: B images, C labels, D inputs, H outputs of a layer.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from fftui import experiment as ex
from fftui.learning.layers.layer import Layer
from fftui.learning.rules.network_rule import NetworkRule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.seeds import generator_for


class DirectFeedbackAlignmentRule(NetworkRule):
    """No gradient crosses a layer: two products a layer, forward and of its own weights.

    The matrices (C, H) are drawn from the experiment's seed, so that no checkpoint has to hold
    them. A last layer whose units are the logits learns from their own gradient.
    """

    def __init__(
        self, phase: ex.DirectFeedbackAlignment, number: int, context: TrainContext
    ) -> None:
        super().__init__(phase, number, context)
        layers = self.network.layers
        self._fed = layers if self.network.head is not None else layers[:-1]
        self.feedback = [
            self._drawn_for(layer, phase.feedback_scale, place)
            for place, layer in enumerate(self._fed, 1)
        ]

    def set_gradients(self, x_BD: Tensor, labels_B: Tensor) -> Tensor:
        """The gradient of the loss for the head, and of ⟨z, e B⟩ for each layer's outputs z."""
        with self.precision():
            outputs, logits_BC = self._detached_pass(x_BD)
        loss = cross_entropy(logits_BC.float(), labels_B)
        (error_BC,) = torch.autograd.grad(loss, logits_BC, retain_graph=True)
        # a scalar, since `backward` with a gradient would load sympy, which takes seconds
        sent = (
            torch.dot(z_BH.flatten(), (error_BC.to(z_BH.dtype) @ each.to(z_BH.dtype)).flatten())
            for z_BH, each in zip(outputs, self.feedback, strict=True)
        )
        self.network.zero_grad(set_to_none=True)
        total = sum(sent, loss)
        total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return loss.detach()

    def _detached_pass(self, x_BD: Tensor) -> tuple[list[Tensor], Tensor]:
        """Outputs (B, H) of the layers that are sent an error, and logits (B, C); the graph of
        each part begins at its own input.
        """
        network, passed = self.network, [x_BD]
        labels_B = network.neutral(x_BD)
        for layer in self._fed:
            passed.append(layer(passed[-1].detach(), labels_B))
        above = [each.detach() for each in passed]
        return passed[1:], network.logits_above(above, labels_B)

    def _drawn_for(self, layer: Layer, scale: float, place: int) -> Tensor:
        """A normal matrix (C, H) for the outputs of `layer`."""
        classes, outputs = self.network.classes, math.prod(layer.output_shape)
        generator = generator_for(self.context.seed, "feedback", self.number, place)
        drawn = torch.empty(classes, outputs).normal_(
            std=scale * classes**-0.5, generator=generator
        )
        return drawn.to(next(self.network.parameters()))
