"""A trained network predicts what training says it predicts, with and without the run's own
objects.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from fftui import events as ev
from fftui.data.splits import load_splits
from fftui.errors import ExperimentError, RequestError
from fftui.experiment import Experiment
from fftui.learning.goodness import goodness_for, group_goodness
from fftui.learning.trained import TrainedNetwork, load_trained
from fftui.learning.training import Training, train

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]
PHASES: list[dict[str, Any]] = [
    FORWARD_FORWARD,
    FORWARD_FORWARD | {"prediction": "skip-first", "goodness": "sum-square"},
    FORWARD_FORWARD | {"prediction": "last-layer", "negatives": "fixed"},
    PARALLEL,
    PARALLEL | {"prediction": "head"},
    LOCAL,
    LOCAL | {"prediction": "all-layers"},
    BACKPROP,
    BACKPROP | {"inputs": "raw"},
]


def images_of_test(experiment: Experiment) -> tuple[Tensor, Tensor]:
    data = experiment.data
    split = load_splits(
        data.name,
        folder=None,
        seed=experiment.seed,
        train_images=data.train_images,
        validation_images=data.validation_images,
        test_images=data.test_images,
    ).test
    return split.images, split.labels


def finished(experiment: Experiment) -> tuple[Training, ev.RunFinished]:
    training = train(experiment, device="cpu")
    last = list(training)[-1]
    assert isinstance(last, ev.RunFinished)
    return training, last


def again(experiment: Experiment, training: Training) -> TrainedNetwork:
    """The network from its weights alone, as a checkpoint has them."""
    weights = training.network.state_dict()
    return load_trained(experiment, {n: t.clone() for n, t in weights.items()}, device="cpu")


@pytest.mark.parametrize("phase", PHASES)
def test_predictions_are_as_accurate_as_training_states(small: Make, phase: dict[str, Any]) -> None:
    experiment = small(phase)
    training, last = finished(experiment)
    images, labels = images_of_test(experiment)
    for network in (training.trained, again(experiment, training)):
        predicted = network.predict(images)
        assert predicted.shape == (len(images),)
        assert float((predicted == labels).float().mean()) == pytest.approx(last.test_accuracy)
        assert not network(images).requires_grad
        activities = network.activities(images, labels)
        assert [len(z_NH) for z_NH in activities] == [len(images)] * 2
        assert [z_NH.shape[1] for z_NH in activities] == [24, 16]


@pytest.mark.parametrize("phase", PHASES[:3])
def test_the_goodness_of_every_label_gives_the_prediction(
    small: Make, phase: dict[str, Any]
) -> None:
    experiment = small(phase)
    network = finished(experiment)[0].trained
    images, _ = images_of_test(experiment)
    of_labels = [network.goodness(images, torch.full((len(images),), c)) for c in range(10)]
    goodness_LNC = torch.stack(of_labels, 2)
    kept = {"skip-first": slice(1, None), "last-layer": slice(-1, None)}
    counted = goodness_LNC[kept.get(str(phase.get("prediction")), slice(None))]
    torch.testing.assert_close(counted.sum(0), network(images))
    function = goodness_for(phase.get("goodness", "mean-square"), (24,))
    expected = function(network.activities(images, torch.full((len(images),), 3))[0])
    torch.testing.assert_close(goodness_LNC[0, :, 3], expected)


def test_local_cross_entropy_has_the_goodness_of_a_classs_units(small: Make) -> None:
    experiment = small(LOCAL)
    network = finished(experiment)[0].trained
    images, labels = images_of_test(experiment)
    z_NH = network.activities(images, labels)[0]
    assert torch.equal(z_NH, network.activities(images)[0])  # no label goes in
    expected = group_goodness(z_NH, 10).gather(1, labels[:, None])[:, 0]
    torch.testing.assert_close(network.goodness(images, labels)[0], expected)


def test_backprop_has_no_goodness(small: Make) -> None:
    experiment = small(BACKPROP)
    images, labels = images_of_test(experiment)
    with pytest.raises(ExperimentError, match="no goodness"):
        train(experiment, device="cpu").trained.goodness(images, labels)


def test_convolutions_with_planes_go_by_weights_alone(small: Make) -> None:
    layer = {"kind": "convolution", "channels": 4, "kernel": 3, "padding": 1}
    model = {"layers": [layer, layer], "label": {"encoding": "random-plane"}}
    experiment = small(FORWARD_FORWARD | {"goodness": "position-mean-square"}, model=model)
    training, last = finished(experiment)
    images, labels = images_of_test(experiment)
    predicted = again(experiment, training).predict(images)
    assert float((predicted == labels).float().mean()) == pytest.approx(last.test_accuracy)


def test_pooled_outputs_give_the_prediction_where_they_count(small: Make) -> None:
    """By `goodness`, by the scan that evaluation keeps of finished layers, and in one go."""
    layer = {"kind": "convolution", "channels": 4, "pooling": "after-goodness"}
    counted = {"goodness": "position-mean-square", "prediction": "all-outputs"}
    experiment = small(FORWARD_FORWARD | counted, model={"layers": [layer, {"units": 16}]})
    training, last = finished(experiment)
    images, labels = images_of_test(experiment)
    network = training.trained
    of_labels = [network.goodness(images, torch.full((len(images),), c)) for c in range(10)]
    torch.testing.assert_close(torch.stack(of_labels, 2).sum(0), network(images))
    right = (network.predict(images) == labels).float().mean()
    assert float(right) == pytest.approx(last.test_accuracy)
    z_NKHW = network.activities(images, labels)[0].view(-1, 4, 28, 28)
    expected = max_pool2d(z_NKHW, 2).square().mean((1, 2, 3))
    torch.testing.assert_close(network.goodness(images, labels)[0], expected)


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (torch.zeros(2, 1, 28, 28), None, "torch.uint8"),
        (torch.zeros(2, 28, 28, dtype=torch.uint8), None, "1, 28, 28"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.zeros(3, dtype=torch.long), "one an"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.zeros(2), "torch.int64"),
        (torch.zeros(1, 1, 28, 28, dtype=torch.uint8), torch.tensor([11]), "from 0 to 9"),
    ],
)
def test_what_is_no_image_or_label_is_refused(
    small: Make, images: Tensor, labels: Tensor | None, words: str
) -> None:
    network = train(small(), device="cpu").trained
    with pytest.raises(RequestError, match=words):
        network.activities(images, labels)


@pytest.mark.parametrize("phase", PHASES)
def test_no_images_have_no_predictions(small: Make, phase: dict[str, Any]) -> None:
    network = train(small(phase), device="cpu").trained
    none = torch.zeros(0, 1, 28, 28, dtype=torch.uint8)
    assert network(none).shape == (0, 10)
    assert network.predict(none).shape == (0,)
    assert [len(z_NH) for z_NH in network.activities(none)] == [0, 0]


def test_the_neutral_label_has_no_units_in_local_cross_entropy(small: Make) -> None:
    network = train(small(LOCAL), device="cpu").trained
    images = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    with pytest.raises(RequestError, match="from 0 to 9"):
        network.goodness(images, torch.tensor([10]))


def test_weights_of_another_network_are_refused(small: Make) -> None:
    weights = train(small(), device="cpu").network.state_dict()
    wider = small(model={"layers": [{"units": 24}, {"units": 20}]})
    with pytest.raises(ExperimentError, match="layer 2 has weight 24×16 there and weight 24×20"):
        load_trained(wider, weights, device="cpu")
