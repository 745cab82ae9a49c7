"""Copying to the clipboard of the terminal, over SSH too (OSC 52): a value, a row, a table, the
command line of a run.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.screen import ModalScreen, Screen

from fftui.inert import inert
from fftui.runs.folder import RunFolder
from fftui.tui.copies import Copy, OffersCopies, ShowsRun
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.widgets.row_list import RowList


def offer_copies(app: App[Any], runs_dir: Path) -> None:
    """Copy what the screen on top offers; where that is more than one thing, ask which."""
    screen = app.screen
    if isinstance(screen, ModalScreen):
        return
    copies = list(_copies_of(screen, runs_dir))
    if not copies:
        app.notify("there is nothing to copy here")
    elif len(copies) == 1:
        _copy(app, copies, copies[0].key)
    else:
        answers = [*((each.key, each.summary) for each in copies), ("escape", "nothing")]
        app.push_screen(ConfirmDialog("Copy what?", answers), partial(_copy, app, copies))


def _copy(app: App[Any], copies: Iterable[Copy], key: str | None) -> None:
    chosen = next((each for each in copies if each.key == key), None)
    if chosen is not None:
        app.copy_to_clipboard(inert(chosen.text))  # it may be pasted into a shell
        app.notify(f"copied {chosen.summary}", timeout=4)


def _copies_of(screen: Screen[Any], runs_dir: Path) -> Iterator[Copy]:
    if isinstance(screen, OffersCopies):
        yield from screen.copies()
    for rows in screen.query(RowList).results():
        if rows.display and rows.items:
            yield from _copies_of_rows(rows)
            break
    if isinstance(screen, ShowsRun) and (run := screen.run_shown) is not None:
        yield from _copies_of_run(RunFolder(runs_dir.absolute() / run))


def _copies_of_rows(rows: RowList) -> Iterator[Copy]:
    """The row under the cursor and the whole table, cells separated by tabs."""
    here = rows.items[rows.index]
    yield Copy("r", "row", _separated(text for text, _ in here.cells))
    table = [_separated(column.title for column in rows.columns)]
    table += [_separated(text for text, _ in row.cells) for row in rows.items if not row.heading]
    yield Copy("t", "table", "\n".join(table))


def _separated(cells: Iterable[str]) -> str:
    return "\t".join(" ".join(cell.split()) for cell in cells)


def _copies_of_run(folder: RunFolder) -> Iterator[Copy]:
    """The id, the path and the command lines of a run."""
    if not folder.run_json.exists():  # it is being prepared
        return
    from fftui.text.run_result import again_command, command_for  # noqa: PLC0415 - loads Rich

    yield Copy("i", "id", folder.id)
    yield Copy("p", "path", str(folder.path))
    yield Copy("c", "run again", again_command(folder))
    yield Copy("a", "attach", command_for("attach", folder))
    yield Copy("e", "resume", command_for("resume", folder))
