"""CaFo: readouts of random layers are numpy's ridge regression; what is chosen is chosen on
validation images.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.training import Training, train

CONVOLUTION = {"kind": "convolution", "channels": 4, "kernel": 3, "padding": 1}


def experiment(**phase: Any) -> Experiment:
    return Experiment.model_validate(
        {
            "precision": "float32",
            "data": {"train_images": 300, "validation_images": 200, "test_images": 50},
            "model": {
                "layers": [CONVOLUTION, CONVOLUTION, {"units": 30}],
                "label": {"encoding": "none"},
            },
            "phases": [{"rule": "cafo", "batch_size": 128} | phase],
            "evaluation": {"images": 200},
        }
    )


def trained(described: Experiment) -> Training:
    training = train(described, device="cpu")
    list(training)
    return training


def activities(training: Training) -> list[Tensor]:
    images = training._images.train
    return [z.double() for z in training.trained.rule.activities(images)]


def test_readouts_are_ridge_regressions_of_the_labels_on_random_activities() -> None:
    training = trained(experiment(ridge=[0.3]))
    before = train(experiment(), device="cpu").network.state_dict()
    after = training.network.state_dict()
    for name in ("_layers.0.weight", "_layers.1.weight", "_layers.2.weight"):
        assert torch.equal(before[name], after[name])
    labels = np.eye(10)[training._images.train.labels_N.numpy()]
    outputs = np.zeros_like(labels)
    for number, z in enumerate(map(Tensor.numpy, activities(training)), 1):
        centred, variance = z - z.mean(0), z.var(0)
        penalty = np.diag(0.3 * np.maximum(variance, 0.01 * variance.mean()))
        matrix = centred.T @ centred / len(z) + penalty
        wanted = np.linalg.solve(matrix, centred.T @ (labels - labels.mean(0)) / len(z))
        got = after[f"_kept.readout_{number}.weight"].numpy()
        np.testing.assert_allclose(got, wanted, rtol=0.01, atol=1e-4)
        outputs += centred @ wanted + labels.mean(0)
    scores = training.trained.rule.class_scores(training._images.train)
    np.testing.assert_allclose(scores.numpy(), outputs, atol=2e-3)


def test_one_pass_for_all_layers_gives_the_same_readouts() -> None:
    # one regulariser: which of several validation likes best turns on the last bits of a score
    apart, together = (
        trained(experiment(order=order, ridge=[0.3])) for order in ("layer-wise", "parallel")
    )
    scores = [each.trained.rule.class_scores(apart._images.train) for each in (apart, together)]
    torch.testing.assert_close(*scores, rtol=0, atol=2e-3)


def test_each_layer_takes_the_regulariser_that_validation_images_like_best() -> None:
    chosen = trained(experiment(ridge=[1e-3, 1.0, 1e4]))
    alone = {ridge: trained(experiment(ridge=[ridge])) for ridge in (1e-3, 1.0, 1e4)}
    for number in (1, 2, 3):
        ridge = float(chosen.network.state_dict()[f"_kept.readout_{number}.ridge"])
        shares = {each: validation_share(alone[each], number) for each in alone}
        best = min(alone, key=lambda each: abs(each - ridge))
        assert shares[best] == max(shares.values())


def validation_share(training: Training, number: int) -> float:
    images = training._images.validation
    assert images is not None
    return training.trained.rule.score(images).layer_accuracies[number - 1]


def test_a_pass_that_is_resumed_ends_with_the_same_bits() -> None:
    whole, begun = (train(experiment(), device="cpu") for _ in range(2))
    list(whole)
    steps = (event for event in begun if isinstance(event, ev.Stepped))
    for _ in range(5):  # within the pass of the second convolution, whose inputs are standardised
        next(steps)
    resumed = train(experiment(), device="cpu", state=begun.state())
    list(resumed)
    weights = resumed.network.state_dict()
    assert all(torch.equal(each, weights[k]) for k, each in whole.network.state_dict().items())
