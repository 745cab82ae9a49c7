"""Journal lines: what was written is read back, and what is no event is refused."""

import json
from dataclasses import MISSING, fields
from typing import Any

import pytest

from fftui import events as ev

EVALUATED = ev.Evaluated(1, None, 2, "test", True, 0.5, (0.5, 0.25), (3, 4), (5, 6), 0.1)


def line(**changes: Any) -> str:
    return json.dumps(json.loads(ev.to_json(1.0, EVALUATED)) | changes)


def test_what_was_written_is_read_back() -> None:
    assert ev.from_json(ev.to_json(1.5, EVALUATED)) == (1.5, EVALUATED)
    assert ev.from_json(line(later="unknown")) == (1.0, EVALUATED)
    assert ev.from_json(line(accuracy=1))[1] == ev.Evaluated(
        1, None, 2, "test", True, 1, (0.5, 0.25), (3, 4), (5, 6), 0.1
    )


def test_a_number_that_is_not_finite_is_missing() -> None:
    diverged = ev.EpochFinished(
        1, 1, 1, 4, float("nan"), float("inf"), None, None, None, 1.0, 1.0, 1.0
    )
    _, found = ev.from_json(ev.to_json(1.0, diverged))
    assert isinstance(found, ev.EpochFinished)
    assert (found.loss, found.goodness_positive) == (None, None)


def test_journals_of_before_a_field_was_added_are_still_read() -> None:
    body = json.loads(ev.to_json(1.0, EVALUATED))
    assert "head_accuracy" not in body  # left out where there is none
    assert ev.from_json(json.dumps(body)) == (1.0, EVALUATED)
    start = (
        '{"at": 1, "event": "layer-started", "phase": 1, "layer": null, "epochs": 2, "threshold":'
        " null}"
    )
    assert ev.from_json(start) == (1.0, ev.LayerStarted(1, None, 2, None, ()))


def test_layers_in_parallel_are_read_back() -> None:
    for event in (
        ev.LayerStarted(1, None, 2, None, (1, 2)),
        ev.LayerMeans(1, 2, 1, 0.5, 2.0, None, None),
    ):
        assert ev.from_json(ev.to_json(1.0, event)) == (1.0, event)


@pytest.mark.parametrize("kind", sorted(ev.EVENTS))
def test_a_missing_field_is_no_event(kind: str) -> None:
    name = next(field.name for field in fields(ev.EVENTS[kind]) if field.default is MISSING)
    with pytest.raises(ValueError, match="without its field"):
        ev.from_json(json.dumps({"at": 1.0, "event": kind}))
    with pytest.raises(ValueError, match="without its field"):
        ev.from_json(json.dumps({"at": 1.0, "event": kind, "unknown": name}))


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": "1"},
        {"phase": None},
        {"phase": True},
        {"layer": 1.5},
        {"split": None},
        {"final": 1},
        {"accuracy": "0.5"},
        {"layer_accuracies": None},
        {"layer_accuracies": ["0.5"]},
        {"class_correct": [0.5]},
        {"at": None},
        {"at": "now"},
        {"event": ["evaluated"]},
    ],
)
def test_a_value_of_another_type_is_no_event(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ev.from_json(line(**changes))


def test_an_unknown_status_is_no_event() -> None:
    with pytest.raises(ValueError, match="no value of the field 'status'"):
        ev.from_json('{"at": 1, "event": "status", "status": "asleep"}')


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (ev.MetricsUnavailable(("power_w",), "Not Supported"), "figures"),
        (
            ev.RunStarted(
                "r", "e", "d", "cpu", "float32", ("1",), 9, 8, 0, 0, False, (4, 5), (1.0, 2.0)
            ),
            "stretch_steps",
        ),
    ],
)
def test_the_keys_of_published_journals_stay(event: ev.Event, key: str) -> None:
    written = ev.to_json(1.0, event)
    assert key in json.loads(written)
    assert ev.from_json(written) == (1.0, event)


def test_unavailable_metrics_are_named_together() -> None:
    cpu = ev.MetricsUnavailable(("cpu_power_w", "cpu_energy_j"), "root only")
    assert cpu.text == "no energy of the CPU: root only"
    gpu = ("gpu_utilization_percent", "power_w", "gpu_energy_j")
    assert ev.MetricsUnavailable(gpu, "no NVIDIA GPU").text == "no GPU metrics: no NVIDIA GPU"
    assert ev.MetricsUnavailable(("power_w",), "Not Supported").text == "no power_w: Not Supported"
