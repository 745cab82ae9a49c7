"""The result of a run on stdout, its end on stderr, and its exit code."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.table import Table

from fftui import events as ev
from fftui.errors import FFTUIError, RunFailedError
from fftui.inert import one_line
from fftui.runs.finding import runs_folder
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.kept_tables import ensure_tables
from fftui.runs.run_record import RunRecord
from fftui.runs.view import RunView, fold
from fftui.text.layer_text import (
    LAYER_HEAD,
    accuracy_head,
    end_text,
    energy_text,
    head_text,
    layer_rows,
)
from fftui.text.rich_tables import table_text
from fftui.text.signal_handlers import INTERRUPTED
from fftui.text.streams import json_to_stdout, styled_to_stdout, to_stderr


class EndedRun(Protocol):
    """What is asked of a run at its end."""

    folder: RunFolder
    refused: FFTUIError | None

    @property
    def view(self) -> RunView:
        """Its newest view."""

    @property
    def problems(self) -> Sequence[str]:
        """One line for each output that could not be written."""


def write_result(run_thread: EndedRun, *, as_json: bool) -> int:
    """Write the result of a run that has ended, and report its end; returns its exit code.

    Raises as `exit_code_of`.
    """
    view = run_thread.view
    if view.result is not None and run_thread.refused is None:
        _show(run_thread.folder, view.result, view, as_json=as_json)
    return exit_code_of(run_thread)


def exit_code_of(run_thread: EndedRun) -> int:
    """Report the end of a run on stderr; returns its exit code.

    Raises RequestError where it was refused and RunFailedError where it failed or is unsaved.
    """
    folder, result = run_thread.folder, run_thread.view.result
    if run_thread.refused:
        raise run_thread.refused
    if result is not None and result.status == "unsaved":
        msg = (
            f"run {folder.id} is unsaved: {result.error}; make room or mend it, then learn what is"
            f" missing again: {resume_command(folder)}"
        )
        raise RunFailedError(msg)
    for problem in run_thread.problems:
        finished = result is not None and result.status == "finished"
        to_stderr(problem if finished else f"{problem}; mend it, then: {resume_command(folder)}")
    if result is None:
        msg = f"run {folder.id} ended without a result; its journal is in {folder.path}"
        raise RunFailedError(msg)
    if result.status == "failed":
        more = f"the traceback is in {folder.error_log}"
        if run_thread.view.divergence is not None:
            more = f"begin it again with other settings: {again_command(folder)} --set PATH=VALUE"
        msg = f"run {folder.id} failed: {result.error}; {more}"
        raise RunFailedError(msg)
    if result.status == "interrupted":
        to_stderr(f"interrupted; go on with: {resume_command(folder)}")
        return INTERRUPTED
    return 1 if run_thread.problems else 0


def show_finished(folder: RunFolder, record: RunRecord, *, as_json: bool) -> None:
    """Write the result of a run that has already finished."""
    ensure_tables(folder)
    view = fold(read_journal(folder.journal))
    result = view.result or ev.RunFinished(
        "finished", record.test_accuracy, record.layer_accuracies, record.train_s or 0.0, None
    )
    to_stderr(f"run {folder.id} has already finished")
    _show(folder, result, view, as_json=as_json)


def resume_command(folder: RunFolder) -> str:
    """The command that resumes a run from here."""
    options = [] if sys.stdin.isatty() and sys.stdout.isatty() else ["--headless"]
    return command_for("resume", folder, *options)


def in_background(folder: RunFolder) -> str:
    """Where a run that belongs to no terminal is found again."""
    return (
        f"run {folder.id} learns in the background; its lines are in {folder.output_log}\n"
        f"  watch it: {command_from_anywhere('attach', folder)}\n"
        f"  stop it:  {command_from_anywhere('stop', folder)}"
    )


def again_command(folder: RunFolder) -> str:
    """The command that does again what a run did."""
    return shlex.join(["fftui", "run", "--config", str(folder.experiment_path)])


def command_for(name: str, folder: RunFolder, *options: str) -> str:
    """The command `name` for a run, as it works from here."""
    parent = folder.path.parent
    where = [] if runs_folder().absolute() == parent else ["--runs", str(parent)]
    return shlex.join(["fftui", name, folder.id, *where, *options])


def command_from_anywhere(name: str, folder: RunFolder) -> str:
    """The command `name` for a run, as it works in another login and another folder."""
    everywhere = Path(os.environ.get("FFTUI_RUNS") or ".").expanduser()
    if everywhere.is_absolute() and everywhere == folder.path.parent:
        return command_for(name, folder)
    return shlex.join(["fftui", name, folder.id, "--runs", str(folder.path.parent)])


def result_text(folder: RunFolder, result: ev.RunFinished, view: RunView) -> str:
    """The result as a table, for stdout: coloured only on a terminal."""
    table = Table(title_justify="left")
    for name in (*LAYER_HEAD, accuracy_head(view)):
        is_text = name in ("layer", "inputs→units")
        table.add_column(name, justify="left" if is_text else "right", no_wrap=True)
    for row in layer_rows(view):
        table.add_row(*row)
    lines = (end_text(result), head_text(view), energy_text(view), f"run {folder.path}")
    return table_text(table) + "".join(f"{one_line(line)}\n" for line in lines if line)


def _show(folder: RunFolder, result: ev.RunFinished, view: RunView, *, as_json: bool) -> None:
    if as_json:
        json_to_stdout(_result_facts(folder, result, view))
    else:
        styled_to_stdout(result_text(folder, result, view))


def _result_facts(folder: RunFolder, result: ev.RunFinished, view: RunView) -> dict[str, object]:
    # Of the test images at the end, or none: what was measured on the way is of other images.
    layers: list[float | None] = [*result.layer_accuracies] or [
        None for row in view.layers if row.number is not None
    ]
    return {
        "run": folder.id,
        "path": str(folder.path),
        "status": result.status,
        "test_accuracy": result.test_accuracy,
        "layers": layers,
        "head_accuracy": view.head.head_accuracy if view.head and view.head.final else None,
        "train_s": result.train_s,
    }
