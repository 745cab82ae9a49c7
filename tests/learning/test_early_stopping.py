"""Stages that end when validation accuracy gains no more, and the best weights."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import pytest
import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.training import Training, train
from fftui.learning.validation_watch import ValidationWatch

from .conftest import BACKPROP, FORWARD_FORWARD, PARALLEL

Make = Callable[..., Experiment]
STOPPING = {"epochs": 8, "early_stopping": {"patience": 1, "least_gain": 0.01}}


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in training.network.state_dict().items()}


def ends(events: Iterable[ev.Event]) -> list[ev.LayerFinished]:
    return [event for event in events if isinstance(event, ev.LayerFinished)]


def validation(events: Iterable[ev.Event], layer: int | None) -> list[float]:
    """The accuracy on validation images after each epoch of a layer."""
    return [
        event.accuracy
        for event in events
        if isinstance(event, ev.Evaluated)
        and (event.split, event.layer, event.final) == ("validation", layer, False)
    ]


def epochs_until(accuracies: list[float], patience: int, least_gain: float) -> int:
    """After how many epochs patience is out, in plain steps."""
    best, since = -1.0, 0
    for epoch, accuracy in enumerate(accuracies, 1):
        if accuracy > best + least_gain:
            best, since = accuracy, epoch
        if epoch - since >= patience:
            return epoch
    return len(accuracies)


@pytest.mark.parametrize("phase", [FORWARD_FORWARD, PARALLEL, BACKPROP])
def test_each_stage_ends_when_its_patience_is_out(small: Make, phase: dict[str, Any]) -> None:
    whole = list(train(small(phase | {"epochs": 8})))
    events = list(train(small(phase | STOPPING)))
    first = ends(events)[0]
    expected = epochs_until(validation(whole, first.layer), 1, 0.01)
    assert (first.epochs, first.stopped_early, first.skipped) == (expected, True, False)
    assert expected < 8
    assert not first.kept_best
    seen = validation(events, first.layer)
    assert first.best_epoch == 1 + seen.index(max(seen))
    assert len(ends(events)) == (2 if phase is FORWARD_FORWARD else 1)
    assert isinstance(events[-1], ev.RunFinished)
    assert events[-1].status == "finished"


def test_the_best_weights_are_those_of_the_best_epoch(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, given = ValidationWatch.look, (0.5, 0.9, 0.7)
    monkeypatch.setattr(
        ValidationWatch, "look", lambda watch, _, epoch: usual(watch, given[epoch - 1], epoch)
    )
    training = train(small(BACKPROP | {"epochs": 3, "keep": "best"}))
    after: dict[int, dict[str, torch.Tensor]] = {}
    events = []
    for event in training:
        events.append(event)
        if isinstance(event, ev.EpochFinished):
            after[event.epoch] = weights(training)
    (end,) = ends(events)
    assert (end.epochs, end.best_epoch, end.best_accuracy, end.kept_best) == (3, 2, 0.9, True)
    final = weights(training)
    assert all(torch.equal(final[name], each) for name, each in after[2].items())
    assert any(not torch.equal(final[name], each) for name, each in after[3].items())


@pytest.mark.parametrize("stop_after", [12, 23, 31, 40])
def test_resuming_ends_at_the_same_epoch_with_the_same_weights(
    small: Make, stop_after: int
) -> None:
    phase = FORWARD_FORWARD | STOPPING | {"keep": "best", "learning_rate": 0.05}
    whole, first = train(small(phase)), train(small(phase))
    expected = list(whole)
    begun = list(islice(first, stop_after))
    rest = train(small(phase), state=first.state())
    events = [*begun, *rest]
    assert [(each.epochs, each.best_epoch, each.best_accuracy) for each in ends(events)] == [
        (each.epochs, each.best_epoch, each.best_accuracy) for each in ends(expected)
    ]
    resumed = weights(rest)
    assert all(torch.equal(resumed[name], each) for name, each in weights(whole).items())


@pytest.mark.parametrize("changes", [{"early_stopping": {}}, {"keep": "best"}])
def test_without_validation_images_it_is_refused(small: Make, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"phases.0.*: set data.validation_images"):
        small(FORWARD_FORWARD | changes, data={"train_images": 400})
    with pytest.raises(ValueError, match=r"phases.0.*: set evaluation.every = 1"):
        small(FORWARD_FORWARD | changes, evaluation={"every": 0})
