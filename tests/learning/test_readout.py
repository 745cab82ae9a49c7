"""A linear readout: the head learns from the outputs of the layers it reads, which stay."""

from collections.abc import Callable

import pytest
import torch
from torch.nn.functional import cross_entropy

from fftui import events as ev
from fftui.errors import ExperimentError
from fftui.experiment import Experiment, Head
from fftui.learning.network import SoftmaxHead
from fftui.learning.training import train

Make = Callable[..., Experiment]
READOUT = {"rule": "readout", "epochs": 3, "batch_size": 50, "learning_rate": 0.01}
LAYERS = [
    {"units": 24, "normalisation": "rms"},
    {"units": 16, "normalisation": "layer", "activation": "linear", "output": "triangle"},
]


def readout(small: Make, layers: list[int] | None = None, **fields: object) -> Experiment:
    head = {"kind": "linear", "normalisation": "rms", "layers": layers}
    return small(READOUT, model={"layers": LAYERS, "head": head}, **fields)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_head_alone_learns_with_or_without_a_cache(small: Make, precision: str) -> None:
    learning, again = (
        train(readout(small, [2, 1], cache_bytes=kept, precision=precision), device="cpu")
        for kept in (10**9, 0)
    )
    before = {name: each.clone() for name, each in learning.network.state_dict().items()}
    losses = [each.loss for each in learning if isinstance(each, ev.EpochFinished)]
    assert losses == sorted(losses, reverse=True)
    after = learning.network.state_dict()
    changed = {name for name, each in after.items() if not torch.equal(each, before[name])}
    assert changed == {"head.linear.weight", "head.linear.bias"}
    list(again)
    torch.testing.assert_close(again.network.state_dict(), after)


def test_its_gradients_are_those_of_the_mean_cross_entropy_of_normalised_outputs() -> None:
    generator = torch.Generator().manual_seed(0)
    head = SoftmaxHead([(3,), (4,)], 5, Head(normalisation="rms"), generator, [2, 3]).double()
    outputs = [torch.rand(6, size, dtype=torch.float64) for size in (2, 3, 4)]
    features = head.features(outputs)
    parts = [each / each.square().mean(1, keepdim=True).sqrt() for each in outputs[1:]]
    torch.testing.assert_close(features, torch.cat(parts, 1), rtol=1e-3, atol=1e-3)
    labels = torch.tensor([0, 4, 2, 2, 1, 3])
    _, loss = head.learn(features, labels)
    found = [head.linear.weight.grad.clone(), head.linear.bias.grad.clone()]
    head.zero_grad()
    expected = cross_entropy(head.linear(features), labels)
    expected.backward()
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(found, [head.linear.weight.grad, head.linear.bias.grad])


def test_images_are_read_as_means_over_windows_and_the_rest_as_it_is() -> None:
    shapes = [(2, 5, 4), (3, 1, 1), (6,)]
    head = SoftmaxHead(shapes, 4, Head(pool=2), torch.Generator().manual_seed(0), [1, 2, 3])
    images, points, units = (torch.rand(7, *shape) for shape in shapes)
    features = head.features([each.flatten(1) for each in (images, points, units)])
    means = [
        images[:, channel, row : row + 2, column : column + 2].mean((1, 2))
        for channel in range(2)
        for row in (0, 2)
        for column in (0, 2)
    ]
    expected = torch.cat((torch.stack(means, 1), points.flatten(1), units), 1)
    torch.testing.assert_close(features, expected)
    assert head([each.flatten(1) for each in (images, points, units)]).shape == (7, 4)


@pytest.mark.parametrize("layers", [[0], [3], [1, 1]])
def test_layers_that_cannot_be_read_are_refused(small: Make, layers: list[int]) -> None:
    with pytest.raises((ValueError, ExperimentError), match="name layers from 1 to 2, each once"):
        readout(small, layers)


def test_backprop_learns_through_a_head_that_reads_several_layers(small: Make) -> None:
    values = readout(small, [1, 2]).model_dump(mode="json")
    values["phases"] = [{"rule": "backprop", "epochs": 1, "batch_size": 100}]
    learning = train(Experiment.model_validate(values), device="cpu")
    before = learning.network.state_dict()["_layers.0.weight"].clone()
    list(learning)
    assert not torch.equal(learning.network.state_dict()["_layers.0.weight"], before)
