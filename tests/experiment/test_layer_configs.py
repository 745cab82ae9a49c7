"""Descriptions of layers."""

import pytest

from fftui.experiment import LAYERS, layers_text


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ([{"units": 2000}] * 4, "4 × 2000"),
        ([{"units": 250}, {"units": 110}], "250 110"),
        ([{"kind": "convolution", "channels": c} for c in (32, 64, 128)], "conv 32 64 128"),
        ([{"kind": "convolution", "channels": 8}] * 2, "conv 2 × 8"),
        ([{"kind": "self-attention", "units": 1000}, {"units": 500}], "attention 1000 + 500"),
        ([{"kind": "convolution"}], "conv 32"),
        ([], ""),
    ],
)
def test_layers_have_a_short_text(layers: list[dict[str, object]], text: str) -> None:
    assert layers_text([LAYERS.validate(layer) for layer in layers]) == text
