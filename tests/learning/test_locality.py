"""No gradient crosses a layer: not within a step, and not over a whole run in which all layers
learn in parallel.
"""

from typing import Any

import pytest
import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.data.encodings import LabelEncoding
from fftui.data.label_encoding import LabelInput
from fftui.learning.class_goodness import GroupMeanSquare
from fftui.learning.layers import build_layer
from fftui.learning.layers.layer import Layer
from fftui.learning.objective import ClassObjective, Objective
from fftui.learning.training import train

from .reference import pair_objective

CLASSES = 10
CONVOLUTION = {"kind": "convolution", "channels": 10, "kernel": 3, "padding": 1}
ATTENTION = {"kind": "self-attention", "units": 20, "patch": 7, "width": 8, "heads": 2}
UNITS = {"units": 20, "normalisation": "rms"}
STANDARDISED = {"units": 20, "normalisation": "batch"}
POOLED = CONVOLUTION | {"pooling": "after-goodness"}
STACKS: list[tuple[list[dict[str, Any]], LabelEncoding]] = [
    ([CONVOLUTION, POOLED, UNITS], "random-plane"),
    (
        [
            CONVOLUTION | {"normalisation": "rms"},
            CONVOLUTION | {"normalisation": "l2"},
            STANDARDISED,
        ],
        "overlay",
    ),
    ([ATTENTION, UNITS, UNITS], "every-token"),
    ([ATTENTION | {"embedding": "shifted", "residual": False}, STANDARDISED, UNITS], "overlay"),
    ([UNITS, UNITS, STANDARDISED], "overlay"),
    ([STANDARDISED, STANDARDISED, UNITS], "appended"),
]
NAMES = [
    "convolutions",
    "normalised convolutions",
    "attention",
    "bare attention",
    "units",
    "standardised units",
]


def model(layers: list[dict[str, Any]], encoding: str, head: object = None) -> dict[str, Any]:
    return {"layers": layers, "label": {"encoding": encoding}, "head": head}


def build(layers: list[dict[str, Any]], encoding: LabelEncoding) -> list[Layer]:
    shape: tuple[int, ...] = (1, 28, 28)
    made: list[Layer] = []
    for number, spec in enumerate(ex.Model.model_validate(model(layers, encoding)).layers):
        label = LabelInput(
            "none" if number and encoding != "random-plane" else encoding, CLASSES, 1.0
        )
        made.append(
            build_layer(spec, shape, label, torch.float32, torch.Generator().manual_seed(number))
        )
        shape = made[-1].output_shape
    return made


def frozen(layer: Layer) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in layer.state_dict().values()]


@pytest.mark.parametrize(("specs", "encoding"), STACKS, ids=NAMES)
@pytest.mark.parametrize("rule", ["pairs", "groups"])
def test_a_layer_that_learns_sends_nothing_down(
    specs: list[dict[str, Any]], encoding: LabelEncoding, rule: str
) -> None:
    """Even where what it gets is still attached to the layers below, by the way that backprop would
    go.
    """
    layers = build(specs, encoding)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(8, 784, generator=generator).requires_grad_()
    labels = torch.randint(0, CLASSES, (8,), generator=generator)
    with torch.no_grad():
        inputs = layers[0].encode(x).with_labels(labels).detach()
    inputs.requires_grad_()
    for number, layer in enumerate(layers):
        objective: Objective = pair_objective(ex.ForwardForward(), layer.shape)
        if rule == "groups":
            objective = ClassObjective(labels, GroupMeanSquare(CLASSES), 1.0)
        below = [frozen(lower) for lower in layers[:number]]
        outcome = layer.learn(layer.normalise(inputs) if number else inputs, labels, objective)
        assert all(weight.grad is not None for weight in layer.parameters())
        assert not any(
            tensor.requires_grad
            for tensor in (outcome.loss, outcome.goodness_2B, outcome.activities)
        )
        assert x.grad is None
        if inputs.is_leaf:
            assert inputs.grad is None
        for lower, before in zip(layers[:number], below, strict=True):
            assert all(weight.grad is None for weight in lower.parameters())
            assert all(
                torch.equal(one, other) for one, other in zip(frozen(lower), before, strict=True)
            )
        layer.zero_grad(set_to_none=True)
        inputs = layer(x if number == 0 else inputs, labels)
        assert inputs.requires_grad  # attached, on purpose


FORWARD_FORWARD = {
    "rule": "forward-forward",
    "epochs": 2,
    "batch_size": 40,
    "learning_rate": 0.01,
    "loss": "swish",
    "order": "parallel",
    "negatives": "random",
}
LOCAL_CE = {
    "rule": "local-ce",
    "epochs": 2,
    "batch_size": 40,
    "learning_rate": 0.01,
    "order": "parallel",
}


def learned(
    layers: list[dict[str, Any]], encoding: str, phase: dict[str, Any], head: object = None
) -> dict[str, Tensor]:
    """What a network of `layers` has learned: its state, batch statistics included."""
    experiment = ex.Experiment.model_validate(
        {
            "precision": "float32",
            "data": {"normalisation": "unit", "train_images": 100, "test_images": 10},
            "model": model(layers, encoding, head),
            "phases": [phase],
            "evaluation": {"images": 10},
        }
    )
    training = train(experiment, device="cpu")
    for _ in training:
        pass
    return training.network.state_dict()


def of_layer(state: dict[str, Tensor], number: int) -> dict[str, Tensor]:
    prefix = f"_layers.{number}."
    return {name: tensor for name, tensor in state.items() if name.startswith(prefix)}


def assert_learned_alike(states: list[dict[str, Tensor]]) -> None:
    """Layer by layer, bit by bit; the n-th state is of n layers."""
    for number in range(len(states)):
        first, *others = [of_layer(state, number) for state in states[number:]]
        assert first
        for other in others:
            assert all(torch.equal(tensor, other[name]) for name, tensor in first.items())


@pytest.mark.parametrize(("specs", "encoding"), STACKS, ids=NAMES)
def test_what_learns_above_changes_nothing_below(
    specs: list[dict[str, Any]], encoding: str
) -> None:
    """1, 2 or 3 layers in parallel: what each of them learns is the same bit by bit."""
    assert_learned_alike([learned(specs[:count], encoding, FORWARD_FORWARD) for count in (1, 2, 3)])


@pytest.mark.parametrize(("specs", "encoding"), STACKS, ids=NAMES)
def test_nor_does_it_with_local_cross_entropy(specs: list[dict[str, Any]], encoding: str) -> None:
    del encoding
    assert_learned_alike([learned(specs[:count], "none", LOCAL_CE) for count in (1, 2, 3)])


@pytest.mark.parametrize(("specs", "encoding"), STACKS[::2], ids=NAMES[::2])
def test_a_head_beside_the_layers_changes_none_of_them(
    specs: list[dict[str, Any]], encoding: str
) -> None:
    alone = learned(specs, encoding, FORWARD_FORWARD)
    beside = learned(specs, encoding, FORWARD_FORWARD, {"kind": "linear"})
    for name, tensor in alone.items():
        assert torch.equal(tensor, beside[name]), name


def test_layers_do_learn() -> None:
    """The tests above would also pass for layers that do not learn."""
    specs, encoding = STACKS[0]
    short, long = (
        learned(specs, encoding, FORWARD_FORWARD | {"epochs": epochs}) for epochs in (1, 2)
    )
    for number in range(3):
        assert not torch.equal(short[f"_layers.{number}.weight"], long[f"_layers.{number}.weight"])
