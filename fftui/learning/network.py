"""A network: layers that can each learn by themselves, and a head for rules that need one."""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from fftui.data.catalogue import SetInfo
from fftui.data.encodings import PIXELS
from fftui.data.label_encoding import LabelInput
from fftui.experiment import Label, Model
from fftui.learning.goodness import row_norm
from fftui.learning.layers import build_layer
from fftui.learning.layers.feedback import product
from fftui.learning.layers.fully_connected import FullyConnectedLayer
from fftui.learning.layers.layer import EPSILON, Layer
from fftui.learning.seeds import generator_for


class Network(nn.Module):
    """The layers of an experiment, first to last, and its head if it has one with weights of its
    own.
    """

    def __init__(
        self, model: Model, info: SetInfo, overlay_value: float, dtype: torch.dtype, seed: int
    ) -> None:
        super().__init__()
        self.classes = info.classes
        self._kind = model.head.kind if model.head else None
        shape: tuple[int, ...] = info.shape
        layers: list[Layer] = []
        for number, spec in enumerate(model.layers, 1):
            label = _label_input(model.label, number, info.classes, overlay_value)
            layers.append(
                build_layer(spec, shape, label, dtype, generator_for(seed, "weights", number))
            )
            shape = layers[-1].output_shape
        self._layers = nn.ModuleList(layers)
        # what learning rules keep beside the layers, by name; see `keep`
        self._kept = nn.ModuleDict()
        self.head: SoftmaxHead | None = None
        if model.head and model.has_own_head:
            generator = generator_for(seed, "weights", "head")
            self.head = SoftmaxHead(
                math.prod(shape), info.classes, model.head.normalisation, generator
            )

    @property
    def layers(self) -> list[Layer]:
        """The layers, first to last."""
        # a ModuleList forgets the type of its modules
        return list(self._layers)  # type: ignore[arg-type]

    def keep(self, name: str, make: Callable[[], nn.Module]) -> nn.Module:
        """The module called `name` that learning rules keep beside the layers and save with them,
        such as a local projection; made on the network's device when it is first asked for.
        """
        if name not in self._kept:
            self._kept[name] = make().to(next(self.parameters()).device)
        return self._kept[name]

    def neutral(self, like: Tensor) -> Tensor:
        """The neutral label for each row of `like`: (N,)."""
        return torch.full((len(like),), self.classes, device=like.device)

    def forward(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) under the neutral label, with autograd. Raises TypeError where there is no
        head.
        """
        labels_B = self.neutral(x_BD)
        *below, last = self.layers
        for layer in below if self._kind == "last-layer" else (*below, last):
            x_BD = layer(x_BD, labels_B)
        return self.logits_above(x_BD, labels_B)

    def logits_above(self, x_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Logits (B, C) from the inputs of what gives them: the head, or the last layer where its
        units are the logits. With autograd; raises TypeError where there is neither.
        """
        if self._kind == "last-layer":
            return self._last().logits(x_BD, labels_B)
        return self._own_head().forward(x_BD)

    def raw_logits(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) with no normalisation and no label: the paper's hybrid. Fully connected
        layers only.
        """
        for layer in self.layers[:-1]:
            x_BD = _fully_connected(layer).raw_forward(x_BD)
        if self._kind == "last-layer":
            return self._last().raw_logits(x_BD)
        return self._own_head().forward(self._last().raw_forward(x_BD))

    def outputs(self, x_BD: Tensor) -> Iterator[Tensor]:
        """Outputs of each layer under the neutral label, first to last, with autograd."""
        labels_B = self.neutral(x_BD)
        for layer in self.layers:
            x_BD = layer(x_BD, labels_B)
            yield x_BD

    def raw_outputs(self, x_BD: Tensor) -> Iterator[Tensor]:
        """Outputs of each layer with no normalisation and no label, with autograd."""
        for layer in self.layers:
            x_BD = _fully_connected(layer).raw_forward(x_BD)
            yield x_BD

    def _last(self) -> FullyConnectedLayer:
        return _fully_connected(self.layers[-1])

    def _own_head(self) -> "SoftmaxHead":
        if self.head is None:
            msg = "this network has no head"
            raise TypeError(msg)
        return self.head


class SoftmaxHead(nn.Module):
    """A linear classifier on activities, which it may normalise by their root mean square.

    `feedback` (C, H) is what `forward` sends its gradient down through in place of the weights.
    """

    feedback: Tensor | None = None

    def __init__(
        self,
        inputs: int,
        classes: int,
        normalisation: Literal["rms", "none"],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.normalisation = normalisation
        self.linear = nn.Linear(inputs, classes)
        bound = inputs**-0.5
        with torch.no_grad():
            self.linear.weight.uniform_(-bound, bound, generator=generator)
            self.linear.bias.uniform_(-bound, bound, generator=generator)

    def forward(self, z_BH: Tensor) -> Tensor:
        """Logits (B, C)."""
        z_BH = self.normalised(z_BH)
        if self.feedback is not None:
            linear = self.linear
            return product(z_BH, linear.weight.t(), self.feedback.t()) + linear.bias
        logits_BC: Tensor = self.linear(z_BH)
        return logits_BC

    def normalised(self, z_BH: Tensor) -> Tensor:
        """The activities after the head's normalisation."""
        if self.normalisation == "none":
            return z_BH
        return z_BH * (math.sqrt(z_BH.shape[1]) / (row_norm(z_BH) + EPSILON))[:, None].to(
            z_BH.dtype
        )


def _label_input(label: Label, number: int, classes: int, overlay_value: float) -> LabelInput:
    """The label input of layer `number` (from 1)."""
    value = overlay_value if label.encoding in PIXELS else label.scale
    return LabelInput(label.encoding_at(number - 1), classes, value)


def _fully_connected(layer: Layer) -> FullyConnectedLayer:
    if not isinstance(layer, FullyConnectedLayer):
        msg = "only fully connected layers work without normalisation and label"
        raise TypeError(msg)
    return layer
