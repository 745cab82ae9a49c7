"""`train()` as a generator of events: what it states, that it learns, and that it goes on where it
stopped.
"""

import math
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from fftui import events as ev
from fftui.bits import unpack_bits
from fftui.experiment import Experiment
from fftui.learning import prepared
from fftui.learning.state import TrainingState
from fftui.learning.training import Training, train

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]
PHASES = [
    FORWARD_FORWARD,
    FORWARD_FORWARD
    | {"negatives": "fixed", "loss": "softplus", "schedule": "cosine", "goodness": "sum-square"},
    PARALLEL,
    LOCAL,
    LOCAL | {"order": "layer-wise"},
    BACKPROP,
    BACKPROP | {"optimizer": {"kind": "adamw", "weight_decay": 0.01, "clip_norm": 1.0}},
    PARALLEL
    | {
        "learning_rate": [0.01, 0.003],
        "schedule": "cosine",
        "optimizer": {"kind": "sgd", "momentum": 0.9, "clip_norm": 1.0, "final_rate": 0.1},
    },
]
CONVOLUTIONS = {
    "layers": [
        {"kind": "convolution", "channels": 4, "kernel": 3, "padding": 1},
        {"kind": "convolution", "channels": 6, "kernel": 3, "padding": 1, "pooling": "none"},
    ],
    "label": {"encoding": "random-plane"},
    "head": {"kind": "linear", "normalisation": "rms"},
}


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {
        name: tensor
        for name, tensor in training.state().tensors.items()
        if name.startswith("network.")
    }


def of(events: Iterable[ev.Event], kind: type[ev.Event]) -> list[ev.Event]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("phase", PHASES)
def test_events_come_in_order_and_count_right(small: Make, phase: dict[str, object]) -> None:
    events = list(train(small(phase)))
    together = (
        small(phase).phases[0].rule == "backprop" or small(phase).phases[0].order == "parallel"
    )
    layers = 1 if together else 2
    started = events[0]
    assert isinstance(started, ev.RunStarted)
    assert isinstance(events[-1], ev.RunFinished)
    steps = of(events, ev.Stepped)
    assert len(steps) == started.total_steps == layers * 2 * 4
    assert started.stage_steps == (2 * 4,) * layers
    assert len(started.step_costs) == layers
    assert all(cost > 0 for cost in started.step_costs)
    assert [step.done for step in steps] == list(range(1, len(steps) + 1))  # type: ignore[attr-defined]
    assert len(of(events, ev.EpochFinished)) == layers * 2
    assert len(of(events, ev.LayerFinished)) == layers
    finals = [event.split for event in of(events, ev.Evaluated) if event.final]  # type: ignore[attr-defined]
    assert finals == ["train", "validation", "test"]


HYBRID = [FORWARD_FORWARD, BACKPROP]
BY_HEAD = PARALLEL | {"prediction": "head"}


@pytest.mark.parametrize(
    "phases", [*([phase] for phase in PHASES), HYBRID, HYBRID[::-1], [BY_HEAD]]
)
def test_the_end_says_of_each_image_whether_it_is_right(
    small: Make, phases: list[dict[str, Any]]
) -> None:
    head = {"kind": "linear", "normalisation": "rms"}
    layers = [{"units": 24, "normalisation": "rms"}, {"units": 16, "normalisation": "rms"}]
    fields = {"phases": phases, "model": {"layers": layers, "head": head}}
    training = train(small(phases[-1], **(fields if len(phases) > 1 else {})))
    evaluations = [event for event in training if isinstance(event, ev.Evaluated)]
    assert not any(e.correct or e.depth_correct for e in evaluations if not e.final)
    splits = {
        "train": training._images.train,
        "validation": training._images.validation,
        "test": training._images.test,
    }
    for event in [e for e in evaluations if e.final]:
        images = splits[event.split]
        assert images is not None
        predicted_N = training.trained.predict(images.pixels)
        assert event.correct is not None
        right_N = torch.from_numpy(unpack_bits(event.correct, len(images)))
        assert torch.equal(right_N, predicted_N == images.labels_N)
        assert int(right_N.sum()) == sum(event.class_correct)
        assert ev.from_json(ev.to_json(1.0, event))[1] == event
        depths = 0 if phases[-1]["rule"] == "backprop" else 2
        assert len(event.depth_correct) == len(event.depth_accuracies) == depths
        if depths and phases[-1] is not BY_HEAD:
            assert event.depth_correct[-1] == event.correct
            assert event.depth_accuracies[0] == event.layer_accuracies[0]
            assert event.depth_accuracies[1] == event.accuracy


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


def test_layers_in_parallel_tell_their_means_apart(small: Make) -> None:
    events = list(train(small(PARALLEL)))
    means = of(events, ev.LayerMeans)
    assert [(m.layer, m.epoch) for m in means] == [(1, 1), (2, 1), (1, 2), (2, 2)]  # type: ignore[attr-defined]
    epochs = of(events, ev.EpochFinished)
    for epoch in epochs:
        losses = [m.loss for m in means if m.epoch == epoch.epoch]  # type: ignore[attr-defined]
        assert epoch.loss == pytest.approx(sum(losses))  # type: ignore[attr-defined]
        assert epoch.goodness_positive is None  # type: ignore[attr-defined]
    started = of(events, ev.LayerStarted)
    assert [e.parallel for e in started] == [(1, 2)]  # type: ignore[attr-defined]
    last = [e for e in of(events, ev.Evaluated) if e.final][-1]  # type: ignore[attr-defined]
    assert last.head_accuracy is not None  # type: ignore[attr-defined]


def test_an_epoch_stopped_in_its_middle_reports_the_means_of_the_whole(small: Make) -> None:
    means = [(e.loss, e.goodness_positive) for e in of(train(small()), ev.EpochFinished)]  # type: ignore[attr-defined]
    first = train(small())
    next(event for event in first if isinstance(event, ev.Stepped) and event.step == 3)
    rest = of(train(small(), state=first.state()), ev.EpochFinished)
    assert [(e.loss, e.goodness_positive) for e in rest] == means  # type: ignore[attr-defined]


def test_the_images_of_a_seed_are_the_same_whatever_learns_from_them(small: Make) -> None:
    """What paired tests need: the same validation and test images in the same order."""
    wide = {"layers": [{"units": 40}]}
    longer = FORWARD_FORWARD | {"epochs": 3, "batch_size": 50}
    fewer = {
        "normalisation": "standard",
        "train_images": 200,
        "validation_images": 100,
        "test_images": 100,
    }
    first = train(small())
    others = [small(longer, model=wide), small(LOCAL), small(BACKPROP), small(data=fewer)]
    for other in map(train, others):
        for one, same in (
            (first._images.validation, other._images.validation),
            (first._images.test, other._images.test),
        ):
            assert one is not None
            assert same is not None
            assert torch.equal(one.pixels, same.pixels)
            assert torch.equal(one.labels_N, same.labels_N)
    drawn = train(small(seed=1))
    assert not torch.equal(first._images.test.pixels, drawn._images.test.pixels)


def test_other_seeds_give_other_weights(small: Make) -> None:
    runs = [train(small(seed=seed)) for seed in (0, 0, 1)]
    same, again, other = ([*run, weights(run)["network._layers.0.weight"]][-1] for run in runs)
    assert torch.equal(same, again)
    assert not torch.equal(same, other)


@pytest.mark.parametrize("cache_bytes", [0, 400 * 784 * 4, 400 * 784 * 4 + 400 * 24 * 4])
@pytest.mark.parametrize("negatives", ["fixed", "random"])
def test_the_cache_changes_nothing_but_memory(
    small: Make, cache_bytes: int, negatives: str
) -> None:
    phase = FORWARD_FORWARD | {"negatives": negatives}
    plain, tight = train(small(phase)), train(small(phase, cache_bytes=cache_bytes))
    list(plain)
    list(tight)
    for name, tensor in weights(plain).items():
        torch.testing.assert_close(weights(tight)[name], tensor, msg=name)


def test_forward_forward_learns_real_digits(small: Make) -> None:
    phase = FORWARD_FORWARD | {
        "epochs": 6,
        "batch_size": 64,
        "learning_rate": 0.006,
        "schedule": "cosine",
    }
    model = {
        "layers": [{"units": 128, "normalisation": "rms"}, {"units": 128, "normalisation": "rms"}]
    }
    data = {"normalisation": "unit", "train_images": 3000, "test_images": 500}
    last = list(train(small(phase, model=model, data=data)))[-1]
    assert isinstance(last, ev.RunFinished)
    assert last.test_accuracy is not None
    assert last.test_accuracy > 0.8
    assert len(last.layer_accuracies) == 2


def test_backprop_learns_real_digits(small: Make) -> None:
    data = {"normalisation": "standard", "train_images": 3000, "test_images": 500}
    model = {"layers": [{"units": 64, "normalisation": "none"}], "head": {"kind": "linear"}}
    last = list(train(small(BACKPROP | {"epochs": 5}, data=data, model=model)))[-1]
    assert isinstance(last, ev.RunFinished)
    assert last.test_accuracy is not None
    assert last.test_accuracy > 0.8
    assert last.layer_accuracies == ()


def test_lower_layers_are_fixed_while_a_layer_learns(small: Make) -> None:
    training = train(small())
    next(event for event in training if isinstance(event, ev.LayerFinished))
    before = weights(training)
    list(training)
    after = weights(training)
    for name in ("weight", "bias"):
        assert torch.equal(before[f"network._layers.0.{name}"], after[f"network._layers.0.{name}"])
        assert not torch.equal(
            before[f"network._layers.1.{name}"], after[f"network._layers.1.{name}"]
        )


def test_skipping_a_layer_goes_on_with_the_next(small: Make) -> None:
    training = train(small())
    events = []
    for event in training:
        events.append(event)
        if isinstance(event, ev.Stepped) and event.done == 2:
            training.skip_layer()
    finished = [e for e in events if isinstance(e, ev.LayerFinished)]
    assert [(e.layer, e.skipped, e.epochs) for e in finished] == [(1, True, 0), (2, False, 2)]
    steps = [e for e in events if isinstance(e, ev.Stepped)]
    assert steps[-1].done == steps[-1].total


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


def test_the_time_of_a_skipped_epoch_is_the_skipped_layers(small: Make) -> None:
    training, read = train(small()), 0.0
    for event in training:
        if isinstance(event, ev.Stepped) and event.layer == 1 and event.step == 3:
            training.skip_layer()
        if isinstance(event, ev.LayerFinished) and event.layer == 1:
            read = training.ended("interrupted").compute_s or 0.0
        if isinstance(event, ev.EpochFinished):
            assert event.compute_s <= event.epoch_s
    assert read > 0


def test_a_wish_to_skip_while_a_layer_is_prepared_skips_none(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = train(small())
    rule = training._rules[0]
    prepare = rule.trainer

    def pressed(*arguments: Any) -> Any:
        training.skip_layer()
        trainer = prepare(*arguments)
        training.skip_layer()
        return trainer

    monkeypatch.setattr(rule, "trainer", pressed)
    assert [e.skipped for e in training if isinstance(e, ev.LayerFinished)] == [False, False]


def test_a_state_ends_the_window_that_its_batches_are_in(small: Make) -> None:
    training = train(small())
    next(event for event in training if isinstance(event, ev.Stepped) and event.done == 2)
    assert training.state().progress.times.compute_s > 0
    assert [(window.doing, window.steps) for window in training.pop_windows()] == [("learning", 2)]


def test_making_a_network_is_no_reading_of_images(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = prepared.Network

    def slow(*arguments: Any) -> Any:
        time.sleep(0.2)
        return network(*arguments)

    monkeypatch.setattr(prepared, "Network", slow)
    end = train(small()).ended("interrupted")
    assert end.data_s is not None
    assert end.e2e_s is not None
    assert end.e2e_s - end.data_s >= 0.2


def test_a_request_to_skip_between_layers_skips_none(small: Make) -> None:
    training = train(small())
    events = []
    for event in training:
        events.append(event)
        if isinstance(event, ev.LayerFinished) and event.layer == 1:
            training.skip_layer()
    assert [e.skipped for e in events if isinstance(e, ev.LayerFinished)] == [False, False]


def test_a_loss_that_is_not_a_number_is_noted_where_the_run_goes_on(small: Make) -> None:
    diverging = FORWARD_FORWARD | {"learning_rate": 1e30, "loss": "softplus"}
    events = list(train(small(diverging, on_nan="go-on")))
    assert isinstance(events[-1], ev.RunFinished)
    assert events[-1].status == "finished"
    assert any(
        "no longer a number" in event.message for event in events if isinstance(event, ev.Noted)
    )


def test_evaluation_splits_too_large_to_cache_have_the_same_scores(small: Make) -> None:
    plain, tight = train(small()), train(small(cache_bytes=0))
    scores = [
        [(e.accuracy, e.layer_accuracies) for e in run if isinstance(e, ev.Evaluated)]
        for run in (plain, tight)
    ]
    assert scores[0] == scores[1]


def test_two_phases_share_one_network(small: Make) -> None:
    model = {"layers": [{"units": 24, "normalisation": "rms"}], "head": {"kind": "linear"}}
    events = list(train(small(phases=[FORWARD_FORWARD, BACKPROP], model=model)))
    assert [(e.phase, e.rule) for e in events if isinstance(e, ev.PhaseStarted)] == [
        (1, "forward-forward"),
        (2, "backprop"),
    ]
    assert [e.layer for e in events if isinstance(e, ev.LayerFinished)] == [1, None]
    started = events[0]
    assert isinstance(started, ev.RunStarted)
    assert sum(started.stage_steps) == started.total_steps
    assert len(started.step_costs) == len(started.stage_steps) == 2


def test_the_memory_of_each_layer_and_of_before_is_stated(small: Make) -> None:
    events = list(train(small()))
    started, layers = events[0], of(events, ev.LayerFinished)
    assert isinstance(started, ev.RunStarted)
    if not Path("/proc/self/clear_refs").exists():
        assert started.memory_before_bytes is None
        return
    assert started.memory_before_bytes
    peaks = [event.peak_memory_bytes for event in layers if isinstance(event, ev.LayerFinished)]
    assert len(peaks) > 1
    assert all(peak and peak > started.memory_before_bytes / 2 for peak in peaks)


def test_the_moment_says_what_is_done_and_a_checkpoint_is_not_learning(small: Make) -> None:
    training = train(small())
    assert training.moment == ("loading", None, None, None)
    next(event for event in training if isinstance(event, ev.Stepped))
    assert training.moment == ("learning", 1, 1, 1)
    training.state()
    assert training.moment == ("rest", 1, 1, 1)
    next(event for event in training if isinstance(event, ev.Evaluated))
    assert training.moment == ("evaluating", 1, 1, 1)
    training.rest()
    assert training.moment.doing == "rest"


def test_state_names_and_position(small: Make) -> None:
    training = train(small())
    next(event for event in training if isinstance(event, ev.Stepped) and event.epoch == 2)
    state = training.state()
    assert isinstance(state, TrainingState)
    assert (state.progress.epoch, state.progress.step, state.progress.stage) == (1, 1, 0)
    assert training.epoch_key == (1, 1, 2)
    assert {"learner.sums", "learner.0.exp_avg", "network._layers.0.weight"} <= set(state.tensors)
    assert type(state.progress).from_json(state.progress.to_json()) == state.progress


def test_a_last_batch_of_one_image_is_learned_behind_batch_norm(small: Make) -> None:
    data = {"normalisation": "unit", "train_images": 101, "test_images": 10}
    model = {"layers": [{"units": 20, "normalisation": "batch"}], "head": {"kind": "linear"}}
    assert isinstance(list(train(small(BACKPROP, data=data, model=model)))[-1], ev.RunFinished)


def test_weights_of_norm_zero_stay_zero_when_divided_by_it(small: Make) -> None:
    model = {"layers": [{"units": 20, "init": "normal"}], "head": {"kind": "linear"}}
    events = list(train(small(BACKPROP | {"weights": "unit-norm"}, model=model)))
    assert all(
        torch.isfinite(torch.tensor(e.loss)) for e in events if isinstance(e, ev.EpochFinished)
    )


@pytest.mark.parametrize(
    ("phase", "model", "words"),
    [
        (
            BACKPROP | {"inputs": "raw"},
            {"label": {"encoding": "appended"}, "head": {}},
            "has no room",
        ),
        (LOCAL, {"layers": [{"units": 5}], "label": {"encoding": "none"}}, "groups"),
        (
            BACKPROP,
            {"layers": [{"kind": "self-attention", "units": 10}], "head": {"kind": "last-layer"}},
            "last layer",
        ),
        (BACKPROP, {}, "needs a classifier"),
        (PARALLEL, {}, "hard negatives need"),
        (FORWARD_FORWARD, {"label": {"encoding": "random-plane"}}, "'convolution'"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    small: Make, phase: dict[str, object], model: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        small(phase, model={"layers": [{"units": 20}]} | model)


def test_inputs_are_kept_as_far_as_the_memory_of_the_group_goes(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = small(FORWARD_FORWARD | {"negatives": "fixed"})
    free, notes = [], []
    for bytes_free in (math.inf, 1e9, 1e5):
        monkeypatch.setattr(prepared, "free_memory_bytes", lambda _, b=bytes_free: b)
        training = train(experiment)
        notes.append([e.message for e in training if isinstance(e, ev.Noted)])
        free.append(training._rules[0]._context.cache_bytes)
    assert free == [experiment.cache_bytes, min(experiment.cache_bytes, free[1]), 0]
    assert notes[:2] == [[], []], "all that it keeps fits"
    assert notes[2] == [notes[2][0]]
    assert "since no more memory is free" in notes[2][0]
