"""The form: every field of an experiment, checked as it is typed."""

import textwrap
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from fftui import format as fmt
from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.presets import Preset, load_preset
from fftui.tui.fields import Checked, Field, changed, check, fields_of, holds, values_of
from fftui.tui.glyphs import plain
from fftui.tui.widgets.painted import Piece
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.text import Paragraphs

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

COLUMNS = (Column("field"), Column("value"), Column(""), Column("meaning", elastic=True, least=28, drop=1))
CHANGED_MARK = "changed"
LONGEST_VALUE = 36  # cells; the line to type in shows all of it
ABOUT_ROWS = 4  # for what a field means and, below, whether everything fits


EDITING_KEYS = ("backspace", "delete", "ctrl+u", "ctrl+k", "ctrl+w", "ctrl+d", "ctrl+x", "ctrl+v")


class ValueInput(Input):
    """The line in which a value is typed. Where there are choices, left, right and letters choose."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, compact=True, select_on_focus=True)
        self.choices: tuple[str, ...] = ()

    def on_key(self, event: events.Key) -> None:
        """Choose among `choices`; other fields take the key as text."""
        if not self.choices:
            return
        step = {"left": -1, "right": 1, "space": 1}.get(event.key)
        letter = event.character if event.is_printable else None
        if step is None and letter is None and event.key not in EDITING_KEYS:
            return
        event.stop()
        event.prevent_default()
        if step is None and letter is None:
            return
        now = self.choices.index(self.value) if self.value in self.choices else 0
        if step is not None:
            self.value = self.choices[(now + step) % len(self.choices)]
        else:
            later = [*self.choices[now + 1 :], *self.choices[: now + 1]]
            self.value = next((c for c in later if c.startswith(letter or "")), self.value)


class FormScreen(Screen[None]):
    """Every field of one experiment as a row; what is typed changes the row under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", priority=True),
        Binding("up", "move(-1)", "Field above", show=False, priority=True),
        Binding("down", "move(1)", "Field below", show=False, priority=True),
        Binding("tab", "section(1)", "Next part", priority=True),
        Binding("shift+tab", "section(-1)", "Part above", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("ctrl+r", "reset", "Undo field", tooltip="Back to what the preset says"),
        Binding("f1", "app.help", "Help", key_display="F1"),
        Binding("escape", "app.pop_screen", "Back", key_display="Esc"),
    ]
    HELP = """
    Every field of the experiment. Up and down choose a field, typing changes it; where there is a choice, left and
    right (or the first letter) go through it. Each change is checked at once; what does not fit is said below.

    Another rule or another kind of layer brings its own fields, and the head or label encoding that it cannot do
    without. A part that may be missing, such as the head, is switched on and off.

    Enter starts the run. Another data set brings the preset's own values for it; your changes stay.
    """

    def __init__(self, preset: Preset, data: str) -> None:
        """Raises ExperimentError where the preset is broken."""
        super().__init__()
        self.preset = preset
        self._base = values_of(load_preset(preset.name, data))
        self._values: dict[str, Any] = self._base
        self._edits: dict[str, str] = {}  # path → text, in the order they were typed
        self._checked: Checked = check(self._base)
        self._refused = ""  # why the data set that was typed is not possible
        self._fields: list[Field] = []
        self._rows: list[Field | None] = []  # None is a heading

    def compose(self) -> ComposeResult:
        """Rows, the line to type in, what it means, keys."""
        rows = RowList(COLUMNS, empty="", id="fields")
        rows.can_focus = False
        rows.border_title = plain(f"{self.preset.name} · {self.preset.description}", self._app.ascii_only)
        yield rows
        with Horizontal(id="editor"):
            yield Static("", id="editor-name", markup=False)
            yield ValueInput(id="editor-value")
        about = Paragraphs(id="editor-about")
        yield about
        yield Footer(show_command_palette=False)

    @property
    def _app(self) -> "FFTUIApp":
        return cast("FFTUIApp", self.app)

    @property
    def experiment(self) -> Experiment | None:
        """What the form describes; None while something does not fit."""
        return None if self._refused else self._checked.experiment

    @property
    def field(self) -> Field | None:
        """The field under the cursor."""
        index = self.query_one(RowList).index
        return self._rows[index] if index < len(self._rows) else None

    def on_mount(self) -> None:
        """Show the preset's values, the cursor on the first field that people change."""
        self._lay_out()
        self.query_one(ValueInput).focus()
        self._goto("phases.0.epochs")

    def action_move(self, by: int) -> None:
        """To another field."""
        self.query_one(RowList).action_move(by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.query_one(RowList).action_page(by)

    def action_section(self, by: int) -> None:
        """To the first field of the next part."""
        rows, here = self.query_one(RowList), self.query_one(RowList).index
        heads = [i for i, field in enumerate(self._rows) if field is None]
        onward = [i for i in heads if i > here] if by > 0 else [i for i in heads if i < here - 1]
        rows.move_to((onward[0] if by > 0 else onward[-1]) + 1 if onward else (heads[0 if by > 0 else -1] + 1))

    def action_reset(self) -> None:
        """Back to what the preset says of this field."""
        field = self.field
        if field is not None and self._edits.pop(field.path, None) is not None:
            self._apply(field)
            self._edit_here()

    def action_start(self) -> None:
        """Start the run, if everything fits."""
        experiment = self.experiment
        if experiment is None:
            errors = self._checked.errors
            wrong = next((i for i, f in enumerate(self._rows) if f is not None and f.path in errors), None)
            if wrong is not None:
                self.query_one(RowList).move_to(wrong)
            self.notify(self._refused or next(iter(errors.values()), ""), severity="error")
            return
        self._app.start_run(experiment, self.preset.name)

    def on_resize(self) -> None:
        """What a field means is broken into rows of another width."""
        self._tell()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        field = self.field
        if field is None or message.value == field.text:
            return
        self._edits.pop(field.path, None)
        self._edits[field.path] = message.value
        self._apply(field)

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._edit_here()

    def _apply(self, edited: Field) -> None:
        """Make the values anew from the preset and all changes, and check them."""
        self._refused = ""
        base = self._base
        if edited.path == "data.name":
            wanted = self._edits.get("data.name", self.preset.data)
            try:
                base = values_of(load_preset(self.preset.name, wanted))
                self._base = base
            except ExperimentError as error:
                self._refused = str(error)
        values = base
        for path, text in list(self._edits.items()):
            field = next((f for f in fields_of(values) if f.path == path), None)
            if field is None:  # its part went away with a shorter list or another rule
                del self._edits[path]
            else:
                values = changed(values, field, text)
        for path, text in list(self._edits.items()):
            if path != edited.path and not holds(values, path, text):  # a later change has put it right
                del self._edits[path]
        self._values = values
        self._checked = check(values)
        self._lay_out()

    def _lay_out(self) -> None:
        """Write all rows."""
        here = self.field.path if self._rows and self.field is not None else None
        base = {f.path: f.text for f in fields_of(self._base)}
        self._fields = list(fields_of(self._values))
        items: list[Row] = []
        self._rows = []
        section = None
        for field in self._fields:
            shown = self._section(field)
            if shown != section:
                section = shown
                self._rows.append(None)
                items.append(Row((cell(shown, "title"),), heading=True))
            self._rows.append(field)
            items.append(self._row(field, base.get(field.path)))
        index = next((i for i, f in enumerate(self._rows) if f is not None and f.path == here), None)
        self.query_one(RowList).show_rows(items, index=index)
        self._tell()

    def _row(self, field: Field, was: str | None) -> Row:
        text = self._edits.get(field.path, field.text)
        wrong = field.path in self._checked.errors or (field.path == "data.name" and bool(self._refused))
        left, right = self._app.glyphs.choice
        shown = f"{left} {text} {right}" if field.choices else text
        mark: Piece = ("does not fit", "bad") if wrong else ("", "text")
        if not wrong and text != was:
            mark = (CHANGED_MARK, "accent")
        name = field.name.replace("_", " ")
        if field.role == "count":
            name = f"number of {field.section.rpartition('.')[2]}"
        if len(shown) > LONGEST_VALUE:
            shown = f"{shown[: LONGEST_VALUE - 1]}…"
        value = cell(shown, "bad" if wrong else "text")
        return Row((cell(f"  {name}", "dim"), value, mark, cell(field.description, "dim")))

    def _section(self, field: Field) -> str:
        parts = field.section.split(".") if field.section else ["experiment"]
        if field.role == "count":
            parts = [parts[0]] if parts[0] == "phases" else parts[:-1]
        named = [str(int(part) + 1) if part.isdigit() else part for part in parts]
        text = " ".join(named).replace("layers", "layer").replace("phases", "phase")
        return text if text != "phase" else "phases"

    def _edit_here(self) -> None:
        """Put the value under the cursor into the line to type in."""
        field = self.field
        if field is None:
            return
        value = self.query_one(ValueInput)
        value.choices = field.choices
        with value.prevent(Input.Changed):
            value.value = self._edits.get(field.path, field.text)
        value.cursor_position = len(value.value)
        self._tell()

    def _goto(self, path: str) -> None:
        index = next((i for i, f in enumerate(self._rows) if f is not None and f.path == path), 1)
        self.query_one(RowList).show_rows(self.query_one(RowList).items, index=index)
        self._edit_here()

    def _tell(self) -> None:
        """Say what the field means, what does not fit, and how long the whole is likely to take."""
        field = self.field
        if field is None:
            return
        self.query_one("#editor-name", Static).update(plain(f" {field.path} ", self._app.ascii_only))
        about = field.description
        if field.choices:
            about = f"{about}{': ' if about else ''}{', '.join(field.choices)}"
        if field.nullable:
            about = f"{about} ({'null' if 'null' not in about else 'or null'})"
        editor = self.query_one("#editor-about", Paragraphs)
        errors = self._checked.errors
        wrong = self._refused or errors.get(field.path) or next(iter(errors.values()), "")
        if wrong:
            verdict: list[tuple[Piece, ...]] = [((f" {row}", "bad"),) for row in _wrapped(wrong, editor, 2)]
        else:
            seconds = self._app.workbench.estimate(self._checked.experiment) if self._checked.experiment else None
            edits = len(self._edits)
            changes = f"   {edits} change{'s' if edits != 1 else ''}" if edits else ""
            verdict = [((" everything fits", "good"), (f"   takes {fmt.roughly(seconds)} here{changes}", "dim"))]
        room = ABOUT_ROWS - len(verdict)
        meaning: list[tuple[Piece, ...]] = [((f" {row}", "dim"),) for row in _wrapped(about, editor, room)]
        editor.show(*meaning, *[() for _ in range(room - len(meaning))], *verdict)


def _wrapped(text: str, editor: Paragraphs, rows: int) -> list[str]:
    """`text` in at most `rows` rows of the editor."""
    return textwrap.wrap(text, max(20, editor.size.width - 2), max_lines=rows, placeholder=" …")
