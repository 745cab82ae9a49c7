"""The settings screen: what a run was asked to do, and what differs from its preset."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from fftui.errors import FFTUIError
from fftui.text.settings_text import Asked, Setting
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import Column, Row, RowList, cell

COLUMNS = (
    Column("setting"),
    Column("value", elastic=True, least=16),
    Column("preset", drop=1),
)


class SettingsLoaded(Message):
    """What the run was asked to do, or the `problem` that kept it from being read."""

    def __init__(self, asked: Asked, problem: str) -> None:
        super().__init__()
        self.asked = asked
        self.problem = problem


class SettingsScreen(Screen[None]):
    """A run's settings as rows, first those that differ from its preset."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,b,escape", "app.pop_screen", "Back", key_display="t")
    ]
    HELP = """
    What the run was asked to do: every setting with its value, as experiment.toml in its folder has
    it. Settings that differ from the preset on the same data set come first, with the preset's
    value beside theirs.
    """

    def __init__(self, run: str, load: Callable[[str], Asked]) -> None:
        """`load` reads the settings of a run from disk; it raises FFTUIError."""
        super().__init__()
        self._run = run
        self._load = load
        self._settings = RowList(COLUMNS, empty="reading the settings", id="settings")

    def compose(self) -> ComposeResult:
        """The settings and the keys."""
        yield self._settings
        yield Footer()

    def on_mount(self) -> None:
        """Start reading the settings."""
        self._settings.set_title(f"Settings · {self._run}")
        self._settings.focus()
        self.read()

    @work(thread=True, exclusive=True, group="settings")
    def read(self) -> None:
        """Read the settings from disk."""
        try:
            self.post_message(SettingsLoaded(self._load(self._run), ""))
        except FFTUIError as error:
            self.post_message(SettingsLoaded(Asked(None, ()), str(error)))

    def on_settings_loaded(self, message: SettingsLoaded) -> None:
        """Show the settings."""
        asked = message.asked
        changed = [each for each in asked.settings if each.preset is not None]
        rows: list[Row] = []
        if changed:
            rows += [_heading(f"changed from preset {asked.preset}"), *_rows(changed, indent="")]
        for section, settings in _sections(asked.settings).items():
            rows += [_heading(section), *_rows(settings, indent=section)]
        self._settings.empty = message.problem or "it has no settings"
        self._settings.show_rows(rows, index=0)


def _sections(settings: Sequence[Setting]) -> dict[str, list[Setting]]:
    """Settings by section: `experiment`, `data`, `model.layers.0`, ..."""
    sections: dict[str, list[Setting]] = {}
    for each in settings:
        sections.setdefault(each.path.rpartition(".")[0] or "experiment", []).append(each)
    return sections


def _rows(settings: Sequence[Setting], indent: str) -> list[Row]:
    """A row for each of `settings`, without the name of their section `indent`."""
    return [
        Row(
            (
                cell(f"  {each.path.removeprefix(f'{indent}.') if indent else each.path}", "dim"),
                cell(each.text, "text" if each.preset is None else "accent"),
                cell(each.preset or "", "dim"),
            )
        )
        for each in settings
    ]


def _heading(text: str) -> Row:
    return Row((cell(text, "title"),), heading=True)
