"""Feedback alignment, direct or not, against plain torch in float64."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, relu

from fftui import experiment as ex
from fftui.data.sets import DataSplit
from fftui.learning.device import choose_device
from fftui.learning.images import Images
from fftui.learning.network import Network, SoftmaxHead
from fftui.learning.rules import rule_for
from fftui.learning.rules.direct_feedback_alignment import DirectFeedbackAlignmentRule
from fftui.learning.rules.feedback_alignment import FeedbackAlignmentRule
from fftui.learning.rules.network_rule import NetworkRule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.telemetry.clocks import MonotonicClock

UNITS = {"units": 20, "normalisation": "rms"}
CONVOLUTION = {"kind": "convolution", "channels": 4, "kernel": 3, "padding": 1}
PLAIN = {"units": 20, "normalisation": "none"}
ATTENTION = {"kind": "self-attention", "units": 20, "width": 8, "heads": 2}
STACKS: dict[str, list[dict[str, Any]]] = {
    "units": [UNITS, UNITS, PLAIN],
    "convolutions": [CONVOLUTION, CONVOLUTION | {"normalisation": "none"}, UNITS],
    "attention": [ATTENTION, UNITS],
}


def experiment(rule: str, layers: list[dict[str, Any]], head: str = "linear") -> ex.Experiment:
    model = {"layers": layers, "label": {"encoding": "none"}, "head": {"kind": head}}
    return ex.Experiment.model_validate(
        {"model": model, "phases": [{"rule": rule}], "precision": "float32"}
    )


def ruled(described: ex.Experiment) -> Any:
    """The rule over the network of an experiment, in float64."""
    data, device = described.data, choose_device("cpu")
    split = DataSplit(
        torch.empty(0, *data.info.shape, dtype=torch.uint8), torch.empty(0, dtype=torch.int64), 10
    )
    network = Network(described.model, data.info, 1.0, torch.float64, 0).double()
    context = TrainContext(
        network=network,
        train=Images.on(device, split, data),
        device=device,
        dtype=torch.float64,
        seed=0,
        cache_bytes=0,
        data=data,
        data_clock=MonotonicClock(),
    )
    return rule_for(described.phases[0], 1, context)


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(12, 784, generator=generator, dtype=torch.float64)
    return x, torch.randint(0, 10, (12,), generator=generator)


def gradients(rule: NetworkRule) -> dict[str, Tensor]:
    """The gradients of a batch; logits in float32, as the rule gives them."""
    rule.network.train()
    rule.set_gradients(*batch())
    grads = {}
    for name, weight in rule.network.named_parameters():
        assert weight.grad is not None, name
        grads[name] = weight.grad
    return grads


@pytest.mark.parametrize("name", STACKS)
def test_feedback_through_the_weights_themselves_is_backprop(name: str) -> None:
    aligned = ruled(experiment("feedback-alignment", STACKS[name]))
    assert isinstance(aligned, FeedbackAlignmentRule)
    own = [
        part.linear.weight if isinstance(part, SoftmaxHead) else part.weight
        for part in (*aligned.network.layers[1:], aligned.network.head)
    ]
    assert [each.shape for each in aligned.feedback] == [each.shape for each in own]
    other = gradients(aligned)
    aligned.feedback = [each.detach().clone() for each in own]
    exact = gradients(ruled(experiment("backprop", STACKS[name])))
    ours = gradients(aligned)
    for parameter, grad in exact.items():
        torch.testing.assert_close(ours[parameter], grad, rtol=1e-5, atol=1e-9)
    assert not torch.allclose(other["_layers.0." + name_of_first(name)], grad_of_first(exact, name))


def name_of_first(name: str) -> str:
    return "_units.weight" if name == "attention" else "weight"


def grad_of_first(grads: dict[str, Tensor], name: str) -> Tensor:
    return grads["_layers.0." + name_of_first(name)]


def expected(rule: Any) -> list[Tensor]:
    """The weights' gradients of three layers without normalisation and a head, by hand."""
    x, labels = batch()
    head = rule.network.head.linear
    inputs, sums = [x], list[Tensor]()
    for layer in rule.network.layers:
        sums.append(inputs[-1] @ layer.weight + layer.bias)
        inputs.append(relu(sums[-1]))
    logits = (inputs[-1] @ head.weight.t() + head.bias).detach().requires_grad_()
    (error,) = torch.autograd.grad(cross_entropy(logits, labels), logits)
    down, deltas = error, list[Tensor]()
    for number in (2, 1, 0):
        if isinstance(rule, DirectFeedbackAlignmentRule):
            sent = error @ rule.feedback[number]
        else:
            back = rule.feedback[number]  # of what lies above: the head's is the last one
            sent = down @ (back if number == 2 else back.t())
        down = sent * (sums[number] > 0)
        deltas.insert(0, down)
    weights = [z.t() @ delta for z, delta in zip(inputs, deltas, strict=False)]
    return [*weights, error.t() @ inputs[-1]]


@pytest.mark.parametrize("rule", ["feedback-alignment", "direct-feedback-alignment"])
def test_gradients_are_as_published(rule: str) -> None:
    made = ruled(experiment(rule, [PLAIN, PLAIN | {"units": 15}, PLAIN]))
    grads = gradients(made)
    names = ["_layers.0.weight", "_layers.1.weight", "_layers.2.weight", "head.linear.weight"]
    for name, wanted in zip(names, expected(made), strict=True):
        torch.testing.assert_close(grads[name], wanted.detach(), rtol=1e-4, atol=1e-8)


def test_a_last_layer_that_gives_the_logits_learns_from_their_own_gradient() -> None:
    layers = [PLAIN, PLAIN | {"units": 10}]
    direct = ruled(experiment("direct-feedback-alignment", layers, "last-layer"))
    exact = gradients(ruled(experiment("backprop", layers, "last-layer")))
    assert len(direct.feedback) == 1
    torch.testing.assert_close(gradients(direct)["_layers.1.weight"], exact["_layers.1.weight"])


def test_what_comes_after_finds_the_layers_as_they_were() -> None:
    aligned = ruled(experiment("feedback-alignment", STACKS["units"]))
    gradients(aligned)
    parts = (*aligned.network.layers, aligned.network.head)
    assert all(part.feedback is None for part in parts)
    assert not any("feedback" in name for name in aligned.network.state_dict())


def test_a_layer_without_feedback_weights_is_refused_behind_the_first() -> None:
    class NoFeedback(ex.FullyConnected):
        takes_feedback = False

    described = experiment("feedback-alignment", [PLAIN])
    model = described.model.model_copy(update={"layers": (ex.FullyConnected(), NoFeedback())})
    (problem,) = described.phases[0].problems(model, described.data.info)
    assert "model.layers.1" in problem
    assert "direct-feedback-alignment" in problem
