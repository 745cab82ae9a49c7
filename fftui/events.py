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

    `step` counts optimiser steps since the layer started. `compute_s` is time on the device; `epoch_s` wall time.
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
class TelemetrySampled(Event, kind="telemetry"):
    """One look at the machine. Every figure may be None: this machine does not tell it."""

    phase: int | None
    layer: int | None
    epoch: int | None
    process_cpu_percent: float | None  # 100 is one core
    process_memory_bytes: int | None
    host_cpu_percent: float | None
    host_memory_used_bytes: int | None
    gpu_utilization_percent: float | None
    gpu_memory_utilization_percent: float | None
    gpu_memory_used_bytes: int | None
    gpu_memory_total_bytes: int | None
    power_w: float | None
    power_limit_w: float | None


@dataclass(frozen=True)
class Checkpointed(Event, kind="checkpointed"):
    """The run's state is on disk."""

    phase: int
    layer: int | None
    epoch: int
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

    `train_s` is the time spent learning, over all sittings, without evaluation.
    """

    status: Status
    test_accuracy: float | None
    layer_accuracies: tuple[float, ...]
    train_s: float
    error: str | None


def to_json(at: float, event: Event) -> str:
    """One journal line (without the newline) for `event`, stated at Unix time `at`."""
    body: dict[str, Any] = {"at": round(at, 3), "event": event.kind}
    for field in fields(event):
        body[field.name] = _finite(getattr(event, field.name))
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
