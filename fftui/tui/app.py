"""The Textual app: its screens, the run or study of this process, and how the app ends.

The training thread never calls into the app and never waits for it; screens read its newest view on
their own timers.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen

from fftui.errors import ExperimentError, FFTUIError
from fftui.plugins import load_plugins, plugin_failures
from fftui.text.streams import wants_ascii
from fftui.tui import themes
from fftui.tui.backend import Backend
from fftui.tui.commands import Command, FFTUICommands
from fftui.tui.glass import Glass
from fftui.tui.glyphs import plain
from fftui.tui.messages import (
    HandOver,
    OpenClaims,
    OpenRun,
    OpenStudy,
    ResumeRun,
    ShowFigures,
    ShowSettings,
    StartRun,
    StartStudy,
)
from fftui.tui.run_sources import LiveSource, RunControl, Source
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.help_screen import HelpScreen, keys_of
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.screens.run_panes import RunPanes
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.screens.settings_screen import SettingsScreen
from fftui.tui.system.metric_styles import Machine, this_machine

if TYPE_CHECKING:
    from fftui.studies.study import Study
    from fftui.tui.claims_backend import ClaimsBackend
    from fftui.tui.driver import TerminalFile
    from fftui.tui.figure_backend import FigureBackend
    from fftui.tui.study_backend import StudyBackend, StudyRun

LOAD_TORCH_AFTER_S = 0.2  # after the first paint: loading torch holds Python's lock for a long time
RUNS_OFFERED = 200  # by the palette
Ending = Literal["quit", "keep", "stop", "hand over", "hung up", "terminated"]


class TorchLoaded(Message):
    """Torch is loaded, or `problem` says why not."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem


class FFTUIApp(App[Ending]):
    """fftui's screen."""

    TITLE = "fftui"
    CSS_PATH = "fftui.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = App.COMMANDS | {FFTUICommands}
    # Textual does not declare them as the class variables they are
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("f1", "help", "Help", show=False),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", key_display="^q", show=False),
        Binding("ctrl+t", "light_or_dark", "Light or dark", show=False),
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
        theme = themes.first_theme()  # before Textual takes NO_COLOR out of the environment
        no_color = themes.wants_no_color()
        if not no_color:
            os.environ.pop("NO_COLOR", None)  # Textual counts an empty one
        # Without colours Textual makes greys of a theme's, unless it is told that they are the
        # terminal's: then it sends none, in any theme.
        super().__init__(ansi_color=True if no_color else None)
        self._glass = Glass(ascii_only=self.ascii_only)
        self.backend = backend
        self.presets_screen = PresetsScreen(backend)
        self.machine = machine or this_machine()
        self._first_shown = source
        self.source = source if isinstance(source, LiveSource) else None
        # the study of this process, unless a run was started later
        self.study_run: StudyRun | None = None
        self._threads: list[threading.Thread] = []
        self._loads_torch = self.presets_screen.loads_torch = load_torch
        self.set_class(self.ascii_only, "-ascii")  # asked by the stylesheet and by every widget
        self.register_theme(themes.DARK)
        self.register_theme(themes.LIGHT)
        self.theme = theme if theme in self.available_themes else themes.DARK.name

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
        self.push_screen(self.presets_screen)
        if self._first_shown is not None:
            self.push_screen(LiveScreen(self._first_shown, self.machine))
        if self._loads_torch:
            self.set_timer(
                LOAD_TORCH_AFTER_S, lambda: self._in_thread("fftui-load-torch", self._load_torch)
            )

    # Background threads

    def _in_thread(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _load_torch(self) -> None:
        problem = ""
        try:
            load_plugins()  # they may load torch
            self.backend.load_torch()
        except (FFTUIError, ImportError, RuntimeError, OSError) as error:
            problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        self.post_message(TorchLoaded(problem))

    @on(TorchLoaded)
    def _torch_loaded(self, message: TorchLoaded) -> None:
        self.presets_screen.torch_loaded(message.problem)
        for failure in plugin_failures():
            self.notify(str(failure), severity="error", timeout=20)

    def studies(self) -> "StudyBackend":
        """The backend of the study screens. Imports `fftui.studies`."""
        # the first screen should not wait for them
        from fftui.tui.study_backend import StudyBackend  # noqa: PLC0415

        return StudyBackend(self.backend.workspace)

    def claims(self) -> "ClaimsBackend":
        """The backend of the claims screen."""
        from fftui.tui.claims_backend import ClaimsBackend  # noqa: PLC0415

        return ClaimsBackend(self.backend.workspace)

    def figures(self) -> "FigureBackend":
        """The backend of the figures screen."""
        from fftui.tui.figure_backend import FigureBackend  # noqa: PLC0415

        return FigureBackend(self.backend.workspace)

    # Runs

    @property
    def control(self) -> RunControl | None:
        """The control of the run or study of this process; None unless its thread is alive."""
        control = self.source.control if self.source is not None else None
        return control if control is not None and control.is_alive() else None

    @property
    def busy(self) -> bool:
        """Whether a run or study of this process is being prepared or is running."""
        preparing = (
            self.source is not None and self.source.control is None and self.source.problem is None
        )
        return preparing or self.control is not None

    @on(StartRun)
    def _start_run(self, message: StartRun) -> None:
        experiment, preset = message.experiment, message.preset
        self._launch(experiment.name, lambda: self.backend.start(experiment, preset))

    @on(ResumeRun)
    def _resume_run(self, message: ResumeRun) -> None:
        self._launch(message.run, lambda: self.backend.resume(message.run))

    @on(HandOver)
    def _hand_over(self, message: HandOver) -> None:
        if self.source is not None and self.source.run == message.run:
            self.exit("hand over")

    @on(StartStudy)
    def _start_study(self, message: StartStudy) -> None:
        if not self._refuse_if_busy():
            self.study_run = self.studies().start(message.study)
            self.source = LiveSource(f"study {message.study.name}", self.study_run)

    def _refuse_if_busy(self) -> bool:
        """Whether a run or study is running; the user is notified if so."""
        if self.busy:
            self.notify(
                "a run is learning already: stop it first (ctrl+p, Live run shows it)",
                severity="error",
            )
        return self.busy

    def _launch(self, name: str, start: Callable[[], tuple[str, RunControl]]) -> None:
        if self._refuse_if_busy():
            return
        self.study_run = None
        source = self.source = LiveSource(name)

        def begin() -> None:
            try:
                source.attach(*start())
            except (FFTUIError, OSError, RuntimeError, ImportError) as error:
                source.problem = str(error).splitlines()[0] if str(error) else type(error).__name__

        self._in_thread("fftui-start", begin)
        self._show_run(source)

    @on(OpenRun)
    def _open_run(self, message: OpenRun) -> None:
        own = self.source if self.source is not None and self.source.run == message.run else None
        self._show_run(own or self.backend.journal(message.run))

    @on(OpenClaims)
    def _open_claims(self, message: OpenClaims) -> None:
        from fftui.tui.screens.claims_screen import ClaimsScreen  # noqa: PLC0415

        if not isinstance(self.screen, ClaimsScreen):
            self.push_screen(ClaimsScreen(self.claims(), message.scale))

    @on(OpenStudy)
    def _open_study(self, message: OpenStudy) -> None:
        self.show_study(message.study)

    def show_study(self, study: "Study") -> None:
        """Show `study`, which is started there."""
        from fftui.tui.screens.study_screen import StudyScreen  # noqa: PLC0415

        if not (isinstance(self.screen, StudyScreen) and self.screen.study == study):
            self.push_screen(
                StudyScreen(study, self.studies(), self.machine, lambda: self.study_run)
            )

    @on(ShowFigures)
    def _show_figures(self, message: ShowFigures) -> None:
        from fftui.tui.screens.figures_screen import FiguresScreen  # noqa: PLC0415

        self.push_screen(FiguresScreen(message.title, message.names, message.scale, self.figures()))

    @on(ShowSettings)
    def _show_settings(self, message: ShowSettings) -> None:
        self.push_screen(SettingsScreen(message.run, self.backend.asked))

    def _show_run(self, source: Source) -> None:
        while not getattr(self.screen, "IS_ROOT_SCREEN", False):  # to which Back leads from a run
            if len(self.screen_stack) <= 2:  # Textual's own blank screen and the presets
                break
            self.pop_screen()
        self.push_screen(LiveScreen(source, self.machine))

    # Keys

    def action_runs(self) -> None:
        """Show all runs."""
        if not isinstance(self.screen, RunsScreen):
            self.push_screen(RunsScreen(self.backend))

    def action_studies(self) -> None:
        """Show all studies."""
        from fftui.tui.screens.studies_screen import StudiesScreen  # noqa: PLC0415

        if not isinstance(self.screen, StudiesScreen):
            self.push_screen(StudiesScreen(self.studies()))

    def action_live(self) -> None:
        """Show the run of this process, or the study."""
        if self.study_run is not None:
            self.show_study(self.study_run.study)
        elif self.source is None:
            self.notify("no run was started here: Enter sets one up")
        elif not (isinstance(self.screen, LiveScreen) and self.screen.source is self.source):
            self.push_screen(LiveScreen(self.source, self.machine))

    def action_help(self) -> None:
        """What this screen shows, and its keys."""
        if isinstance(self.screen, HelpScreen | ConfirmDialog):
            return
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
        if self.busy:
            await self.push_screen(_quit_question(), self._quit_answered)
        elif unsaved:
            await self.push_screen(_loss_question(unsaved), self._quit_answered)
        else:
            self.exit("quit")

    def _quit_answered(self, answer: str | None) -> None:
        endings: dict[str | None, Ending] = {"k": "keep", "s": "stop", "y": "quit"}
        if answer in endings:
            self.exit(endings[answer])

    def commands(self, screen: Screen[Any]) -> Iterator[Command]:
        """The palette's entries besides Textual's own: screens, presets and runs."""
        yield Command("Runs", "All runs, to sort, filter and open", self.action_runs)
        yield Command(
            "Studies",
            "Many runs that answer one question: the paper's tables and more",
            self.action_studies,
        )
        yield Command(
            "Claims",
            "The paper's claims and the verdict on each, by the runs that there are",
            partial(self.post_message, OpenClaims("quick")),
        )
        if self.source is not None:
            yield Command("Live run", "The run or study of this process", self.action_live)
        if isinstance(screen, LiveScreen):
            about = "The machine's metrics over the whole run, by layer"
            yield Command("System", about, screen.action_system)
        yield from getattr(screen, "own_commands", tuple)()
        about = "Switch between the light and the dark theme"
        yield Command("Light or dark", about, self.action_light_or_dark)
        yield Command("Suspend", "Back to the shell; fg returns", self.action_suspend_process)
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
        """Request mouse and paste reports again: a re-attached multiplexer may have
        forgotten them.
        """
        self._reassert()

    def on_app_focus(self) -> None:
        """Request mouse and paste reports again when the terminal gets the focus."""
        self._reassert()

    def _reassert(self) -> None:
        reassert = getattr(self._driver, "reassert_modes", None)
        if reassert is not None:
            reassert()

    def on_terminal_lost(self) -> None:
        """End the screen because its terminal is gone. Called by the driver on the app's loop."""
        self.end("hung up")

    def end(self, ending: Ending) -> None:
        """End the screen; the caller decides whether the run goes on."""
        if not self._exit:
            self.exit(ending)

    def join_threads(self) -> None:
        """Wait for the background threads: a process that ends while torch loads may crash."""
        for thread in self._threads:
            thread.join()


def _quit_question() -> ConfirmDialog:
    return ConfirmDialog(
        "A run is learning. Quit?",
        (
            ("k", "keep learning without the screen; this terminal stays with it"),
            ("s", "stop, with a checkpoint to resume from"),
            ("escape", "stay"),
        ),
    )


def _loss_question(unsaved: str) -> ConfirmDialog:
    return ConfirmDialog(
        f"Quit and lose {unsaved}?", (("y", "quit without them"), ("escape", "stay"))
    )
