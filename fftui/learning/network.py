"""A network: layers that can each learn alone, and a head for rules that need one."""

import math

import torch
from torch import Tensor, nn

from fftui.data.catalogue import SetInfo
from fftui.experiment import Model
from fftui.learning.layers import build_layer
from fftui.learning.layers.base import Layer
from fftui.learning.seeds import generator_for


class Network(nn.Module):
    """The layers of an experiment, first to last, and its head (a linear classifier) if it has one."""

    def __init__(self, model: Model, info: SetInfo, dtype: torch.dtype, seed: int) -> None:
        super().__init__()
        shape: tuple[int, ...] = info.shape
        layers: list[Layer] = []
        for number, spec in enumerate(model.layers, 1):
            layers.append(build_layer(spec, shape, dtype, generator_for(seed, "weights", number)))
            shape = layers[-1].output_shape
        self._layers = nn.ModuleList(layers)
        self.head = (
            _head(math.prod(shape), info.classes, generator_for(seed, "weights", "head")) if model.head else None
        )

    @property
    def layers(self) -> list[Layer]:
        """The layers, first to last."""
        return list(self._layers)  # type: ignore[arg-type]  # a ModuleList forgets the type of its modules

    def forward(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) of the head, with autograd. Raises TypeError where the network has none."""
        if self.head is None:
            msg = "this network has no head"
            raise TypeError(msg)
        for layer in self.layers:
            x_BD = layer(x_BD)
        logits_BC: Tensor = self.head(x_BD)
        return logits_BC


def _head(inputs: int, classes: int, generator: torch.Generator) -> nn.Linear:
    head = nn.Linear(inputs, classes)
    bound = inputs**-0.5
    with torch.no_grad():
        head.weight.uniform_(-bound, bound, generator=generator)
        head.bias.uniform_(-bound, bound, generator=generator)
    return head
