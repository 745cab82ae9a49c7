"""The form: every field of an experiment, checked as it is typed."""

import textwrap
from collections.abc import Callable
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer, Input, Static

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.presets import Preset, load_preset
from fftui.text import format as fmt
from fftui.tui.charts.cell_plot import StyleName
from fftui.tui.fields import CheckResult, Field, changed, check, fields_of, still_applies, values_of
from fftui.tui.glyphs import plain
from fftui.tui.messages import StartRun
from fftui.tui.screens.typing_keys import InputScreen
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span

COLUMNS = (
    Column("field"),
    Column("value"),
    Column(""),
    Column("meaning", elastic=True, least=28, drop=1),
)
CHANGED_MARK = "changed"
LONGEST_VALUE = 36  # cells; the input line shows the whole value
ABOUT_ROWS = 4  # for the field's description and, below, the result of the check


EDITING_KEYS = ("backspace", "delete", "ctrl+u", "ctrl+k", "ctrl+w", "ctrl+d", "ctrl+x", "ctrl+v")


class ValueInput(Input):
    """The input line for a value; where there are choices, left, right and letters select one."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, compact=True, select_on_focus=True)
        self.choices: tuple[str, ...] = ()

    def on_key(self, event: events.Key) -> None:
        """Select among `choices`; without choices the key is typed."""
        if not self.choices:
            return
        step = {"left": -1, "right": 1, "space": 1}.get(event.key)
        letter = event.character if event.is_printable else None
        if step is None and letter is None and event.key not in EDITING_KEYS:
            return
        event.stop()
        event.prevent_default()
        now = self.choices.index(self.value) if self.value in self.choices else 0
        if step is not None:
            self.value = self.choices[(now + step) % len(self.choices)]
        elif letter is not None:
            later = [*self.choices[now + 1 :], *self.choices[: now + 1]]
            self.value = next((c for c in later if c.startswith(letter)), self.value)


class FormScreen(InputScreen):
    """Every field of one experiment as a row; typing changes the value of the row under
    the cursor.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", priority=True),
        Binding("up", "move(-1)", "Field above", show=False, priority=True),
        Binding("down", "move(1)", "Field below", show=False, priority=True),
        Binding("tab", "section(1)", "Next section", priority=True),
        Binding("shift+tab", "section(-1)", "Section above", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("ctrl+r", "reset", "Undo field", tooltip="Back to the preset's value"),
        # q and ? are typed
        Binding("f1", "app.help", "Help", key_display="F1"),
        Binding("ctrl+q", "app.quit", "Quit", key_display="^q"),
        Binding("escape", "app.pop_screen", "Back", key_display="Esc"),
    ]
    HELP = """
    Every field of the experiment. Up and down select a field, typing changes it; where there are
    choices, left and right (or the first letter) go through them. Each change is checked at once;
    errors are shown below.

    Another rule or another kind of layer brings its own fields, and the head or label encoding that
    it requires. An optional section, such as the head, is switched on and off.

    Enter starts the run. Another data set brings the preset's own values for it; your changes stay.
    """

    def __init__(
        self, preset: Preset, data: str, estimate: Callable[[Experiment], float | None]
    ) -> None:
        """`estimate` returns the seconds an experiment takes here, None where that is not known.

        Raises ExperimentError where the preset is not valid.
        """
        super().__init__()
        self._estimate = estimate
        self.preset = preset
        self._base = values_of(load_preset(preset.name, data))
        self._values: dict[str, Any] = self._base
        self._edits: dict[str, str] = {}  # path → text, in the order they were typed
        self._check_result: CheckResult = check(self._base)
        self._data_problem = ""  # why the data set that was typed cannot be used
        self._fields: list[Field] = []
        self._rows: list[Field | None] = []  # None is a heading

    def compose(self) -> ComposeResult:
        """The rows, the input line, the description of the field and the keys."""
        rows = RowList(COLUMNS, empty="", id="fields")
        rows.can_focus = False
        rows.set_title(f"{self.preset.name} · {self.preset.description}")
        yield rows
        with Horizontal(id="editor"):
            yield Static("", id="editor-name", markup=False)
            yield ValueInput(id="editor-value")
        about = Paragraphs(id="editor-about")
        yield about
        yield Footer(show_command_palette=False)

    @property
    def experiment(self) -> Experiment | None:
        """The experiment in the form; None while a value is not valid."""
        return None if self._data_problem else self._check_result.experiment

    @property
    def unsaved(self) -> str:
        """What would be lost by quitting: the number of changes, in words; empty without any."""
        return _changes_text(len(self._edits))

    @property
    def field(self) -> Field | None:
        """The field under the cursor."""
        index = self.query_one(RowList).index
        return self._rows[index] if index < len(self._rows) else None

    def on_mount(self) -> None:
        """Show the preset's values with the cursor on the epochs of the first phase."""
        self._rebuild_rows()
        self.query_one(ValueInput).focus()
        self._goto("phases.0.epochs")

    def action_move(self, by: int) -> None:
        """Move the cursor by `by` fields."""
        self.query_one(RowList).action_move(by)

    def action_page(self, by: int) -> None:
        """Move the cursor by `by` pages."""
        self.query_one(RowList).action_page(by)

    def action_section(self, by: int) -> None:
        """Move the cursor to the first field of the next or previous section."""
        rows = self.query_one(RowList)
        headings = [i for i, field in enumerate(self._rows) if field is None]
        if by > 0:
            heading = next((i for i in headings if i > rows.index), headings[0])
        else:
            above = (i for i in reversed(headings) if i < rows.index - 1)
            heading = next(above, headings[-1])
        rows.move_to(heading + 1)

    def action_reset(self) -> None:
        """Restore the preset's value of this field."""
        field = self.field
        if field is not None and self._edits.pop(field.path, None) is not None:
            self._apply(field)
            self._edit_here()

    def action_start(self) -> None:
        """Start the run, if every value is valid."""
        experiment = self.experiment
        if experiment is None:
            errors = self._check_result.errors
            wrong = next(
                (i for i, f in enumerate(self._rows) if f is not None and f.path in errors), None
            )
            if wrong is not None:
                self.query_one(RowList).move_to(wrong)
            self.notify(self._data_problem or next(iter(errors.values()), ""), severity="error")
            return
        self.post_message(StartRun(experiment, self.preset.name))

    def on_resize(self) -> None:
        """Wrap the description again: the width has changed."""
        self._update_details()

    @on(Input.Changed)
    def _value_typed(self, message: Input.Changed) -> None:
        field = self.field
        if field is None or message.value == field.text:
            return
        self._edits.pop(field.path, None)
        self._edits[field.path] = message.value
        self._apply(field)

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        self._edit_here()

    def _apply(self, edited: Field) -> None:
        """Compute the values from the preset and all edits, and check them."""
        self._data_problem = ""
        base = self._base
        if edited.path == "data.name":
            wanted = self._edits.get("data.name", self.preset.data)
            try:
                base = values_of(load_preset(self.preset.name, wanted))
                self._base = base
            except ExperimentError as error:
                self._data_problem = str(error)
        values = base
        for path, text in list(self._edits.items()):
            field = next((f for f in fields_of(values) if f.path == path), None)
            if field is None:  # its section was removed by a shorter list or another rule
                del self._edits[path]
            else:
                values = changed(values, field, text)
        for path, text in list(self._edits.items()):
            # a later edit has corrected it
            if path != edited.path and not still_applies(values, path, text):
                del self._edits[path]
        self._values = values
        self._check_result = check(values)
        self._rebuild_rows()

    def _rebuild_rows(self) -> None:
        """Rebuild all rows."""
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
        index = next(
            (i for i, f in enumerate(self._rows) if f is not None and f.path == here), None
        )
        self.query_one(RowList).show_rows(items, index=index)
        self._update_details()

    def _row(self, field: Field, was: str | None) -> Row:
        text = self._edits.get(field.path, field.text)
        wrong = field.path in self._check_result.errors or (
            field.path == "data.name" and bool(self._data_problem)
        )
        left, right = self.query_one(RowList).glyphs.choice
        shown = f"{left} {text} {right}" if field.choices else text
        mark: Span = ("does not fit", "bad") if wrong else ("", "text")
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
        """Put the value under the cursor into the input line."""
        field = self.field
        if field is None:
            return
        value = self.query_one(ValueInput)
        value.choices = field.choices
        with value.prevent(Input.Changed):
            value.value = self._edits.get(field.path, field.text)
        value.cursor_position = len(value.value)
        self._update_details()

    def _goto(self, path: str) -> None:
        index = next((i for i, f in enumerate(self._rows) if f is not None and f.path == path), 1)
        self.query_one(RowList).show_rows(self.query_one(RowList).items, index=index)
        self._edit_here()

    def _update_details(self) -> None:
        """Show the description of the field, and the first error or the expected time
        of the run.
        """
        field = self.field
        if field is None:
            return
        editor = self.query_one("#editor-about", Paragraphs)
        name = plain(f" {field.path} ", editor.ascii_only)
        self.query_one("#editor-name", Static).update(name)
        errors = self._check_result.errors
        wrong = self._data_problem or errors.get(field.path) or next(iter(errors.values()), "")
        verdict = _wrapped(wrong, editor, 2, "bad") or [self._everything_fits()]
        room = ABOUT_ROWS - len(verdict)
        meaning = _wrapped(_meaning(field), editor, room, "dim")
        editor.show(*meaning, *[() for _ in range(room - len(meaning))], *verdict)

    def _everything_fits(self) -> tuple[Span, ...]:
        """The expected time of the run and the number of changes."""
        experiment, edits = self._check_result.experiment, len(self._edits)
        seconds = self._estimate(experiment) if experiment else None
        changes = f"   {_changes_text(edits)}" if edits else ""
        return (
            (" everything fits", "good"),
            (f"   takes {fmt.roughly(seconds)} here{changes}", "dim"),
        )


def _changes_text(edits: int) -> str:
    return f"{edits} change{'s' if edits != 1 else ''}" if edits else ""


def _meaning(field: Field) -> str:
    """The description of `field` with its choices."""
    about = field.description
    if field.choices:
        about = f"{about}{': ' if about else ''}{', '.join(field.choices)}"
    if field.nullable:
        about = f"{about} ({'null' if 'null' not in about else 'or null'})"
    return about


def _wrapped(text: str, editor: Paragraphs, rows: int, style: StyleName) -> list[tuple[Span, ...]]:
    """`text` in at most `rows` rows of the editor."""
    width = max(20, editor.size.width - 2)
    lines = textwrap.wrap(text, width, max_lines=rows, placeholder=" …")
    return [((f" {each}", style),) for each in lines]
