"""`RunEditing`: the keys of the runs screen that change runs: tags, note, name, archive, delete."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from fftui.errors import FFTUIError
from fftui.runs.annotations import checked_name, checked_tag
from fftui.runs.folder import RunFolder
from fftui.runs.listing import ListedRun
from fftui.tui import run_edits
from fftui.tui.run_edits import Edit, counted
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.line_dialog import LineDialog
from fftui.tui.screens.typing_keys import InputScreen


class RunsEdited(Message):
    """Runs were changed by `edit`, or were not, because of a `problem`."""

    def __init__(self, edit: Edit | None, problem: str) -> None:
        super().__init__()
        self.edit = edit
        self.problem = problem


class RunEditing(InputScreen):
    """Changes the marked runs, or the one under the cursor where none is marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("T", "tag", "Tags", show=False, tooltip="Add tags, or with a - take them away"),
        Binding("N", "note", "Note", show=False, tooltip="Write a note"),
        Binding("f2,M", "rename", "Rename", show=False, key_display="F2"),
        Binding("A", "archive", "Archive", show=False, tooltip="Into the archive, or out of it"),
        Binding("delete,X", "delete", "Delete", show=False, tooltip="Into the trash"),
        Binding("u", "undo", "Undo", show=False, tooltip="Take back the last change to runs"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._edits: list[Edit] = []

    @property
    def chosen(self) -> Sequence[ListedRun]:
        """The runs that a key changes: those marked, else the one under the cursor."""
        raise NotImplementedError

    def read(self) -> object:
        """Read the runs again, in a thread."""
        raise NotImplementedError

    def action_tag(self) -> None:
        """Ask for tags."""
        runs = self.chosen
        shared = [
            tag
            for tag in (runs[0].annotations.tags if runs else ())
            if all(tag in run.annotations.tags for run in runs)
        ]
        has = f"; {_they(runs)} {' '.join(shared)}" if shared else ""
        self._ask(
            f"Tags for {counted(len(runs))} (-tag takes one away{has})",
            "",
            _no_tags,
            run_edits.tagged,
        )

    def action_note(self) -> None:
        """Ask for a note."""
        runs = self.chosen
        text = runs[0].annotations.note if len(runs) == 1 else None
        question = f"Note about {counted(len(runs))} (empty: none)"
        self._ask(question, text, lambda text: "", run_edits.noted)

    def action_rename(self) -> None:
        """Ask for a name."""
        runs = self.chosen
        name = runs[0].record.name if len(runs) == 1 and runs[0].record else None
        question = f"Name of {counted(len(runs))} (empty: as it began)"
        self._ask(question, name, _no_name, run_edits.renamed)

    def action_archive(self) -> None:
        """Put the runs into the archive, or take them out where all are in it."""
        runs = self.chosen
        into = not all(run.annotations.archived for run in runs)
        self._change(partial(run_edits.archived, into=into))

    async def action_delete(self) -> None:
        """Move the runs into the trash, after asking."""
        if not (runs := self.chosen):
            return
        which = runs[0].id if len(runs) == 1 else counted(len(runs))
        answers = (
            ("y", "into the trash; u brings back, fftui delete --purge empties it"),
            ("escape", "keep"),
        )
        folders = [run.folder for run in runs]

        def answered(answer: str | None) -> None:
            if answer == "y":
                self._edit(partial(run_edits.deleted, folders))

        await self.app.push_screen(ConfirmDialog(f"Delete {which}?", answers), answered)

    def action_undo(self) -> None:
        """Take back the last change."""
        if self._edits:
            self._take_back(self._edits.pop())
        else:
            self.notify("no change to take back", timeout=2)

    def _ask(
        self,
        question: str,
        text: str | None,
        refusal: Callable[[str], str],
        change: Callable[[Sequence[RunFolder], str], Edit],
    ) -> None:
        """Ask for a line. `text` is what stands now, which changes nothing; None where runs may
        differ, so that an empty line is a change too.
        """
        folders = [run.folder for run in self.chosen]

        def answered(line: str | None) -> None:
            if line is not None and line != text:
                self._edit(partial(change, folders, line))

        if folders:
            self.app.push_screen(LineDialog(question, text or "", refusal), answered)

    def _change(self, change: Callable[[Sequence[RunFolder]], Edit]) -> None:
        if folders := [run.folder for run in self.chosen]:
            self._edit(partial(change, folders))

    @work(thread=True, group="edits", description="edit")
    def _edit(self, change: Callable[[], Edit]) -> None:
        try:
            self.post_message(RunsEdited(change(), ""))
        except FFTUIError as error:
            self.post_message(RunsEdited(None, str(error)))

    @work(thread=True, group="edits", description="take back")
    def _take_back(self, edit: Edit) -> None:
        try:
            edit.undo()
        except FFTUIError as error:
            self.post_message(RunsEdited(None, str(error)))
        else:
            self.post_message(RunsEdited(None, ""))

    @on(RunsEdited)
    def _runs_edited(self, message: RunsEdited) -> None:
        if message.problem:
            self.notify(message.problem, severity="error", timeout=10)
        elif message.edit is None:
            self.notify("taken back", timeout=2)
        else:
            self._edits.append(message.edit)
            self.notify(f"{message.edit.text}; u takes it back", timeout=4)
        self.read()


def _they(runs: Sequence[ListedRun]) -> str:
    return "it has" if len(runs) == 1 else "all have"


def _no_tags(text: str) -> str:
    """Why these words cannot be tags; empty where they can."""
    try:
        for word in text.split():
            checked_tag(word.removeprefix("-"))
    except FFTUIError as error:
        return str(error)
    return ""


def _no_name(text: str) -> str:
    """Why a run cannot have this name; empty where it can."""
    try:
        checked_name(text or "as it began")
    except FFTUIError as error:
        return str(error)
    return ""
