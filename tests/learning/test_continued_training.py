"""A training that goes on from its state: as if it had never stopped."""

from collections.abc import Callable
from itertools import islice

import pytest
import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.state import TrainingState
from fftui.learning.training import train

from .conftest import PARALLEL, PHASES
from .trainings import of, weights

Make = Callable[..., Experiment]
CONVOLUTIONS = {
    "layers": [
        {"kind": "convolution", "channels": 4, "kernel": 3, "padding": 1},
        {"kind": "convolution", "channels": 6, "kernel": 3, "padding": 1, "pooling": "none"},
    ],
    "label": {"encoding": "random-plane"},
    "head": {"kind": "linear", "normalisation": "rms"},
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("stop_after", [1, 3, 9, 13, 19, 1000])
def test_resuming_gives_the_same_weights_bit_by_bit(
    small: Make, phase: dict[str, object], stop_after: int
) -> None:
    whole = train(small(phase))
    expected_last = list(whole)[-1]
    first = train(small(phase))
    list(islice(first, stop_after))
    state = first.state()
    first.close()
    rest = train(small(phase), state=state)
    last = list(rest)[-1]
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(rest)[name]), name
    assert isinstance(last, ev.RunFinished)
    assert isinstance(expected_last, ev.RunFinished)
    assert last.test_accuracy == expected_last.test_accuracy
    assert last.layer_accuracies == expected_last.layer_accuracies
    assert last.depth_accuracies == expected_last.depth_accuracies


@pytest.mark.parametrize("stop_after", [2, 4, 9])
def test_a_network_with_batch_norm_and_augmented_images_resumes_bit_by_bit(
    small: Make, stop_after: int
) -> None:
    data = {
        "normalisation": "unit",
        "train_images": 200,
        "test_images": 20,
        "shift": 1,
        "flip": True,
        "augment": {"rotation": 10.0, "area": 0.8, "brightness": 0.2, "contrast": 0.2},
    }
    fields = {
        "model": CONVOLUTIONS,
        "data": data,
        "phases": [PARALLEL, PARALLEL | {"order": "parallel"}],
    }
    whole, first = train(small(PARALLEL, **fields)), train(small(PARALLEL, **fields))
    list(whole)
    list(islice(first, stop_after))
    rest = train(small(PARALLEL, **fields), state=first.state())
    list(rest)
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(rest)[name]), name


def test_an_epoch_stopped_in_its_middle_reports_the_means_of_the_whole(small: Make) -> None:
    means = [(e.loss, e.goodness_positive) for e in of(train(small()), ev.EpochFinished)]  # type: ignore[attr-defined]
    first = train(small())
    next(event for event in first if isinstance(event, ev.Stepped) and event.step == 3)
    rest = of(train(small(), state=first.state()), ev.EpochFinished)
    assert [(e.loss, e.goodness_positive) for e in rest] == means  # type: ignore[attr-defined]


@pytest.mark.parametrize("heard", [1, 2])
def test_a_run_that_is_stopped_before_it_goes_on_loses_nothing(small: Make, heard: int) -> None:
    """Resumed in mid-epoch and stopped at its start: what the optimiser knew is in the next state
    too.
    """
    whole, first = train(small()), train(small())
    list(whole)
    next(event for event in first if isinstance(event, ev.Stepped) and event.done == 6)
    second = train(small(), state=first.state())
    list(islice(second, heard))
    again = second.state()
    assert {name for name in again.tensors if name.startswith("learner.")}
    third = train(small(), state=again)
    list(third)
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(third)[name]), name


def test_a_state_ends_the_window_that_its_batches_are_in(small: Make) -> None:
    training = train(small())
    next(event for event in training if isinstance(event, ev.Stepped) and event.done == 2)
    assert training.state().progress.times.compute_s > 0
    assert [(window.doing, window.steps) for window in training.pop_windows()] == [("learning", 2)]


def test_state_names_and_position(small: Make) -> None:
    training = train(small())
    next(event for event in training if isinstance(event, ev.Stepped) and event.epoch == 2)
    state = training.state()
    assert isinstance(state, TrainingState)
    assert (state.progress.epoch, state.progress.step, state.progress.stage) == (1, 1, 0)
    assert training.epoch_key == (1, 1, 2)
    assert {"learner.sums", "learner.0.exp_avg", "network._layers.0.weight"} <= set(state.tensors)
    assert type(state.progress).from_json(state.progress.to_json()) == state.progress
