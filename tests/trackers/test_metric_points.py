"""Events as points of curves."""

import math

from fftui import events as ev
from fftui.trackers.metric_points import MetricPoint, MetricPoints, latest


def epoch(layer: int | None, number: int, step: int, loss: float) -> ev.EpochFinished:
    return ev.EpochFinished(1, layer, number, step, loss, None, None, None, None, 10.0, 1.0, 0.5)


def points(*events: ev.Event) -> list[MetricPoint]:
    made = MetricPoints()
    return [point for at, event in enumerate(events) for point in made.of(100.0 + at, event)]


def named(found: list[MetricPoint], name: str) -> list[tuple[int, float]]:
    return [(each.step, each.value) for each in found if each.name == name]


def test_steps_count_over_the_whole_run() -> None:
    found = points(
        epoch(1, 1, 5, 0.5),
        epoch(1, 2, 10, 0.25),
        epoch(2, 1, 5, 2.0),
        ev.Evaluated(1, 2, 1, "test", True, 0.75, (0.5, 0.7), (3,), (4,), 0.1, head_accuracy=0.6),
    )
    assert named(found, "loss/phase-1-layer-1") == [(5, 0.5), (10, 0.25)]
    assert named(found, "loss/phase-1-layer-2") == [(15, 2.0)]
    assert named(found, "final_accuracy/test") == [(15, 0.75)]
    assert named(found, "final_layer_accuracy/test-layer-2") == [(15, 0.7)]
    assert named(found, "final_head_accuracy/test") == [(15, 0.6)]
    assert named(found, "goodness_positive/phase-1-layer-1") == []


def test_layers_in_parallel_have_the_step_of_their_epoch() -> None:
    means = [ev.LayerMeans(1, layer, 1, 0.5 * layer, 3.0, 1.0, 2.0) for layer in (1, 2)]
    found = points(*means, epoch(None, 1, 7, 1.5))
    assert named(found, "loss/phase-1-layer-2") == [(7, 1.0)]
    assert named(found, "goodness_negative/phase-1-layer-1") == [(7, 1.0)]
    assert named(found, "loss/phase-1-network") == [(7, 1.5)]


def test_what_a_resumed_run_states_again_counts_once_and_no_number_is_no_point() -> None:
    found = points(epoch(1, 1, 5, 0.5), epoch(1, 2, 10, 0.4), epoch(1, 2, 10, 0.3))
    assert named(latest(found), "loss/phase-1-layer-1") == [(5, 0.5), (10, 0.3)]
    assert named(points(epoch(1, 1, 5, math.nan)), "loss/phase-1-layer-1") == []


def test_the_machine_is_over_seconds() -> None:
    sample = ev.TelemetrySampled(1, 1, 1, process_cpu_percent=50.0, gpu_throttle_reasons="none")
    found = points(epoch(1, 1, 5, 0.5), sample, sample)
    assert named(found, "machine/process_cpu_percent") == [(1, 50.0), (2, 50.0)]
    assert not [each for each in found if "throttle" in each.name]
