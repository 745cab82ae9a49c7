"""The form: every field of an experiment, checked as it is typed."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.tui.backend import Backend
from fftui.tui.draft import Draft, Entry, entry_at
from fftui.tui.fields import Field
from fftui.tui.form_details import detail_lines, fit_texts
from fftui.tui.form_rows import FormRow, form_rows, meaning, places
from fftui.tui.form_start import FormStart
from fftui.tui.glyphs import plain
from fftui.tui.messages import StartRun
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.line_dialog import LineDialog
from fftui.tui.screens.typing_keys import InputScreen
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import Column, RowList
from fftui.tui.widgets.value_input import ValueInput

SAVE_AS = "Save as a preset of your own, under the name (such as ff-wide)"


class FormScreen(InputScreen):
    """Every field of one experiment as a row; typing changes the value of the row under
    the cursor.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", priority=True),
        Binding("ctrl+n", "add", "Add", priority=True, tooltip="A layer or phase like this one"),
        Binding("ctrl+d", "remove", "Remove", priority=True, tooltip="This layer or phase"),
        Binding(
            "shift+up,alt+up",
            "move_entry(-1)",
            "Layer or phase up",
            show=False,
            priority=True,
            tooltip="Move this layer or phase up",
        ),
        Binding(
            "shift+down,alt+down",
            "move_entry(1)",
            "Layer or phase down",
            show=False,
            priority=True,
            tooltip="Move this layer or phase down",
        ),
        Binding("ctrl+s", "save", "Save", priority=True, tooltip="As a preset of your own"),
        Binding("ctrl+r", "reset", "Reset", priority=True, tooltip="This field, as in the preset"),
        Binding("ctrl+o", "reset_all", "Reset all", show=False, priority=True),
        Binding("up", "move(-1)", "Field above", show=False, priority=True),
        Binding("down", "move(1)", "Field below", show=False, priority=True),
        Binding("tab", "section(1)", "Next section", show=False, priority=True),
        Binding("shift+tab", "section(-1)", "Section above", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        # q and ? are typed
        Binding("f1", "app.help", "Help", key_display="F1"),
        Binding("escape", "leave", "Back", key_display="Esc", priority=True),
        Binding("ctrl+q", "app.quit", "Quit", key_display="^q"),
    ]
    HELP = """
    Every field of the experiment. Up and down select a field, typing changes it; where there are
    choices, left and right (or the first letter) go through them. Each change is checked at once;
    errors are shown below. A field that differs from the preset has a mark before it and the
    preset's value behind it.

    In a layer or phase, ctrl+n adds one like it below, ctrl+d removes it, shift+up and shift+down
    move it. Another rule or another kind of layer brings its own fields, and the head or label
    encoding that it requires. An optional section, such as the head, is switched on and off.

    Enter starts the run. ctrl+s saves the experiment as a preset of your own, which then stands in
    the list of presets. Another data set brings the preset's own values for it; your changes stay.

    Below stand the likely time, memory and room on the disk: what a run of the same experiment took
    here, else an estimate (~), by runs like it where there are any.
    """

    def __init__(self, start: FormStart, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        self._start = start
        self._draft = start.draft
        self._rows: list[FormRow] = []
        self._edited = ""  # the path of the field whose value the input line holds

    def compose(self) -> ComposeResult:
        """The rows, the input line, the description of the field and the keys."""
        columns = (
            Column(""),
            Column("field"),
            Column("value"),
            Column(self._start.base_name),
            Column("meaning", elastic=True, least=28, drop=1),
        )
        rows = RowList(columns, empty="", id="fields")
        rows.can_focus = False
        yield rows
        with Horizontal(id="editor"):
            yield Static("", id="editor-name", markup=False)
            yield ValueInput(id="editor-value")
        yield Paragraphs(id="editor-about")
        yield Footer(show_command_palette=False)

    @property
    def preset(self) -> str | None:
        """The preset that the experiment is compared with."""
        return self._start.preset

    @property
    def draft(self) -> Draft:
        """The experiment as it is now."""
        return self._draft

    @property
    def experiment(self) -> Experiment | None:
        """The experiment in the form; None while a value is not valid."""
        return self._draft.check.experiment

    @property
    def unsaved(self) -> str:
        """What would be lost by leaving: the number of changes, in words; empty without any."""
        begun = self._start.draft
        if self._draft.values == begun.values and not self._draft.refusals:
            return ""
        return _changes_text(max(1, self._draft.count - begun.count))

    @property
    def field(self) -> Field | None:
        """The field under the cursor."""
        index = self.query_one(RowList).index
        return self._rows[index].field if index < len(self._rows) else None

    @property
    def entry(self) -> Entry | None:
        """The layer or phase under the cursor; on their number the last one."""
        field = self.field
        if field is None:
            return None
        if field.role == "count":
            return Entry(field.section, self._draft.size(field.section) - 1)
        return entry_at(field.path)

    def on_mount(self) -> None:
        """Show the experiment with the cursor on the epochs of the first phase."""
        self.query_one(ValueInput).focus()
        self._show("phases.0.epochs")

    def on_resize(self) -> None:
        """Fit rows and description into the new width."""
        if self._rows:
            self._show(self.field.path if self.field else "", typing=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect here."""
        if action in ("add", "remove", "move_entry"):
            return bool(self._rows) and self.entry is not None
        return True

    # Moving

    def action_move(self, by: int) -> None:
        """Move the cursor by `by` fields."""
        self.query_one(RowList).action_move(by)

    def action_page(self, by: int) -> None:
        """Move the cursor by `by` pages."""
        self.query_one(RowList).action_page(by)

    def action_section(self, by: int) -> None:
        """Move the cursor to the first field of the next or previous section."""
        rows = self.query_one(RowList)
        headings = [i for i, each in enumerate(self._rows) if each.field is None]
        if by > 0:
            heading = next((i for i in headings if i > rows.index), headings[0])
        else:
            above = (i for i in reversed(headings) if i < rows.index - 1)
            heading = next(above, headings[-1])
        rows.move_to(heading + 1)

    # Changing

    @on(Input.Changed, "#editor-value")
    def _take_typed(self) -> None:
        """Take what the input line holds, into the field that it belongs to."""
        value = self.query_one(ValueInput).value
        edited = next((f for _, f in places(self._rows) if f.path == self._edited), None)
        if edited is not None and value != self._draft.text_of(edited):
            self._draft = self._draft.typed(edited, value, self._start.base_on)
            self._show(self.field.path if self.field else edited.path, typing=True)

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        if self.field is not None and self.field.path != self._edited:
            self._take_typed()
            self._edit_here()

    def action_reset(self) -> None:
        """Restore the preset's value of this field."""
        if (field := self.field) is not None:
            self._change(self._draft.reset(field), field.path)

    async def action_reset_all(self) -> None:
        """Restore all values of the preset, after asking."""
        if changes := _changes_text(self._draft.count):
            what = f"Undo {changes}: all as in the {self._start.base_name}?"
            dialog = ConfirmDialog(what, (("y", "undo all"), ("escape", "keep them")))
            await self.app.push_screen(dialog, self._reset_all_answered)

    def _reset_all_answered(self, answer: str | None) -> None:
        if answer == "y":
            base = self._start.base_on(str(self._draft.base["data"]["name"]))
            self._change(Draft.of(base, base), self.field.path if self.field else "")

    def action_add(self) -> None:
        """Add a layer or phase like the one under the cursor below it."""
        if (entry := self.entry) is not None:
            below = Entry(entry.list_path, entry.index + 1)
            self._change(self._draft.with_entry_after(entry), below.path)

    def action_remove(self) -> None:
        """Remove the layer or phase under the cursor."""
        entry, field = self.entry, self.field
        if entry is None or field is None:
            return
        left = self._draft.size(entry.list_path) - 1
        if not left:
            self.notify("it is the only one: change its kind or rule instead", timeout=4)
            return
        near = Entry(entry.list_path, min(entry.index, left - 1))
        path = field.path if field.role == "count" else near.path
        self._change(self._draft.without_entry(entry), path)

    def action_move_entry(self, by: int) -> None:
        """Move the layer or phase under the cursor up or down."""
        entry, field = self.entry, self.field
        if entry is None or field is None or field.role == "count":
            return
        there = Entry(entry.list_path, entry.index + by)
        if 0 <= there.index < self._draft.size(entry.list_path):
            moved = self._draft.with_entry_moved(entry, by)
            self._change(moved, f"{there.path}{field.path[len(entry.path) :]}")

    def _change(self, draft: Draft, path: str) -> None:
        """Take `draft` and put the cursor on the field at `path`."""
        self._draft = draft
        self._show(path)

    # Starting, saving, leaving

    def action_start(self) -> None:
        """Start the run, if every value is valid and the memory can hold it."""
        if (experiment := self._valid()) is None:
            return
        expected = self._backend.expectation(experiment)
        if expected.is_beyond_reason:
            self.notify(expected.warning, severity="error", timeout=10)
        else:
            self.post_message(StartRun(experiment, self.preset))

    def _valid(self) -> Experiment | None:
        """The experiment; where a value is not valid, None, and the cursor is on it."""
        checked = self._draft.check
        if checked.experiment is None:
            wrong = (i for i, field in places(self._rows) if field.path in checked.errors)
            self.query_one(RowList).move_to(next(wrong, self.query_one(RowList).index))
            self.notify(next(iter(checked.errors.values()), ""), severity="error")
        return checked.experiment

    async def action_save(self) -> None:
        """Save the experiment as one's own preset, under a name that is asked for."""
        if self._valid() is not None:
            dialog = LineDialog(SAVE_AS, self._own_name(), self._why_no_name)
            await self.app.push_screen(dialog, self._named)

    def _own_name(self) -> str:
        """The name to begin with: that of the preset, if it is one's own."""
        try:
            self._backend.is_saved(self.preset or "")
        except RequestError:
            return ""
        return self.preset or ""

    def _why_no_name(self, name: str) -> str:
        try:
            self._backend.is_saved(name)
        except RequestError as error:
            return str(error)
        return ""

    async def _named(self, name: str | None) -> None:
        if not name:
            return
        if not self._backend.is_saved(name):
            self._save(name)
            return
        dialog = ConfirmDialog(
            f"Overwrite your preset {name}?", (("y", "overwrite"), ("escape", "keep it"))
        )
        await self.app.push_screen(dialog, lambda answer: self._save(name, answer))

    def _save(self, name: str, answer: str | None = "y") -> None:
        experiment = self.experiment
        if answer != "y" or experiment is None:
            return
        try:
            self._start = self._backend.save_preset(name, experiment, self.preset)
        except RequestError as error:
            self.notify(str(error), severity="error", timeout=10)
            return
        self._change(self._start.draft, self.field.path if self.field else "")
        self.notify(f"saved as preset {name}; it stands in the list of presets")

    async def action_leave(self) -> None:
        """Go back; ask first where changes would be lost."""
        if not (unsaved := self.unsaved):
            self.app.pop_screen()
            return
        dialog = ConfirmDialog(
            f"Leave the form and lose {unsaved}?",
            (
                ("y", "leave without them"),
                ("s", "save as a preset first"),
                ("escape", "stay"),
            ),
        )
        await self.app.push_screen(dialog, self._leave_answered)

    async def _leave_answered(self, answer: str | None) -> None:
        if answer == "y":
            self.app.pop_screen()
        elif answer == "s":
            await self.action_save()

    # Showing

    def _show(self, path: str, *, typing: bool = False) -> None:
        """Rebuild all rows, with the cursor on the field at `path`, or the first one in that
        section; while `typing`, the input line stays as it is.
        """
        rows = self.query_one(RowList)
        self._rows = form_rows(self._draft, rows.glyphs, self.size.width)
        at = [i for i, field in places(self._rows) if f"{field.path}.".startswith(f"{path}.")]
        index = at[0] if at else rows.index
        rows.show_rows([each.row for each in self._rows], index=index)
        changes = _changes_text(self._draft.count)
        rows.set_title(f"{self._start.title}{f' · {changes}' if changes else ''}")
        if typing:
            self._update_details()
        else:
            self._edit_here()

    def _edit_here(self) -> None:
        """Put the value under the cursor into the input line."""
        field = self.field
        if field is not None:
            self._edited = field.path
            self.query_one(ValueInput).show(self._draft.text_of(field), field.choices)
            self._update_details()
            self.refresh_bindings()

    def _update_details(self) -> None:
        """Show the description of the field, and the first error or the expected time and memory
        of the run.
        """
        field = self.field
        if field is None:
            return
        editor = self.query_one("#editor-about", Paragraphs)
        name = plain(f" {field.path} ", editor.ascii_only)
        self.query_one("#editor-name", Static).update(name)
        about = meaning(field, self._draft.changes.get(field.path), self._start.base_name)
        errors = self._draft.check.errors
        wrong = errors.get(field.path) or next(iter(errors.values()), "")
        width = max(20, editor.size.width - 2)
        if self.experiment is None:
            editor.show(*detail_lines(about, [(wrong, "bad")], width))
            return
        expected = self._backend.expectation(self.experiment)
        absence = self._backend.absence(self.experiment.data.name)
        texts = fit_texts(self.experiment, expected, self._backend.room, absence)
        editor.show(*detail_lines(about, texts, width))


def _changes_text(changes: int) -> str:
    return f"{changes} change{'s' if changes != 1 else ''}" if changes else ""
