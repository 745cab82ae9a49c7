"""What an epoch that takes long has brought so far, and that stating it changes nothing."""

from collections.abc import Callable

import pytest
import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning import layer_means
from fftui.learning.layer_means import SO_FAR_EVERY_S, SoFar
from fftui.learning.training import train

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_means, "SO_FAR_EVERY_S", 0.0)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("phase", [FORWARD_FORWARD, PARALLEL, LOCAL, BACKPROP])
def test_an_epoch_states_the_means_of_its_images_so_far(
    small: Make, phase: dict[str, object]
) -> None:
    training, steps, stated = train(small(phase)), 0, 0
    for event in training:
        if isinstance(event, ev.Stepped):
            steps += event.step < event.steps
        if isinstance(event, ev.MeansSoFar):
            stated += 1
            sums = training.state().tensors["learner.sums"].view(-1, 2 if phase is BACKPROP else 4)
            row = sums[event.layer - 1 if event.layer and phase in (PARALLEL, LOCAL) else 0]
            means = (row[:-1] / row[-1]).tolist()
            found = [event.loss, event.goodness_positive, event.goodness_negative]
            assert found[: len(means)] == pytest.approx(means)
            assert row[-1] == event.step * 100  # images
    assert stated == steps * (2 if phase in (PARALLEL, LOCAL) else 1)


def test_looking_changes_neither_weights_nor_means(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def learned() -> tuple[dict[str, torch.Tensor], list[float]]:
        training = train(small(PARALLEL))
        losses = [e.loss for e in training if isinstance(e, ev.LayerMeans)]
        return training.state().tensors, losses

    (plain, losses) = learned()
    monkeypatch.setattr(layer_means, "SO_FAR_EVERY_S", 0.0)
    (looked_at, same_losses) = learned()
    assert same_losses == losses
    assert all(torch.equal(plain[name], looked_at[name]) for name in plain)


@pytest.mark.usefixtures("always")
def test_readouts_that_are_solved_for_after_an_epoch_state_nothing(small: Make) -> None:
    phase = {"rule": "cafo", "epochs": 1, "batch_size": 50}
    model = {"layers": [{"units": 20}], "label": {"encoding": "none"}}
    events = list(train(small(phase, model=model)))
    assert any(isinstance(e, ev.EpochFinished) for e in events)
    assert not any(isinstance(e, ev.MeansSoFar) for e in events)


def test_an_epoch_is_looked_at_every_few_seconds() -> None:
    so_far, every = SoFar(), SO_FAR_EVERY_S
    assert [so_far.is_due(s) for s in (0.1, every, every + 0.1, 2.5 * every)] == [
        False,
        True,
        False,
        True,
    ]
    assert [so_far.is_due(s) for s in (0.1, every)] == [False, True]  # the next epoch
