"""Sources of a run's view: the training thread of this process, or a journal on disk (see
`journal_source`).

The live screen shows any `Source` in the same way. Views are loaded with the first of them, not
before the first picture.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fftui.experiment import Experiment
    from fftui.runs.view import RunView

    Asked = tuple[Experiment, str | None]  # and its preset


class RunControl(Protocol):
    """The controls of the thread that executes a run (`fftui.runs.run_thread.RunThread`)."""

    @property
    def view(self) -> "RunView":
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

    def request_checkpoint(self) -> None:
        """Write a checkpoint after the current step."""
        ...

    def is_alive(self) -> bool:
        """Whether the thread is running."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, at most `timeout` seconds."""
        ...


class Source(Protocol):
    """A run for the live screen: its id, its newest view, and its control while it runs."""

    run: str

    @property
    def view(self) -> "RunView":
        """The newest view, read without waiting."""
        ...

    @property
    def control(self) -> RunControl | None:
        """The control that pauses and stops the run; None where nothing runs it, or not yet."""
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
    def waits(self) -> bool:
        """Whether the run waits in a queue."""
        ...

    @property
    def reading(self) -> float | None:
        """The fraction of a long journal that is read; None once all of it is."""
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

    def __init__(
        self, run: str, control: RunControl | None = None, asked: "Asked | None" = None
    ) -> None:
        """`asked` is what was to be run, for a run that may never have a folder."""
        self.run = run
        self.asked = asked
        self._control = control
        self.problem: str | None = None
        self.process_gone = self.waits = False
        self.reading: float | None = None

    @property
    def view(self) -> "RunView":
        """The newest view of the run's thread; an empty one until it is attached."""
        from fftui.runs.view import RunView  # noqa: PLC0415

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
