"""Every fact that learning states, one small frozen dataclass each, and their JSON form.

Layers, phases and epochs count from 1. Times are seconds, memory bytes, accuracies fractions of 1. Missing is None.
`Stepped` is progress for whoever watches now; a journal keeps it only now and then, everything else always.
"""

import json
import math
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Literal, get_args, get_origin

Status = Literal["running", "paused", "finished", "interrupted", "failed"]
Doing = Literal["idle", "preparing", "learning", "evaluating"]

EVENTS: dict[str, type["Event"]] = {}


@dataclass(frozen=True)
class Event:
    """Base of all events; subclasses register themselves under their `kind`."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls, *, kind: str) -> None:
        cls.kind = kind
        EVENTS[kind] = cls


@dataclass(frozen=True)
class RunStarted(Event, kind="run-started"):
    """A run begins, or goes on (`resumed`): what is about to be learned, and where."""

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
    # Stretch after stretch (a layer, or all that learn together): its optimiser steps, and how long one takes beside
    # those of other stretches, in no unit.
    stretch_steps: tuple[int, ...] = ()
    step_costs: tuple[float, ...] = ()


@dataclass(frozen=True)
class PhaseStarted(Event, kind="phase-started"):
    """A stretch of learning by one rule begins."""

    phase: int
    rule: str
    epochs: int


@dataclass(frozen=True)
class LayerStarted(Event, kind="layer-started"):
    """A layer begins to learn; `layer` is None where all layers learn together.

    `parallel` then names those that learn each by its own objective; under backprop it is empty.
    """

    phase: int
    layer: int | None
    epochs: int
    threshold: float | None
    parallel: tuple[int, ...] = ()


@dataclass(frozen=True)
class Stepped(Event, kind="stepped"):
    """One optimiser step was issued. `done` of `total` counts the steps of the whole run."""

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
    """A layer (or, where `layer` is None, the network) has seen every training image once more.

    Where layers learn in parallel `loss` is the sum of theirs, and `LayerMeans` tells them apart.

    `step` counts optimiser steps since the layer started. `epoch_s` is wall time, `compute_s` time on the device
    without `data_s`: drawing, moving and picking the images of the batches.
    `accuracy` is of the layers learned so far on the measured training images, if this epoch measured it.
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
    """What one of several layers that learn in parallel made of an epoch; comes before the `EpochFinished` of all."""

    phase: int
    layer: int
    epoch: int
    loss: float
    goodness_positive: float | None
    goodness_negative: float | None
    threshold: float | None


@dataclass(frozen=True)
class LayerFinished(Event, kind="layer-finished"):
    """A layer has learned; `skipped` says that the user went on before its last epoch."""

    phase: int
    layer: int | None
    epochs: int
    layer_s: float
    skipped: bool


@dataclass(frozen=True)
class Evaluated(Event, kind="evaluated"):
    """Accuracy on one split. While learning it is of a few images, at the end (`final`) of the split, of which
    training images may be limited to the first few (`evaluation.final_train_images`).

    `layer_accuracies` holds the accuracy of each layer's goodness alone, first to last, for the layers learned so
    far (empty under backprop). `head_accuracy` is that of the softmax head in one pass, where a rule that predicts by
    goodness has one. `class_correct` and `class_images` count per label.
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
    """A stretch of time without a gap in which the run did one thing: what energy is told for.

    `learning` is a window of batches, about a second long; an epoch's last one ends when the device is done, the
    others when their batches are issued. `preparing` is what a layer needs before its first epoch. `idle` is rest
    before the run.
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
    """What there is to look at, stated before the first sample of a sitting.

    Where a slice of a GPU learns (MIG), `whole_board` names the figures that are of the board and not of the slice.
    """

    hz: float
    cores: int | None
    host_memory_total_bytes: int | None
    gpu: str | None = None  # name of the GPU that learns
    gpu_uuid: str | None = None
    driver: str | None = None
    mig: bool = False
    whole_board: tuple[str, ...] = ()
    other_gpus: tuple[str, ...] = ()  # names of those that do not learn, as in `OtherGpusSampled`


@dataclass(frozen=True)
class FiguresMissing(Event, kind="figures-missing"):
    """Figures (fields of `TelemetrySampled`) that are not told from here on, and why; stated once for each reason."""

    figures: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class TelemetrySampled(Event, kind="telemetry"):
    """One look at the machine. Every figure may be None: this machine does not tell it."""

    phase: int | None
    layer: int | None
    epoch: int | None
    interval_s: float | None = None  # since the sample before
    process_cpu_percent: float | None = None  # 100 is one core
    process_memory_bytes: int | None = None
    host_cpu_percent: float | None = None
    host_memory_used_bytes: int | None = None
    cpu_power_w: float | None = None  # of all packages, mean since the sample before
    cpu_energy_j: float | None = None  # the same, counted since the sampler began
    gpu_utilization_percent: float | None = None
    gpu_memory_utilization_percent: float | None = None
    gpu_memory_used_bytes: int | None = None
    gpu_memory_total_bytes: int | None = None
    gpu_process_memory_bytes: int | None = None
    power_w: float | None = None  # of the GPU's board
    power_limit_w: float | None = None
    gpu_energy_j: float | None = None  # of the GPU's board, counted since its driver was loaded
    gpu_temperature_c: float | None = None
    gpu_sm_clock_mhz: float | None = None
    gpu_memory_clock_mhz: float | None = None
    gpu_throttle_reasons: str | None = None  # words with commas between; "none" where nothing holds it back


@dataclass(frozen=True)
class OtherGpusSampled(Event, kind="other-gpus"):
    """One look at the GPUs that do not learn, about once a second, in the order of `MachineDescribed.other_gpus`."""

    utilization_percent: tuple[float | None, ...]
    memory_used_bytes: tuple[int | None, ...]
    memory_total_bytes: tuple[int | None, ...]
    power_w: tuple[float | None, ...]


@dataclass(frozen=True)
class TelemetryEnded(Event, kind="telemetry-ended"):
    """The sampler is done: how steady it was and what it cost. `error` says why, if it ended before the run."""

    samples: int
    missed: int  # that were due while the machine was too busy
    elapsed_s: float
    cpu_s: float  # of the sampler's own thread
    on_time: float | None  # share of the intervals within 20 ms of the one asked for
    error: str | None = None


@dataclass(frozen=True)
class Checkpointed(Event, kind="checkpointed"):
    """The run's state is on disk: in or behind this epoch; None where nothing was learning."""

    phase: int | None
    layer: int | None
    epoch: int | None
    checkpoint_s: float


@dataclass(frozen=True)
class StatusChanged(Event, kind="status"):
    """The run was paused, or goes on."""

    status: Status


@dataclass(frozen=True)
class Noted(Event, kind="noted"):
    """A line for the log: something worth knowing that stopped nothing."""

    message: str


@dataclass(frozen=True)
class RunFinished(Event, kind="run-finished"):
    """The run came to its end: `finished`, `interrupted` or `failed` (then `error` says why, in one line).

    Times are over all sittings, without pauses. `train_s` is spent learning, without `evaluation_s`. `e2e_s` is the
    whole, from waking the device to the last measurement.
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
    """One journal line (without the newline) for `event`, stated at Unix time `at`; defaults are left out."""
    body: dict[str, Any] = {"at": round(at, 3), "event": event.kind}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.default is MISSING or value != field.default:
            body[field.name] = _finite(value)
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_json(line: str) -> tuple[float, Event]:
    """The time and event of a journal line.

    Raises ValueError where the line is no event, lacks a field that has no default, or holds a value of another type;
    unknown fields are ignored.
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
    return float(at), cls(**{slot.name: slot.read(body, cls) for slot in _slots(cls.kind) if slot.is_in(body)})


@dataclass(frozen=True)
class _Slot:
    """What a field may be in JSON: its types, those of its items if it is a list, its words if they are given."""

    name: str
    required: bool
    types: frozenset[type]
    items: frozenset[type] = frozenset()
    words: tuple[str, ...] = ()

    def is_in(self, body: dict[str, Any]) -> bool:
        """Whether there is something to read; a required field is read in any case, and refused if it is not."""
        return self.required or self.name in body

    def read(self, body: dict[str, Any], cls: type[Event]) -> Any:
        """The field's value. Raises ValueError where it is missing or no such value."""
        if self.name not in body:
            msg = f"a {cls.kind} event without its field {self.name!r}"
            raise ValueError(msg)
        value = body[self.name]
        fits = type(value) in self.types and (not self.words or value in self.words)
        if not fits or (self.items and not all(type(item) in self.items for item in value)):
            msg = f"{value!r} is no value of the field {self.name!r} of a {cls.kind} event"
            raise ValueError(msg)
        return tuple(value) if self.items else value


@cache
def _slots(kind: str) -> tuple[_Slot, ...]:
    cls = EVENTS[kind]
    return tuple(_slot(f.name, f.default is MISSING and f.default_factory is MISSING, f.type) for f in fields(cls))


def _slot(name: str, required: bool, hint: Any) -> _Slot:
    if get_origin(hint) is Literal:
        return _Slot(name, required, frozenset({str}), words=get_args(hint))
    if get_origin(hint) is tuple:
        return _Slot(name, required, frozenset({list}), items=_json_types(get_args(hint)[0]))
    return _Slot(name, required, _json_types(hint))


def _json_types(hint: Any) -> frozenset[type]:
    """The types that a value of type `hint` may have once read; a float that was not finite is null there."""
    if get_origin(hint) is UnionType:
        return frozenset().union(*map(_json_types, get_args(hint)))
    return frozenset({int, float, type(None)}) if hint is float else frozenset({hint})


def _finite(value: object) -> object:
    """JSON has no inf and nan; a figure that is none is missing."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple):
        return [_finite(v) for v in value]
    return value
