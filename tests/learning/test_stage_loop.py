"""The epochs and steps of a stage: what is learned, stated and skipped."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.training import train

from .conftest import FORWARD_FORWARD, PARALLEL
from .trainings import of, weights

Make = Callable[..., Experiment]


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
