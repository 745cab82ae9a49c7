"""The softmax head beside Forward-Forward layers: class probabilities from features under the
neutral label.
"""

from typing import Protocol

import torch
from torch import Tensor

from fftui.learning.images import Images
from fftui.learning.layers.layer import LabelFreeInputs
from fftui.learning.network import Network, SoftmaxHead
from fftui.learning.optimiser import Optimiser, OptimiserSettings, ParameterGroup
from fftui.learning.prediction import forward_outputs, rows_at_once


class HeadPhase(OptimiserSettings, Protocol):
    """What the head's optimiser needs of the description of a phase."""

    @property
    def head_learning_rate(self) -> float:
        """The head's learning rate."""


class HeadTrainer:
    """Trains the head by its own cross entropy, without autograd. No gradient flows back into the
    layers.
    """

    def __init__(
        self, network: Network, head: SoftmaxHead, phase: HeadPhase, total_steps: int
    ) -> None:
        self._network = network
        self._head = head
        group = ParameterGroup.of(head.parameters(), phase.head_learning_rate)
        self.optimiser = Optimiser([group], phase, total_steps)

    def predict_probs(self, x: LabelFreeInputs, labels_B: Tensor) -> Tensor:
        """Class probabilities p (B, C) of the images; also sets the head's gradients for their true
        labels.
        """
        features_BF = self._head.features(read_outputs(self._network, x))
        class_probs_BC = self._head.learn(features_BF, labels_B)[0]
        self.optimiser.gradients_are_set(0)
        return class_probs_BC


@torch.no_grad()
def head_logits(network: Network, head: SoftmaxHead, images: Images) -> Tensor:
    """The head's logits (N, C) for `images`, in one pass."""
    inputs = (part.inputs(slice(None)) for part in images.parts(rows_at_once(network.layers)))
    layer = network.layers[0]
    return torch.cat([head(read_outputs(network, layer.encode(x_BD))) for x_BD in inputs])


def read_outputs(network: Network, x: LabelFreeInputs) -> list[Tensor]:
    """Outputs of the layers under the neutral label, float32 (B, H), as far as the head reads."""
    layers = network.layers[: max(network.head.layers)] if network.head else network.layers
    outputs = forward_outputs(layers, x, network.neutral(x.images_BD))
    return [out_BH.float() for out_BH in outputs]
