"""Layers: units that learn by their own objective. One file a kind; `build_layer` makes one from
its description.
"""

from collections.abc import Callable

import torch

from fftui import experiment as ex
from fftui.data.label_encoding import LabelInput
from fftui.learning.layers.convolution import ConvolutionLayer
from fftui.learning.layers.fully_connected import FullyConnectedLayer
from fftui.learning.layers.layer import Layer
from fftui.learning.layers.self_attention import SelfAttentionLayer

KINDS: dict[str, Callable[..., Layer]] = {
    "fully-connected": FullyConnectedLayer,
    "convolution": ConvolutionLayer,
    "self-attention": SelfAttentionLayer,
}


def build_layer(
    spec: ex.Layer,
    input_shape: tuple[int, ...],
    label: LabelInput,
    dtype: torch.dtype,
    generator: torch.Generator,
) -> Layer:
    """The layer that `spec` describes, for inputs of `input_shape`, its matrix products
    in `dtype`.
    """
    return KINDS[spec.kind](spec, input_shape, label, dtype, generator)
