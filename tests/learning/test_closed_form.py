"""The closed-form local gradient against autograd, in float64."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fftui.data.label_encoding import overlay
from fftui.experiment import ForwardForward, FullyConnected, Goodness
from fftui.learning.goodness import goodness, goodness_scale
from fftui.learning.layers.base import Layer, PairLoss
from fftui.learning.layers.fully_connected import FullyConnectedLayer
from fftui.learning.losses import LOSSES, LossSlope

CLASSES, VALUE = 4, 2.8
shapes = st.tuples(st.integers(1, 9), st.integers(5, 20), st.integers(1, 12), st.integers(0, 2**31))
phases = st.builds(
    ForwardForward,
    loss=st.sampled_from(["softplus", "swish"]),
    goodness=st.sampled_from(["mean-square", "sum-square"]),
    threshold=st.floats(0.01, 3.0),
    sharpness=st.floats(0.5, 20.0),
)
norms = st.sampled_from(["l2", "rms", "none"])


def reference_loss(z_2BH: Tensor, phase: ForwardForward) -> Tensor:
    """The losses as the papers write them, for autograd."""
    squares = z_2BH.square()
    g_2B = squares.mean(1) if phase.goodness == "mean-square" else squares.sum(1)
    positive, negative = g_2B.chunk(2)
    if phase.loss == "softplus":
        terms = torch.cat((phase.threshold - positive, negative - phase.threshold))
        return torch.logaddexp(terms, torch.zeros_like(terms)).mean()
    return torch.nn.functional.silu(-phase.sharpness * (positive - negative)).mean()


def autograd(layer: FullyConnectedLayer, x_2BD: Tensor, phase: ForwardForward) -> tuple[Tensor, Tensor, Tensor]:
    """Loss and gradients of `layer` for raw inputs, positive first."""
    layer.zero_grad()
    loss = reference_loss(layer(x_2BD), phase)
    loss.backward()
    assert layer.weight.grad is not None
    assert layer.bias.grad is not None
    return loss.detach(), layer.weight.grad.clone(), layer.bias.grad.clone()


def make_layer(inputs: int, units: int, normalisation: str, seed: int) -> FullyConnectedLayer:
    generator = torch.Generator().manual_seed(seed)
    spec = FullyConnected(units=units, normalisation=normalisation)  # type: ignore[arg-type]
    return FullyConnectedLayer(spec, (inputs,), torch.float64, generator).double()


def pair_loss(phase: ForwardForward) -> PairLoss:
    """The phase's loss, as a learner hands it to a layer."""

    def loss(positive_B: Tensor, negative_B: Tensor) -> LossSlope:
        return LOSSES[phase.loss](positive_B, negative_B, phase)

    return loss


@settings(max_examples=60, deadline=None)
@given(shapes, phases, norms)
def test_gradient_of_a_deeper_layer(shape: tuple[int, int, int, int], phase: ForwardForward, norm: str) -> None:
    images, inputs, units, seed = shape
    layer = make_layer(inputs, units, norm, seed)
    x_2BD = torch.rand(2 * images, inputs, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    loss, weight, bias = autograd(layer, x_2BD, phase)
    with torch.no_grad():
        outcome = layer.learn(layer.normalise(x_2BD), phase.goodness, pair_loss(phase))
    torch.testing.assert_close(outcome.loss, loss)
    torch.testing.assert_close(layer.weight.grad, weight)
    torch.testing.assert_close(layer.bias.grad, bias)


@settings(max_examples=60, deadline=None)
@given(shapes, phases, norms)
def test_gradient_of_the_first_layer_shares_one_product(
    shape: tuple[int, int, int, int], phase: ForwardForward, norm: str
) -> None:
    images, inputs, units, seed = shape
    generator = torch.Generator().manual_seed(seed)
    layer = make_layer(inputs, units, norm, seed)
    x_BD = torch.rand(images, inputs, dtype=torch.float64, generator=generator)
    labels_2B = torch.randint(0, CLASSES, (2 * images,), generator=generator)
    both = overlay(x_BD.repeat(2, 1), labels_2B, CLASSES, VALUE)
    loss, weight, bias = autograd(layer, both, phase)
    with torch.no_grad():
        x = layer.overlaid(x_BD, CLASSES, VALUE)
        outcome = layer.learn_labelled(x, *labels_2B.chunk(2), phase.goodness, pair_loss(phase))
    torch.testing.assert_close(outcome.loss, loss)
    torch.testing.assert_close(layer.weight.grad, weight)
    torch.testing.assert_close(layer.bias.grad, bias)


def test_goodness_of_known_activities() -> None:
    z = torch.tensor([[3.0, 4.0], [0.0, 1.0]])
    kinds: list[tuple[Goodness, list[float]]] = [("mean-square", [12.5, 0.5]), ("sum-square", [25.0, 1.0])]
    for kind, expected in kinds:
        assert goodness(z, goodness_scale(kind, 2)).tolist() == expected


def test_bfloat16_products_stay_near_float32() -> None:
    generator = torch.Generator().manual_seed(3)
    layers = {
        dtype: FullyConnectedLayer(FullyConnected(units=32), (64,), dtype, torch.Generator().manual_seed(5))
        for dtype in (torch.float32, torch.bfloat16)
    }
    x = torch.rand(40, 64, generator=generator)
    z = {dtype: layer.activities(layer.normalise(x)).float() for dtype, layer in layers.items()}
    assert z[torch.bfloat16].dtype == torch.float32
    torch.testing.assert_close(z[torch.bfloat16], z[torch.float32], atol=0.01, rtol=0.02)


@settings(max_examples=30, deadline=None)
@given(shapes, phases, norms)
def test_a_kind_that_shares_nothing_between_labels_learns_the_same(
    shape: tuple[int, int, int, int], phase: ForwardForward, norm: str
) -> None:
    images, inputs, units, seed = shape
    generator = torch.Generator().manual_seed(seed)
    layer = make_layer(inputs, units, norm, seed)
    x = layer.overlaid(torch.rand(images, inputs, dtype=torch.float64, generator=generator), CLASSES, VALUE)
    labels = torch.randint(0, CLASSES, (2, images), generator=generator)
    layer.learn_labelled(x, *labels, phase.goodness, pair_loss(phase))
    shared = layer.weight.grad.clone()  # type: ignore[union-attr]
    Layer.learn_labelled(layer, x, *labels, phase.goodness, pair_loss(phase))
    torch.testing.assert_close(layer.weight.grad, shared)
    torch.testing.assert_close(layer.labelled_activities(x, *labels), Layer.labelled_activities(layer, x, *labels))
