"""Where a run's view comes from: the thread that trains in this process, or a journal on disk.

Both are a `Source` to the live screen, so whatever it shows of one it shows of the other.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

from fftui.events import EVENTS, Evaluated, Event, MachineDescribed, Status, TelemetryEnded, WindowMeasured
from fftui.runs.view import RunView

NEEDED: dict[type[Event], tuple[str, ...]] = {
    Evaluated: ("accuracy",),
    WindowMeasured: ("began_at", "ended_at"),
    MachineDescribed: ("hz",),
    TelemetryEnded: ("elapsed_s", "cpu_s"),
}


class Trainer(Protocol):
    """What the screen asks of the thread that carries a run out (`fftui.runs.carrier.Carrier`)."""

    @property
    def view(self) -> RunView:
        """The newest view."""
        ...

    @property
    def paused(self) -> bool:
        """Whether it waits."""
        ...

    def pause(self) -> None:
        """Wait after the current step."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def stop(self) -> None:
        """Write checkpoint and tables and end."""
        ...

    def skip_layer(self) -> None:
        """End the layer that learns now."""
        ...

    def is_alive(self) -> bool:
        """Whether it still works."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        ...


class Source(Protocol):
    """A run to look at."""

    run: str

    @property
    def view(self) -> RunView:
        """The newest view; reading it costs nothing and never waits."""
        ...

    @property
    def trainer(self) -> Trainer | None:
        """Who can be told to pause and stop; None where only the journal is at hand."""
        ...

    @property
    def problem(self) -> str | None:
        """Why nothing more is to be seen, in one line."""
        ...

    @property
    def abandoned(self) -> bool:
        """Whether the run has not ended, but nobody carries it out any more."""
        ...

    @property
    def wants_poll(self) -> bool:
        """Whether `poll` should be called, from a thread of the screen's, now and then."""
        ...

    def poll(self) -> None:
        """Read what is new."""
        ...


class LiveSource:
    """A run of this process. Until `attach` it is being prepared: torch loads, the data set is read."""

    def __init__(self, run: str, trainer: Trainer | None = None) -> None:
        self.run = run
        self._trainer = trainer
        self.problem: str | None = None
        self.abandoned = False

    @property
    def view(self) -> RunView:
        """The trainer's view."""
        return RunView() if self._trainer is None else self._trainer.view

    @property
    def trainer(self) -> Trainer | None:
        """The thread that trains, once it has been started."""
        return self._trainer

    @property
    def wants_poll(self) -> bool:
        """Never: the trainer puts new views in place by itself."""
        return False

    def attach(self, run: str, trainer: Trainer) -> None:
        """The run has begun."""
        self.run, self._trainer = run, trainer

    def poll(self) -> None:
        """Nothing to read."""


class JournalSource:
    """A run read from its journal; one that another process writes is followed."""

    def __init__(
        self, run: str, read_new: Callable[[], Iterable[tuple[float, Event]]], status: Callable[[], Status | None]
    ) -> None:
        """`read_new` gives the events since it was last called, `status` tells how the run's record stands."""
        self.run = run
        self.view = RunView()
        self.problem: str | None = None
        self.abandoned = False
        self._read_new = read_new
        self._status = status

    @property
    def trainer(self) -> None:
        """Nobody here can be told anything."""
        return

    @property
    def wants_poll(self) -> bool:
        """Until it ended or cannot be read."""
        return self.problem is None and self.view.result is None

    def poll(self) -> None:
        """Fold what was written since the last call; an unreadable journal becomes a `problem`."""
        view = self.view
        try:
            for at, event in self._read_new():
                if is_whole(event):
                    view = view.after(at, event)
        except OSError as error:
            self.problem = f"the journal cannot be read: {error.strerror}"
        self.view = view
        self.abandoned = view.result is None and self._status() == "interrupted"


def is_whole(event: Event) -> bool:
    """Whether every field is of its type. Journals are edited by hand and written by other versions too.

    A figure that was not finite is written as none, so a float may be missing, except where a fold or a screen needs
    it.
    """
    hints = _hints(event.kind)
    needed = NEEDED.get(type(event), ())
    return all(
        _fits(getattr(event, field.name), hints[field.name], missing_float=field.name not in needed)
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
        return isinstance(value, tuple) and all(_fits(v, inner, missing_float=missing_float) for v in value)
    if wanted is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number or (value is None and missing_float)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)
