"""The softmax head beside Forward-Forward layers: what the network believes, from features of a neutral label."""

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.layers.base import OpenImages
from fftui.learning.network import Network, SoftmaxHead
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import climb, rows_at_once


class HeadLearner:
    """The head, learning by its own cross entropy. It reads the layers' answers; nothing flows back into them.

    Everything here runs without autograd.
    """

    def __init__(self, network: Network, head: SoftmaxHead, phase: ex.ForwardForward, total_steps: int) -> None:
        self._network = network
        self._head = head
        self._optimiser = Optimiser(list(head.parameters()), phase.head_learning_rate, phase.schedule, total_steps)

    def believe(self, x: OpenImages, labels_B: Tensor) -> Tensor:
        """The probabilities p (B, C) that the head gives the images; sets its gradients for their true labels.

        In closed form: the slope of the mean cross entropy in the logits is (p − one-hot) / B.
        """
        seen_BH = self._head.normalised(_features(self._network, x))
        p_BC: Tensor = self._head.linear(seen_BH).softmax(1)
        slope_BC = p_BC.scatter_add(1, labels_B[:, None], p_BC.new_full((len(p_BC), 1), -1.0)) / len(p_BC)
        linear = self._head.linear
        linear.weight.grad, linear.bias.grad = slope_BC.t() @ seen_BH, slope_BC.sum(0)
        return p_BC

    def step(self, step: int) -> None:
        """Move the head."""
        self._optimiser.step(step)

    def state(self) -> dict[str, Tensor]:
        """Adam's state."""
        return self._optimiser.state()

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave."""
        self._optimiser.load(state)


@torch.no_grad()
def head_predictions(network: Network, head: SoftmaxHead, images: Images) -> Tensor:
    """The labels (N,) that the head gives `images` in one pass."""
    first, step = network.layers[0], rows_at_once(network.layers)
    parts = (images.inputs(slice(start, start + step)) for start in range(0, len(images), step))
    return torch.cat([head(_features(network, first.open(x_BD))).argmax(1) for x_BD in parts])


def _features(network: Network, x: OpenImages) -> Tensor:
    """What the last layer passes on under the neutral label, in float32 (B, H)."""
    *_, z_BH = climb(network.layers, x, network.neutral(x.images_BD))
    return network.layers[-1].onward(z_BH).float()
