"""Layers: units that learn by their own objective. One file a kind; `build_layer` makes one from
its description.
"""

import torch

from fftui import experiment as ex
from fftui.data.label_encoding import LabelInput
from fftui.learning.layers.layer import Layer
from fftui.learning.registry import Builder, Registry, resolve

# called with the description, the shape of the inputs, the label, the products' type, a generator
LAYER_BUILDERS: Registry[Builder] = Registry("kind of layer")
LAYER_BUILDERS.add("fully-connected", "fftui.learning.layers.fully_connected:FullyConnectedLayer")
LAYER_BUILDERS.add("convolution", "fftui.learning.layers.convolution:ConvolutionLayer")
LAYER_BUILDERS.add("self-attention", "fftui.learning.layers.self_attention:SelfAttentionLayer")


def build_layer(
    spec: ex.Layer,
    input_shape: tuple[int, ...],
    label: LabelInput,
    dtype: torch.dtype,
    generator: torch.Generator,
) -> Layer:
    """The layer that `spec` describes, for inputs of `input_shape`, its matrix products
    in `dtype`. Raises ExperimentError where its kind is unknown.
    """
    layer: Layer = resolve(LAYER_BUILDERS.find(spec.kind))(
        spec, input_shape, label, dtype, generator
    )
    return layer
