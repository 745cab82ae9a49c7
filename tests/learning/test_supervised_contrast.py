"""HCL-FF's losses against the same written plainly, and residual layers against torch's own."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import (
    adaptive_avg_pool2d,
    avg_pool2d,
    batch_norm,
    cross_entropy,
    group_norm,
    layer_norm,
    normalize,
)

from fftui import events as ev
from fftui.experiment import Experiment, SupervisedContrast
from fftui.learning.rules.supervised_contrast import (
    ClassGroups,
    ContrastMap,
    SupervisedContrastObjective,
    contrastive_loss,
)
from fftui.learning.training import train
from fftui.presets import load_preset
from fftui.studies.small_scale import small_scale_changes

CLASSES = 3
LABELS = torch.tensor([0, 2, 1, 1, 0, 0])  # class 2 has one image alone
CONV = {"kind": "convolution", "kernel": 3, "padding": 1, "pooling": "none", "bias": False}
PASSED: dict[str, Any] = {"normalisation": "none", "output": "normalised"}
RESIDUAL = [
    {**CONV, "channels": 10, "stride": 2, "normalisation": "layer", "output": "normalised"},
    {**CONV, "channels": 15, **PASSED, "shortcut": "keep"},
    {**CONV, "channels": 10, **PASSED, "shortcut": "concatenate"},
    {**CONV, "channels": 20, **PASSED, "shortcut": "keep", "stride": 2},
    {**CONV, "channels": 20, **PASSED, "shortcut": "add"},
]


def activities(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(len(LABELS), *shape, dtype=torch.float64, generator=generator).relu()


def plain_contrast(directions: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Image after image."""
    losses = []
    for one, (direction, label) in enumerate(zip(directions, labels, strict=True)):
        others = [other for other in range(len(labels)) if other != one]
        logits = torch.stack([direction @ directions[other] for other in others]) / temperature
        log_p = logits.log_softmax(0)
        alike = [log_p[at] for at, other in enumerate(others) if labels[other] == label]
        losses.append(-torch.stack(alike).mean() if alike else logits.sum() * 0)
    return torch.stack(losses).mean()


def test_the_contrastive_loss_is_of_others_of_the_class() -> None:
    directions = normalize(activities(4) + 0.1)
    loss = contrastive_loss(directions, LABELS, 0.3)
    torch.testing.assert_close(loss, plain_contrast(directions, LABELS, 0.3))


@pytest.mark.parametrize("goodness", ["mean-activation", "mean-square"])
@pytest.mark.parametrize(
    ("shape", "windows"), [((9, 6, 7), 4), ((10, 3, 3), 3), ((102, 5, 5), 2), ((12,), 1)]
)
def test_both_losses_have_the_gradients_that_autograd_finds(
    shape: tuple[int, ...], windows: int, goodness: str
) -> None:
    groups = ClassGroups(shape, CLASSES, torch.device("cpu"))
    mapped = ContrastMap(groups.features, 5, torch.Generator().manual_seed(0)).double()
    phase = SupervisedContrast.model_validate({"goodness": goodness, "scale": 2, "contrast": 0.7})
    z = activities(*shape).flatten(1)
    value = SupervisedContrastObjective(LABELS, groups, mapped, phase, 0.4)(z)
    own = [parameter.grad for parameter in mapped.parameters()]

    leaf = z.clone().requires_grad_()
    images = leaf.view(len(z), *shape, *([1, 1] if len(shape) == 1 else []))
    images = images[:, : shape[0] // CLASSES * CLASSES]
    by_class = images.reshape(len(z), CLASSES, -1)
    logits = (by_class if goodness == "mean-activation" else by_class.square()).mean(2)
    features = adaptive_avg_pool2d(group_norm(images, CLASSES), windows).flatten(1)
    assert features.shape[1] == groups.features
    normed = batch_norm(
        features @ mapped.weight.t(), None, None, mapped.scale, mapped.shift, training=True
    )
    loss = cross_entropy(2 * logits, LABELS) + 0.7 * plain_contrast(normalize(normed), LABELS, 0.4)
    mapped.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(value.loss, loss.detach())
    torch.testing.assert_close(value.grad, leaf.grad)
    for mine, theirs in zip(own, mapped.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs.grad)
    true, others = value.goodness_2B.chunk(2)
    torch.testing.assert_close(true + 2 * others, logits.detach().sum(1))


def test_one_image_alone_is_contrasted_with_none() -> None:
    groups = ClassGroups((6,), CLASSES, torch.device("cpu"))
    mapped = ContrastMap(6, 5, torch.Generator().manual_seed(0)).double()
    value = SupervisedContrastObjective(LABELS[:1], groups, mapped, SupervisedContrast(), 0.4)(
        activities(6)[:1]
    )
    assert value.loss.isfinite()
    assert value.grad.isfinite().all()


def test_temperatures_fall_evenly_and_then_as_a_cosine() -> None:
    phase = SupervisedContrast(epochs=1000)
    found = [phase.temperature_in(epoch) for epoch in (1, 26, 51, 526, 1001)]
    assert found == pytest.approx([0.8, 0.5, 0.2, 0.15, 0.1])


def small(layers: list[dict[str, Any]] = RESIDUAL, **phase: Any) -> Experiment:
    """Three epochs of 100 digits, four steps each, whose last one is of one image."""
    values = {"rule": "supervised-contrast", "epochs": 3, "batch_size": 33, "learning_rate": 0.01}
    return Experiment.model_validate(
        {
            "precision": "float32",
            "data": {"train_images": 100, "validation_images": 60, "test_images": 40},
            "model": {"layers": layers, "label": {"encoding": "none"}},
            "phases": [{**values, "prediction": "best-range", "map_units": 7, **phase}],
            "evaluation": {"images": 20, "final_train_images": 20},
        }
    )


def plain_outputs(weights: list[Tensor], images: Tensor) -> list[Tensor]:
    """What each of the `RESIDUAL` layers hands on, without what it keeps, for ten classes."""

    def learned(x: Tensor, number: int, stride: int = 1) -> Tensor:
        y = torch.conv2d(x, weights[number], stride=stride, padding=1).relu()
        grouped = y.shape[1] // 10 * 10
        parts = [group_norm(y[:, :grouped].contiguous(), 10)]
        parts += [group_norm(y[:, grouped:].contiguous(), 1)] if grouped < y.shape[1] else []
        return torch.cat(parts, 1)

    stem = learned(layer_norm(images, images.shape[1:]), 0, stride=2)
    wide = learned(stem, 1)
    own, kept = (each.unbind(1) for each in (learned(wide, 2), stem))
    block = torch.cat([torch.stack(pair, 1) for pair in zip(own, kept, strict=True)], 1)
    half = learned(block, 3, stride=2)
    return [stem, wide, block, half, learned(half, 4) + avg_pool2d(block, 2)]


def test_residual_layers_hand_on_what_the_published_network_does() -> None:
    network = train(small(), device="cpu").network
    images = torch.rand(4, 1, 28, 28)
    expected = plain_outputs([layer.weight for layer in network.layers], images)  # type: ignore[misc]
    with torch.no_grad():
        outputs = list(network.outputs(images.flatten(1)))
    for layer, mine, theirs in zip(network.layers, outputs, expected, strict=True):
        assert mine.shape[1:].numel() == torch.Size(layer.output_shape).numel()
        found = mine.view(len(mine), *layer.output_shape)[:, : theirs.shape[1]]
        torch.testing.assert_close(found, theirs, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("order", ["parallel", "layer-wise"])
def test_a_resumed_run_of_residual_layers_ends_with_the_same_bits(order: str) -> None:
    experiment = small(order=order, optimizer={"kind": "adamw", "clip_norm": 1.0})
    whole, begun = (train(experiment, device="cpu") for _ in range(2))
    list(whole)
    stepped = (event for event in begun if isinstance(event, ev.Stepped))
    next(event for event in stepped if event.done == 6)
    resumed = train(experiment, device="cpu", state=begun.state())
    list(resumed)
    weights = resumed.network.state_dict()
    assert any(name.startswith("_kept.contrast_5") for name in weights)
    assert all(torch.equal(each, weights[k]) for k, each in whole.network.state_dict().items())


def test_a_map_learns_at_a_rate_of_its_own() -> None:
    """A step of SGD is the gradient times the rate: with a rate of 0 beside it, the map stays."""
    sgd: dict[str, Any] = {"optimizer": {"kind": "sgd"}, "schedule": "constant"}
    moved = []
    for rate in (1.0, 3.0):
        training = train(small(map_rate=rate, **sgd), device="cpu")
        before = {}
        for event in training:
            now = {name: each.clone() for name, each in training.network.state_dict().items()}
            if isinstance(event, ev.Stepped):
                break
            before = now
        changed = {name: now[name] - each for name, each in before.items() if name in now}
        moved.append(changed)
    one, three = moved
    assert one["_layers.1.weight"].abs().max() > 0
    torch.testing.assert_close(three["_layers.1.weight"], one["_layers.1.weight"])
    torch.testing.assert_close(three["_kept.contrast_2.weight"], 3 * one["_kept.contrast_2.weight"])


@pytest.mark.parametrize(
    ("number", "changes", "said"),
    [
        (0, {"shortcut": "keep"}, "the first layer's input is the image"),
        (1, {"shortcut": "none"}, "keeps no input to join"),
        (2, {"shortcut": "none"}, "the layer below keeps its input"),
        (2, {"normalisation": "group"}, "would be normalised too"),
        (2, {"stride": 2}, "set stride = 1"),
        (2, {"channels": 12}, "keeps 10 channels: have as many"),
        (3, {"padding": 0}, "set padding = 1"),
        (1, {"pooling": "after-goodness"}, "goes past no pooling"),
    ],
)
def test_shortcuts_that_do_not_fit_are_refused(
    number: int, changes: dict[str, Any], said: str
) -> None:
    layers = [{**layer, **(changes if at == number else {})} for at, layer in enumerate(RESIDUAL)]
    with pytest.raises(ValueError, match=said):
        small(layers)


def test_the_last_layer_keeps_nothing() -> None:
    with pytest.raises(ValueError, match="no layer above it joins what it keeps"):
        small(RESIDUAL[:-1])


def test_the_published_network() -> None:
    made = load_preset("field/hcl-ff-tiny", "cifar10")
    shape: tuple[int, ...] = made.data.info.shape
    shapes = []
    for layer in made.model.layers:
        shape = layer.output_shape(shape)
        shapes.append(shape)
    ends = [shapes[number] for number in (0, 4, 8, 12, 16)]
    assert ends == [(20, 32, 32), (40, 32, 32), (80, 16, 16), (160, 8, 8), (160, 8, 8)]
    smaller = made.model.small(made.data.info)
    assert not list(smaller.problems(made.data.info))
    assert max(layer.groups for layer in smaller.layers) < 160


def test_the_published_network_has_a_small_version() -> None:
    name, data = "field/hcl-ff-tiny", "mnist-mini"
    changes = {k: v for k, v in small_scale_changes(name, data).items() if "*" not in k}
    narrow = [layer.groups for layer in load_preset(name, data, changes).model.layers]
    assert narrow == [10, *[10] * 4, *[10, 20] * 2, *[10, 40] * 2, *[10, 80] * 2]
