"""The closed-form gradient of a fully connected layer against autograd, in float64."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fftui.data.encodings import LabelEncoding
from fftui.data.label_encoding import LabelInput, overlay
from fftui.experiment import ForwardForward, FullyConnected, LayerNormalisation
from fftui.learning.activations import ACTIVATIONS
from fftui.learning.class_goodness import GroupMeanSquare
from fftui.learning.layers.fully_connected import FullyConnectedLayer
from fftui.learning.layers.layer import Layer
from fftui.learning.objective import ClassObjective, Objective

from .reference import pair_objective, reference_group_loss, reference_loss

CLASSES, VALUE = 4, 2.8
shapes = st.tuples(st.integers(2, 9), st.integers(5, 20), st.integers(1, 12), st.integers(0, 2**31))
phases = st.builds(
    ForwardForward,
    loss=st.sampled_from(["softplus", "swish", "symba"]),
    goodness=st.sampled_from(["mean-square", "sum-square", "mean-activation"]),
    threshold=st.floats(0.01, 3.0),
    sharpness=st.floats(0.5, 20.0),
    peer_normalisation=st.sampled_from([0.0, 0.3]),
)
specs = st.builds(
    FullyConnected,
    normalisation=st.sampled_from(["l2", "rms", "layer", "batch", "none"]),
    activation=st.sampled_from(list(ACTIVATIONS)),
    init=st.sampled_from(["uniform", "normal"]),
)
inside = st.sampled_from(["overlay", "appended"])  # encodings that stand among the inputs


def make_layer(
    spec: FullyConnected, inputs: int, units: int, seed: int, encoding: LabelEncoding = "none"
) -> FullyConnectedLayer:
    spec = spec.model_copy(update={"units": units})
    label = LabelInput(encoding, CLASSES, VALUE)
    generator = torch.Generator().manual_seed(seed)
    return FullyConnectedLayer(spec, (inputs,), label, torch.float64, generator).double()


def objective(phase: ForwardForward, layer: Layer) -> Objective:
    return pair_objective(phase, layer.shape)


def gradients(layer: Layer) -> list[Tensor]:
    found = [weight.grad for weight in layer.parameters()]
    assert all(gradient is not None for gradient in found)
    return [gradient.clone() for gradient in found if gradient is not None]


def autograd(
    layer: FullyConnectedLayer, x_2BD: Tensor, labels_2B: Tensor, phase: ForwardForward
) -> list[Tensor]:
    """Loss, then gradients, of `layer` for raw inputs, positive first."""
    layer.zero_grad()
    layer.train()
    loss = reference_loss(layer(x_2BD, labels_2B), phase)
    loss.backward()
    return [loss.detach(), *gradients(layer)]


def assert_same(found: list[Tensor], expected: list[Tensor]) -> None:
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


@given(shapes, phases, specs)
def test_gradient_of_a_deeper_layer(
    shape: tuple[int, int, int, int], phase: ForwardForward, spec: FullyConnected
) -> None:
    images, inputs, units, seed = shape
    layer = make_layer(spec, inputs, units, seed)
    x_2BD = torch.rand(
        2 * images, inputs, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    labels_2B = torch.zeros(2 * images, dtype=torch.long)
    expected = autograd(layer, x_2BD, labels_2B, phase)
    outcome = layer.learn(layer.normalise(x_2BD), labels_2B, objective(phase, layer))
    assert_same([outcome.loss, *gradients(layer)], expected)


@given(shapes, phases, specs, inside)
def test_gradient_of_the_first_layer_shares_one_product(
    shape: tuple[int, int, int, int],
    phase: ForwardForward,
    spec: FullyConnected,
    encoding: LabelEncoding,
) -> None:
    """A label may be the neutral one; an overlay is checked against `overlay` itself where it is
    not.
    """
    images, inputs, units, seed = shape
    generator = torch.Generator().manual_seed(seed)
    layer = make_layer(spec, inputs, units, seed, encoding)
    x_BD = torch.rand(images, inputs, dtype=torch.float64, generator=generator)
    labels_2B = torch.randint(0, CLASSES + 1, (2 * images,), generator=generator)
    expected = autograd(layer, x_BD.repeat(2, 1), labels_2B, phase)
    outcome = layer.learn_per_label(
        layer.encode(x_BD), objective(phase, layer), *labels_2B.chunk(2)
    )
    assert_same([outcome.loss, *gradients(layer)], expected)


@given(shapes, specs)
def test_an_overlaid_layer_sees_what_overlay_makes(
    shape: tuple[int, int, int, int], spec: FullyConnected
) -> None:
    images, inputs, units, seed = shape
    generator = torch.Generator().manual_seed(seed)
    layer, plain = (
        make_layer(spec, inputs, units, seed, "overlay"),
        make_layer(spec, inputs, units, seed),
    )
    x_BD = torch.rand(images, inputs, dtype=torch.float64, generator=generator)
    labels_B = torch.randint(0, CLASSES, (images,), generator=generator)
    expected = plain.activities(plain.normalise(overlay(x_BD, labels_B, CLASSES, VALUE)), labels_B)
    torch.testing.assert_close(layer.activities_per_label(layer.encode(x_BD), labels_B), expected)


def test_the_neutral_label_is_the_mean_of_all() -> None:
    spec = FullyConnected(normalisation="rms")
    for encoding in ("overlay", "appended"):
        layer = make_layer(spec, 9, 5, 3, encoding)
        x = layer.encode(torch.rand(2, 9, dtype=torch.float64))
        under = torch.stack([x.with_labels(torch.full((2,), label)) for label in range(CLASSES)])
        torch.testing.assert_close(x.with_labels(torch.full((2,), CLASSES)), under.mean(0))


@given(shapes, phases, specs, inside)
def test_a_kind_that_shares_nothing_between_labels_learns_the_same(
    shape: tuple[int, int, int, int],
    phase: ForwardForward,
    spec: FullyConnected,
    encoding: LabelEncoding,
) -> None:
    images, inputs, units, seed = shape
    generator = torch.Generator().manual_seed(seed)
    layer = make_layer(spec, inputs, units, seed, encoding)
    x = layer.encode(torch.rand(images, inputs, dtype=torch.float64, generator=generator))
    labels = torch.randint(0, CLASSES + 1, (2, images), generator=generator)
    layer.learn_per_label(x, objective(phase, layer), *labels)
    shared = gradients(layer)
    Layer.learn_per_label(layer, x, objective(phase, layer), *labels)
    assert_same(gradients(layer), shared)
    torch.testing.assert_close(
        layer.activities_per_label(x, *labels), Layer.activities_per_label(layer, x, *labels)
    )


@given(shapes, specs)
def test_gradient_of_a_group_objective(
    shape: tuple[int, int, int, int], spec: FullyConnected
) -> None:
    """Local cross entropy: no label goes in, and one set of labels comes with the images."""
    images, inputs, units, seed = shape
    generator = torch.Generator().manual_seed(seed)
    layer = make_layer(spec, inputs, units + CLASSES, seed)
    x_BD = torch.rand(images, inputs, dtype=torch.float64, generator=generator)
    labels_B = torch.randint(0, CLASSES, (images,), generator=generator)
    layer.train()
    loss = reference_group_loss(layer(x_BD, labels_B), labels_B, CLASSES, 2.0)
    loss.backward()
    expected = [loss.detach(), *gradients(layer)]
    outcome = layer.learn_per_label(
        layer.encode(x_BD), ClassObjective(labels_B, GroupMeanSquare(CLASSES), 2.0), labels_B
    )
    assert_same([outcome.loss, *gradients(layer)], expected)


@pytest.mark.parametrize("normalisation", ["l2", "rms", "layer", "batch", "none"])
def test_activities_are_those_of_backprop(normalisation: LayerNormalisation) -> None:
    """`activities` and `forward` are one function, batch normalisation by what it remembers
    included.
    """
    layer = make_layer(FullyConnected(normalisation=normalisation), 12, 6, 0, "appended")
    generator = torch.Generator().manual_seed(1)
    x_BD = torch.rand(30, 12, dtype=torch.float64, generator=generator)
    labels_B = torch.randint(0, CLASSES, (30,), generator=generator)
    phase = ForwardForward()
    for _ in range(3):
        layer.learn_per_label(
            layer.encode(x_BD), objective(phase, layer), labels_B, labels_B.flip(0)
        )
    layer.eval()
    torch.testing.assert_close(
        layer.activities_per_label(layer.encode(x_BD), labels_B), layer(x_BD, labels_B).detach()
    )


def test_bfloat16_products_stay_near_float32() -> None:
    label = LabelInput("none", CLASSES, 1.0)
    layers = {
        dtype: FullyConnectedLayer(
            FullyConnected(units=32), (64,), label, dtype, torch.Generator().manual_seed(5)
        )
        for dtype in (torch.float32, torch.bfloat16)
    }
    x = torch.rand(40, 64, generator=torch.Generator().manual_seed(3))
    none = torch.zeros(40, dtype=torch.long)
    z = {dtype: layer.activities(layer.normalise(x), none) for dtype, layer in layers.items()}
    assert z[torch.bfloat16].dtype == torch.bfloat16
    torch.testing.assert_close(z[torch.bfloat16].float(), z[torch.float32], atol=0.01, rtol=0.02)
