"""The Textual app: its keys, palette and theme, and how it ends. `OpeningApp` opens its screens,
`LaunchingApp` starts its runs.

The training thread never calls into the app and never waits for it; screens read its newest view on
their own timers.
"""

import base64
import gc
import os
from collections.abc import Iterator, Sequence
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES

from fftui.errors import ExperimentError, RequestError, in_one_line
from fftui.plugins import load_plugins, plugin_failures
from fftui.text.notices import through_tmux
from fftui.text.streams import is_served, wants_ascii
from fftui.tui import partial_update, sure_timers, themes
from fftui.tui.backend import Backend
from fftui.tui.commands import Command, FFTUICommands, SteadyPalette, key_commands
from fftui.tui.copying import offer_copies
from fftui.tui.glass import Glass
from fftui.tui.glyphs import plain
from fftui.tui.key_order import KeyOrder
from fftui.tui.launching import Ending
from fftui.tui.messages import OpenClaims, OpenRun
from fftui.tui.opening import OpeningApp
from fftui.tui.own_loop import LOADER
from fftui.tui.quit_question import quit_question
from fftui.tui.run_sources import Source
from fftui.tui.screen_failure import ScreenFailure
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.help_screen import HelpScreen, keys_of
from fftui.tui.screenshots import save_screenshot
from fftui.tui.system.this_machine import Machine
from fftui.tui.widgets.over_screen import TooSmall

if TYPE_CHECKING:
    from fftui.tui.driver import TerminalFile

LOAD_TORCH_AFTER_S = 0.2  # after the first paint: loading torch holds Python's lock for a long time
RUNS_OFFERED = 200  # by the palette


class TorchLoaded(Message):
    """Torch is loaded, or `problem` says why not."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem


class FFTUIApp(OpeningApp):
    """fftui's screen."""

    TITLE = "fftui"
    CSS_PATH = "fftui.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {FFTUICommands}  # noqa: RUF012 - as Textual declares it
    # Textual does not declare them as the class variables they are
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("f1", "help", "Help", show=False),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", key_display="^q", show=False),
        Binding("ctrl+t", "light_or_dark", "Light or dark", show=False),
        Binding("Q", "queue", "Queue", show=False, tooltip="The runs that wait"),
        Binding("S", "sweeps", "Sweeps", show=False, tooltip="Searches of settings"),
        Binding("Y", "copy", "Copy", show=False, tooltip="A value, a row, a table, a command line"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False),
    ]

    def __init__(
        self,
        backend: Backend,
        *,
        source: Source | None = None,
        machine: Machine | None = None,
        ascii_only: bool | None = None,
        terminal: "TerminalFile | None" = None,
        load_torch: bool = True,
    ) -> None:
        """`source` is a run to show first, of this process or another; without `load_torch`, torch
        is loaded only by a run.
        """
        self.ascii_only = wants_ascii() if ascii_only is None else ascii_only
        self.terminal = terminal
        # before Textual takes NO_COLOR out of the environment
        self._no_color = no_color = themes.wants_no_color()
        offered = {*BUILTIN_THEMES, themes.DARK.name, themes.LIGHT.name}
        theme = themes.first_theme(offered, backend.preferences.preferences.theme)
        if not no_color:
            os.environ.pop("NO_COLOR", None)  # Textual counts an empty one
        # Without colours Textual makes greys of a theme's, unless it is told that they are the
        # terminal's: then it sends none, in any theme.
        super().__init__(backend, source, machine, ansi_color=True if no_color else None)
        partial_update.install()
        sure_timers.install()
        self._glass = Glass(ascii_only=self.ascii_only)
        self._key_order = KeyOrder(self, super().on_event)
        self.failure: ScreenFailure | None = None
        self._first_shown = source
        self.first: Sequence[Message] = ()  # what is done once the screen is there
        self._loads_torch = self.presets_screen.loads_torch = load_torch
        self.set_class(self.ascii_only, "-ascii")  # asked by the stylesheet and by every widget
        self.register_theme(themes.DARK)
        self.register_theme(themes.LIGHT)
        self.theme = self._last_theme = theme

    def get_driver_class(self) -> type[Driver]:
        """`ResilientDriver` on POSIX systems with a terminal, else Textual's own driver."""
        if os.name != "posix" or self.terminal is None:
            return super().get_driver_class()
        from fftui.tui.driver import ResilientDriver  # noqa: PLC0415 - termios is not everywhere

        return ResilientDriver

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours of fftui's stylesheet that Textual's themes lack."""
        return themes.defaults(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters and, last, the one that keeps control characters off the screen."""
        return [*super().get_line_filters(), self._glass]

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a toast. `markup` has no effect: messages hold values, which are text."""
        super().notify(
            plain(message, self.ascii_only),
            title=title,
            severity=severity,
            timeout=timeout,
            markup=False,
        )

    def on_mount(self) -> None:
        """Show the first screen and start loading torch behind it."""
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep_theme(theme.name))
        self.push_screen(self.presets_screen)
        if self._first_shown is not None:
            self.show_run(self._first_shown)
        for message in self.first:
            self.post_message(message)
        self.call_after_refresh(self._collect_garbage)
        if self._loads_torch:
            self.set_timer(LOAD_TORCH_AFTER_S, lambda: self.in_thread(LOADER, self._load_torch))

    def _collect_garbage(self) -> None:
        """What is loaded stays: look for garbage from here on, among what is new."""
        gc.freeze()
        gc.enable()

    def _keep_theme(self, name: str) -> None:
        """Keep a theme that was chosen for the next start; without colours none is chosen."""
        before, self._last_theme = self._last_theme, name
        if self._no_color or name == before:
            return
        try:
            self.backend.preferences.change(theme=name)
        except RequestError as error:
            self.notify(str(error), severity="warning", timeout=10)

    # Background threads

    def _load_torch(self) -> None:
        problem = ""
        try:
            load_plugins()  # they may load torch
            self.backend.load_torch()
        except Exception as error:  # noqa: BLE001 - else it is loaded for ever, on the screen
            problem = in_one_line(error)
        self.post_message(TorchLoaded(problem))

    @on(TorchLoaded)
    def _torch_loaded(self, message: TorchLoaded) -> None:
        self.presets_screen.torch_loaded(message.problem)
        gc.freeze()
        for failure in plugin_failures():
            self.notify(str(failure), severity="error", timeout=20)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; a key only after those before it."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._key_order.take(event)
        else:
            await super().on_event(event)

    def action_copy(self) -> None:
        """Copy what is shown to the clipboard of the terminal."""
        offer_copies(self, self.backend.workspace.runs_dir)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by OSC 52: to tmux, where it takes it, and to the terminal outside."""
        super().copy_to_clipboard(text)
        if os.environ.get("TMUX") and self._driver is not None:
            encoded = base64.b64encode(text.encode()).decode()
            self._driver.write(through_tmux(f"\x1b]52;c;{encoded}\a"))

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save the screen as SVG, where fftui was started; in a browser it is downloaded."""
        if is_served():
            return super().deliver_screenshot(filename, path, time_format)
        save_screenshot(self, Path(path or "."), filename)
        return None

    def action_help(self) -> None:
        """What this screen shows, and its keys."""
        if isinstance(self.screen, HelpScreen | ConfirmDialog):
            return
        from fftui.tui.screens.run_panes import RunPanes  # noqa: PLC0415 - as OpeningApp

        keys = keys_of(self.screen, self.get_key_display)
        charts = (panes.help_text() for panes in self.screen.query(RunPanes))
        text = "\n\n".join(cleandoc(each) for each in (self.screen.HELP or "", *charts))
        self.push_screen(HelpScreen(plain(text, self.ascii_only), keys))

    def get_key_display(self, binding: Binding) -> str:
        """The name of a key in the footer and the help: Textual has signs for some."""
        shown = super().get_key_display(binding)
        if shown.isascii() or not self.ascii_only:
            return shown
        return binding.key.split(",")[0]

    def action_light_or_dark(self) -> None:
        """Switch between the light and the dark theme."""
        if self.current_theme.ansi:
            self.theme = "ansi-light" if self.theme == "ansi-dark" else "ansi-dark"
        else:
            self.theme = themes.LIGHT.name if self.current_theme.dark else themes.DARK.name

    async def action_quit(self) -> None:
        """Quit; ask first while a run is running, or where changes would be lost."""
        if isinstance(self.screen, ConfirmDialog):
            return
        unsaved = next(filter(None, (getattr(s, "unsaved", "") for s in self.screen_stack)), "")
        # The dialog is there before the next key is handled: `q` and `s` in quick succession are a
        # question and its answer.
        if self.busy or self.queue.waiting:
            waiting = len(self.queue.waiting)
            question = quit_question(waiting, self.doing, can_hand_over=self.can_hand_over)
            await self.push_screen(question, self._quit_answered)
        elif unsaved:
            await self.push_screen(_loss_question(unsaved), self._quit_answered)
        else:
            self.exit("quit")

    def _quit_answered(self, answer: str | None) -> None:
        endings: dict[str | None, Ending] = {
            "k": "keep",
            "d": "hand over",
            "s": "stop",
            "y": "quit",
        }
        if answer in endings:
            self.exit(endings[answer])

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, SteadyPalette):
            self.push_screen(SteadyPalette(id="--command-palette"))

    def commands(self, screen: Screen[Any]) -> Iterator[Command]:
        """The palette's entries: screens, keys, what is Textual's own, presets and runs."""
        places = list(self._places(screen))
        yield from places
        yield from key_commands(self, screen, ("Help", "Quit", *(each.name for each in places)))
        for name, about, act, listed in self.get_system_commands(screen):
            yield Command(name, about, act, listed)
        yield from self._presets_and_runs()

    def _places(self, screen: Screen[Any]) -> Iterator[Command]:
        yield Command("Runs", "All runs, to sort, filter and open", self.action_runs)
        yield Command(
            "Studies",
            "Many runs that answer one question: the paper's tables and more",
            self.action_studies,
        )
        about = "Searches of settings: trials, the best so far, what matters"
        yield Command("Sweeps", about, self.action_sweeps)
        yield Command(
            "Claims",
            "The paper's claims and the verdict on each, by the runs that there are",
            partial(self.post_message, OpenClaims("quick")),
        )
        if self.source is not None:
            yield Command("Live run", "The run or study of this process", self.action_live)
        about = "Copy a value, a row, a table or a command line to the terminal's clipboard"
        yield Command("Copy", about, self.action_copy)
        yield Command("Queue", "The runs that wait, and those that ended", self.action_queue)
        yield from getattr(screen, "own_commands", tuple)()
        about = "Switch between the light and the dark theme"
        yield Command("Light or dark", about, self.action_light_or_dark)
        yield Command("Suspend", "Back to the shell; fg returns", self.action_suspend_process)

    def _presets_and_runs(self) -> Iterator[Command]:
        try:
            presets = self.backend.presets()
        except ExperimentError:
            presets = []
        for preset in presets:
            open_form = partial(self.presets_screen.open, preset)
            yield Command(f"Set up {preset.name}", preset.description, open_form)
        for run in self.presets_screen.recent_runs[:RUNS_OFFERED]:
            about = f"{run.name} on {run.data}, {run.status}"
            open_run = partial(self.post_message, OpenRun(run.id))
            yield Command(f"Open run {run.id}", about, open_run, listed=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterator[SystemCommand]:
        """Textual's palette entries, with fftui's own Help and Quit."""
        for command in super().get_system_commands(screen):
            if command.title not in ("Keys", "Quit"):
                yield command
        yield SystemCommand("Help", "What this screen shows, and its keys", self.action_help)
        yield SystemCommand("Quit", "Leave fftui", self.action_quit)

    # The terminal and the end

    def on_resize(self, event: events.Resize) -> None:
        """Cover screens that have too little room. Request mouse and paste reports again: a
        re-attached multiplexer may have forgotten them.
        """
        for screen in self.screen_stack:
            for each in screen.query(TooSmall):
                each.fit(event.size)
        self._reassert()

    def on_app_focus(self) -> None:
        """Request mouse and paste reports again when the terminal gets the focus."""
        self._reassert()

    def _reassert(self) -> None:
        reassert = getattr(self._driver, "reassert_modes", None)
        if reassert is not None:
            reassert()

    def _print_error_renderables(self) -> None:
        """Keep why the screen ends in `failure` instead of printing it on the terminal."""
        if self._exit_renderables and self.failure is None:
            error = self._exception or RuntimeError("the terminal cannot be used")
            self.failure = ScreenFailure.of(error)
        self._exit_renderables.clear()

    def on_terminal_lost(self) -> None:
        """End the screen because its terminal is gone. Called by the driver on the app's loop."""
        self.end("hung up")

    def end(self, ending: Ending) -> None:
        """End the screen; the caller decides whether the run goes on."""
        if not self._exit:
            self.exit(ending)


def _loss_question(unsaved: str) -> ConfirmDialog:
    return ConfirmDialog(
        f"Quit and lose {unsaved}?", (("y", "quit without them"), ("escape", "stay"))
    )
