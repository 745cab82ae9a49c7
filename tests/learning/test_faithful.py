"""`paper/ff` does what the paper's code did: one layer, step by step, against a plain autograd
loop.
"""

import math

import torch

from fftui import events as ev
from fftui.data.catalogue import SETS
from fftui.data.label_encoding import overlay
from fftui.data.normalisation import normalise, overlay_value, scale_of
from fftui.data.splits import load_splits
from fftui.experiment import Experiment
from fftui.learning.negatives import fixed_negatives
from fftui.learning.seeds import generator_for
from fftui.learning.training import train
from fftui.presets import load_preset

IMAGES, UNITS = 600, 50


def test_the_first_layer_follows_the_textbook_loop() -> None:
    overrides = [
        f"data.train_images={IMAGES}",
        "phases.0.epochs=3",
        "precision=float32",
        "phases.0.batch_size=128",
    ]
    experiment = load_preset(
        "paper/ff", "mnist-mini", [*overrides, f"model.layers.0.units={UNITS}"]
    )
    training = train(experiment)
    start = {
        name: tensor.clone() for name, tensor in training.network.layers[0].state_dict().items()
    }
    losses = []
    for event in training:
        if isinstance(event, ev.EpochFinished):
            losses.append(event.loss)
        if isinstance(event, ev.LayerFinished):
            break
    layer = training.network.layers[0]
    weight, bias, expected = textbook(experiment, start["weight"], start["bias"])
    torch.testing.assert_close(layer.weight.detach(), weight, atol=2e-3, rtol=1e-2)
    torch.testing.assert_close(layer.bias.detach(), bias, atol=2e-3, rtol=1e-2)
    assert all(
        math.isclose(ours, theirs, rel_tol=1e-3)
        for ours, theirs in zip(losses, expected, strict=True)
    )


def textbook(
    experiment: Experiment, weight: torch.Tensor, bias: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """Separate positive and negative passes, autograd, the default Adam; labels overlaid image by
    image.
    """
    split = load_splits(
        "mnist-mini",
        folder=None,
        seed=0,
        train_images=IMAGES,
        validation_images=0,
        test_images=None,
    ).train
    pixels = normalise(split.images, scale_of(SETS["mnist-mini"], "paper"))
    value = overlay_value(SETS["mnist-mini"], "paper")
    negatives = fixed_negatives(split.labels, generator=generator_for(0, "negatives", 1))
    positive_x, negative_x = (
        overlay(pixels, split.labels, 10, value),
        overlay(pixels, negatives, 10, value),
    )
    linear = torch.nn.Linear(784, UNITS)
    with torch.no_grad():
        linear.weight.copy_(weight.t())
        linear.bias.copy_(bias)
    adam = torch.optim.Adam(linear.parameters(), lr=0.02)
    theta, means = 15.0, []
    for epoch in range(1, 4):
        total = 0.0
        order = torch.randperm(IMAGES, generator=generator_for(0, "order", 1, 1, epoch))
        for index in torch.split(order, 128):
            sides = [
                x[index] / (x[index].norm(2, 1, keepdim=True) + 1e-4)
                for x in (positive_x, negative_x)
            ]
            above, below = (torch.relu(linear(x)).pow(2).mean(1) for x in sides)
            loss = torch.log(1 + torch.exp(torch.cat([theta - above, below - theta]))).mean()
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            total += float(loss.detach()) * len(index)
        means.append(total / IMAGES)
    return linear.weight.detach().t(), linear.bias.detach(), means
