"""The live screen: one run while it learns, in this process or read from its journal."""

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import get_current_worker

from fftui.errors import RequestError
from fftui.runs.view import RunView
from fftui.tui.commands import Command
from fftui.tui.messages import (
    EditAgain,
    EditRun,
    HandOver,
    LookInto,
    ResumeRun,
    RunEnded,
    ShowFigures,
    ShowSettings,
)
from fftui.tui.run_sources import LiveSource, RunControl, Source
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.layers_screen import LayersScreen
from fftui.tui.screens.run_screen import RunScreen, pane_bindings
from fftui.tui.screens.system_screen import SystemScreen
from fftui.tui.system.this_machine import Machine
from fftui.tui.widgets.footer import Footer

POLL_S = 0.5
ENDED_POLL_S = 2.0  # of a run that has stopped and may be resumed
BREATH_S = 0.02  # between two parts of a long journal: the screen answers keys
# More than the 0.25 s between two refreshes, so that what was read first has been drawn by then: a
# thread that reads on meanwhile takes Python's lock from the one that draws. All of a journal of
# 1,000,000 lines takes half a minute, where it is not missed.
FIRST_PICTURE_S = 0.3


class LiveScreen(RunScreen):
    """A run's layers, charts, system metrics, progress and log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("p", "go_on", "Go on", tooltip="Go on with the paused run"),
        Binding("s", "stop", "Stop"),
        Binding("n", "skip_layer", "Next", tooltip="End the layer that is learning"),
        Binding("R", "resume_run", "Resume run"),
        Binding("C", "checkpoint", "Checkpoint", show=False),
        Binding(
            "D",
            "hand_over",
            "Background",
            show=False,
            tooltip="Go on in the background, from a checkpoint, and quit",
        ),
        Binding("g", "system", "System"),
        Binding("a", "layers", "All layers", show=False, tooltip="The goodness of every layer"),
        Binding("t", "settings", "Settings", tooltip="What the run was asked to do"),
        Binding("i", "look", "Look", tooltip="What the selected layer has learned"),
        Binding(
            "e", "edit", "Edit", show=False, tooltip="Open what the run was asked to do in the form"
        ),
        Binding(
            "F", "figures", "Figures", show=False, tooltip="The run's figures, once it has ended"
        ),
        *pane_bindings(),
        Binding("b,escape", "leave", "Back", key_display="b"),
    ]
    HELP = """
    One run. Layers are rows; up and down (or a click) select the one whose goodness is drawn.

    p pauses, and goes on with a paused run, s stops with a checkpoint, n ends the layer that is
    learning, or all that learn in parallel, and continues with the next; both ask first. C writes a
    checkpoint. A run of another process obeys the same keys; leaving does not end it. D hands a run
    of this screen to the background, and quits: fftui attach comes back to it. g shows the
    machine's metrics over the whole run, a the goodness of all layers at once, t what the run was
    asked to do, e opens that in the form, also where it could not start, i looks into the selected
    layer: what it is shown, its goodness, units, mistakes and weights. F draws the figures of a run
    that has ended. On a small terminal 1 to 4 choose the pane under the layers.

    z freezes the picture while learning goes on, h hides a pane, Y copies values, the layers or a
    command line to the terminal's clipboard, Q shows the runs that wait.

    Left and right (or a click) put a cursor on the points of all charts, whose values then stand at
    the right; the wheel zooms, with shift it pans. Values off the scale are not drawn; a value that
    is no number leaves a gap and an x. Lines that lie on each other take turns.
    """

    def __init__(self, source: Source, machine: Machine) -> None:
        super().__init__(source.run, machine)
        self.source = source
        self._machine = machine
        self._state_shown: tuple[object, ...] = ()
        self._stopping = False

    def compose(self) -> ComposeResult:
        """The panes of the run and the keys."""
        yield self.panes
        yield Footer()

    def on_mount(self) -> None:
        """Follow the journal of a run of another process."""
        self.panes.layer_table.focus()
        if self.source.wants_poll:
            self._follow_journal()

    @work(thread=True, exclusive=True, group="journal")
    def _follow_journal(self) -> None:
        """Read the journal until the run is finished or the screen is closed."""
        worker = get_current_worker()
        ran = self._read_news(False)
        self.call_later(self.refresh_view)
        # the rest of a long journal would hold its first picture up
        worker.cancelled_event.wait(FIRST_PICTURE_S)
        while not worker.is_cancelled and self.source.wants_poll:
            ran = self._read_news(ran)
            worker.cancelled_event.wait(self._poll_s)

    @property
    def _poll_s(self) -> float:
        """The seconds until the journal is read again."""
        if self.source.reading is not None:
            return BREATH_S
        return POLL_S if self.source.view.result is None else ENDED_POLL_S

    def _read_news(self, ran: bool) -> bool:
        """Read what is new of a run that `ran` until now, or did not; returns whether it runs. Its
        end is told once.
        """
        self.source.poll()
        runs = self.source.control is not None
        if ran and not runs:
            self.post_message(RunEnded(self.source.run, self.source.view))
        return runs

    @property
    def control(self) -> RunControl | None:
        """The control of this run; None unless its thread is alive."""
        control = self.source.control
        return control if control is not None and control.is_alive() else None

    def refresh_view(self) -> None:
        """Show the newest view, if it has changed since the last refresh."""
        view = self.source.view
        status_text = self._status_text(view)
        self.panes.show(self.source.run, view, status_text)
        state = (status_text, self.control is None, self._is_paused)
        if state != self._state_shown:
            self._state_shown = state
            self._stopping = self._stopping and self.control is not None
            self.refresh_bindings()
            if self.source.problem is not None and isinstance(self.source, LiveSource):
                self.notify("it did not start: e opens it in the form", severity="warning")

    def _status_text(self, view: RunView) -> str | None:
        """The run's status where its view does not have it; None where it does."""
        source = self.source
        if source.problem is not None:
            return source.problem
        if source.reading is not None:
            return f"reading the journal, {source.reading:.0%}"
        if source.process_gone:
            return "interrupted: its process is gone, R resumes it"
        if view.started is None and view.result is None:
            return self._before_start()
        if self.control is not None:
            return "stopping" if self._stopping else None
        return "ended" if view.result is None and source.control is not None else None

    @property
    def _is_paused(self) -> bool:
        """Whether the run is paused, or will be after its batch."""
        return self.control is not None and self.control.paused

    @property
    def _go_on_text(self) -> str:
        """The answer that leaves the run as it is."""
        return "stay paused" if self._is_paused else "go on learning"

    @property
    def run_shown(self) -> str | None:
        """The run's id, for copying."""
        return self.source.run

    def _before_start(self) -> str:
        """What a run does that has no event yet."""
        if self.source.waits:
            return "waits in the queue of its process"
        if self.control is not None or not (self.source.control or self.source.wants_poll):
            return "loading torch and data"
        return "no event yet" if self.source.wants_poll else "ended before it began"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        if action in ("pause", "go_on"):
            return self.control is not None and self._is_paused == (action == "go_on")
        if action in ("stop", "skip_layer", "checkpoint"):
            return self.control is not None
        if action == "hand_over":
            return self.control is not None and isinstance(self.source, LiveSource)
        if action == "resume_run":
            result = self.source.view.result
            may_go_on = result is not None and result.status != "finished"
            return (self.source.process_gone or may_go_on) and self.control is None
        if action == "figures":
            return self.control is None and self.source.view.result is not None
        return super().check_action(action, parameters)

    def action_pause(self) -> None:
        """Pause after the current batch."""
        if (control := self.control) is not None:
            self._ask(control.pause)

    def action_go_on(self) -> None:
        """Go on with the paused run."""
        if (control := self.control) is not None:
            self._ask(control.resume)

    async def action_stop(self) -> None:
        """Stop with a checkpoint, after asking."""
        if self.control is None:
            return
        dialog = ConfirmDialog(
            "Stop this run?",
            (("s", "stop, with a checkpoint to resume from"), ("escape", self._go_on_text)),
        )
        await self.app.push_screen(dialog, self._stop_answered)

    def _stop_answered(self, answer: str | None) -> None:
        control = self.control
        if answer == "s" and control is not None:
            self._stopping = self._ask(control.stop)
            self.refresh_view()

    async def action_skip_layer(self) -> None:
        """End the layer that is learning and continue with the next, after asking."""
        if self.control is None:
            return
        several = len(self.source.view.learning) > 1
        which = "the layers that are learning" if several else "the layer that is learning"
        when = "once the run goes on" if self._is_paused else "after this batch"
        dialog = ConfirmDialog(
            f"End {which}, for good?",
            (
                ("n", f"end {when}; the next begins"),
                ("escape", self._go_on_text),
            ),
        )
        await self.app.push_screen(dialog, self._skip_answered)

    def _skip_answered(self, answer: str | None) -> None:
        if answer == "n" and (control := self.control) is not None:
            self._ask(control.skip_layer)

    def action_checkpoint(self) -> None:
        """Write a checkpoint after the current batch."""
        if (control := self.control) is not None:
            self._ask(control.request_checkpoint)

    def _ask(self, request: Callable[[], None]) -> bool:
        """Make a request of the run; the user is notified where it cannot be made."""
        try:
            request()
        except RequestError as error:
            self.notify(str(error), severity="error", markup=False)
            return False
        return True

    def action_hand_over(self) -> None:
        """Go on in the background and quit."""
        self.post_message(HandOver(self.source.run))

    def action_resume_run(self) -> None:
        """Resume an interrupted run."""
        self.post_message(ResumeRun(self.source.run))

    def action_system(self) -> None:
        """Show the machine's metrics over the whole run and by layer."""
        self.app.push_screen(SystemScreen(self.source, self._machine, self._status_text))

    def own_commands(self) -> Iterator[Command]:
        """The palette's entries that only this screen has."""
        about = "The machine's metrics over the whole run, by layer"
        yield Command("System", about, self.action_system)
        about = "What the selected layer has learned: goodness, units, mistakes, weights"
        yield Command("Look into a layer", about, self.action_look)

    def action_layers(self) -> None:
        """Show the goodness of every layer."""
        self.app.push_screen(LayersScreen(self.source, self._status_text))

    def action_look(self) -> None:
        """Look into the selected layer."""
        if self._has_folder():
            selected = self.panes.selected
            number = selected.number if selected is not None else None
            self.post_message(LookInto(self.source.run, number or 1))

    def action_figures(self) -> None:
        """Draw the run's figures from its tables."""
        self.post_message(ShowFigures(self.source.run, (self.source.run,)))

    def action_settings(self) -> None:
        """Show what the run was asked to do."""
        if self._has_folder():
            self.post_message(ShowSettings(self.source.run))

    def _has_folder(self) -> bool:
        """Whether the run has a folder yet; the user is notified if not."""
        if not self._has_events:
            self.notify("the run has no folder yet", timeout=2)
        return self._has_events

    @property
    def _has_events(self) -> bool:
        return self.source.view.started is not None or self.source.view.result is not None

    def action_edit(self) -> None:
        """Open what the run was asked to do in the form."""
        asked = self.source.asked if isinstance(self.source, LiveSource) else None
        if asked is not None and not self._has_events:
            self.post_message(EditAgain(*asked))
        elif self.source.problem is not None or self._has_folder():
            self.post_message(EditRun(self.source.run))

    def action_leave(self) -> None:
        """Go back, from a single chart to all panes first; the run goes on."""
        if self.panes.enlarged:
            self.panes.enlarge()
        else:
            self.app.pop_screen()
