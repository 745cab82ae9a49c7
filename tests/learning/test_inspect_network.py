"""A report says of a network what the network says of itself."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from fftui.data.sets import DataSplit
from fftui.experiment import Experiment
from fftui.learning.inspect_network import NetworkInspector
from fftui.learning.probe import probe_images, probe_size
from fftui.learning.trained import TrainedNetwork, load_trained
from fftui.learning.training import train
from fftui.network_report import Position, best_wrong

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]
IMAGES = 40
CONVOLUTION = {
    "layers": [
        {"kind": "convolution", "channels": 4, "kernel": 5},
        {"units": 16, "normalisation": "rms"},
    ],
    "label": {"encoding": "random-plane"},
}
ATTENTION = {
    "layers": [{"kind": "self-attention", "patch": 7, "width": 8, "heads": 2, "units": 16}],
    "label": {"encoding": "label-token"},
}


def ended(experiment: Experiment, number: int = 1, **changes: Any) -> Position:
    phase = experiment.phases[number - 1]
    values: dict[str, Any] = {
        "phase": number,
        "phases": len(experiment.phases),
        "rule": phase.rule,
        "layer": None,
        "epoch": phase.epochs,
        "epochs": phase.epochs,
        "step": 0,
        "ended": True,
    }
    return Position(**(values | changes))


def looked_into(
    experiment: Experiment, **changes: Any
) -> tuple[NetworkInspector, TrainedNetwork, DataSplit]:
    training = train(experiment, device="cpu")
    list(training)
    trained = load_trained(experiment, training.network.state_dict(), device="cpu")
    probe = probe_images(experiment, IMAGES)
    return (
        NetworkInspector(experiment, trained, probe, ended(experiment, **changes)),
        trained,
        probe,
    )


@pytest.mark.parametrize(
    "phase",
    [FORWARD_FORWARD, FORWARD_FORWARD | {"prediction": "skip-first"}, PARALLEL, LOCAL],
    ids=["layer-wise", "skip-first", "parallel", "local-ce"],
)
def test_goodness_and_predictions_are_the_networks(small: Make, phase: dict[str, Any]) -> None:
    inspector, trained, probe = looked_into(small(phase))
    report = inspector.report()
    labels = probe.labels
    predicted = trained.predict(probe.images)
    assert report.labels == tuple(labels.tolist())
    assert report.confusion.correct == int((predicted == labels).sum())
    for label, row in enumerate(report.confusion.counts):
        assert row == tuple(torch.bincount(predicted[labels == label], minlength=10).tolist())
    goodness_LN = trained.goodness(probe.images, labels)
    wrong_LN = trained.goodness(probe.images, (labels + 3) % 10)
    for layer, true_N, other_N in zip(report.layers, goodness_LN, wrong_LN, strict=True):
        scores = torch.tensor(layer.scores)
        rows = torch.arange(len(labels))
        torch.testing.assert_close(scores[rows, labels], true_N, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(scores[rows, (labels + 3) % 10], other_N, rtol=1e-4, atol=1e-5)
        assert layer.confusion is not None
        assert layer.confusion.correct == int((scores.argmax(1) == labels).sum())
        assert layer.goodness is not None
        assert sum(layer.goodness.positive) == IMAGES
        assert sum(layer.goodness.negative) == 9 * IMAGES


def test_dead_units_are_those_whose_activities_are_zero(small: Make) -> None:
    experiment = small()
    training = train(experiment, device="cpu")
    list(training)
    weights = {name: each.clone() for name, each in training.network.state_dict().items()}
    first = training.network.layers[0]
    bias = next(name for name, each in training.network.named_parameters() if each is first.bias)
    weights[bias][3], weights[bias][5] = -1e6, 1e6
    trained = load_trained(experiment, weights, device="cpu")
    probe = probe_images(experiment, IMAGES)
    units = NetworkInspector(experiment, trained, probe, ended(experiment)).report().layers[0].units
    assert 3 in units.dead
    assert 5 in units.always_on
    active = (trained.activities(probe.images, probe.labels)[0] > 0).float().mean()
    assert units.active_positive == pytest.approx(float(active), abs=1e-6)


def test_a_rule_without_goodness_says_so(small: Make) -> None:
    inspector, trained, probe = looked_into(small(BACKPROP))
    report = inspector.report()
    assert report.problem == "backprop has no goodness"
    assert report.scored_by == "logits"
    torch.testing.assert_close(torch.tensor(report.scores), trained(probe.images))
    for layer in report.layers:
        assert (layer.scores, layer.goodness, layer.confusion) == ((), None, None)
        assert layer.units.active_negative is None
    sample = inspector.sample(0, 1)
    (neutral,) = sample.inputs
    assert (neutral.role, sample.words) == ("neutral", "backprop shows the mean of all labels")


def test_layers_that_have_not_begun_do_not_predict(small: Make) -> None:
    experiment = small()
    inspector, _, _ = looked_into(experiment, layer=1, ended=False)
    report = inspector.report()
    assert [layer.state for layer in report.layers] == ["learning", "not begun"]
    assert report.scores == report.layers[0].scores
    assert report.scored_by == "goodness, all-layers of the first 1"


@pytest.mark.parametrize(
    ("model", "encoding"),
    [({}, "overlay"), ({}, "appended"), (CONVOLUTION, "random-plane"), (ATTENTION, "label-token")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_sample_shows_the_label_where_it_goes_in(
    small: Make, model: dict[str, Any], encoding: str
) -> None:
    default = {"layers": [{"units": 16}], "label": {"encoding": encoding}}
    inspector, _, probe = looked_into(small(model=model or default))
    label = int(probe.labels[2])
    wrong = (label + 1) % 10
    sample = inspector.sample(2, wrong)
    assert (sample.number, sample.label) == (2, label)
    assert sample.pixels.pixels == bytes(probe.images[2].flatten().tolist())
    positive, negative = sample.inputs
    assert [(each.role, each.label) for each in sample.inputs] == [
        ("positive", label),
        ("negative", wrong),
    ]
    if encoding == "overlay":
        assert positive.beside == ()
        assert positive.pixels.at(label, 0) == negative.pixels.at(wrong, 0) == (255,)
        assert positive.pixels.at(wrong, 0) < (255,)
        assert positive.pixels.pixels[28:] == sample.pixels.pixels[28:]
        return
    assert positive.pixels == negative.pixels == sample.pixels
    (at_label,), (at_wrong,) = positive.beside, negative.beside
    assert at_label != at_wrong
    if encoding == "appended":
        assert at_label.pixels == bytes(255 * (each == label) for each in range(10))


def test_local_cross_entropy_shows_no_label(small: Make) -> None:
    inspector, _, _ = looked_into(small(LOCAL))
    sample = inspector.sample(0, 1)
    assert sample.inputs == ()
    assert sample.words == "local-ce shows the layers no label"


def test_first_layer_weights_are_pictures(small: Make) -> None:
    inspector, trained, _ = looked_into(small())
    filters = inspector.report().filters
    assert (filters.kind, filters.of, len(filters.pictures)) == ("units", 24, 24)
    assert sorted(filters.units) == list(range(24))
    weights = trained.network.layers[0].image_weights()
    assert weights is not None
    unit = filters.units[0]
    at = int(weights[unit].flatten().argmax())
    picture = filters.pictures[0]
    assert (picture.width, picture.height) == (28, 28)
    assert picture.pixels[at] == max(picture.pixels)
    convolution = looked_into(small(model=CONVOLUTION))[0].report().filters
    assert (convolution.kind, convolution.of) == ("channels", 4)
    assert (convolution.pictures[0].width, convolution.pictures[0].height) == (5, 5)
    attention = looked_into(small(model=ATTENTION))[0].report().filters
    assert (attention.kind, attention.of) == ("values of a token", 8)
    assert attention.pictures[0].width == 7


def test_all_runs_on_a_data_set_have_the_same_probe_images(small: Make) -> None:
    images = probe_images(small(), 30).images
    assert torch.equal(probe_images(small(seed=5), 20).images, images[:20])
    assert (probe_size(10), probe_size(100), probe_size(5000)) == (500, 200, 100)


def test_the_strongest_wrong_label_is_never_the_true_one() -> None:
    assert best_wrong((0.1, 0.9, 0.5), 1) == 2
    assert best_wrong((0.1, 0.9, 0.5), 0) == 1
