"""The first screen: presets with the accuracies that were published and their training times
here.
"""

import asyncio
import textwrap
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from fftui.errors import ExperimentError, FFTUIError, RequestError
from fftui.experiment import LAYERS, Experiment, layers_text
from fftui.presets import Preset
from fftui.runs.run_record import RunRecord
from fftui.text import format as fmt
from fftui.text.expectation_text import time_text
from fftui.tui.backend import Backend, FirstFacts
from fftui.tui.form_start import FormStart, of_run
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span

COLUMNS = (
    Column("preset"),
    Column("data set"),
    Column("description", elastic=True, least=16, drop=2),
    Column("layers", drop=3),
    Column("published %", right=True, drop=1),
    Column("time here", right=True),
)


class FirstFactsLoaded(Message):
    """What the screen shows that lies on the disk."""

    def __init__(self, facts: FirstFacts) -> None:
        super().__init__()
        self.facts = facts


class PresetsScreen(Screen[None]):
    """Presets as rows; Enter opens the form of one."""

    IS_ROOT_SCREEN: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d", "next_data(1)", "Data set", tooltip="The next data set the preset is meant for"
        ),
        Binding("D", "next_data(-1)", "Previous data set", show=False),
        Binding("enter", "open", "Set up"),
        Binding(
            "X",
            "delete",
            "Delete",
            show=False,
            tooltip="Delete a preset of your own",
        ),
        Binding("r", "app.runs", "Runs"),
        Binding("s", "app.studies", "Studies"),
        Binding("l", "app.live", "Live run"),
    ]
    HELP = """
    Each row is a preset: an experiment that is ready to run. Enter opens a form in which everything
    can be changed; Enter there starts it. d goes through the data sets that the preset is meant
    for.

    "time here" is the learning time of your newest run of that preset and data set, or an estimate
    (~). Presets of your own, saved in the form, have a mark before their name; X deletes one. A
    data set with a mark before it is not on this machine: `fftui data get` fetches it.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        self._facts = FirstFacts()
        self._load_problem = ""
        self.loads_torch = True  # set by the app
        self._data: dict[str, str] = {}
        self._times: dict[tuple[str, str], str] = {}  # of presets on data sets
        self._presets: tuple[Preset, ...] = ()

    def compose(self) -> ComposeResult:
        """The list of presets, and the details of the one under the cursor."""
        yield Paragraphs(id="title")
        yield RowList(COLUMNS, empty="no presets were found", id="presets")
        about = Paragraphs(id="about")
        about.border_title = "About"
        yield about
        yield Footer()

    def on_mount(self) -> None:
        """Read the presets."""
        try:
            self._presets = tuple(self._backend.presets())
        except ExperimentError as error:
            self.notify(str(error), severity="error", timeout=20)
        self.query_one(RowList).focus()
        self._show()

    def on_screen_resume(self) -> None:
        """Read presets and runs again: there may be new ones."""
        self._load_facts()

    @work(thread=True, exclusive=True, group="facts")
    def _load_facts(self) -> None:
        """Read presets, runs and data sets on disk."""
        try:
            self.post_message(FirstFactsLoaded(self._backend.first_facts()))
        except FFTUIError:
            return  # a preset that cannot be read was said at the start

    @on(FirstFactsLoaded)
    def _facts_loaded(self, message: FirstFactsLoaded) -> None:
        listed, before = message.facts, self._facts
        if listed == before:
            return
        if (listed.presets, listed.runs) != (self._presets, before.runs):
            self._times.clear()
        here = self.current
        self._facts, self._presets = listed, listed.presets
        for problem in set(listed.problems) - set(before.problems):
            self.notify(problem, severity="error", timeout=20)
        names = [preset.name for preset in self._presets]
        self._show(names.index(here.name) if here is not None and here.name in names else 0)

    @property
    def recent_runs(self) -> tuple[RunRecord, ...]:
        """The runs on disk, newest first."""
        return self._facts.runs

    def torch_loaded(self, problem: str) -> None:
        """Show the estimated times, or the `problem` that kept torch from being loaded."""
        self._load_problem = problem
        self._times.clear()
        self._show()
        self._load_facts()

    def _show(self, index: int | None = None) -> None:
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
        rows = self.query_one(RowList)
        rows.set_title(f"Presets · {len(self._presets)}")
        rows.show_rows([self._row(preset) for preset in self._presets], index=index)
        self._update_details()
        self.refresh_bindings()

    def data_of(self, preset: Preset) -> str:
        """The data set chosen for `preset`."""
        return self._data.get(preset.name, preset.data)

    def _row(self, preset: Preset) -> Row:
        data = self.data_of(preset)
        reports, here = preset.reports.get(data), self._is_here(data)
        signs = self.query_one(RowList).glyphs
        return Row(
            (
                cell(f"{signs.own} {preset.name}" if preset.is_own else preset.name, "bold"),
                cell(data if here else f"{signs.absent} {data}", "text" if here else "warn"),
                cell(preset.description, "dim"),
                cell(preset_layers(preset), "dim"),
                cell(_reported(reports), "text" if reports else "dim"),
                cell(self._time(preset, data)),
            )
        )

    def _is_here(self, data: str) -> bool:
        """Whether a data set is on this machine, as far as is known."""
        return self._facts.sets is None or data in self._facts.sets

    def _time(self, preset: Preset, data: str) -> str:
        asked = preset.name, data
        if asked not in self._times:
            self._times[asked] = self._found_time(preset, data)
        return self._times[asked]

    def _found_time(self, preset: Preset, data: str) -> str:
        try:
            return time_text(self._backend.likely_time(preset, data))
        except ExperimentError:
            return fmt.MISSING

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
        titles = f"    {'data set':<15}{'published %':>13}{'your best %':>13}{'time here':>11}"
        chosen = self.data_of(preset)
        own: list[tuple[Span, ...]] = []
        if preset.is_own:
            own = [((f" yours, X deletes it: {preset.path}", "dim"),)]
        about.show(
            ((f" {preset.name}  ", "bold"), (first, "text")),
            *(((" " * indent + text, "text"),) for text in others),
            *own,
            ((titles, "dim"),),
            *(self._data_line(preset, data, chosen == data) for data in preset.data_sets),
        )

    def _data_line(self, preset: Preset, data: str, is_chosen: bool) -> tuple[Span, ...]:
        """What is reported and known of `preset` on one data set."""
        runs = (r for r in self.recent_runs if (r.preset, r.data) == (preset.name, data))
        best = max((r.test_accuracy for r in runs if r.test_accuracy), default=None)
        reports = preset.reports.get(data)
        times = self._time(preset, data)
        text = f"{data:<15}{_reported(reports):>13}{fmt.percent(best):>13}{times:>11}"
        signs, here = self.query_one(RowList).glyphs, self._is_here(data)
        return (
            (f"{signs.cursor if is_chosen else ' '} ", "accent"),
            (f"{' ' if here else signs.absent} ", "warn"),
            (text, "text" if is_chosen else "dim"),
            ("" if here else f"   fftui data get {data}", "dim"),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        if action == "next_data":
            preset = self.current if self.is_mounted else None
            return preset is not None and len(preset.data_sets) > 1
        if action == "delete":
            preset = self.current if self.is_mounted else None
            return preset is not None and preset.is_own
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
        try:
            self._open_form(self._backend.form_of_preset(preset, self.data_of(preset)))
        except ExperimentError as error:
            self.notify(str(error), severity="error", timeout=10)

    @work(exclusive=True, group="form", description="edit run")
    async def edit_run(self, run: str) -> None:
        """Open what `run` was asked to do in the form."""
        try:
            start = await asyncio.to_thread(self._backend.form_of_run, run)
        except FFTUIError as error:
            self.notify(str(error), severity="error", timeout=10)
        else:
            self._open_form(start)

    def edit_again(self, experiment: Experiment, preset: str | None) -> None:
        """Open what could not be started in the form."""
        self._open_form(of_run(experiment.name, experiment, preset))

    def _open_form(self, start: FormStart) -> None:
        # the list is shown before the form is loaded
        from fftui.tui.screens.form_screen import FormScreen  # noqa: PLC0415

        self.app.push_screen(FormScreen(start, self._backend))

    async def action_delete(self) -> None:
        """Delete the preset under the cursor, if it is one's own, after asking."""
        if (preset := self.current) is not None and preset.is_own:
            dialog = ConfirmDialog(
                f"Delete your preset {preset.name}?",
                (("y", "delete; runs of it stay"), ("escape", "keep it")),
            )
            await self.app.push_screen(dialog, partial(self._delete_answered, preset.name))

    def _delete_answered(self, preset: str, answer: str | None) -> None:
        if answer != "y":
            return
        try:
            self._backend.delete_preset(preset)
        except RequestError as error:
            self.notify(str(error), severity="error", timeout=10)

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
