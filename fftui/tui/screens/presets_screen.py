"""The first screen: presets with the accuracies that the paper reports and their training times
here.
"""

import textwrap
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from fftui.errors import ExperimentError
from fftui.experiment import LAYERS, layers_text
from fftui.presets import Preset
from fftui.text import format as fmt
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

COLUMNS = (
    Column("preset"),
    Column("data set"),
    Column("description", elastic=True, least=16),
    Column("layers", drop=1),
    Column("paper %", right=True),
    Column("time here", right=True),
)


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
    Each row is a preset: an experiment that is ready to run. Enter opens a form in which everything can be changed;
    Enter there starts it. d goes through the data sets that the preset is meant for.

    "time here" is the learning time of your newest run of that preset and data set, or an estimate (~).
    """

    def __init__(self) -> None:
        super().__init__()
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
        app = cast("FFTUIApp", self.app)
        try:
            self._presets = app.backend.presets()
        except ExperimentError as error:
            self.notify(str(error), severity="error", timeout=20)
        self.query_one(RowList).focus()
        self.show()

    def show(self) -> None:
        """Rebuild the rows: the recent runs or the measured device have changed."""
        app = cast("FFTUIApp", self.app)
        runs_listed = f"{len(app.recent_runs)} runs" if len(app.recent_runs) != 1 else "1 run"
        facts = f"device {app.backend.device}   {runs_listed} in {app.backend.runs_dir}"
        loading = (
            () if app.backend.ready.is_set() or app.load_problem else (("   loading torch", "dim"),)
        )
        problem: tuple[Span, ...] = ((f"   {app.load_problem}", "bad"),) if app.load_problem else ()
        self.query_one("#title", Paragraphs).show(
            ((" fftui", "title"), (f"  {facts}", "dim"), *loading, *problem)
        )
        self.query_one(RowList).show_rows([self._row(preset, app) for preset in self._presets])
        self._update_details()
        self.refresh_bindings()

    def data_of(self, preset: Preset) -> str:
        """The data set chosen for `preset`."""
        return self._data.get(preset.name, preset.data)

    def _row(self, preset: Preset, app: "FFTUIApp") -> Row:
        data = self.data_of(preset)
        reports = preset.reports.get(data)
        return Row(
            (
                cell(preset.name, "bold"),
                cell(data),
                cell(preset.description, "dim"),
                cell(preset_layers(preset), "dim"),
                cell(
                    f"{reports:.2f}" if reports is not None else fmt.MISSING,
                    "text" if reports else "dim",
                ),
                cell(self._time(preset, data, app)),
            )
        )

    def _time(self, preset: Preset, data: str, app: "FFTUIApp") -> str:
        try:
            expected = app.backend.expected(preset, data, app.recent_runs)
        except ExperimentError:
            return fmt.MISSING
        return (
            fmt.duration(expected.seconds) if expected.measured else fmt.roughly(expected.seconds)
        )

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
        app = cast("FFTUIApp", self.app)
        indent = len(preset.name) + 3
        width = max(20, about.size.width - indent - 1)
        first, *others = textwrap.wrap(preset.description, width) or [""]
        lines: list[tuple[Span, ...]] = [((f" {preset.name}  ", "bold"), (first, "text"))]
        lines += [((" " * indent + text, "text"),) for text in others]
        lines.append(())
        chosen = self.data_of(preset)
        lines.append(
            (
                (
                    (
                        f"  {'data set':<15}{'the paper reports':>18}{'your best':>12}{'time here':>12}"
                    ),
                    "dim",
                ),
            )
        )
        for data in preset.data_sets:
            reports = preset.reports.get(data)
            best = max(
                (
                    r.test_accuracy
                    for r in app.recent_runs
                    if r.preset == preset.name and r.data == data and r.test_accuracy
                ),
                default=None,
            )
            reported = f"{reports:.2f} %" if reports is not None else fmt.MISSING
            mine = f"{fmt.percent(best)} %" if best is not None else fmt.MISSING
            text = f"{data:<15}{reported:>18}{mine:>12}{self._time(preset, data, app):>12}"
            here = data == chosen
            lines.append(
                (
                    (f"{app.glyphs.cursor if here else ' '} ", "accent"),
                    (text, "text" if here else "dim"),
                )
            )
        about.show(*lines)

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
            self.show()

    def action_open(self) -> None:
        """Open the form of the preset under the cursor."""
        if (preset := self.current) is not None:
            self.open(preset)

    def open(self, preset: Preset) -> None:
        """Open the form of `preset`."""
        # the list is shown before the form is loaded
        from fftui.tui.screens.form_screen import FormScreen  # noqa: PLC0415

        try:
            screen = FormScreen(preset, self.data_of(preset))
        except ExperimentError as error:
            self.notify(str(error), severity="error", timeout=10)
            return
        self.app.push_screen(screen)

    def on_resize(self) -> None:
        """Wrap the description again: the width has changed."""
        self._update_details()

    def on_screen_resume(self) -> None:
        """Read the runs again: there may be new ones."""
        cast("FFTUIApp", self.app).load_recent_runs()

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        self._update_details()
        self.refresh_bindings()

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_open()


def preset_layers(preset: Preset) -> str:
    """The layers of `preset` as short text; a dash where its file does not describe any."""
    try:
        layers = preset.experiment["model"]["layers"]
        return layers_text([LAYERS.validate(layer) for layer in layers])
    except (ExperimentError, ValueError, KeyError, TypeError):
        return fmt.MISSING
