"""The first screen: presets with the accuracies that the paper reports and their training times
here.
"""

import textwrap
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer

from fftui.errors import ExperimentError, FFTUIError
from fftui.experiment import LAYERS, layers_text
from fftui.presets import Preset
from fftui.runs.folder import RunRecord
from fftui.text import format as fmt
from fftui.tui.backend import Backend
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span

COLUMNS = (
    Column("preset"),
    Column("data set"),
    Column("description", elastic=True, least=16),
    Column("layers", drop=1),
    Column("paper %", right=True),
    Column("time here", right=True),
)


class RecentRunsLoaded(Message):
    """The runs on disk, newest first."""

    def __init__(self, runs: list[RunRecord]) -> None:
        super().__init__()
        self.runs = runs


class PresetsScreen(Screen[None]):
    """Presets as rows; Enter opens the form of one."""

    IS_ROOT_SCREEN: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d", "next_data(1)", "Data set", tooltip="The next data set the preset is meant for"
        ),
        Binding("D", "next_data(-1)", "Previous data set", show=False),
        Binding("enter", "open", "Set up"),
        Binding("r", "app.runs", "Runs"),
        Binding("s", "app.studies", "Studies"),
        Binding("l", "app.live", "Live run"),
    ]
    HELP = """
    Each row is a preset: an experiment that is ready to run. Enter opens a form in which everything
    can be changed; Enter there starts it. d goes through the data sets that the preset is meant
    for.

    "time here" is the learning time of your newest run of that preset and data set, or an estimate
    (~).
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.recent_runs: list[RunRecord] = []
        self._backend = backend
        self._load_problem = ""
        self.loads_torch = True  # set by the app
        self._data: dict[str, str] = {}
        self._presets: list[Preset] = []

    def compose(self) -> ComposeResult:
        """The list of presets, and the details of the one under the cursor."""
        yield Paragraphs(id="title")
        presets = RowList(COLUMNS, empty="no presets were found", id="presets")
        presets.border_title = "Presets"
        yield presets
        about = Paragraphs(id="about")
        about.border_title = "About"
        yield about
        yield Footer()

    def on_mount(self) -> None:
        """Read the presets."""
        try:
            self._presets = self._backend.presets()
        except ExperimentError as error:
            self.notify(str(error), severity="error", timeout=20)
        self.query_one(RowList).focus()
        self._show()

    def on_screen_resume(self) -> None:
        """Read the runs again: there may be new ones."""
        self._load_recent_runs()

    @work(thread=True, exclusive=True, group="recent_runs")
    def _load_recent_runs(self) -> None:
        """Read the runs on disk: their times and accuracies are shown."""
        try:
            runs = self._backend.runs()
        except FFTUIError:
            runs = []  # the runs screen shows the error
        self.post_message(RecentRunsLoaded(runs))

    @on(RecentRunsLoaded)
    def _recent_runs_loaded(self, message: RecentRunsLoaded) -> None:
        if message.runs != self.recent_runs:
            self.recent_runs = message.runs
            self._show()

    def torch_loaded(self, problem: str) -> None:
        """Show the estimated times, or the `problem` that kept torch from being loaded."""
        self._load_problem = problem
        self._show()

    def _show(self) -> None:
        """Rebuild the rows: the recent runs or the measured device have changed."""
        workspace, listed = self._backend.workspace, len(self.recent_runs)
        runs_listed = f"{listed} run{'s' if listed != 1 else ''}"
        facts = f"device {workspace.device}   {runs_listed} in {workspace.runs_dir}"
        problem = self._load_problem
        loads = self.loads_torch and not problem and not self._backend.ready.is_set()
        self.query_one("#title", Paragraphs).show(
            (
                (" fftui", "title"),
                (f"  {facts}", "dim"),
                ("   loading torch" if loads else "", "dim"),
                (f"   {problem}" if problem else "", "bad"),
            )
        )
        self.query_one(RowList).show_rows([self._row(preset) for preset in self._presets])
        self._update_details()
        self.refresh_bindings()

    def data_of(self, preset: Preset) -> str:
        """The data set chosen for `preset`."""
        return self._data.get(preset.name, preset.data)

    def _row(self, preset: Preset) -> Row:
        data = self.data_of(preset)
        reports = preset.reports.get(data)
        return Row(
            (
                cell(preset.name, "bold"),
                cell(data),
                cell(preset.description, "dim"),
                cell(preset_layers(preset), "dim"),
                cell(_reported(reports), "text" if reports else "dim"),
                cell(self._time(preset, data)),
            )
        )

    def _time(self, preset: Preset, data: str) -> str:
        try:
            expected = self._backend.expected(preset, data, self.recent_runs)
        except ExperimentError:
            return fmt.MISSING
        write = fmt.duration if expected.measured else fmt.roughly
        return write(expected.seconds)

    @property
    def current(self) -> Preset | None:
        """The preset under the cursor."""
        index = self.query_one(RowList).index
        return self._presets[index] if index < len(self._presets) else None

    def _update_details(self) -> None:
        """Show the details of the preset under the cursor."""
        preset, about = self.current, self.query_one("#about", Paragraphs)
        if preset is None:
            about.show((("no preset is selected", "dim"),))
            return
        indent = len(preset.name) + 3
        width = max(20, about.size.width - indent - 1)
        first, *others = textwrap.wrap(preset.description, width) or [""]
        titles = f"  {'data set':<15}{'the paper reports':>18}{'your best':>12}{'time here':>12}"
        chosen = self.data_of(preset)
        about.show(
            ((f" {preset.name}  ", "bold"), (first, "text")),
            *(((" " * indent + text, "text"),) for text in others),
            (),
            ((titles, "dim"),),
            *(self._data_line(preset, data, chosen == data) for data in preset.data_sets),
        )

    def _data_line(self, preset: Preset, data: str, is_chosen: bool) -> tuple[Span, ...]:
        """What is reported and known of `preset` on one data set."""
        runs = (r for r in self.recent_runs if (r.preset, r.data) == (preset.name, data))
        best = max((r.test_accuracy for r in runs if r.test_accuracy), default=None)
        reports = preset.reports.get(data)
        reported = f"{_reported(reports)} %" if reports is not None else fmt.MISSING
        mine = f"{fmt.percent(best)} %" if best is not None else fmt.MISSING
        text = f"{data:<15}{reported:>18}{mine:>12}{self._time(preset, data):>12}"
        cursor = self.query_one(RowList).glyphs.cursor if is_chosen else " "
        return ((f"{cursor} ", "accent"), (text, "text" if is_chosen else "dim"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        if action == "next_data":
            preset = self.current if self.is_mounted else None
            return preset is not None and len(preset.data_sets) > 1
        return True

    def action_next_data(self, by: int) -> None:
        """Choose the next data set for the preset under the cursor."""
        if (preset := self.current) is not None and preset.data_sets:
            sets = list(preset.data_sets)
            now = self.data_of(preset)
            at = sets.index(now) if now in sets else -1
            self._data[preset.name] = sets[(at + by) % len(sets)]
            self._show()

    def action_open(self) -> None:
        """Open the form of the preset under the cursor."""
        if (preset := self.current) is not None:
            self.open(preset)

    def open(self, preset: Preset) -> None:
        """Open the form of `preset`."""
        # the list is shown before the form is loaded
        from fftui.tui.screens.form_screen import FormScreen  # noqa: PLC0415

        try:
            screen = FormScreen(preset, self.data_of(preset), self._backend.estimate)
        except ExperimentError as error:
            self.notify(str(error), severity="error", timeout=10)
            return
        self.app.push_screen(screen)

    def on_resize(self) -> None:
        """Wrap the description again: the width has changed."""
        self._update_details()

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        self._update_details()
        self.refresh_bindings()

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_open()


def _reported(percent: float | None) -> str:
    return fmt.MISSING if percent is None else f"{percent:.2f}"


def preset_layers(preset: Preset) -> str:
    """The layers of `preset` as short text; a dash where its file does not describe any."""
    try:
        layers = preset.experiment["model"]["layers"]
        return layers_text([LAYERS.validate(layer) for layer in layers])
    except (ExperimentError, ValueError, KeyError, TypeError):
        return fmt.MISSING
