"""Layers: units that learn by their own loss. One file a kind; `build_layer` makes one from its description."""

import torch

from fftui import experiment as ex
from fftui.learning.layers.base import Layer
from fftui.learning.layers.fully_connected import FullyConnectedLayer

KINDS = {"fully-connected": FullyConnectedLayer}


def build_layer(spec: ex.Layer, input_shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator) -> Layer:
    """The layer that `spec` describes, for inputs of `input_shape`, its matrix products in `dtype`."""
    return KINDS[spec.kind](spec, input_shape, dtype, generator)
