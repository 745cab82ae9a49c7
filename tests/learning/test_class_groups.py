"""What DeeperForward, CwComp and Mono-Forward are made of, against torch's own modules."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, group_norm

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.experiment.values import parse_overrides
from fftui.learning.class_goodness import (
    ClassGoodness,
    GroupMean,
    GroupMeanSquare,
    Projection,
)
from fftui.learning.layer_range import LayerRange, best_range
from fftui.learning.layers.dropout import Dropout
from fftui.learning.objective import ClassObjective
from fftui.learning.prediction import counted
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.trained import load_trained
from fftui.learning.training import train
from fftui.presets import load_preset

CLASSES = 3
CONV = {"kind": "convolution", "kernel": 3, "padding": 1, "pooling": "none"}


def activities(units: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(5, units, dtype=torch.float64, generator=generator)


def check(goodness: ClassGoodness, z: Tensor, logits: Tensor) -> None:
    """Loss and gradient are those of cross entropy over `logits`, made of `z` with autograd."""
    labels = torch.tensor([0, 2, 1, 1, 0])
    expected = cross_entropy(2.5 * logits, labels)
    expected.backward()  # type: ignore[no-untyped-call]
    value = ClassObjective(labels, goodness, 2.5)(z.detach())
    torch.testing.assert_close(value.loss, expected.detach())
    torch.testing.assert_close(value.grad, z.grad)


@pytest.mark.parametrize("left_over", [0, 2])
def test_the_mean_activity_of_a_group(left_over: int) -> None:
    z = activities(4 * CLASSES + left_over).requires_grad_()
    logits = torch.stack([z[:, 4 * c : 4 * c + 4].mean(1) for c in range(CLASSES)], 1)
    check(GroupMean(CLASSES), z, logits)


@pytest.mark.parametrize("channels", [2 * CLASSES, 2 * CLASSES + 1])  # groups of whole ones, or not
@pytest.mark.parametrize("kind", [GroupMean, GroupMeanSquare])
def test_groups_of_what_a_convolution_computes(
    channels: int, kind: Callable[[int], ClassGoodness]
) -> None:
    z = activities(channels * 12).view(5, channels, 3, 4)
    z = z.contiguous(memory_format=torch.channels_last).requires_grad_()
    each = channels * 12 // CLASSES
    grouped = z.flatten(1)[:, : each * CLASSES].view(5, CLASSES, each)
    logits = grouped if kind is GroupMean else grouped.square()
    check(kind(CLASSES), z, logits.mean(2))


def test_a_projection_and_its_weights_learn() -> None:
    projection = Projection(CLASSES, 7, torch.Generator().manual_seed(0)).double()
    z, weight = activities(7).requires_grad_(), projection.weight.detach().requires_grad_()
    assert weight.abs().max() <= 7**-0.5
    check(projection, z, z @ weight.t())
    torch.testing.assert_close(projection.weight.grad, weight.grad)


def test_the_best_range_is_found_and_counts() -> None:
    labels = torch.tensor([0, 1, 0])
    right = torch.nn.functional.one_hot(labels, 2).float()
    goodness_LNC = torch.stack((9 * (1 - right), right, 2 * right, 8 * (1 - right)))
    assert best_range(goodness_LNC, labels) == (LayerRange(2, 3), 1.0)
    rows = [counted(goodness_LNC[:n], LayerRange(2, 3)) for n in (1, 2, 3, 4)]
    assert [len(each) for each in rows] == [1, 1, 2, 2]
    assert torch.equal(rows[0], goodness_LNC[:1])
    assert torch.equal(rows[3], goodness_LNC[1:3])


def test_dropout_keeps_its_share_and_its_layout() -> None:
    dropout = Dropout(0.25)
    like = torch.ones(4, 8, 30, 30).contiguous(memory_format=torch.channels_last)
    dropout.draw_from(0, 1, 7, device=like.device)
    factors = dropout(like)
    torch.testing.assert_close(factors.unique(), torch.tensor([0.0, 256 / 192]))
    assert abs(factors.mean() - 1) < 0.02
    assert factors.stride() == like.stride()
    dropout.draw_from(0, 1, 7, device=like.device)
    assert torch.equal(dropout(like), factors)
    assert not torch.equal(dropout(like), factors)
    assert torch.equal(dropout.eval()(like), like)


def small(layers: list[dict[str, Any]], **phase: Any) -> Experiment:
    """Three epochs of 100 digits, four steps each."""
    values = {"rule": "local-ce", "epochs": 3, "batch_size": 25, "learning_rate": 0.01, **phase}
    return Experiment.model_validate(
        {
            "precision": "float32",
            "data": {"train_images": 100, "validation_images": 60, "test_images": 40},
            "model": {"layers": layers, "label": {"encoding": "none"}},
            "phases": [values],
            "evaluation": {"images": 20, "final_train_images": 20},
        }
    )


MONO = {"goodness": "projection", "order": "layer-wise"}
WINDOWED: dict[str, Any] = {"windows": [[0, 2], [1, 3]], "prediction": "best-range"}
UNITS = [{"units": 20, "normalisation": "none", "dropout": 0.3}] * 2
GROUPED = [
    {**CONV, "channels": 10, "stride": 2, "output_normalisation": "batch", "dropout": 0.2},
    {**CONV, "channels": 20, "channel_groups": 10, "normalisation": "group", "bias": False},
]


@pytest.mark.parametrize(("layers", "phase"), [(UNITS, MONO), (GROUPED, WINDOWED)])
def test_a_resumed_run_draws_and_chooses_the_same(
    layers: list[dict[str, Any]], phase: dict[str, Any]
) -> None:
    experiment = small(layers, **phase)
    whole, begun = (train(experiment, device="cpu") for _ in range(2))
    list(whole)
    stepped = (event for event in begun if isinstance(event, ev.Stepped))
    assert next(event for event in stepped if event.done == 6).epoch == 2
    resumed = train(experiment, device="cpu", state=begun.state())
    list(resumed)
    weights = resumed.network.state_dict()
    assert all(torch.equal(each, weights[k]) for k, each in whole.network.state_dict().items())
    loaded = load_trained(experiment, weights, device="cpu")
    images = torch.randint(0, 256, (6, 1, 28, 28), dtype=torch.uint8)
    assert torch.equal(loaded(images), resumed.trained(images))


def test_a_phase_that_starts_from_a_run_predicts_by_all_layers_until_it_has_chosen() -> None:
    experiment = small(UNITS, prediction="best-range", init_from="before")
    chosen = dict(train(small(UNITS, prediction="best-range"), device="cpu").network.state_dict())
    chosen["_kept.counted_layers.first_and_last"] = torch.tensor([2, 2])
    training = train(experiment, device="cpu", weights_of=lambda _: chosen)
    next(event for event in training if isinstance(event, ev.EpochFinished))
    assert training.trained.rule._whole.chosen_layers == LayerRange(1, 2)


def test_layers_learn_in_their_windows_alone() -> None:
    training = train(small(GROUPED, **WINDOWED), device="cpu")
    seen: dict[int, list[Tensor]] = {1: [], 2: []}
    learned = []
    for event in training:
        if isinstance(event, ev.LayerMeans):
            learned.append((event.epoch, event.layer))
        if isinstance(event, ev.EpochFinished):
            for number, layer in enumerate(training.network.layers, 1):
                seen[number].append(layer.weight.clone())  # type: ignore[operator]
        if isinstance(event, ev.LayersChosen):
            chosen = event
    assert learned == [(1, 1), (2, 1), (2, 2), (3, 2)]
    same = {number: [torch.equal(*pair) for pair in pairwise(seen[number])] for number in seen}
    assert same == {1: [False, True], 2: [False, False]}
    rule = training.trained.rule
    assert isinstance(rule, LayerSchedule)
    assert chosen.last <= 2
    assert rule._whole.chosen_layers == LayerRange(chosen.first, chosen.last)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"windows": [[0, 2]]}, "1 pairs for 2 layers"),
        ({"windows": [[0, 1], [2, 3]]}, "no layer learns in epoch 2"),
        ({"windows": [[1, 1], [0, 3]]}, "each pair is"),
        ({"windows": [[0, 3], [0, 3]], "order": "layer-wise"}, "set order = 'parallel'"),
    ],
)
def test_windows_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("[", r"\[")):
        small(UNITS, **changes)


def test_layers_are_chosen_on_validation_images() -> None:
    chosen = small(UNITS, prediction="best-range")
    with pytest.raises(ValueError, match="chooses on validation images"):
        Experiment.model_validate(
            {**chosen.model_dump(mode="json"), "data": {"name": "mnist-mini"}}
        )


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({**CONV, "channel_groups": 3, "channels": 32}, "do not divide"),
        ({**CONV, "pooling": "after-goodness", "pool_padding": 2}, "more than half"),
    ],
)
def test_what_a_convolution_cannot_divide_is_refused(layer: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        small([layer, {"units": 20}])


def test_a_label_among_inputs_goes_with_no_groups() -> None:
    values = small([{"units": 20, "normalisation": "group"}]).model_dump(mode="json")
    values["model"]["label"] = {"encoding": "overlay"}
    values["phases"] = [{"rule": "forward-forward"}]
    with pytest.raises(ValueError, match="goes with no label among the inputs"):
        Experiment.model_validate(values)


def test_groups_of_units_are_normalised_one_by_one() -> None:
    network = train(small([{"units": 23}, {"units": 20, "normalisation": "group"}])).network
    x = torch.randn(4, 23)
    expected = torch.cat((group_norm(x[:, :20], 10), group_norm(x[:, 20:], 1)), 1)
    torch.testing.assert_close(network.layers[1].normalise(x), expected)


@pytest.mark.parametrize("name", ["mono-forward", "deeperforward-half", "cwcomp"])
def test_published_shapes(name: str) -> None:
    made = load_preset(f"field/{name}", "cifar10", parse_overrides(["phases.0.batch_size=100"]))
    shape: tuple[int, ...] = made.data.info.shape
    shapes = []
    for layer in made.model.layers:
        shape = layer.output_shape(shape)
        shapes.append(shape)
    assert (
        shapes
        == {
            "mono-forward": [(2000,)] * 3,
            "deeperforward-half": [(50, 16, 16), (100, 8, 8), (200, 8, 8), (200, 8, 8)],
            "cwcomp": [(20, 32, 32), (80, 16, 16), (240, 16, 16), (480, 8, 8)],
        }[name]
    )
