"""`train()` as a generator of events: what it states, and that it learns."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from fftui import events as ev
from fftui.bits import unpack_bits
from fftui.experiment import Experiment
from fftui.learning import prepared
from fftui.learning.training import train

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL, PHASES
from .trainings import of, weights

Make = Callable[..., Experiment]


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
        assert torch.equal(right_N, (predicted_N == images.labels_N).cpu())
        assert int(right_N.sum()) == sum(event.class_correct)
        assert ev.from_json(ev.to_json(1.0, event))[1] == event
        depths = 0 if phases[-1]["rule"] == "backprop" else 2
        assert len(event.depth_correct) == len(event.depth_accuracies) == depths
        if depths and phases[-1] is not BY_HEAD:
            assert event.depth_correct[-1] == event.correct
            assert event.depth_accuracies[0] == event.layer_accuracies[0]
            assert event.depth_accuracies[1] == event.accuracy


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
