"""Events: every fact that a training states, one small frozen dataclass each, and their JSON form.

Layers, phases and epochs count from 1. Times are seconds, memory bytes, accuracies fractions of 1.
Missing is None. `Stepped` is progress for a live display: a journal keeps one of them a second, and
every event of another kind.

The annotations are also what `from_json` accepts, so that whatever is read can be summed, put into
tables and drawn. Constructing an event checks nothing: a training states thousands a second.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import pydantic_core
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    Strict,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

from fftui.bits import checked_bits, contradiction_of_bits

# version of what a run's folder holds: its record, the journal's events, annotations and tables
FORMAT = 1
MAX_COUNT = 2**63 - 1  # the largest integer of a table's column
# steps or images in about a second: their sums over a run stay below MAX_COUNT
MAX_IN_WINDOW = 2**40
MAX_AMOUNT = 1e18  # of seconds, joules, …: sums of such numbers stay finite
# Unix seconds at the end of the year 9999, the last one that Python's dates know
END_OF_TIME = 253_402_300_799.0


class _NullIfNotFinite:
    """Annotation of a number that is null in JSON where it was infinite or NaN."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.nullable_schema(handler(source))


Count = Annotated[int, Strict(), Field(ge=0, le=MAX_COUNT)]
CountInWindow = Annotated[int, Strict(), Field(ge=0, le=MAX_IN_WINDOW)]
MOST_LAYERS = 4096
Label = Annotated[str, Field(max_length=200)]  # of a layer, such as "784→2000"
Ordinal = Annotated[int, Strict(), Field(ge=1, le=MAX_COUNT)]  # of a phase, layer, epoch or step
# of seconds, watts, joules, percent, images a second
Amount = Annotated[float, Strict(), Field(ge=0, le=MAX_AMOUNT)]
Real = Annotated[float, Strict(), _NullIfNotFinite()]  # a loss or a goodness, which may diverge
Hertz = Annotated[float, Strict(), Field(gt=0, le=MAX_AMOUNT)]
Fraction = Annotated[float, Strict(), Field(ge=0, le=1)]
UnixSeconds = Annotated[float, Strict(), Field(ge=0, le=END_OF_TIME)]
Flag = Annotated[bool, Strict()]
Bits = Annotated[str, Strict(), AfterValidator(checked_bits)]  # one an image, see `fftui.bits`

# what another process may ask of a run
ControlAction = Literal["pause", "continue", "stop", "skip", "checkpoint"]
# unsaved: it has learned what it could, and its weights, rows or tables are not all on the disk
Status = Literal["waiting", "running", "paused", "unsaved", "finished", "interrupted", "failed"]
# words of published journals, and what they are called now
_FORMER_DOING = {"idle": "rest", "preparing": "loading"}
# loading: reading images, setting up, what a layer needs before its first epoch. rest: nothing is
# learned, as on the idle machine before the run, in a pause, while a checkpoint is written
Doing = Annotated[
    Literal["learning", "evaluating", "loading", "rest"],
    BeforeValidator(lambda word: _FORMER_DOING.get(word, word) if isinstance(word, str) else word),
]
# phase and layer, from 1; None where nothing, or the whole network, learns
StageKey = tuple[int | None, int | None]
# phase, layer and epoch, from 1; None as in `StageKey`
EpochKey = tuple[int | None, int | None, int | None]


class Moment(NamedTuple):
    """What a run does at some moment, in which phase, layer and epoch (from 1; None as in
    `EpochKey`).
    """

    doing: Doing | None
    phase: int | None
    layer: int | None
    epoch: int | None


EVENTS: dict[str, type["Event"]] = {}
# Fields whose JSON key is not their name: the keys of published journals stay.
JSON_KEYS = {"stage_steps": "stretch_steps", "metrics": "figures"}


def _json_key(name: str) -> str:
    return JSON_KEYS.get(name, name)


@dataclass(frozen=True)
class Event:
    """Base of all events; subclasses register themselves under their `kind`."""

    kind: ClassVar[str] = ""
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        allow_inf_nan=False, alias_generator=_json_key
    )

    def __init_subclass__(cls, *, kind: str) -> None:
        cls.kind = kind
        EVENTS[kind] = cls

    def contradiction(self) -> str | None:
        """Why two fields of this event cannot both be true, in a few words; None where they can."""
        return None


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
    layers: Annotated[tuple[Label, ...], Field(max_length=MOST_LAYERS)]
    total_steps: Count  # optimiser steps of the whole run, all phases and layers
    train_images: Count
    validation_images: Count
    test_images: Count
    resumed: Flag
    # For each stage (a layer, or all layers that learn together): its optimiser steps, and the
    # relative cost of one of them.
    stage_steps: tuple[Count, ...] = ()
    step_costs: tuple[Amount, ...] = ()
    # held once torch can learn, before images and network: by its tensors on a GPU, else resident
    # memory of the process (Linux only)
    memory_before_bytes: Count | None = None
    format: Ordinal | None = None  # `FORMAT` of what wrote the journal; None: before there was one
    # what processes share, if there are several
    ranks: Literal["data", "layers", "blocks"] | None = None
    processes: Ordinal = 1

    def contradiction(self) -> str | None:
        """A newer format, or another number of costs than of stages."""
        if (self.format or FORMAT) > FORMAT:
            return newer_format(self.format or FORMAT)
        return _lengths_differ(stage_steps=self.stage_steps, step_costs=self.step_costs)


@dataclass(frozen=True)
class PhaseStarted(Event, kind="phase-started"):
    """A phase, learning by one rule, begins."""

    phase: Ordinal
    rule: str
    epochs: Count


@dataclass(frozen=True)
class LayerStarted(Event, kind="layer-started"):
    """A layer begins to learn; `layer` is None where all layers learn together.

    `parallel` then lists the layers that learn by an objective of their own; under backprop it is
    empty.
    """

    phase: Ordinal
    layer: Ordinal | None
    epochs: Count
    threshold: Real | None
    parallel: tuple[Ordinal, ...] = ()


@dataclass(frozen=True)
class Stepped(Event, kind="stepped"):
    """One optimiser step was issued; `done` of `total` steps of the whole run are done."""

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Ordinal  # within the epoch, from 1
    steps: Ordinal  # in the epoch
    done: Ordinal
    total: Ordinal
    samples_per_s: Amount | None

    def contradiction(self) -> str | None:
        """More steps done than there are."""
        if self.step > self.steps:
            return f"step is {self.step} of {self.steps}"
        return f"done is {self.done} of {self.total}" if self.done > self.total else None


@dataclass(frozen=True)
class EpochFinished(Event, kind="epoch-finished"):
    """One epoch of a layer (or of the network, where `layer` is None) is over.

    Where layers learn in parallel `loss` is the sum of their losses, and `LayerMeans` gives those
    of each layer.

    `step` counts optimiser steps since the layer started. `epoch_s` is wall time, `compute_s` time
    on the device without `data_s`, the time for sampling, moving and selecting the images of the
    batches. `accuracy` is that of the layers learned so far on the measured training images, None
    if this epoch measured none. `dead_units` and `always_on_units` are shares of the units of the
    layers that learn: never, and always, active on a few of these images.
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Count
    loss: Real
    goodness_positive: Real | None
    goodness_negative: Real | None
    threshold: Real | None
    accuracy: Fraction | None
    samples_per_s: Amount
    epoch_s: Amount
    compute_s: Amount
    data_s: Amount | None = None
    dead_units: Fraction | None = None
    always_on_units: Fraction | None = None


@dataclass(frozen=True)
class LayerMeans(Event, kind="layer-means"):
    """Mean loss and goodness of one of several parallel layers in an epoch, and shares of its
    units; precedes the epoch's `EpochFinished`, which says what these are.
    """

    phase: Ordinal
    layer: Ordinal
    epoch: Ordinal
    loss: Real
    goodness_positive: Real | None
    goodness_negative: Real | None
    threshold: Real | None
    dead_units: Fraction | None = None
    always_on_units: Fraction | None = None


@dataclass(frozen=True)
class MeansSoFar(Event, kind="means-so-far"):
    """Mean loss and goodness of a layer (or of the network, where `layer` is None) over the images
    of an epoch so far, after `step` of its `steps`: stated every few seconds of an epoch that takes
    long.
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Ordinal
    steps: Ordinal
    loss: Real
    goodness_positive: Real | None
    goodness_negative: Real | None

    def contradiction(self) -> str | None:
        """More steps done than the epoch has."""
        return f"step is {self.step} of {self.steps}" if self.step > self.steps else None


@dataclass(frozen=True)
class LayerFinished(Event, kind="layer-finished"):
    """A layer has finished learning; `skipped`: the user ended it before its last epoch,
    `stopped_early`: validation accuracy gained no more, `out_of_time`: its share of `budget_s` was
    used up.

    Where validation images are looked at, `best_epoch` is the first with the highest accuracy on
    them; `kept_best`: its weights are those that the layer ends with.

    `peak_memory_bytes` is the most memory held while it was prepared and learned, since the
    session began if that was later: by torch's tensors on a GPU, else resident memory of the
    process (Linux only).
    """

    phase: Ordinal
    layer: Ordinal | None
    epochs: Count
    layer_s: Amount
    skipped: Flag
    peak_memory_bytes: Count | None = None
    stopped_early: Flag = False
    best_epoch: Ordinal | None = None
    best_accuracy: Fraction | None = None
    kept_best: Flag = False
    out_of_time: Flag = False

    @property
    def ended_early(self) -> bool:
        """Whether it ended before its last epoch."""
        return self.skipped or self.stopped_early or self.out_of_time

    @property
    def text(self) -> str:
        """How it ended, after how many epochs, and what was best."""
        said = f"{self._end} after {self.epochs} epochs"
        if self.best_epoch is None or self.best_accuracy is None:
            return said
        kept = ", whose weights are kept" if self.kept_best else ""
        return f"{said}; validation best after epoch {self.best_epoch}{kept}"

    @property
    def _end(self) -> str:
        if self.skipped:
            return "skipped"
        if self.stopped_early:
            return "stopped early"
        return "out of time" if self.out_of_time else "learned"


@dataclass(frozen=True)
class LayerDiverged(Event, kind="layer-diverged"):
    """The loss or the weights of a layer (or of the network, where `layer` is None) are no finite
    numbers: it ends, and the run with it.

    That was seen in `epoch`, after `step` optimiser steps since the stage started. The weights are
    again as after `kept_epochs` epochs of the stage; None where no good ones are left.
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Count
    kept_epochs: Count | None
    advice: str

    @property
    def text(self) -> str:
        """Where it diverged, what is left of it and what to try."""
        who = "the network" if self.layer is None else f"layer {self.layer}"
        kept = (
            "no good weights are left"
            if self.kept_epochs is None
            else f"kept the weights after epoch {self.kept_epochs}"
            if self.kept_epochs
            else "kept the weights from before its first epoch"
        )
        return (
            f"{who} diverged in phase {self.phase}, epoch {self.epoch}, by step {self.step}: its"
            f" loss or its weights are no finite numbers; {kept}; {self.advice}"
        )


@dataclass(frozen=True)
class Evaluated(Event, kind="evaluated"):
    """Accuracy on one split: on a few images while learning, on the whole split at the end
    (`final`).

    At the end training images may be limited to the first few (`evaluation.final_train_images`).
    `layer_accuracies` holds the accuracy of each layer's goodness alone, first to last, for the
    layers learned so far (empty under backprop). `head_accuracy` is that of the softmax head in one
    pass, where a rule that predicts by goodness has one. `class_correct` and `class_images` count
    images for each label.

    At the end `correct` says of each image, in the split's order, whether its label was predicted
    (see `fftui.bits`), and `depth_correct` the same by the goodness of the first 1, 2, … L layers
    together, with its `depth_accuracies` (both empty under backprop).
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    split: str
    final: Flag
    accuracy: Fraction
    layer_accuracies: tuple[Fraction, ...]
    class_correct: tuple[Count, ...]
    class_images: tuple[Count, ...]
    evaluation_s: Amount
    head_accuracy: Fraction | None = None
    correct: Bits | None = None
    depth_correct: tuple[Bits, ...] = ()
    depth_accuracies: tuple[Fraction, ...] = ()

    @property
    def images(self) -> int:
        """The number of images measured."""
        return sum(self.class_images)

    def contradiction(self) -> str | None:
        """Other labels counted right than counted, more images of a label right than there are, or
        bits of other images than those or of another accuracy.
        """
        correct, images = self.class_correct, self.class_images
        lengths = _lengths_differ(class_correct=correct, class_images=images) or _lengths_differ(
            depth_correct=self.depth_correct, depth_accuracies=self.depth_accuracies
        )
        if lengths is not None:
            return lengths
        wrong = [label for label in range(len(images)) if correct[label] > images[label]]
        if wrong:
            return f"more images of label {wrong[0]} are right than there are"
        stated = [*zip(self.depth_correct, self.depth_accuracies, strict=True)]
        if self.correct is not None:
            stated.append((self.correct, self.accuracy))
        problems = (contradiction_of_bits(self.images, *each) for each in stated)
        return next(filter(None, problems), None)


@dataclass(frozen=True)
class LayersChosen(Event, kind="layers-chosen"):
    """The layers that predict, `first` to `last`, were chosen after learning: of all ranges, theirs
    has the highest `accuracy` on the validation images.
    """

    phase: Ordinal
    first: Ordinal
    last: Ordinal
    accuracy: Fraction
    evaluation_s: Amount

    @property
    def text(self) -> str:
        """Which layers predict, and why."""
        which = f"layer {self.first} predicts"
        if self.last > self.first:
            which = f"layers {self.first} to {self.last} predict"
        return f"{which}: best on validation images, {self.accuracy:.2%}"

    def contradiction(self) -> str | None:
        """A range that ends before it begins."""
        return f"layers {self.first} to {self.last}" if self.last < self.first else None


@dataclass(frozen=True)
class WindowMeasured(Event, kind="window"):
    """A contiguous window of time in which the run did one thing; energy is measured for each
    window.

    `learning` is a window of batches, about a second long; an epoch's last one ends when the device
    is done, the others when their batches are issued. `loading` is the work before a layer's
    first epoch. `rest` is the measurement of the idle machine before the run.
    """

    doing: Doing
    phase: Ordinal | None
    layer: Ordinal | None
    epoch: Count | None  # 0: before the first one of the layer
    steps: CountInWindow
    images: CountInWindow
    began_at: UnixSeconds  # Unix seconds, as `ended_at`
    ended_at: UnixSeconds


@dataclass(frozen=True)
class MachineDescribed(Event, kind="machine"):
    """The machine that is sampled, stated before the first sample of a session.

    Where a slice of a GPU learns (MIG), `whole_board` names the metrics of the board rather than of
    the slice.
    """

    hz: Hertz
    cores: Count | None
    host_memory_total_bytes: Count | None
    gpu: str | None = None  # name of the GPU that learns
    gpu_uuid: str | None = None
    driver: str | None = None
    mig: Flag = False
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
class Metric:
    """Annotation of a metric of the machine: what it means and, if it is drawn, its name on the
    screen and the top of its scale.

    The top is a number, `cores` (100 for each), or a field of `MachineDescribed` or of the sample;
    None: the highest value seen. How values are written follows from the unit in the field's name.
    """

    meaning: str
    name: str = ""
    top: float | str | None = None


@dataclass(frozen=True)
class TelemetrySampled(Event, kind="telemetry"):
    """One sample of the machine's metrics; None where this machine does not provide one.

    A metric is a field here and what reads it in `fftui.telemetry`; its column and its timeline
    follow.
    """

    phase: Ordinal | None
    layer: Ordinal | None
    epoch: Count | None  # 0: before the first one of the layer
    interval_s: Amount | None = None  # since the previous sample
    doing: Doing | None = None
    process_cpu_percent: Annotated[
        Amount | None, Metric("of this process; 100 is one core", "process CPU", top="cores")
    ] = None
    process_memory_bytes: Annotated[
        Count | None,
        Metric("resident memory of this process", "process memory", top="host_memory_total_bytes"),
    ] = None
    host_cpu_percent: Annotated[
        Amount | None, Metric("of all cores together", "machine CPU", top=100.0)
    ] = None
    host_memory_used_bytes: Annotated[
        Count | None,
        Metric("memory in use on the host", "machine memory", top="host_memory_total_bytes"),
    ] = None
    cpu_power_w: Annotated[
        Amount | None,
        Metric("power of the CPU's packages (RAPL), mean since the previous sample", "CPU power"),
    ] = None
    cpu_energy_j: Annotated[
        Amount | None,
        Metric("energy of the CPU's packages (RAPL) since the session's sampler started, joules"),
    ] = None
    gpu_utilization_percent: Annotated[
        Amount | None, Metric("share of time in which a kernel ran", "GPU", top=100.0)
    ] = None
    gpu_memory_utilization_percent: Annotated[
        Amount | None,
        Metric("share of time in which memory was read or written", "GPU memory bus", top=100.0),
    ] = None
    gpu_memory_used_bytes: Annotated[
        Count | None,
        Metric(
            "memory in use on the GPU, by all processes", "GPU memory", top="gpu_memory_total_bytes"
        ),
    ] = None
    gpu_memory_total_bytes: Annotated[Count | None, Metric("memory of the GPU")] = None
    gpu_process_memory_bytes: Annotated[
        Count | None,
        Metric(
            "memory in use on the GPU, by this process",
            "GPU memory, own",
            top="gpu_memory_total_bytes",
        ),
    ] = None
    power_w: Annotated[
        Amount | None, Metric("power drawn by the GPU's board", "power", top="power_limit_w")
    ] = None
    power_limit_w: Annotated[Amount | None, Metric("the power it may draw")] = None
    gpu_energy_j: Annotated[
        Amount | None, Metric("the board's energy counter (since its driver was loaded), joules")
    ] = None
    gpu_temperature_c: Annotated[
        Real | None, Metric("temperature of the GPU, degrees Celsius", "GPU temperature", top=100.0)
    ] = None
    gpu_sm_clock_mhz: Annotated[
        Amount | None, Metric("clock of its multiprocessors", "SM clock")
    ] = None
    gpu_memory_clock_mhz: Annotated[
        Amount | None, Metric("clock of its memory", "memory clock")
    ] = None
    gpu_throttle_reasons: Annotated[
        str | None, Metric("why its clocks are throttled, separated by commas, or none")
    ] = None


METRICS: Mapping[str, Metric] = {
    each.name: annotation
    for each in fields(TelemetrySampled)
    for annotation in getattr(each.type, "__metadata__", ())
    if isinstance(annotation, Metric)
}


@dataclass(frozen=True)
class OtherGpusSampled(Event, kind="other-gpus"):
    """One sample of the GPUs that do not learn, about once a second, in the order of
    `MachineDescribed.other_gpus`.
    """

    utilization_percent: tuple[Amount | None, ...]
    memory_used_bytes: tuple[Count | None, ...]
    memory_total_bytes: tuple[Count | None, ...]
    power_w: tuple[Amount | None, ...]

    def contradiction(self) -> str | None:
        """Another number of GPUs in one list than in the next."""
        return _lengths_differ(
            utilization_percent=self.utilization_percent,
            memory_used_bytes=self.memory_used_bytes,
            memory_total_bytes=self.memory_total_bytes,
            power_w=self.power_w,
        )


@dataclass(frozen=True)
class RankDescribed(Event, kind="rank-machine"):
    """The machine of another rank than 0, stated before its first sample of a session."""

    rank: Ordinal
    host: Label
    machine: MachineDescribed

    @property
    def text(self) -> str:
        """Where the rank is, in a word."""
        with_gpu = f", {self.machine.gpu}" if self.machine.gpu else ""
        return f"rank {self.rank} on {self.host}{with_gpu}"


@dataclass(frozen=True)
class RankSampled(Event, kind="rank-telemetry"):
    """One sample of the process and machine of another rank than 0, about once a second; what was
    done is what rank 0 did when it heard of it.
    """

    rank: Ordinal
    sample: TelemetrySampled


@dataclass(frozen=True)
class TelemetryEnded(Event, kind="telemetry-ended"):
    """The sampler has stopped: how regular it was and its cost. `error` is why, if it stopped
    before the run ended.
    """

    samples: Count
    missed: Count  # left out because the machine was busy when they were due
    elapsed_s: Amount
    cpu_s: Amount  # of the sampler's own thread
    on_time: Fraction | None  # share of the intervals within 20 ms of the requested one
    error: str | None = None


@dataclass(frozen=True)
class Checkpointed(Event, kind="checkpointed"):
    """The run's state was saved during or after this epoch; None where nothing was learning."""

    phase: Ordinal | None
    layer: Ordinal | None
    epoch: Count | None  # 0: before the first one of the layer
    checkpoint_s: Amount


@dataclass(frozen=True)
class StatusChanged(Event, kind="status"):
    """The run was paused, waits for its files to be written (`unsaved`), or goes on (`running`)."""

    status: Status


@dataclass(frozen=True)
class ControlRequested(Event, kind="control-requested"):
    """Another process asked the run for `action`, which is obeyed next."""

    action: ControlAction
    pid: Count  # of the process that asked, on `host`
    host: str


@dataclass(frozen=True)
class Noted(Event, kind="noted"):
    """A line for the log: worth knowing, but no reason to stop."""

    message: str


@dataclass(frozen=True)
class RunFinished(Event, kind="run-finished"):
    """The run ended: `finished`, `interrupted`, `unsaved` or `failed`; `error` says why the last
    two did, in one line.

    Times are summed over all sessions, without pauses. `train_s` is spent learning, without
    `evaluation_s`. `e2e_s` is the whole, from initialising the device to the last evaluation.
    Accuracies are those of the last `Evaluated`.
    """

    status: Status
    test_accuracy: Fraction | None
    layer_accuracies: tuple[Fraction, ...]
    train_s: Amount
    error: str | None
    e2e_s: Amount | None = None
    compute_s: Amount | None = None
    data_s: Amount | None = None  # of the epochs, and of reading the images
    evaluation_s: Amount | None = None
    depth_accuracies: tuple[Fraction, ...] = ()


def newer_format(found: int) -> str:
    """Why a file of format `found` cannot be read, with what to do."""
    return (
        f"its format is {found}, and this fftui reads up to {FORMAT}: it was written by a newer"
        " one; install that"
    )


def to_json(at: float, event: Event) -> str:
    """The journal line (without its newline) of an event stated at Unix time `at`; defaults are
    left out.
    """
    body = {"at": round(at, 3), "event": event.kind, **_body(event)}
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _body(event: Event) -> dict[str, object]:
    """The fields of an event by their JSON keys; defaults are left out."""
    values = ((field, getattr(event, field.name)) for field in fields(event))
    return {
        _json_key(field.name): _finite(value)
        for field, value in values
        if field.default is MISSING or value != field.default
    }


def from_json(line: str | bytes) -> tuple[float, Event]:
    """The Unix time and the event of a journal line; unknown fields are ignored.

    Raises ValueError where the line is no event, lacks a field that has no default, or holds a
    value that the field cannot have: of another type, negative, too large, or at odds with another
    field of the event.
    """
    body = pydantic_core.from_json(line, allow_inf_nan=False)
    kind = body.get("event") if isinstance(body, dict) else None
    if not isinstance(kind, str) or kind not in EVENTS:
        msg = f"unknown event {kind!r}"
        raise ValueError(msg)
    try:
        at = _time_validator()(body.get("at"))
        event = _validator(kind)(body)
    except ValidationError as error:
        raise ValueError(_one_line(kind, error)) from None
    if (problem := event.contradiction()) is not None:
        msg = f"a {kind} event in which {problem}"
        raise ValueError(msg)
    return at, event


@cache
def _validator(kind: str) -> Callable[[object], Event]:
    """The validator of one kind of event; made when first needed, which takes milliseconds."""
    adapter: TypeAdapter[Event] = TypeAdapter(EVENTS[kind])
    return adapter.validator.validate_python


@cache
def _time_validator() -> Callable[[object], float]:
    adapter: TypeAdapter[float] = TypeAdapter(UnixSeconds)
    return adapter.validator.validate_python


def _one_line(kind: str, error: ValidationError) -> str:
    """The first of the errors in one line, with the event and the field."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(map(str, first["loc"])) or "at"
    if first["type"] == "missing":
        return f"a {kind} event without its field {field!r}"
    value = repr(first["input"])
    shown = value if len(value) <= 40 else f"{value[:39]}…"
    return f"{shown} is no value of the field {field!r} of a {kind} event: {first['msg']}"


def _lengths_differ(**lists: tuple[object, ...]) -> str | None:
    """Why lists that belong together do not: their lengths; None where they are equal."""
    if len({len(items) for items in lists.values()}) <= 1:
        return None
    lengths = (f"{name} has {len(items)}" for name, items in lists.items())
    return f"lists that belong together differ in length: {', '.join(lengths)}"


def _finite(value: object) -> object:
    """The value as JSON can hold it: infinities and NaN become null, tuples lists, and an event
    within another the object of its fields.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple):
        return [_finite(v) for v in value]
    if isinstance(value, Event):
        return _body(value)
    return value
