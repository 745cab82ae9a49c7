"""A loss that is no finite number: the layer ends, its last good weights stay, the run fails."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning import divergence
from fftui.learning.divergence import LastGoodWeights
from fftui.learning.training import Training, train

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]
HIGH = 1e30
SOFTPLUS = {"loss": "softplus"}


def trained_by(experiment: Experiment) -> tuple[Training, list[ev.Event]]:
    training = train(experiment)
    return training, list(training)


def end_of(events: list[ev.Event]) -> tuple[ev.LayerDiverged, ev.RunFinished]:
    (diverged,) = (event for event in events if isinstance(event, ev.LayerDiverged))
    assert isinstance(events[-1], ev.RunFinished)
    assert events[-2] is diverged, "nothing is learned or measured after it"
    return diverged, events[-1]


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in training.network.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(autouse=True)
def keep_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(divergence, "KEEP_EVERY_STEPS", 1)


@pytest.mark.parametrize(
    ("phase", "layer"),
    [
        (FORWARD_FORWARD | SOFTPLUS | {"learning_rate": HIGH}, 1),
        (FORWARD_FORWARD | SOFTPLUS | {"learning_rate": [0.01, HIGH]}, 2),
        (PARALLEL | SOFTPLUS | {"learning_rate": [0.01, HIGH]}, 2),
        (LOCAL | {"learning_rate": HIGH}, 1),
        (LOCAL | {"learning_rate": HIGH, "order": "parallel"}, 1),
        (BACKPROP | {"learning_rate": HIGH}, None),
    ],
)
def test_a_layer_that_diverges_ends_with_its_last_good_weights(
    small: Make, phase: dict[str, Any], layer: int | None
) -> None:
    training, events = trained_by(small(phase | {"epochs": 3}))
    diverged, end = end_of(events)
    assert (diverged.phase, diverged.layer, diverged.kept_epochs) == (1, layer, 0)
    assert diverged.epoch >= 1
    assert (end.status, end.error, end.test_accuracy) == ("failed", diverged.text, None)
    assert "phases.0.learning_rate below 1e+30" in diverged.advice
    untouched = train(small(phase))
    begun = weights(untouched)
    untouched.close()
    learned = weights(training)
    if layer == 2 and phase.get("order") != "parallel":  # the first layer has learned
        begun = {name: tensor for name, tensor in begun.items() if name.startswith("layers.1")}
    assert same(begun, learned)
    assert all(tensor.isfinite().all() for tensor in learned.values())


def test_the_weights_of_the_epoch_before_are_kept(small: Make, monkeypatch: Any) -> None:
    training = train(small(FORWARD_FORWARD | {"epochs": 3}))
    good: dict[str, torch.Tensor] = {}
    events = []
    for event in training:
        events.append(event)
        if isinstance(event, ev.EpochFinished) and (event.layer, event.epoch) == (1, 1):
            good = weights(training)
            with torch.no_grad():
                training.network.layers[0].weight.mul_(math.nan)
    diverged, end = end_of(events)
    assert (diverged.layer, diverged.epoch, diverged.step, diverged.kept_epochs) == (1, 2, 8, 1)
    assert end.status == "failed"
    assert same(good, weights(training))


def test_weights_are_looked_at_after_the_last_step(small: Make) -> None:
    training = train(small(BACKPROP | {"epochs": 1, "batch_size": 400, "learning_rate": HIGH}))
    diverged, _ = end_of(list(training))
    assert (diverged.epoch, diverged.step) == (1, 1), "its only loss was a number"
    assert all(tensor.isfinite().all() for tensor in weights(training).values())


def test_a_state_within_the_epoch_is_seen_to_be_worth_nothing(small: Make) -> None:
    training = train(small(FORWARD_FORWARD | SOFTPLUS | {"learning_rate": HIGH}))
    steps = (event for event in training if isinstance(event, ev.Stepped))
    assert [next(steps).step for _ in range(3)] == [1, 2, 3]
    assert training.is_sound
    training.state()
    assert not training.is_sound
    diverged, _ = end_of([ev.Noted(""), *training])
    assert (diverged.epoch, diverged.step) == (1, 3), "the epoch goes no further"
    assert training.is_sound
    assert all(tensor.isfinite().all() for tensor in training.state().tensors.values())


def test_a_run_that_should_go_on_does(small: Make) -> None:
    _, events = trained_by(
        small(FORWARD_FORWARD | SOFTPLUS | {"learning_rate": HIGH}, on_nan="go-on")
    )
    assert not any(isinstance(event, ev.LayerDiverged) for event in events)
    assert isinstance(events[-1], ev.RunFinished)
    assert events[-1].status == "finished"


def test_copies_are_taken_every_so_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(divergence, "KEEP_EVERY_STEPS", 50)
    tensor = torch.ones(3)
    good = LastGoodWeights([tensor, torch.tensor(3)])
    good.restore()
    assert good.are_due(0)
    good.keep(10, 1)
    assert (good.are_due(59), good.are_due(60)) == (False, True)
    tensor.fill_(1e30)
    assert not good.are_finite_now(), "no network learns with such weights"
    good.restore()
    assert good.are_finite_now()
    assert tensor.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (None, "no good weights are left"),
        (0, "from before its first epoch"),
        (4, "kept the weights after epoch 4"),
    ],
)
def test_the_event_says_where_and_what_is_left(kept: int | None, text: str) -> None:
    event = ev.LayerDiverged(2, 3, 5, 70, kept, "try less")
    assert event.text.startswith("layer 3 diverged in phase 2, epoch 5, by step 70")
    assert text in event.text
    assert ev.from_json(ev.to_json(1.0, event)) == (1.0, event)
