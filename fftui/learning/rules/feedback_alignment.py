"""Feedback alignment: the error goes down through fixed random weights in place of each layer's own
(Lillicrap et al. 2016).

The gradient of a layer's own weights is backprop's for the error that reaches it. Inside a layer
of several products, such as self-attention, gradients are exact.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.layers.layer import Layer
from fftui.learning.network import SoftmaxHead
from fftui.learning.rules.network_rule import NetworkRule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.seeds import generator_for

Part = Layer | SoftmaxHead


class FeedbackAlignmentRule(NetworkRule):
    """Every layer but the first, and the head, has feedback weights of the shape of its own.

    They are drawn from the experiment's seed, so that no checkpoint has to hold them.
    """

    def __init__(self, phase: ex.FeedbackAlignment, number: int, context: TrainContext) -> None:
        super().__init__(phase, number, context)
        network = context.network
        heads = [] if network.head is None else [network.head]
        self._parts: list[Part] = [*network.layers[1:], *heads]
        self.feedback = [
            _drawn_like(part, phase.feedback_scale, context, number, place)
            for place, part in enumerate(self._parts, 2)
        ]

    def set_gradients(self, x_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Backprop's gradients, but for the error's way down."""
        with _sent_down_through(self._parts, self.feedback):
            return super().set_gradients(x_BD, labels_B)


def _drawn_like(part: Part, scale: float, context: TrainContext, phase: int, place: int) -> Tensor:
    """Normal feedback weights, of the shape and at a scale of 1 of the size that the weights of
    `part` begin with.
    """
    weight = part.linear.weight if isinstance(part, SoftmaxHead) else part.weight
    assert isinstance(weight, Tensor)
    units = len(weight) if isinstance(part, SoftmaxHead) else part.shape[0]
    std = scale * (units / weight.numel()) ** 0.5
    generator = generator_for(context.seed, "feedback", phase, place)
    return torch.empty(weight.shape).normal_(std=std, generator=generator).to(weight)


@contextmanager
def _sent_down_through(parts: Sequence[Part], feedback: Sequence[Tensor]) -> Iterator[None]:
    """While it is open, forward passes send their gradient down through `feedback`; afterwards
    another phase finds the layers as they were.
    """
    for part, weights in zip(parts, feedback, strict=True):
        part.feedback = weights
    try:
        yield
    finally:
        for part in parts:
            part.feedback = None
