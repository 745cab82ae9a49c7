"""Events of a run's life: its start, its status, what is asked of it and saved, and its end."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from fftui.events.event import Event, lengths_differ
from fftui.events.field_types import MOST_LAYERS, Amount, Count, Flag, Fraction, Ordinal, ShortText

# version of what a run's folder holds: its record, the journal's events, annotations and tables
FORMAT = 1

# what another process may ask of a run
ControlAction = Literal["pause", "continue", "stop", "skip", "checkpoint"]
# unsaved: it has learned what it could, and its weights, rows or tables are not all on the disk
Status = Literal["waiting", "running", "paused", "unsaved", "finished", "interrupted", "failed"]


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
    layers: Annotated[tuple[ShortText, ...], Field(max_length=MOST_LAYERS)]
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
        return lengths_differ(stage_steps=self.stage_steps, step_costs=self.step_costs)


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
class Checkpointed(Event, kind="checkpointed"):
    """The run's state was saved during or after this epoch; None where nothing was learning."""

    phase: Ordinal | None
    layer: Ordinal | None
    epoch: Count | None  # 0: before the first one of the layer
    checkpoint_s: Amount


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
