"""Journal lines: what was written is read back, and what is no event is refused."""

import json
from dataclasses import MISSING, fields, replace
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


@pytest.mark.parametrize(
    ("former", "now"), [("idle", "rest"), ("preparing", "loading"), ("learning", "learning")]
)
def test_words_of_older_journals_are_read_as_those_of_today(former: str, now: str) -> None:
    window = ev.WindowMeasured("learning", None, None, None, 0, 0, 1.0, 2.0)
    body = json.loads(ev.to_json(2.0, window)) | {"doing": former}
    assert ev.from_json(json.dumps(body)) == (2.0, replace(window, doing=now))
    with pytest.raises(ValueError, match="'doing'"):
        ev.from_json(json.dumps(body | {"doing": "asleep"}))


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


JUNK: tuple[object, ...] = ({}, {"a": 1}, [[1]], -1, 2**64, "", True, [], [{}], [-1.5], "\x1b")


@pytest.mark.parametrize("kind", sorted(ev.EVENTS))
def test_no_field_takes_a_value_of_every_type(kind: str, events_of_each: dict[str, str]) -> None:
    body = json.loads(events_of_each[kind])
    for field in fields(ev.EVENTS[kind]):
        key = ev.JSON_KEYS.get(field.name, field.name)
        refused = 0
        for value in JUNK:
            try:
                ev.from_json(json.dumps(body | {key: value}))
            except ValueError as error:
                assert "\n" not in str(error)
                refused += 1
        assert refused >= 7, key


@pytest.fixture(scope="module")
def events_of_each() -> dict[str, str]:
    """One journal line of each kind of event."""
    events: list[ev.Event] = [
        ev.RunStarted("r", "e", "d", "cpu", "float32", ("1",), 9, 8, 0, 0, False),
        ev.PhaseStarted(1, "backprop", 2),
        ev.LayerStarted(1, 1, 2, 2.0),
        ev.Stepped(1, 1, 1, 1, 2, 3, 4, None),
        ev.EpochFinished(1, 1, 1, 1, 0.5, None, None, None, None, 1.0, 1.0, 1.0),
        ev.LayerMeans(1, 1, 1, 0.5, None, None, None),
        ev.MeansSoFar(1, 1, 1, 2, 3, 0.5, None, None),
        ev.LayerFinished(1, 1, 2, 1.0, False),
        ev.LayerDiverged(1, 1, 2, 4, 1, "try less"),
        ev.LayersChosen(1, 2, 3, 0.9, 0.1),
        EVALUATED,
        ev.WindowMeasured("learning", 1, 1, 0, 1, 1, 1.0, 2.0),
        ev.MachineDescribed(10.0, 2, None),
        ev.MetricsUnavailable(("power_w",), "no GPU"),
        ev.TelemetrySampled(1, None, 1),
        ev.OtherGpusSampled((1.0,), (1,), (None,), (None,)),
        ev.RankDescribed(1, "node", ev.MachineDescribed(1.0, 2, None)),
        ev.RankSampled(1, ev.TelemetrySampled(1, None, 1, process_cpu_percent=50.0)),
        ev.TelemetryEnded(1, 0, 1.0, 0.1, None),
        ev.Checkpointed(1, 1, 1, 0.1),
        ev.StatusChanged("paused"),
        ev.ControlRequested("pause", 12, "host"),
        ev.Noted("note"),
        ev.RunFinished("finished", 0.5, (0.5,), 1.0, None),
    ]
    lines = {event.kind: ev.to_json(1.0, event) for event in events}
    assert set(lines) == set(ev.EVENTS)
    for event in events:
        assert ev.from_json(lines[event.kind]) == (1.0, event)
    return lines


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (ev.Stepped(1, 1, 1, 3, 2, 3, 4, None), "step is 3 of 2"),
        (ev.Stepped(1, 1, 1, 1, 2, 5, 4, None), "done is 5 of 4"),
        (ev.Evaluated(1, 1, 1, "test", True, 0.5, (), (1,), (1, 2), 0.1), "differ in length"),
        (ev.Evaluated(1, 1, 1, "test", True, 0.5, (), (1, 3), (1, 2), 0.1), "of label 1"),
        (ev.OtherGpusSampled((1.0,), (1, 2), (None,), (None,)), "memory_used_bytes has 2"),
        (
            ev.RunStarted("r", "e", "d", "cpu", "f", ("1",), 9, 8, 0, 0, False, (4, 5), (1.0,)),
            "step_costs has 1",
        ),
    ],
)
def test_fields_at_odds_are_no_event(event: ev.Event, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ev.from_json(ev.to_json(1.0, event))


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": 0},
        {"layer": 0},
        {"epoch": -1},
        {"accuracy": 1.5},
        {"accuracy": None},
        {"class_images": [5, -6]},
        {"evaluation_s": 1e300},
        {"epoch": 2**63},
        {"split": "\ud800"},
        {"at": -1.0},
        {"at": 1e12},
    ],
)
def test_what_no_event_can_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ev.from_json(line(**changes))


@pytest.mark.parametrize("text", ["", "null", "[]", "1", "{}", "NaN", '{"event": 3}', "[" * 10**5])
def test_what_is_no_object_with_an_event_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ev.from_json(text)


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
