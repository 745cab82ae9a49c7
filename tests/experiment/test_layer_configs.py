"""Descriptions of layers."""

import math
from typing import Any, get_args

import pytest

from fftui.data.encodings import LabelEncoding
from fftui.experiment import LAYERS, LayerConfig, SelfAttention, layers_text


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ([{"units": 2000}] * 4, "4 × 2000"),
        ([{"units": 250}, {"units": 110}], "250 110"),
        ([{"kind": "convolution", "channels": c} for c in (32, 64, 128)], "conv 32 64 128"),
        ([{"kind": "convolution", "channels": 8}] * 2, "conv 2 × 8"),
        ([{"kind": "self-attention", "units": 1000}, {"units": 500}], "attention 1000 + 500"),
        ([{"kind": "convolution"}], "conv 32"),
        ([{"units": units} for units in (5, 5, 5, 7, 7)], "3×5 7 7"),
        ([], ""),
    ],
)
def test_layers_have_a_short_text(layers: list[dict[str, object]], text: str) -> None:
    assert layers_text([LAYERS.validate(layer) for layer in layers]) == text


def on_digits(kind: str, **fields: Any) -> tuple[LayerConfig, tuple[int, ...]]:
    return LAYERS.validate({"kind": kind, **fields}), (1, 28, 28)


@pytest.mark.parametrize("kind", LAYERS.names)
def test_a_kind_states_its_facts(kind: str) -> None:
    layer, shape = on_digits(kind)
    assert not list(layer.problems(shape, first=True))
    assert min(layer.output_shape(shape)) > 0
    assert math.prod(layer.activity_shape(shape)) >= math.prod(layer.output_shape(shape))
    assert layer.groups in layer.activity_shape(shape)
    assert layer.short_name == layer.short_name.strip()
    assert {"none"} < set(layer.encodings) <= set(get_args(LabelEncoding))


@pytest.mark.parametrize("kind", LAYERS.names)
def test_the_cost_of_a_kind_is_of_its_shapes(kind: str) -> None:
    layer, shape = on_digits(kind)
    for encoding in layer.encodings:
        cost = layer.cost(shape, 10, encoding, first=True)
        assert cost.outputs == math.prod(layer.output_shape(shape))
        assert cost.shared_flops + cost.flops >= 2 * cost.outputs
        assert cost.floats >= math.prod(layer.activity_shape(shape))
        assert cost.weights > 0
        assert cost.inputs >= math.prod(shape)
        small = layer.small(10).cost(shape, 10, encoding, first=True)
        assert small.flops + small.shared_flops <= cost.flops + cost.shared_flops


@pytest.mark.parametrize("kind", LAYERS.names)
def test_the_small_version_is_smaller_and_fits(kind: str) -> None:
    layer, shape = on_digits(kind)
    small = layer.small(10)
    assert type(small) is type(layer)
    assert not list(small.problems(shape, first=True))
    assert small.small(10) == small
    assert small.groups >= 10, "class groups of ten classes can be cut from it"


def test_a_kernel_larger_than_its_input_is_refused() -> None:
    conv, _ = on_digits("convolution", kernel=5, padding=0)
    assert not list(conv.problems((1, 6, 6), first=False))
    assert list(conv.problems((1, 5, 5), first=False)) == [
        "a convolution of width 5 has no image left to convolve"
    ]
    assert list(conv.problems((100,), first=False))
    padded = {"pooling": "before-goodness", "pool_padding": 1}  # one pixel, of padding alone
    pooled, _ = on_digits("convolution", kernel=6, padding=0, **padded)
    assert list(pooled.problems((1, 5, 5), first=False))


def test_attention_is_first_and_its_patches_tile_the_image() -> None:
    attention, shape = on_digits("self-attention", patch=5, heads=3)
    assert list(attention.problems(shape, first=True)) == [
        "patches of 5 pixels do not tile 28 pixels",
        "3 heads cannot share a width of 64",
    ]
    assert "only be the first" in next(attention.problems(shape, first=False))


@pytest.mark.parametrize("kind", LAYERS.names)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 30, 20), (1, 17, 17)])
def test_what_is_fitted_is_refused_for_no_size_of_patches(
    kind: str, shape: tuple[int, ...]
) -> None:
    layer = LAYERS.get(kind)()
    fitted = layer.fitted(shape)
    assert list(fitted.problems(shape, first=True)) == []
    assert fitted.fitted(shape) == fitted
    assert layer.replaced(**layer.differences(fitted)) == fitted


def test_the_patch_nearest_to_the_presets_is_taken() -> None:
    assert SelfAttention(patch=7).fitted((1, 28, 28)).patch == 7
    assert SelfAttention(patch=7).fitted((3, 64, 64)).patch == 8
