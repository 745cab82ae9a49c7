"""Similarity of layers and agreement of updates, against what they are defined by."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from fftui.data.normalisation import overlay_value, scale_of
from fftui.experiment import Experiment
from fftui.learning.diagnosis import layer_similarity, update_cosines
from fftui.learning.images import Images
from fftui.learning.probe import probe_images
from fftui.learning.rules import rule_for
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.training import train
from fftui.telemetry.clocks import MonotonicClock

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]
WITH_HEAD: dict[str, Any] = {
    "layers": [{"units": 16, "normalisation": "rms"}, {"units": 12, "normalisation": "rms"}],
    "label": {"encoding": "overlay"},
    "head": {"kind": "linear"},
}
WITHOUT_LABEL = WITH_HEAD | {"label": {"encoding": "none"}}


def probe_of(experiment: Experiment, images: int) -> Images:
    split, info = probe_images(experiment, images), experiment.data.info
    return Images(
        split.images, split.labels, scale_of(info, "paper"), info, overlay_value(info, "paper")
    )


def test_layers_are_alike_up_to_rotation_and_scale() -> None:
    torch.manual_seed(0)
    first_NH, other_NH = torch.randn(200, 20), torch.randn(200, 30)
    turned_NH = 3 * first_NH @ torch.linalg.qr(torch.randn(20, 20))[0] + 5
    cka = layer_similarity([first_NH, turned_NH, other_NH])
    assert cka.shape == (3, 3)
    torch.testing.assert_close(cka, cka.t())
    torch.testing.assert_close(cka.diagonal(), torch.ones(3))
    assert float(cka[0, 1]) == pytest.approx(1.0, abs=1e-4)
    assert float(cka[0, 2]) < 0.3
    # its definition by products of features (Kornblith et al. 2019, equation 3)
    x, y = first_NH - first_NH.mean(0), other_NH - other_NH.mean(0)
    defined = (y.t() @ x).norm() ** 2 / ((x.t() @ x).norm() * (y.t() @ y).norm())
    assert float(cka[0, 2]) == pytest.approx(float(defined), rel=1e-3)


@pytest.mark.parametrize(
    ("phase", "model"),
    [(FORWARD_FORWARD, WITH_HEAD), (PARALLEL, WITH_HEAD), (LOCAL, WITHOUT_LABEL)],
    ids=["layer-wise", "parallel", "local-ce"],
)
def test_every_layer_is_compared_and_nothing_changes(
    small: Make, phase: dict[str, Any], model: dict[str, Any]
) -> None:
    experiment = small(phase, model=model)
    training = train(experiment, device="cpu")
    list(training)
    network = training.network
    before = {name: each.clone() for name, each in network.state_dict().items()}
    gradients = [each.grad for each in network.parameters()]
    cosines = update_cosines(experiment, 1, network, probe_of(experiment, 50))
    assert all(cosine is not None and -1 <= cosine <= 1 for cosine in cosines)
    for name, each in network.state_dict().items():
        assert torch.equal(each, before[name])
    assert all(
        a is b for a, b in zip(gradients, (p.grad for p in network.parameters()), strict=True)
    )


def test_the_cosine_is_that_of_the_two_gradients(small: Make) -> None:
    phase = LOCAL | {"order": "layer-wise", "epochs": 1}
    experiment = small(phase, model=WITHOUT_LABEL)
    training = train(experiment, device="cpu")
    list(training)
    network, images = training.network, probe_of(experiment, 50)
    given = update_cosines(experiment, 1, network, images)[0]
    network.zero_grad()
    x_ND = images.inputs(slice(None))
    nn.functional.cross_entropy(network(x_ND), images.labels_N).backward()
    first = network.layers[0]
    through = torch.cat([each.grad.flatten() for each in first.parameters()])
    network.zero_grad()
    context = TrainContext(
        network, images, torch.device("cpu"), torch.float32, 0, 0, experiment.data, MonotonicClock()
    )
    rule = rule_for(experiment.phases[0], 1, context)
    index_B = torch.arange(len(images))
    local = rule._make_rule(1)  # type: ignore[attr-defined]
    objective, labels = local.objective(1, index_B), torch.cat(local.labels(index_B, None))
    first.learn(first.encode(x_ND).with_labels(labels), labels, objective)
    own = torch.cat([each.grad.flatten() for each in first.parameters()])
    expected = float(torch.nn.functional.cosine_similarity(own, through, dim=0))
    assert given == pytest.approx(expected, abs=1e-4)


def test_without_a_head_or_a_local_rule_there_is_nothing_to_compare(small: Make) -> None:
    readouts = small({"rule": "cafo", "ridge": [0.1, 1.0]}, model=WITHOUT_LABEL)
    for experiment in (small(), small(BACKPROP), readouts):
        training = train(experiment, device="cpu")
        list(training)
        cosines = update_cosines(experiment, 1, training.network, probe_of(experiment, 20))
        assert set(cosines) == {None}
