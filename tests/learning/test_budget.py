"""Learning that ends after a given time: what each stage has of it. Each step takes one second."""

import itertools
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.experiment.cost import shares_of_time_left
from fftui.learning.optimiser import Optimiser
from fftui.learning.training import Training, train

from .conftest import FORWARD_FORWARD

Make = Callable[..., Experiment]
LONG = FORWARD_FORWARD | {"epochs": 1000}
CAFO = {"rule": "cafo", "epochs": 1000, "batch_size": 10, "order": "parallel"}


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(perf_counter=itertools.count(0.0).__next__)
    monkeypatch.setattr("fftui.learning.stopwatch.time", clock)


def ends(training: Training) -> list[ev.LayerFinished]:
    return [event for event in training if isinstance(event, ev.LayerFinished)]


def test_each_layer_ends_after_its_share_of_the_time_that_is_left(small: Make) -> None:
    experiment = small(LONG, budget_s=60.0)
    training = train(experiment, device="cpu")
    first, second = ends(training)
    assert (first.out_of_time, second.out_of_time) == (True, True)
    assert first.text == f"out of time after {first.epochs} epochs"
    share = shares_of_time_left(experiment)[0]
    assert 0.5 < share < 0.9  # it has most of the weights
    assert 0 <= first.layer_s - 60 * share <= 2  # it may end a step, and wait for it
    assert 0 <= training.train_s - 60 <= 2


def test_time_that_a_layer_leaves_goes_to_the_next(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.learning.time_budget.shares_of_time_left", lambda _: (0.5, 1.0))
    short, long = ({"order": "parallel", "epochs": epochs} for epochs in (1, 1000))
    phases = [FORWARD_FORWARD | short, FORWARD_FORWARD | long]
    training = train(small(budget_s=40.0).changed({"phases": phases}), device="cpu")
    first, second = ends(training)
    assert (first.epochs, first.out_of_time, second.out_of_time) == (1, False, True)
    assert first.layer_s < 10
    assert 0 <= training.train_s - 40 <= 2


def test_a_resumed_run_has_what_is_left(small: Make) -> None:
    experiment = small(LONG, budget_s=60.0)
    begun = train(experiment, device="cpu")
    steps = (event for event in begun if isinstance(event, ev.Stepped))
    next(itertools.islice(steps, 17, None))
    resumed = train(experiment, device="cpu", state=begun.state())
    assert [end.out_of_time for end in ends(resumed)] == [True, True]
    assert 0 <= resumed.train_s - 60 <= 2


def test_rates_fall_within_the_time(small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[float] = []
    set_step = Optimiser.set_step
    monkeypatch.setattr(
        Optimiser, "set_step", lambda self, at: (used.append(self.time_used), set_step(self, at))
    )
    list(train(small(LONG | {"schedule": "cosine", "order": "parallel"}, budget_s=30.0)))
    assert used == sorted(used)
    assert used[0] < 0.2
    assert 0.8 < used[-1] < 1


def test_readouts_are_solved_with_the_images_there_was_time_for(small: Make) -> None:
    experiment = small(
        CAFO,
        budget_s=20.0,
        model={"layers": [{"units": 24}], "label": {"encoding": "none"}},
    )
    training = train(experiment, device="cpu")
    *_, finished = training
    assert isinstance(finished, ev.RunFinished)
    readout = training.network.state_dict()["_kept.readout_1.weight"]
    assert torch.linalg.vector_norm(readout) > 0
