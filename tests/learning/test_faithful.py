"""The paper's presets do what the paper's code did, against plain torch: forward, step by step, and
in prediction.
"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from fftui import events as ev
from fftui.data.catalogue import SETS
from fftui.data.normalisation import overlay_value
from fftui.data.sets import DataSplit, load_set
from fftui.data.splits import load_splits
from fftui.experiment import Experiment, Prediction, for_layer
from fftui.experiment.values import parse_overrides
from fftui.learning.images import Images
from fftui.learning.negatives import fixed_negatives
from fftui.learning.network import Network
from fftui.learning.prediction import class_scores_by_goodness, score_by_goodness
from fftui.learning.seeds import generator_for
from fftui.learning.trained import load_trained
from fftui.learning.training import Training, train
from fftui.presets import load_preset

from .plain_networks import (
    FrozenPatches,
    ShiftedPatches,
    Units,
    Weights,
    attention_network,
    convolutional_network,
    goodness_of_labels,
    labelled,
    learn,
    outputs,
)

FIRST_LAYERS: dict[str, Callable[..., nn.Module]] = {
    "paper/attention-frozen": FrozenPatches,
    "paper/attention": ShiftedPatches,
    "paper/attention-metrics": FrozenPatches,
}
CLOSE = 1e-5  # relative difference of float32 results
CLOSE_AFTER_STEPS = 1e-4


def test_the_first_layer_follows_the_textbook_loop() -> None:
    experiment = small("paper/ff", images=600, batch_size=128, epochs=3, units=50)
    training = train(experiment, device="cpu")
    plain: nn.Module = Units(weights_of(training.network)[0])
    losses = _losses_of_layer(training)
    expected = _learn_plainly(plain, experiment, 1, _sides(experiment))
    assert losses == pytest.approx(expected, rel=1e-4)
    _assert_learned_alike(plain, Units(weights_of(training.network)[0]))


def test_attention_and_the_layer_behind_it_follow_the_textbook_loop() -> None:
    """Each at its own rate: the preset's list."""
    experiment = small(
        "paper/attention-metrics", images=256, batch_size=64, epochs=2, units=40, threshold=0.5
    )
    training = train(experiment, device="cpu")
    start = weights_of(training.network)
    plain = attention_network(FrozenPatches, start)
    sides = _sides(experiment)
    for number, layer in enumerate(plain[:2], 1):
        losses = _losses_of_layer(training)
        expected = _learn_plainly(layer, experiment, number, sides)
        assert losses == pytest.approx(expected, rel=1e-4)
        learned = attention_network(FrozenPatches, weights_of(training.network))[number - 1]
        _assert_learned_alike(layer, learned)
        sides = tuple(layer(x).detach() for x in sides)  # type: ignore[assignment]


@pytest.mark.parametrize("data", ["mnist-mini", "cifar10"])
@pytest.mark.parametrize("name", FIRST_LAYERS)
def test_attention_networks_have_the_activities_of_plain_ones(name: str, data: str) -> None:
    experiment = load_preset(name, data)
    network = _network(experiment, torch.float32)
    trained = load_trained(experiment, network.state_dict(), device="cpu")
    split = _split_of(data, 24)
    plain = attention_network(FIRST_LAYERS[name], weights_of(network))
    expected = list(outputs(plain, labelled(split.images, split.labels, data)))
    found = trained.activities(split.images, split.labels)
    assert [z_NH.shape for z_NH in found] == [(24, 2000)] * 4
    for z_NH, plain_NH in zip(found, expected, strict=True):
        assert float((z_NH - plain_NH).norm() / plain_NH.norm()) <= CLOSE
        assert float((z_NH - plain_NH).abs().max() / plain_NH.abs().max()) <= CLOSE


def test_the_cnn_predicts_the_labels_of_a_plain_one() -> None:
    """In float64: few pixels tell labels apart, and in float32 rounding decides between some."""
    experiment, split = load_preset("paper/cnn", "mnist-mini"), _split_of("mnist-mini", 60)
    network = _network(experiment, torch.float64).double()
    plain = [layer.double() for layer in convolutional_network(weights_of(network))]
    goodness_LNC = goodness_of_labels(plain, split.images.double(), "mnist-mini")
    phase = experiment.phases[0]
    assert phase.rule == "forward-forward"

    images = Images.on(torch.device("cpu"), split, experiment.data)

    def scores(prediction: Prediction) -> Tensor:
        return class_scores_by_goodness(network.layers, images, phase.goodness, prediction)

    found_NC = scores(phase.prediction)
    torch.testing.assert_close(found_NC, goodness_LNC.sum(0), rtol=CLOSE, atol=0)
    assert torch.equal(found_NC.argmax(1), goodness_LNC.sum(0).argmax(1))
    assert not torch.equal(scores("all-layers").argmax(1), found_NC.argmax(1))

    score = score_by_goodness(network.layers, images, phase.goodness, phase.prediction)
    assert torch.equal(score.layer_correct_LN, goodness_LNC.argmax(2) == split.labels)


def small(
    name: str, *, images: int, batch_size: int, epochs: int, units: int, threshold: float = 15.0
) -> Experiment:
    """A preset on some digits, with narrow layers and few epochs."""
    layers = len(load_preset(name, "mnist-mini").model.layers)
    return load_preset(
        name,
        "mnist-mini",
        parse_overrides(
            [
                f"data.train_images={images}",
                f"phases.0.batch_size={batch_size}",
                f"phases.0.epochs={epochs}",
                f"phases.0.threshold={threshold}",
                *(f"model.layers.{number}.units={units}" for number in range(layers)),
            ]
        ),
    )


def weights_of(network: Network) -> list[Weights]:
    """A copy of the weights of each layer, as they are now."""
    return [{n: t.clone() for n, t in layer.state_dict().items()} for layer in network.layers]


def _network(experiment: Experiment, dtype: torch.dtype) -> Network:
    data = experiment.data
    value = overlay_value(data.info, data.normalisation)
    return Network(experiment.model, data.info, value, dtype, seed=0)


def _split_of(data: str, count: int) -> DataSplit:
    """Digits; on other sets random colours."""
    if data == "mnist-mini":
        split = load_set("mnist-mini", "test")
        return DataSplit(split.images[:count], split.labels[:count], split.classes)
    generator = torch.Generator().manual_seed(1)
    shape = (count, *SETS["cifar10"].shape)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    return DataSplit(images, torch.arange(count) % 10, 10)


def _losses_of_layer(training: Training) -> list[float]:
    """The losses of the layer that learns next, in every epoch."""
    losses = []
    for event in training:
        if isinstance(event, ev.EpochFinished):
            losses.append(event.loss)
        if isinstance(event, ev.LayerFinished):
            break
    return losses


def _sides(experiment: Experiment) -> tuple[Tensor, Tensor]:
    """The images with their labels, and with wrong ones that were drawn once."""
    split = load_splits(
        "mnist-mini",
        folder=None,
        seed=0,
        train_images=experiment.data.train_images,
        validation_images=0,
        test_images=None,
    ).train
    wrong_N = fixed_negatives(split.labels, generator=generator_for(0, "negatives", 1))
    positive, negative = (
        labelled(split.images, labels_N, "mnist-mini") for labels_N in (split.labels, wrong_N)
    )
    return positive, negative


def _learn_plainly(
    layer: nn.Module, experiment: Experiment, number: int, sides: tuple[Tensor, Tensor]
) -> list[float]:
    """The losses of a plain layer that learns in the order of fftui's layer `number`."""
    phase = experiment.phases[0]
    assert phase.rule == "forward-forward"
    orders = (
        torch.randperm(len(sides[0]), generator=generator_for(0, "order", 1, number, epoch))
        for epoch in range(1, phase.epochs + 1)
    )
    return learn(
        layer,
        sides,
        [list(torch.split(order, phase.batch_size)) for order in orders],
        rate=for_layer(phase.learning_rate, number),
        threshold=for_layer(phase.threshold, number),
    )


def _assert_learned_alike(plain: nn.Module, learned: nn.Module) -> None:
    for (name, one), other in zip(
        plain.state_dict().items(), learned.state_dict().values(), strict=True
    ):
        assert float((one - other).norm() / one.norm()) <= CLOSE_AFTER_STEPS, name
