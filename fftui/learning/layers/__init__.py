"""Layers: units that learn by their own loss. One file a kind; `build_layer` makes one from its description."""

import torch

from fftui import experiment as ex
from fftui.learning.layers.fully_connected import FullyConnectedLayer


def build_layer(spec: ex.Layer, inputs: int, dtype: torch.dtype, generator: torch.Generator) -> FullyConnectedLayer:
    """The layer that `spec` describes, for `inputs` inputs, its matrix products in `dtype`."""
    return FullyConnectedLayer(inputs, spec.units, spec.normalisation, dtype, generator)
