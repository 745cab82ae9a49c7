"""Sources of a run's view: the training thread of this process, or a journal on disk.

The live screen shows any `Source` in the same way.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

from fftui.events import (
    EVENTS,
    Evaluated,
    Event,
    MachineDescribed,
    Status,
    TelemetryEnded,
    WindowMeasured,
)
from fftui.runs.view import RunView

REQUIRED_FLOATS: dict[type[Event], tuple[str, ...]] = {
    Evaluated: ("accuracy",),
    WindowMeasured: ("began_at", "ended_at"),
    MachineDescribed: ("hz",),
    TelemetryEnded: ("elapsed_s", "cpu_s"),
}


class RunControl(Protocol):
    """The controls of the thread that executes a run (`fftui.runs.run_thread.RunThread`)."""

    @property
    def view(self) -> RunView:
        """The newest view."""
        ...

    @property
    def paused(self) -> bool:
        """Whether the run is paused."""
        ...

    def pause(self) -> None:
        """Pause after the current step."""
        ...

    def resume(self) -> None:
        """Continue a paused run."""
        ...

    def stop(self) -> None:
        """End the run with a checkpoint and tables."""
        ...

    def skip_layer(self) -> None:
        """End the layer that learns now."""
        ...

    def is_alive(self) -> bool:
        """Whether the thread is running."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, at most `timeout` seconds."""
        ...


class Source(Protocol):
    """A run for the live screen: its id, its newest view, and its control if it runs in this
    process.
    """

    run: str

    @property
    def view(self) -> RunView:
        """The newest view, read without waiting."""
        ...

    @property
    def control(self) -> RunControl | None:
        """The control that pauses and stops the run; None where there is only its journal."""
        ...

    @property
    def problem(self) -> str | None:
        """Why the run cannot be started or read, in one line; None where it can."""
        ...

    @property
    def process_gone(self) -> bool:
        """Whether the process of a run that has not ended is gone."""
        ...

    @property
    def wants_poll(self) -> bool:
        """Whether `poll` should be called regularly, from a thread of the screen's."""
        ...

    def poll(self) -> None:
        """Read the new events and update the view."""
        ...


class LiveSource:
    """A run of this process. Until `attach` it is being prepared: torch and the data set are
    loaded.
    """

    def __init__(self, run: str, control: RunControl | None = None) -> None:
        self.run = run
        self._control = control
        self.problem: str | None = None
        self.process_gone = False

    @property
    def view(self) -> RunView:
        """The newest view of the run's thread; an empty one until it is attached."""
        return RunView() if self._control is None else self._control.view

    @property
    def control(self) -> RunControl | None:
        """The run's thread, once it is attached."""
        return self._control

    @property
    def wants_poll(self) -> bool:
        """False: the run's thread updates its view."""
        return False

    def attach(self, run: str, control: RunControl) -> None:
        """Set the run's id and control, once its thread is started."""
        self.run, self._control = run, control

    def poll(self) -> None:
        """Do nothing: there is no journal to read."""


class JournalSource:
    """A run read from its journal, which another process may be writing."""

    def __init__(
        self,
        run: str,
        read_new: Callable[[], Iterable[tuple[float, Event]]],
        status: Callable[[], Status | None],
    ) -> None:
        """`read_new` returns the events since its last call, `status` the status in the run's
        record.
        """
        self.run = run
        self.view = RunView()
        self.problem: str | None = None
        self.process_gone = False
        self._read_new = read_new
        self._status = status

    @property
    def control(self) -> None:
        """None: the run is not of this process."""
        return

    @property
    def wants_poll(self) -> bool:
        """True until the run has ended or its journal cannot be read."""
        return self.problem is None and self.view.result is None

    def poll(self) -> None:
        """Fold the events written since the last call; a journal that cannot be read sets
        `problem`.
        """
        view = self.view
        try:
            for at, event in self._read_new():
                if has_valid_types(event):
                    view = view.after(at, event)
        except OSError as error:
            self.problem = f"the journal cannot be read: {error.strerror}"
        self.view = view
        self.process_gone = view.result is None and self._status() == "interrupted"


def has_valid_types(event: Event) -> bool:
    """Whether every field is of its type. Journals are edited by hand and written by other versions
    too.

    A number that was not finite is written as null, so a float may be missing, except where a fold
    or a screen requires it.
    """
    hints = _hints(event.kind)
    required = REQUIRED_FLOATS.get(type(event), ())
    return all(
        _fits(
            getattr(event, field.name), hints[field.name], missing_float=field.name not in required
        )
        for field in fields(event)
    )


@cache
def _hints(kind: str) -> dict[str, Any]:
    return get_type_hints(EVENTS[kind])


def _fits(value: object, wanted: Any, *, missing_float: bool) -> bool:
    if get_origin(wanted) in (Union, UnionType):
        return any(_fits(value, each, missing_float=missing_float) for each in get_args(wanted))
    if get_origin(wanted) is Literal:
        return value in get_args(wanted)
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)[0]
        return isinstance(value, tuple) and all(
            _fits(v, inner, missing_float=missing_float) for v in value
        )
    if wanted is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number or (value is None and missing_float)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)
