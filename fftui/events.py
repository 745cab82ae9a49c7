"""Events: every fact that a training states, one small frozen dataclass each, and their JSON form.

Layers, phases and epochs count from 1. Times are seconds, memory bytes, accuracies fractions of 1.
Missing is None. `Stepped` is progress for a live display: a journal keeps one of them a second, and
every event of another kind.
"""

import json
import math
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Literal, get_args, get_origin

Status = Literal["running", "paused", "finished", "interrupted", "failed"]
Doing = Literal["idle", "preparing", "learning", "evaluating"]
# phase and layer, from 1; None where nothing, or the whole network, learns
StageKey = tuple[int | None, int | None]
# phase, layer and epoch, from 1; None as in `StageKey`
EpochKey = tuple[int | None, int | None, int | None]

EVENTS: dict[str, type["Event"]] = {}
# Fields whose JSON key is not their name: the keys of published journals stay.
JSON_KEYS = {"stage_steps": "stretch_steps", "metrics": "figures"}


@dataclass(frozen=True)
class Event:
    """Base of all events; subclasses register themselves under their `kind`."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls, *, kind: str) -> None:
        cls.kind = kind
        EVENTS[kind] = cls


@dataclass(frozen=True)
class RunStarted(Event, kind="run-started"):
    """A run begins, or continues (`resumed`): the experiment, its data, the device and the number
    of steps.
    """

    run: str
    experiment: str
    data: str
    device: str
    precision: str
    layers: tuple[str, ...]  # one label a layer, such as "784→2000"
    total_steps: int  # optimiser steps of the whole run, all phases and layers
    train_images: int
    validation_images: int
    test_images: int
    resumed: bool
    # For each stage (a layer, or all layers that learn together): its optimiser steps, and the
    # relative cost of one of them.
    stage_steps: tuple[int, ...] = ()
    step_costs: tuple[float, ...] = ()


@dataclass(frozen=True)
class PhaseStarted(Event, kind="phase-started"):
    """A phase, learning by one rule, begins."""

    phase: int
    rule: str
    epochs: int


@dataclass(frozen=True)
class LayerStarted(Event, kind="layer-started"):
    """A layer begins to learn; `layer` is None where all layers learn together.

    `parallel` then lists the layers that learn by an objective of their own; under backprop it is
    empty.
    """

    phase: int
    layer: int | None
    epochs: int
    threshold: float | None
    parallel: tuple[int, ...] = ()


@dataclass(frozen=True)
class Stepped(Event, kind="stepped"):
    """One optimiser step was issued; `done` of `total` steps of the whole run are done."""

    phase: int
    layer: int | None
    epoch: int
    step: int  # within the epoch, from 1
    steps: int  # in the epoch
    done: int
    total: int
    samples_per_s: float | None


@dataclass(frozen=True)
class EpochFinished(Event, kind="epoch-finished"):
    """One epoch of a layer (or of the network, where `layer` is None) is over.

    Where layers learn in parallel `loss` is the sum of their losses, and `LayerMeans` gives those
    of each layer.

    `step` counts optimiser steps since the layer started. `epoch_s` is wall time, `compute_s` time
    on the device without `data_s`, the time for sampling, moving and selecting the images of the
    batches. `accuracy` is that of the layers learned so far on the measured training images, None
    if this epoch measured none.
    """

    phase: int
    layer: int | None
    epoch: int
    step: int
    loss: float
    goodness_positive: float | None
    goodness_negative: float | None
    threshold: float | None
    accuracy: float | None
    samples_per_s: float
    epoch_s: float
    compute_s: float
    data_s: float | None = None


@dataclass(frozen=True)
class LayerMeans(Event, kind="layer-means"):
    """Mean loss and goodness of one of several parallel layers in an epoch; precedes the epoch's
    `EpochFinished`.
    """

    phase: int
    layer: int
    epoch: int
    loss: float
    goodness_positive: float | None
    goodness_negative: float | None
    threshold: float | None


@dataclass(frozen=True)
class LayerFinished(Event, kind="layer-finished"):
    """A layer has finished learning; `skipped`: the user ended it before its last epoch."""

    phase: int
    layer: int | None
    epochs: int
    layer_s: float
    skipped: bool


@dataclass(frozen=True)
class Evaluated(Event, kind="evaluated"):
    """Accuracy on one split: on a few images while learning, on the whole split at the end
    (`final`).

    At the end training images may be limited to the first few (`evaluation.final_train_images`).
    `layer_accuracies` holds the accuracy of each layer's goodness alone, first to last, for the
    layers learned so far (empty under backprop). `head_accuracy` is that of the softmax head in one
    pass, where a rule that predicts by goodness has one. `class_correct` and `class_images` count
    images for each label.
    """

    phase: int
    layer: int | None
    epoch: int
    split: str
    final: bool
    accuracy: float
    layer_accuracies: tuple[float, ...]
    class_correct: tuple[int, ...]
    class_images: tuple[int, ...]
    evaluation_s: float
    head_accuracy: float | None = None


@dataclass(frozen=True)
class WindowMeasured(Event, kind="window"):
    """A contiguous window of time in which the run did one thing; energy is measured for each
    window.

    `learning` is a window of batches, about a second long; an epoch's last one ends when the device
    is done, the others when their batches are issued. `preparing` is the work before a layer's
    first epoch. `idle` is the measurement of the idle machine before the run.
    """

    doing: Doing
    phase: int | None
    layer: int | None
    epoch: int | None
    steps: int
    images: int
    began_at: float  # Unix seconds, as `ended_at`
    ended_at: float


@dataclass(frozen=True)
class MachineDescribed(Event, kind="machine"):
    """The machine that is sampled, stated before the first sample of a session.

    Where a slice of a GPU learns (MIG), `whole_board` names the metrics of the board rather than of
    the slice.
    """

    hz: float
    cores: int | None
    host_memory_total_bytes: int | None
    gpu: str | None = None  # name of the GPU that learns
    gpu_uuid: str | None = None
    driver: str | None = None
    mig: bool = False
    whole_board: tuple[str, ...] = ()
    # names of those that do not learn, in the order of `OtherGpusSampled`
    other_gpus: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricsUnavailable(Event, kind="figures-missing"):
    """Metrics (fields of `TelemetrySampled`) that are not available from here on; stated once for
    each reason.
    """

    metrics: tuple[str, ...]
    reason: str

    @property
    def text(self) -> str:
        """Which metrics are not available, and why: the GPU's or the CPU's energy in a word."""
        if "power_w" in self.metrics and "gpu_utilization_percent" in self.metrics:
            return f"no GPU metrics: {self.reason}"
        if set(self.metrics) == {"cpu_power_w", "cpu_energy_j"}:
            return f"no energy of the CPU: {self.reason}"
        return f"no {', '.join(self.metrics)}: {self.reason}"


@dataclass(frozen=True)
class TelemetrySampled(Event, kind="telemetry"):
    """One sample of the machine's metrics; None where this machine does not provide one."""

    phase: int | None
    layer: int | None
    epoch: int | None
    interval_s: float | None = None  # since the previous sample
    process_cpu_percent: float | None = None  # 100 is one core
    process_memory_bytes: int | None = None
    host_cpu_percent: float | None = None
    host_memory_used_bytes: int | None = None
    cpu_power_w: float | None = None  # of all packages, mean since the previous sample
    cpu_energy_j: float | None = None  # of all packages, counted since the sampler started
    gpu_utilization_percent: float | None = None
    gpu_memory_utilization_percent: float | None = None
    gpu_memory_used_bytes: int | None = None
    gpu_memory_total_bytes: int | None = None
    gpu_process_memory_bytes: int | None = None
    power_w: float | None = None  # of the GPU's board
    power_limit_w: float | None = None
    gpu_energy_j: float | None = None  # of the GPU's board, counted since the driver was loaded
    gpu_temperature_c: float | None = None
    gpu_sm_clock_mhz: float | None = None
    gpu_memory_clock_mhz: float | None = None
    # separated by commas; "none" where the clocks are not throttled
    gpu_throttle_reasons: str | None = None


@dataclass(frozen=True)
class OtherGpusSampled(Event, kind="other-gpus"):
    """One sample of the GPUs that do not learn, about once a second, in the order of
    `MachineDescribed.other_gpus`.
    """

    utilization_percent: tuple[float | None, ...]
    memory_used_bytes: tuple[int | None, ...]
    memory_total_bytes: tuple[int | None, ...]
    power_w: tuple[float | None, ...]


@dataclass(frozen=True)
class TelemetryEnded(Event, kind="telemetry-ended"):
    """The sampler has stopped: how regular it was and its cost. `error` is why, if it stopped
    before the run ended.
    """

    samples: int
    missed: int  # left out because the machine was busy when they were due
    elapsed_s: float
    cpu_s: float  # of the sampler's own thread
    on_time: float | None  # share of the intervals within 20 ms of the requested one
    error: str | None = None


@dataclass(frozen=True)
class Checkpointed(Event, kind="checkpointed"):
    """The run's state was saved during or after this epoch; None where nothing was learning."""

    phase: int | None
    layer: int | None
    epoch: int | None
    checkpoint_s: float


@dataclass(frozen=True)
class StatusChanged(Event, kind="status"):
    """The run was paused or resumed."""

    status: Status


@dataclass(frozen=True)
class Noted(Event, kind="noted"):
    """A line for the log: worth knowing, but no reason to stop."""

    message: str


@dataclass(frozen=True)
class RunFinished(Event, kind="run-finished"):
    """The run ended: `finished`, `interrupted` or `failed` (then `error` says why, in one line).

    Times are summed over all sessions, without pauses. `train_s` is spent learning, without
    `evaluation_s`. `e2e_s` is the whole, from initialising the device to the last evaluation.
    """

    status: Status
    test_accuracy: float | None
    layer_accuracies: tuple[float, ...]
    train_s: float
    error: str | None
    e2e_s: float | None = None
    compute_s: float | None = None
    data_s: float | None = None  # of the epochs, and of reading the images
    evaluation_s: float | None = None


def to_json(at: float, event: Event) -> str:
    """The journal line (without its newline) of an event stated at Unix time `at`; defaults are
    left out.
    """
    body: dict[str, Any] = {"at": round(at, 3), "event": event.kind}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.default is MISSING or value != field.default:
            body[_json_key(field.name)] = _finite(value)
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_json(line: str) -> tuple[float, Event]:
    """The Unix time and the event of a journal line; unknown fields are ignored.

    Raises ValueError where the line is no event, lacks a field that has no default, or holds a
    value of another type.
    """
    body = json.loads(line)
    if not isinstance(body, dict):
        msg = "a journal line is a JSON object"
        raise ValueError(msg)
    cls = EVENTS.get(str(body.get("event")))
    if cls is None:
        msg = f"unknown event {body.get('event')!r}"
        raise ValueError(msg)
    at = body.get("at")
    if isinstance(at, bool) or not isinstance(at, int | float):
        msg = f"a {cls.kind} event without its time"
        raise ValueError(msg)
    return float(at), cls(
        **{slot.name: slot.read(body, cls) for slot in _slots(cls.kind) if slot.is_in(body)}
    )


@dataclass(frozen=True)
class _Slot:
    """The JSON values a field accepts: its types, the types of a list's items, the words of a
    Literal.
    """

    name: str
    key: str
    required: bool
    types: frozenset[type]
    items: frozenset[type] = frozenset()
    words: tuple[str, ...] = ()

    def is_in(self, body: dict[str, Any]) -> bool:
        """Whether the field has to be read: it is there, or required and `read` refuses its
        absence.
        """
        return self.required or self.key in body

    def read(self, body: dict[str, Any], cls: type[Event]) -> Any:
        """The field's value. Raises ValueError where it is missing or of another type."""
        if self.key not in body:
            msg = f"a {cls.kind} event without its field {self.key!r}"
            raise ValueError(msg)
        value = body[self.key]
        fits = type(value) in self.types and (not self.words or value in self.words)
        if not fits or (self.items and not all(type(item) in self.items for item in value)):
            msg = f"{value!r} is no value of the field {self.key!r} of a {cls.kind} event"
            raise ValueError(msg)
        return tuple(value) if self.items else value


@cache
def _slots(kind: str) -> tuple[_Slot, ...]:
    cls = EVENTS[kind]
    return tuple(
        _slot(f.name, f.default is MISSING and f.default_factory is MISSING, f.type)
        for f in fields(cls)
    )


def _json_key(name: str) -> str:
    return JSON_KEYS.get(name, name)


def _slot(name: str, required: bool, hint: Any) -> _Slot:
    key = _json_key(name)
    if get_origin(hint) is Literal:
        return _Slot(name, key, required, frozenset({str}), words=get_args(hint))
    if get_origin(hint) is tuple:
        return _Slot(name, key, required, frozenset({list}), items=_json_types(get_args(hint)[0]))
    return _Slot(name, key, required, _json_types(hint))


def _json_types(hint: Any) -> frozenset[type]:
    """The types that a value annotated `hint` may have in JSON; a float that was not finite is null
    there.
    """
    if get_origin(hint) is UnionType:
        return frozenset().union(*map(_json_types, get_args(hint)))
    return frozenset({int, float, type(None)}) if hint is float else frozenset({hint})


def _finite(value: object) -> object:
    """The value as JSON can hold it: infinities and NaN become null, tuples lists."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple):
        return [_finite(v) for v in value]
    return value
