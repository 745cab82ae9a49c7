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
from fftui.learning.prediction import forward_layers, rows_at_once


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

        In closed form: the gradient of the mean cross entropy in the logits is (p − one-hot) / B.
        """
        features_BH = self._head.normalised(_features(self._network, x))
        p_BC: Tensor = self._head.linear(features_BH).softmax(1)
        grad_BC = p_BC.scatter_add(1, labels_B[:, None], p_BC.new_full((len(p_BC), 1), -1.0)) / len(
            p_BC
        )
        linear = self._head.linear
        linear.weight.grad, linear.bias.grad = grad_BC.t() @ features_BH, grad_BC.sum(0)
        return p_BC


@torch.no_grad()
def head_logits(network: Network, head: SoftmaxHead, images: Images) -> Tensor:
    """The head's logits (N, C) for `images`, in one pass."""
    inputs = (part.inputs(slice(None)) for part in images.parts(rows_at_once(network.layers)))
    return torch.cat([head(_features(network, network.layers[0].encode(x_BD))) for x_BD in inputs])


def _features(network: Network, x: LabelFreeInputs) -> Tensor:
    """Outputs of the last layer under the neutral label, float32 (B, H)."""
    *_, z_BH = forward_layers(network.layers, x, network.neutral(x.images_BD))
    return network.layers[-1].pooled(z_BH).float()
