"""The Textual app: its screens, the run or study of this process, and how the app ends.

The training thread never calls into the app and never waits for it; screens read its newest view on
their own timers.
"""

import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events, on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.message import Message
from textual.screen import Screen

from fftui.errors import FFTUIError
from fftui.experiment import Experiment
from fftui.presets import Preset
from fftui.runs.folder import RunRecord
from fftui.text.streams import wants_ascii
from fftui.tui import themes
from fftui.tui.backend import Backend
from fftui.tui.commands import FFTUICommands
from fftui.tui.glyphs import glyphs, plain
from fftui.tui.run_sources import LiveSource, RunControl, Source
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.help_screen import HelpScreen
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.system.metric_styles import Machine

if TYPE_CHECKING:
    from fftui.studies.study import Study
    from fftui.tui.driver import TerminalFile
    from fftui.tui.study_backend import StudyBackend, StudyRun

LOAD_TORCH_AFTER_S = 0.2  # after the first paint: loading torch holds Python's lock for a long time
# keys that Textual gives every screen
NOT_IN_HELP = ("app.focus", "screen.copy", "screen.minimize", "minimize")
Ending = Literal["quit", "keep", "stop", "hung up", "terminated"]


class RecentRunsLoaded(Message):
    """The runs on disk, newest first."""

    def __init__(self, runs: list[RunRecord]) -> None:
        super().__init__()
        self.runs = runs


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
        Binding("q,ctrl+q,ctrl+c", "quit", "Quit", key_display="q"),
        Binding("ctrl+t", "light_or_dark", "Light or dark", show=False),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False),
    ]

    def __init__(
        self,
        backend: Backend,
        *,
        source: LiveSource | None = None,
        machine: Machine | None = None,
        ascii_only: bool | None = None,
        terminal: "TerminalFile | None" = None,
        load_torch: bool = True,
    ) -> None:
        """`source` is a run of this process to show first; without `load_torch`, torch is loaded
        only by a run.
        """
        self.ascii_only = wants_ascii() if ascii_only is None else ascii_only
        self.glyphs = glyphs(self.ascii_only)
        self.terminal = terminal
        theme = themes.first_theme()  # before Textual takes NO_COLOR out of the environment
        super().__init__()
        self.backend = backend
        self.load_problem = ""
        self.machine = machine or this_machine()
        self.source = source
        # the study of this process, unless a run was started later
        self.study_run: StudyRun | None = None
        self.recent_runs: list[RunRecord] = []
        self._threads: list[threading.Thread] = []
        self._loads_torch = load_torch
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

    def on_mount(self) -> None:
        """Show the first screen and start loading torch behind it."""
        self.set_class(self.ascii_only, "-ascii")
        self.push_screen(PresetsScreen())
        if self.source is not None:
            self.push_screen(LiveScreen(self.source))
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
            self.backend.load_torch()
        except (FFTUIError, ImportError, RuntimeError, OSError) as error:
            problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        self.post_message(TorchLoaded(problem))

    @on(TorchLoaded)
    def _torch_loaded(self, message: TorchLoaded) -> None:
        self.load_problem = message.problem
        self._show_presets()

    @work(thread=True, exclusive=True, group="recent_runs")
    def load_recent_runs(self) -> None:
        """Read the runs on disk in a thread; the presets screen shows their times and
        accuracies.
        """
        try:
            runs = self.backend.runs()
        except FFTUIError:
            runs = []  # the runs screen shows the error
        self.post_message(RecentRunsLoaded(runs))

    @on(RecentRunsLoaded)
    def _recent_runs_loaded(self, message: RecentRunsLoaded) -> None:
        if message.runs != self.recent_runs:
            self.recent_runs = message.runs
            self._show_presets()

    def _show_presets(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, PresetsScreen) and screen.is_mounted:
                screen.show()

    def studies(self) -> "StudyBackend":
        """The backend of the study screens. Imports `fftui.studies`."""
        # the first screen should not wait for them
        from fftui.tui.study_backend import StudyBackend  # noqa: PLC0415

        backend = self.backend
        return StudyBackend(backend.runs_dir, backend.data_folder, backend.device)

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

    def set_up(self, preset: Preset) -> None:
        """Open the form of `preset`."""
        for screen in self.screen_stack:
            if isinstance(screen, PresetsScreen):
                screen.open(preset)

    def start_run(self, experiment: Experiment, preset: str | None) -> None:
        """Start a run and show it, unless one is running."""
        self._launch(experiment.name, lambda: self.backend.start(experiment, preset))

    def resume_run(self, run: str) -> None:
        """Resume an interrupted run and show it, unless one is running."""
        self._launch(run, lambda: self.backend.resume(run))

    def start_study(self, study: "Study") -> bool:
        """Run the missing trials of `study`, unless a run or study is running; True if it was
        started.
        """
        if self._refuse_if_busy():
            return False
        self.study_run = self.studies().start(study)
        self.source = LiveSource(f"study {study.name}", self.study_run)
        return True

    def _refuse_if_busy(self) -> bool:
        """Whether a run or study is running; the user is notified if so."""
        if self.busy:
            self.notify("a run is learning already: stop it first (l shows it)", severity="error")
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

    def open_run(self, run: str) -> None:
        """Show a run: this process's own, or one from its journal."""
        own = self.source is not None and self.source.run == run
        self._show_run(
            self.source if own and self.source is not None else self.backend.journal(run)
        )

    def _show_run(self, source: Source) -> None:
        while not getattr(self.screen, "IS_ROOT_SCREEN", False):  # to which Back leads from a run
            if len(self.screen_stack) <= 2:  # Textual's own blank screen and the presets
                break
            self.pop_screen()
        self.push_screen(LiveScreen(source))

    # Keys

    def action_runs(self) -> None:
        """Show all runs."""
        if not isinstance(self.screen, RunsScreen):
            self.push_screen(RunsScreen())

    def action_studies(self) -> None:
        """Show all studies."""
        from fftui.tui.screens.studies_screen import StudiesScreen  # noqa: PLC0415

        if not isinstance(self.screen, StudiesScreen):
            self.push_screen(StudiesScreen())

    def action_live(self) -> None:
        """Show the run of this process, or the study."""
        if self.study_run is not None:
            from fftui.tui.screens.study_screen import StudyScreen  # noqa: PLC0415

            if not (
                isinstance(self.screen, StudyScreen) and self.screen.study == self.study_run.study
            ):
                self.push_screen(StudyScreen(self.study_run.study))
        elif self.source is None:
            self.notify("no run was started here: Enter sets one up")
        elif not (isinstance(self.screen, LiveScreen) and self.screen.source is self.source):
            self.push_screen(LiveScreen(self.source))

    def action_help(self) -> None:
        """What this screen shows, and its keys."""
        if isinstance(self.screen, HelpScreen | ConfirmDialog):
            return
        found: dict[str, str] = {}
        for active in sorted(
            self.screen.active_bindings.values(), key=lambda a: not a.binding.show
        ):
            binding = active.binding
            if (
                binding.description
                and active.enabled
                and not binding.action.startswith(NOT_IN_HELP)
            ):
                found.setdefault(
                    binding.tooltip or binding.description, self.get_key_display(binding)
                )
        text = self.screen.HELP or ""
        keys = [(plain(key, self.ascii_only), what) for what, key in found.items()]
        self.push_screen(HelpScreen(plain(text, self.ascii_only), keys))

    def action_light_or_dark(self) -> None:
        """Switch between the light and the dark theme."""
        if self.current_theme.ansi:
            self.theme = "ansi-light" if self.theme == "ansi-dark" else "ansi-dark"
        else:
            self.theme = themes.LIGHT.name if self.current_theme.dark else themes.DARK.name

    async def action_quit(self) -> None:
        """Quit; while a run is running, ask whether to keep or stop it."""
        if isinstance(self.screen, ConfirmDialog):
            return
        if self.busy:
            self._ask_and_quit()
        else:
            self.exit("quit")

    @work(exclusive=True, group="quit")
    async def _ask_and_quit(self) -> None:
        answer = await self.push_screen_wait(
            ConfirmDialog(
                "A run is learning. Quit?",
                (
                    ("k", "keep learning without the screen; this terminal stays with it"),
                    ("s", "stop, with a checkpoint to resume from"),
                    ("escape", "stay"),
                ),
            )
        )
        if answer == "k":
            self.exit("keep")
        elif answer == "s":
            self.exit("stop")

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


def this_machine() -> Machine:
    """The cores this process may use and the memory of this machine in bytes."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        memory = 0
    return Machine(cores, memory)
